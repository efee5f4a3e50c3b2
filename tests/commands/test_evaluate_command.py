"""wannsearch-evaluate, from a network's file to its table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., int]
SMALL = ["task=logic", "generations=2", "method.population_size=8"]


def result(folder: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(folder) / "evaluation.json").read_text())
    return read


def test_a_searched_network_gets_the_score_that_its_run_recorded(search: Command, evaluate: Command) -> None:
    run = ["task=cartpole_swingup", "task.horizon=50", "generations=2", "method.population_size=8"]
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
    assert search("task=logic", "task.gate=or", "generations=12", "hydra.run.dir=run") == 0
    solved = json.loads(Path("run/best/evaluation.json").read_text())["solved_at"]
    assert evaluate("network=run", "task=logic", "task.gate=or", "hydra.run.dir=again") == 0
    assert result("again")["solved_at"] == solved
    assert evaluate("network=run", "task=logic", "task.gate=nand", "hydra.run.dir=other") == 0
    assert result("other")["accuracy"] != result("again")["accuracy"]
