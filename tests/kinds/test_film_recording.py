"""The frames of a film are those of the episodes that the final test counted."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compiled_settings import SHORT, compiled

sys.path.append(str(Path(__file__).parents[1] / "tasks"))
import drawing_environments
from gymnasium_settings import make_task

from wannsearch.core.errors import ConfigError, EvaluationFailed
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.tasks.scene import Circle, Scene
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.kinds import film_recording
from wannsearch.kinds.film_recording import FilmPlan, can_be_filmed, record_film
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.logic import Gate, Logic, LogicReward

assert drawing_environments
SEEDS = np.array([5, 2**40 + 3], np.uint64)
WEIGHTS = (-1.0, 0.5)
SWINGS = one_network.from_arrays([1] * 6 + [5], [2, 4], [6, 6], [1.0, 1.0])
PUSHES = one_network.from_arrays([1, 1, 1, 5], [0, 1, 2], [3, 3, 3], [0.3, -0.2, 1.0])
CARTPOLE = CartPole(episodes=1, horizon=60, start_range=0.05, activations=("tanh",))
BALANCES = one_network.from_arrays([1] * 7, [1, 2, 3, 4], [6, 6, 6, 6], [0.05, 0.3, 1.5, 1.0])


def plan(weights=WEIGHTS, seeds=SEEDS, seconds=8.0, shrink=lambda image: image):
    return FilmPlan(weights, seeds, seconds, shrink)


@pytest.mark.parametrize("evaluator", [Reference(), compiled()], ids=["reference", "compiled"])
def test_tiles_of_scenes_have_the_returns_of_the_evaluator_weight_by_weight(evaluator):
    film = record_film(SWINGS, SHORT, evaluator, plan())
    returns = evaluator.measure(SWINGS, SHORT, TestProtocol(WEIGHTS, SEEDS)).returns
    assert [(tile.weight, tile.episode) for tile in film.tiles] == [
        ("-1", 0), ("-1", 1), ("0.5", 0), ("0.5", 1)
    ]  # fmt: skip
    assert [tile.evaluator_return for tile in film.tiles] == returns.ravel().tolist()
    assert [tile.episode_return for tile in film.tiles] == pytest.approx(returns.ravel().tolist(), rel=1e-9)
    assert (film.pace.stride, film.pace.speed) == (5, 1.0)
    assert {len(tile.frames) for tile in film.tiles} == {11}


def test_frames_of_scenes_show_every_nth_state_and_the_last():
    film = record_film(BALANCES, CARTPOLE, None, plan((-1.0, 1.0), SEEDS[:1]))
    (falls, stands) = film.tiles
    assert (stands.steps, stands.has_ended) == (60, True)
    assert falls.steps < 20
    stride = film.pace.stride
    times = [frame.time_s for frame in falls.frames]
    assert times == pytest.approx([0.02 * min(n * stride, falls.steps) for n in range(len(times))])
    assert times[-1] == pytest.approx(0.02 * falls.steps)


@pytest.mark.parametrize("weights", [WEIGHTS, None], ids=["shared", "own"])
def test_tiles_of_an_environment_have_the_returns_of_its_evaluator_to_the_bit(weights):
    task = make_task("Drawing-v0")
    shapes = []
    film = record_film(PUSHES, task, None, plan(weights, shrink=lambda i: (shapes.append(i.shape), i)[1]))
    measurement = EnvironmentLanes(in_flight=3).measure(PUSHES, task, TestProtocol(weights, SEEDS))
    assert [tile.episode_return for tile in film.tiles] == measurement.returns.ravel().tolist()
    assert [tile.steps for tile in film.tiles] == measurement.steps.ravel().tolist()
    assert film.pace.speed == 1.0
    assert [len(tile.frames) for tile in film.tiles] == [1 + tile.steps for tile in film.tiles]
    assert set(shapes) == {(30, 60, 3)}
    assert len(shapes) == sum(len(tile.frames) for tile in film.tiles)


@pytest.mark.long
@pytest.mark.parametrize("env_id", ["CartPole-v1", "Pendulum-v1", "LunarLander-v3", "BipedalWalker-v3"])
def test_tiles_of_gymnasiums_environments_have_the_returns_of_their_evaluator_to_the_bit(env_id):
    pytest.importorskip("Box2D")
    task = make_task(env_id, horizon=120)
    ports = task.ports
    outputs = 1 + ports.inputs
    network = one_network.from_arrays(
        [1] * (outputs + ports.outputs),
        [number % ports.inputs + 1 for number in range(2 * ports.outputs)],
        [outputs + number % ports.outputs for number in range(2 * ports.outputs)],
        np.linspace(-1, 1, 2 * ports.outputs),
    )
    film = record_film(network, task, None, plan((0.7, -1.3)))
    measurement = EnvironmentLanes(in_flight=1).measure(network, task, TestProtocol((0.7, -1.3), SEEDS))
    assert [tile.episode_return for tile in film.tiles] == measurement.returns.ravel().tolist()


def test_a_long_episode_is_shown_from_its_start_and_its_whole_return_is_told(monkeypatch):
    monkeypatch.setattr(film_recording, "MAX_RECORDED_STEPS", 6)
    task = make_task("Drawing-v0")
    (tile,) = record_film(PUSHES, task, None, plan((0.5,), SEEDS[:1])).tiles
    returns = EnvironmentLanes(in_flight=1).measure(PUSHES, task, TestProtocol((0.5,), SEEDS[:1])).returns
    assert (tile.steps, tile.has_ended, len(tile.frames)) == (6, False, 7)
    assert tile.evaluator_return == returns[0, 0]
    assert tile.episode_return != tile.evaluator_return


def test_an_environment_that_pays_otherwise_while_it_draws_has_no_film():
    task = make_task("Drawing-v0", env_kwargs={"fault": "reward"})
    with pytest.raises(EvaluationFailed, match="the same actions from the same seed have other rewards"):
        record_film(PUSHES, task, None, plan())


def test_a_task_without_scenes_and_images_cannot_be_filmed():
    logic = Logic(
        gate=Gate.XOR, bits=2, reward=LogicReward.CLOSENESS, episodes=1, activations=("linear", "tanh")
    )
    for task in (logic, make_task("Blind-v0")):
        assert not can_be_filmed(task)
        with pytest.raises(ConfigError, match="has no film: it describes no scene, and no environment"):
            record_film(PUSHES, task, None, plan())
    assert can_be_filmed(SHORT)
    assert can_be_filmed(make_task("Drawing-v0"))


def test_a_scene_that_fails_is_one_line_and_what_is_not_finite_is_left_out():
    class Odd(CartPole):
        def describe_scene(self, state, step):
            if step == 60:
                raise ZeroDivisionError("on\npurpose")
            return Scene((Circle((float("nan"), 0.0), 1.0, "body"),), (0, 1), (0, 1))

    task = Odd(episodes=1, horizon=60, start_range=0.05, activations=("tanh",))
    with pytest.raises(ConfigError, match="Odd: describe_scene failed at step 60, ZeroDivisionError: on"):
        record_film(BALANCES, task, None, plan((1.0,), SEEDS[:1]))
    film = record_film(BALANCES, replace(task, horizon=10), None, plan((1.0,), SEEDS[:1]))
    assert film.pace.speed is None
    assert {frame.shapes for frame in film.tiles[0].frames} == {()}
