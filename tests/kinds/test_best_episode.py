"""The recorded episode of the best network is the one that its final test counted."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from compiled_settings import SHORT, compiled

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError, EvaluationFailed
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.streams import Role
from wannsearch.core.tasks.scene import Circle, Scene
from wannsearch.core.topologies.population import Population
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.kinds import best_episode
from wannsearch.kinds.best_episode import check_scene, record_trajectory
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.double_pole import DoublePole, DoublePoleReward
from wannsearch.tasks.gymnasium import Gymnasium
from wannsearch.tasks.logic import Gate, Logic, LogicReward

CARTPOLE = CartPole(episodes=4, horizon=40, start_range=0.05, activations=("tanh",))
BALANCES = one_network.from_arrays([1] * 7, [1, 2, 3, 4], [6, 6, 6, 6], [0.05, 0.3, 1.5, 1.0])
DOUBLE_POLE = DoublePole(
    observe_velocities=True,
    observe_last_output=False,
    reward=DoublePoleReward.SURVIVED,
    generalization_test=False,
    start_angle=1.0,
    episodes=1,
    horizon=40,
    activations=("tanh",),
)
BLIND = replace(
    DOUBLE_POLE,
    observe_velocities=False,
    observe_last_output=True,
    reward=DoublePoleReward.GRUAU,
    generalization_test=True,
)
SEED = 5
CASES: dict[str, tuple[Any, Population, Any]] = {
    "cartpole": (CARTPOLE, BALANCES, -1.0),
    "swing-up": (SHORT, one_network.from_arrays([1] * 6 + [5], [2, 4], [6, 6], [1.0, 1.0]), 0.5),
    "double pole": (
        DOUBLE_POLE, one_network.from_arrays([1] * 7 + [6], [3, 4, 5], [7, 7, 7], [2.0, 0.5, -1.0]), "own"
    ),
}  # fmt: skip


def evaluation(*means: float | None, weights: tuple[Any, ...]) -> dict[str, Any]:
    return {"weights": list(weights), "mean": list(means)}


def recorded(recording: tuple[dict[str, bytes], Any]) -> tuple[list[list[str]], dict[str, Any]]:
    """The rows of the trajectory with their header, and the frames."""
    files, failures = recording
    assert failures == ()
    assert set(files) == {"best/trajectory.csv", "best/frames.json"}
    rows = [line.split(",") for line in files["best/trajectory.csv"].decode().splitlines()]
    return rows, json.loads(files["best/frames.json"])


@pytest.mark.parametrize("evaluator", [Reference(), compiled()], ids=["reference", "compiled"])
@pytest.mark.parametrize("name", CASES)
def test_the_recorded_return_is_that_of_the_evaluator_in_the_first_held_out_episode(name, evaluator):
    task, network, weight = CASES[name]
    recording = record_trajectory(network, task, evaluator, evaluation(1.0, weights=(weight,)), SEED)
    rows, frames = recorded(recording)
    seeds = task.episode_seeds(SEED, Role.HELD_OUT, 0, 3)
    protocol = TestProtocol(None if weight == "own" else (weight,), seeds)
    measurement = evaluator.measure(network, task, protocol)
    assert frames["evaluator_return"] == measurement.returns[0, 0]
    assert frames["return"] == pytest.approx(measurement.returns[0, 0], rel=1e-9)
    assert frames["steps"] == measurement.steps[0, 0] == len(rows) - 2
    assert sum(float(row[rows[0].index("reward")]) for row in rows[1:-1]) == frames["return"]
    assert frames["seeds"] == {"seed": SEED, "stream": "held_out", "first": 0, "count": 1}
    assert frames["weight"] == weight
    assert len(frames["frames"]) == 8
    assert frames["frames"][-1]["step"] == frames["steps"]


def test_the_weight_with_the_highest_mean_is_played_and_of_equal_ones_the_first():
    means = (3.0, None, 7.0, 7.0)
    told = evaluation(*means, weights=(-2.0, -1.0, 1.0, 2.0))
    _, frames = recorded(record_trajectory(BALANCES, CARTPOLE, Reference(), told, SEED))
    assert frames["weight"] == 1.0
    assert frames["choice"] == "the first held-out episode, at the weight with the highest held-out mean"


def test_there_is_nothing_to_record_without_scenes_or_where_all_weights_failed():
    logic = Logic(
        gate=Gate.XOR, bits=2, reward=LogicReward.CLOSENESS, episodes=1, activations=CONTROL_ACTIVATIONS
    )
    network = one_network.from_arrays([1] * 4, [1, 2], [3, 3], [1.0, 1.0])
    assert record_trajectory(network, logic, Reference(), evaluation(1.0, weights=(1.0,)), SEED) == ({}, ())
    failed = evaluation(None, None, weights=(-1.0, 1.0))
    assert record_trajectory(BALANCES, CARTPOLE, Reference(), failed, SEED) == ({}, ())


@pytest.mark.parametrize(("horizon", "ending"), [(500, "terminated"), (5, "horizon")])
def test_an_episode_of_an_environment_is_recorded_with_its_ending(horizon: int, ending: str) -> None:
    task = Gymnasium(
        env_id="CartPole-v1", episodes=1, horizon=horizon, env_kwargs=None, activations=("tanh",),
        input_names=None, output_names=None, wrappers=(), scale_observations=False, start_states="philox",
    )  # fmt: skip
    network = one_network.from_arrays([1] * 7, [3], [6], [1.0])
    files, failures = record_trajectory(network, task, Reference(), OWN, SEED)
    assert (set(files), failures) == ({"best/trajectory.csv"}, ())
    header, *rows = [line.split(",") for line in files["best/trajectory.csv"].decode().splitlines()]
    assert header[-1] == "ending"
    assert [row[-1] for row in rows] == [""] * (len(rows) - 1) + [ending]
    seeds = task.episode_seeds(SEED, Role.HELD_OUT, 0, 1)
    assert Reference().measure(network, task, TestProtocol(None, seeds)).steps[0, 0] == len(rows) - 1


def test_of_large_observations_few_steps_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(best_episode, "_MAX_NUMBERS", 50)
    _, frames = recorded(record_trajectory(BALANCES, CARTPOLE, Reference(), OWN, SEED))
    assert frames["steps"] == 50 // (4 + 2)
    assert not frames["whole_episode"]


def test_a_long_episode_is_recorded_from_its_start_and_its_whole_return_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(best_episode, "MAX_RECORDED_STEPS", 10)
    told = evaluation(40.0, weights=("own",))
    rows, frames = recorded(record_trajectory(BALANCES, CARTPOLE, Reference(), told, SEED))
    assert [row[0] for row in rows] == ["step", *map(str, range(11))]
    assert (frames["steps"], frames["return"], frames["whole_episode"]) == (10, 10.0, False)
    assert frames["evaluator_return"] == 40.0


def test_the_first_episode_of_a_generalization_test_is_the_start_at_rest():
    task, network = BLIND, one_network.from_arrays([1] * 6, [1], [5], [0.1])
    _, frames = recorded(
        record_trajectory(network, task, Reference(), evaluation(-0.9, weights=("own",)), SEED)
    )
    at_rest = task.describe_scene(
        tuple(np.ravel(part)[0] for part in DOUBLE_POLE.reset(np.array([0], np.uint64))), 0
    )
    assert frames["frames"][0]["shapes"][-2]["points"] == [list(p) for p in at_rest.shapes[-2].points]


SETTINGS: dict[str, Any] = {
    "episodes": 1,
    "horizon": 40,
    "start_range": 0.0,
    "activations": ("tanh",),
}
OWN = evaluation(40.0, weights=("own",))


def test_an_error_in_the_first_scene_is_told_before_the_search() -> None:
    class PaintsRed(CartPole):
        def describe_scene(self, state, step):
            return Scene((Circle((state[0], 0), 1, "red"),), (-1, 1), (-1, 1))

    class Divides(CartPole):
        def describe_scene(self, state, step):
            return 1 / step

    with pytest.raises(ConfigError, match=r"^PaintsRed: describe_scene .* step 0, Circle\.color is 'red'"):
        check_scene(PaintsRed(**SETTINGS), SEED)
    with pytest.raises(ConfigError, match=r"^Divides: describe_scene failed at step 0, ZeroDivisionError"):
        check_scene(Divides(**SETTINGS), SEED)
    check_scene(CartPole(**SETTINGS), SEED)


def test_an_error_in_a_later_scene_costs_the_frames_alone() -> None:
    class GetsLost(CartPole):
        def describe_scene(self, state, step):
            if step >= 20:
                raise LookupError("the pole\nis lost")
            return super().describe_scene(state, step)

    task = GetsLost(**SETTINGS)
    check_scene(task, SEED)
    files, (failure,) = record_trajectory(BALANCES, task, Reference(), OWN, SEED)
    whole, _ = record_trajectory(BALANCES, CartPole(**SETTINGS), Reference(), OWN, SEED)
    assert files == {"best/trajectory.csv": whole["best/trajectory.csv"]}
    reason = "describe_scene failed at step 23, LookupError: the pole is lost"
    assert failure.line == f"GetsLost: {reason}; this run has no filmstrip"
    assert "raise LookupError" in failure.traceback


@pytest.mark.parametrize("error", [ValueError("stuck"), SystemExit("stuck")])
def test_a_task_that_the_recording_cannot_play_costs_both_files(error: BaseException) -> None:
    class Sticks(CartPole):
        def step(self, state, outputs):
            raise error

    files, (failure,) = record_trajectory(BALANCES, Sticks(**SETTINGS), Reference(), OWN, SEED)
    assert files == {}
    assert failure.line == f"Sticks: {type(error).__name__}: stuck; this run has no recorded episode"


def test_a_state_that_grows_costs_both_files() -> None:
    class Remembers(CartPole):
        def reset(self, seeds):
            return (*super().reset(seeds), np.zeros((len(seeds), 0)))

        def observe(self, state):
            return super().observe(state[:4])

        def step(self, state, outputs):
            body, reward, done = super().step(state[:4], outputs)
            return (*body, np.column_stack([state[4], reward])), reward, done

    files, (failure,) = record_trajectory(BALANCES, Remembers(**SETTINGS), Reference(), OWN, SEED)
    assert files == {}
    assert failure.line.startswith("Remembers: ValueError: ")


def test_an_evaluator_that_fails_in_the_recording_costs_the_frames_alone() -> None:
    class Breaks(Reference):
        def measure(self, network, task, protocol):
            raise EvaluationFailed("the workers have ended.")

    files, (failure,) = record_trajectory(BALANCES, CARTPOLE, Breaks(), OWN, SEED)
    assert set(files) == {"best/trajectory.csv"}
    assert failure.line == "CartPole: the workers have ended; this run has no filmstrip"


def test_a_signal_that_arrives_in_the_recording_stops_the_run() -> None:
    class Interrupts(CartPole):
        def describe_scene(self, state, step):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_trajectory(BALANCES, Interrupts(**SETTINGS), Reference(), OWN, SEED)
