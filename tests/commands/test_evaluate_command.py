"""wannsearch-evaluate, from a network's file to its table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., int]
SMALL = ["task=logic", "debug=fast", "method.population_size=8"]


def result(folder: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(folder) / "evaluation.json").read_text())
    return read


def test_a_searched_network_gets_the_score_that_its_run_recorded(search: Command, evaluate: Command) -> None:
    run = [
        "task=cartpole_swingup",
        "task.horizon=50",
        "generations=2",
        "method.population_size=8",
        "held_out.sweep_weights=3",
        "plots=off",
    ]
    assert search(*run, "hydra.run.dir=run") == 0
    assert evaluate("network=run/best/network.json", *run[:2], "hydra.run.dir=again") == 0
    recorded = json.loads(Path("run/best/evaluation.json").read_text())
    again = result("again")
    for key in ("weights", "mean", "std", "episodes", "seeds"):
        assert again[key] == recorded[key]
    assert {"task", "network", "protocol"} <= set(again)


def test_a_run_folder_stands_for_its_best_network(search: Command, evaluate: Command) -> None:
    assert search(*SMALL, "hydra.run.dir=run") == 0
    assert evaluate("network=run", "task=logic", "hydra.run.dir=again") == 0


def test_weights_may_be_a_list_or_one_number(evaluate: Command) -> None:
    assert evaluate("network=dense:3", "task=logic", "weights=[0.5,1]", "hydra.run.dir=two") == 0
    assert result("two")["weights"] == [0.5, 1.0]
    assert evaluate("network=dense:3", "task=logic", "weights=0.5", "hydra.run.dir=one") == 0
    assert result("one")["mean"] == result("two")["mean"][:1]


def test_a_sweep_runs_evenly_from_minus_two_to_two(evaluate: Command) -> None:
    words = ["network=dense:3", "task=logic", "weights=sweep", "sweep_weights=5", "episodes=1"]
    assert evaluate(*words, "hydra.run.dir=sweep") == 0
    assert result("sweep")["weights"] == [-2.0, -1.0, 0.0, 1.0, 2.0]


def test_the_best_of_equal_weights_is_the_furthest_from_a_worse_one(evaluate: Command) -> None:
    words = ["network=dense:1", "task=logic", "task.gate=or", "task.reward=accuracy"]
    assert evaluate(*words, "weights=[-1,0,1,1.5,2]", "hydra.run.dir=or") == 0
    found = result("or")
    assert found["mean"] == [0.25, 0.25, 0.75, 0.75, 0.75]
    assert found["best_weight"]["weight"] == 2.0


@pytest.mark.parametrize("weights", ["random", "shared_random"])
def test_drawn_weights_are_drawn_anew_each_episode_and_again_the_same(
    evaluate: Command, weights: str
) -> None:
    words = ["network=dense:3", "task=cartpole", f"weights={weights}", "episodes=12"]
    assert evaluate(*words, "hydra.run.dir=one") == 0
    assert evaluate(*words, "hydra.run.dir=two") == 0
    assert result("one") == result("two")
    assert result("one")["std"][0] > 0
    assert evaluate(*words, "seed=1", "hydra.run.dir=three") == 0
    assert result("three")["mean"] != result("one")["mean"]


def test_show_prints_and_writes_nothing(evaluate: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate("network=dense:10", "task=cartpole_swingup", "weights=show") == 0
    text = capsys.readouterr().out
    assert "17 nodes: bias, 5 inputs, 10 hidden, 1 outputs" in text
    assert "71 connections" in text
    assert list(Path().rglob("*.json")) == []


def test_the_default_folder_lies_under_the_task(evaluate: Command) -> None:
    assert evaluate("network=dense:3", "task=logic") == 0
    assert len(list(Path("outputs/logic/evaluate").glob("*_s0/evaluation.json"))) == 1


def test_a_gate_says_at_which_weights_all_its_rows_are_right(search: Command, evaluate: Command) -> None:
    words = ["task=logic", "task.gate=or", "generations=12", "held_out.sweep_weights=3", "plots=off"]
    assert search(*words, "hydra.run.dir=run") == 0
    solved = json.loads(Path("run/best/evaluation.json").read_text())["solved_at"]
    assert evaluate("network=run", "task=logic", "task.gate=or", "hydra.run.dir=again") == 0
    assert result("again")["solved_at"] == solved
    assert evaluate("network=run", "task=logic", "task.gate=nand", "hydra.run.dir=other") == 0
    assert result("other")["accuracy"] != result("again")["accuracy"]


VECTOR = ["network=dense:1", "task=logic", "task.gate=or", "parameters=vector.json"]
ONLY_BIAS = "[[1.5, 1.8, 1.5, 1.5, 1.5], -0.25, 0.125]"  # with -1.5: every answer is 0.3


def test_a_vector_is_played_as_own_weights_beside_the_return_that_was_recorded_with_it(
    evaluate: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("vector.json").write_text(ONLY_BIAS)
    assert evaluate(*VECTOR, "parameters_offset=-1.5", "hydra.run.dir=alone") == 0
    assert "recorded in vector.json: -0.25 ± 0.125" in capsys.readouterr().out.splitlines()
    assert evaluate(*VECTOR, "parameters_offset=-1.5", "weights=own", "hydra.run.dir=own") == 0
    found = result("alone")
    assert found == result("own")
    assert found["weights"] == ["own"]
    assert found["mean"] == [pytest.approx(0.4)]
    recorded = {"recorded_mean": -0.25, "recorded_std": 0.125}
    assert found["parameters"] == {"file": "vector.json", "offset": -1.5} | recorded
    assert "weights: own" in Path("alone/.hydra/config.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*VECTOR, "weights=six"], "parameters=vector.json has no effect with weights=six"),
        ([*VECTOR, "weights=show"], "parameters=vector.json has no effect with weights=show"),
        ([*VECTOR, "weights=[1,2]"], "parameters=vector.json has no effect with weights=[1, 2]"),
        (["network=dense:1", "parameters_offset=1"], "it goes with parameters=FILE"),
        (["network=dense:1", "sweep_weights=9"], "sweep_weights=9 has no effect with weights=six"),
        (["network=dense:1", "weights=show", "episodes=9"], "episodes=9 has no effect with weights=show"),
    ],
)
def test_what_is_typed_and_nothing_would_read_is_refused(
    evaluate: Command, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    Path("vector.json").write_text(ONLY_BIAS)
    assert evaluate(*words) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert (output.out, len(output.err.splitlines())) == ("", 1)
    assert not Path("outputs").exists()


def test_episodes_that_are_all_the_same_are_said_to_be_played_once(
    evaluate: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "episodes=9 has no effect: all episodes of logic are the same, one is played"
    assert evaluate("network=dense:1", "task=logic", "episodes=9", "hydra.run.dir=nine") == 0
    assert said in capsys.readouterr().out.splitlines()
    assert evaluate("network=dense:1", "task=logic", "episodes=1", "hydra.run.dir=one") == 0
    assert evaluate("network=dense:1", "task=logic", "hydra.run.dir=none") == 0
    drawn = ["weights=random", "episodes=9", "hydra.run.dir=drawn"]
    assert evaluate("network=dense:1", "task=logic", *drawn) == 0
    assert "has no effect" not in capsys.readouterr().out
