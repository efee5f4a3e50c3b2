"""wannsearch-evaluate, from a network's file to its table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_episode_loop import play_plain_episode

from wannsearch.core.activations import ACTIVATION_IDS, CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.evaluators.kernels.network_forward import NetworkForward
from wannsearch.formats import one_network, published_out

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


def make_walker():
    """A network of the published walker's size, 103 nodes and 210 connections, and parameters."""
    ports, rng = Ports(24, 4, CONTROL_ACTIVATIONS), np.random.default_rng(5)
    num_nodes, num_connections = 103, 210
    edges: set[tuple[int, int]] = set()
    while len(edges) < num_connections:
        target = int(rng.integers(ports.first_hidden, num_nodes))
        edges.add((target, int(rng.integers(min(target, num_nodes - ports.outputs)))))
    targets, sources = zip(*sorted(edges), strict=True)
    activation = np.array([ACTIVATION_IDS[name] for name in rng.choice(CONTROL_ACTIVATIONS, num_nodes)])
    activation[: ports.first_hidden] = ACTIVATION_IDS["linear"]
    network = one_network.from_arrays(activation, sources, targets, np.ones(num_connections))
    return ports, network, rng.normal(size=num_connections)


@pytest.mark.long
def test_a_walker_of_the_published_size_returns_from_its_files_and_walks_as_it_did(evaluate: Command) -> None:
    """Each return is that of a plain loop with the network that was never in a file, on the seeds 0, 1 ..."""
    pytest.importorskip("Box2D")
    ports, network, parameters = make_walker()
    published_out.write(Path("walker.out"), network, 0)
    Path("walker.wann.json").write_text(json.dumps([parameters.tolist(), 332]), encoding="utf-8")
    task = ["task=biped", "task.start_states=small_seeds", "task.horizon=80", "episodes=6"]
    words = ["network=walker.out", *task]
    tuned = ["parameters=walker.wann.json", "parameters_offset=-1.87"]
    assert evaluate(*words, *tuned, "hydra.run.dir=tuned") == 0
    assert evaluate(*words, *tuned, "evaluator=processes", "hydra.run.dir=processes") == 0
    assert evaluate(*words, "weights=[-1.87]", "hydra.run.dir=shared") == 0
    in_file_order = np.argsort(network.source[0].astype(int) * 103 + network.target[0], kind="stable")
    weights = np.empty(210)
    weights[in_file_order] = parameters + -1.87
    for folder, weight in (("tuned", weights), ("processes", weights), ("shared", np.full(210, -1.87))):
        own = one_network.from_arrays(network.activation[0], network.source[0], network.target[0], weight)
        lane = NetworkForward(own, ports, True, 1)
        shared = NetworkForward(network, ports, False, 1)
        shared.lane_weight[0] = -1.87

        def compute(observation, lane=shared if folder == "shared" else lane):
            lane.observations[0] = observation
            lane.compute(1)
            return lane.outputs[0].tolist()

        returns = [play_plain_episode("BipedalWalker-v3", compute, seed, 80).total for seed in range(6)]
        found = result(folder)
        assert len(set(returns)) == 6
        assert (found["min"], found["max"]) == ([min(returns)], [max(returns)])
        assert found["mean"] == [float(np.mean(returns))]
        assert found["score_name"] == "return"
