"""Scores of `environments` against a plain loop that plays one network in one new environment.

With the same node code they are equal to the bit, for any number of workers, chunk and episodes in flight.
`reference` has other node code: its actions are equal where they are discrete, and the first 50 steps agree
to 1e-9 where they are not.
"""

from __future__ import annotations

from functools import cache, partial
from itertools import product

import numpy as np
import pytest
from composed_tasks import make_task
from plain_episode_loop import play_plain_episode
from random_populations import population

from wannsearch.core.trials import Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.environments import Environments
from wannsearch.evaluators.kernels.network_forward import NetworkForward
from wannsearch.evaluators.reference import Reference, forward
from wannsearch.evaluators.workers.worker_evaluator import OnFailure

HORIZONS = {"CartPole-v1": 500, "Pendulum-v1": 100, "Acrobot-v1": 60, "MountainCar-v0": 60}
"""Registered ones, or less: episodes that end at different steps, and last long enough to tell rounding."""
BOX2D = {"LunarLander-v3": 300, "BipedalWalker-v3": 200}
DISCRETE = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "LunarLander-v3"]
SEEDS = np.array([0, 3, 2**31 - 1], np.uint64)
WEIGHTS = {"shared": (-2.0, -0.5, 1.5), "own": None}


def mark_box2d(env_ids):
    return [pytest.param(env_id, marks=pytest.mark.long) if env_id in BOX2D else env_id for env_id in env_ids]


EACH_ENVIRONMENT = pytest.mark.parametrize("env_id", mark_box2d([*HORIZONS, *BOX2D]))


def task_of(env_id):
    if env_id in BOX2D:
        pytest.importorskip("Box2D")
    return make_task("gymnasium", env_id=env_id, horizon=(HORIZONS | BOX2D)[env_id])


def trials_of(weights):
    return Trials(shared_weights=WEIGHTS[weights], episodes=len(SEEDS))


@cache
def networks_of(env_id):
    return population(np.random.default_rng(7), task_of(env_id).ports, 5)


def compile_forward(env_id, row, weight):
    """The node code of the evaluator, with one network in one lane."""
    network = networks_of(env_id).take([row])
    lane = NetworkForward(network, task_of(env_id).ports, weight is None, 1)
    lane.lane_weight[0] = 1.0 if weight is None else weight

    def compute(observation):
        lane.observations[0] = observation
        lane.compute(1)
        return lane.outputs[0].tolist()

    return compute


def plain_forward(env_id, row, weight):
    """The node code of `reference`."""
    shared = None if weight is None else np.array([weight])
    task = task_of(env_id)

    def compute(observation):
        inputs = np.array(observation)[None]
        return forward(networks_of(env_id), row, inputs, task.ports.outputs, shared)[0].tolist()

    return compute


@cache
def play_plainly(env_id, weights):
    """Returns and steps (P, K, R) of the plain loop."""
    trials, count = trials_of(weights), len(networks_of(env_id))
    shape = (count, trials.num_weights, len(SEEDS))
    returns, steps = np.empty(shape), np.empty(shape, np.int64)
    for row, (k, weight) in product(range(count), enumerate(trials.shared_weights or [None])):
        compute = compile_forward(env_id, row, weight)
        for r, seed in enumerate(SEEDS.tolist()):
            episode = play_plain_episode(env_id, compute, seed, task_of(env_id).horizon)
            returns[row, k, r], steps[row, k, r] = episode.total, episode.steps
    return returns, steps


def check_scores(evaluator, env_id, weights):
    scores, _ = evaluator.evaluate(networks_of(env_id), task_of(env_id), trials_of(weights), SEEDS)
    returns, steps = play_plainly(env_id, weights)
    assert scores.returns.tobytes() == returns.tobytes()
    assert scores.steps.tobytes() == steps.tobytes()


def supervised(workers, chunk, in_flight, simplify=True):
    return Environments(
        workers=workers, in_flight=in_flight, time_limit_s=None, on_failure=OnFailure.WORST, chunk=chunk,
        simplify=simplify,
    )  # fmt: skip


@pytest.mark.parametrize("weights", WEIGHTS)
@EACH_ENVIRONMENT
def test_scores_are_those_of_a_plain_loop_to_the_bit(env_id, weights):
    _, steps = play_plainly(env_id, weights)
    assert steps.max() > 20
    for in_flight in (1, 4, 64):
        check_scores(EnvironmentLanes(in_flight=in_flight), env_id, weights)


def check_grouping(env_id, workers, chunk, in_flight):
    evaluator = supervised(workers, chunk, in_flight, simplify=chunk != 7)
    try:
        for weights in WEIGHTS:
            check_scores(evaluator, env_id, weights)
    finally:
        evaluator.close()


def test_scores_depend_neither_on_workers_nor_on_what_they_are_sent():
    check_grouping("CartPole-v1", workers=3, chunk=1, in_flight=4)


@pytest.mark.long
@pytest.mark.parametrize("env_id", [*HORIZONS, *BOX2D])
def test_scores_are_the_same_for_every_grouping(env_id):
    """Each pair of a number of workers, a chunk and a number in flight occurs; of Box2D's each number."""
    for (i, workers), (j, chunk) in product(enumerate((1, 2, 3)), enumerate((1, 7, None))):
        if env_id not in BOX2D or i == j:
            check_grouping(env_id, workers, chunk, in_flight=(1, 4, 64)[(i + j) % 3])


@pytest.mark.parametrize("env_id", mark_box2d(DISCRETE))
def test_discrete_actions_and_scores_are_those_of_reference(env_id):
    task, networks, trials = task_of(env_id), networks_of(env_id), trials_of("shared")
    expected, _ = Reference().evaluate(networks, task, trials, SEEDS)
    scores, _ = EnvironmentLanes(in_flight=8).evaluate(networks, task, trials, SEEDS)
    assert scores.returns.tobytes() == expected.returns.tobytes()
    assert scores.steps.tobytes() == expected.steps.tobytes()
    for row in range(1, len(networks)):
        play = partial(play_plain_episode, env_id, seed=3, horizon=task.horizon)
        actions = play(compile_forward(env_id, row, 1.5)).actions
        assert actions == play(plain_forward(env_id, row, 1.5)).actions


@pytest.mark.parametrize("env_id", mark_box2d(["Pendulum-v1", "BipedalWalker-v3"]))
def test_the_first_50_steps_in_a_box_are_those_of_reference_to_1e_9(env_id):
    for row in range(1, len(networks_of(env_id))):
        play = partial(play_plain_episode, env_id, seed=3, horizon=50)
        ours, theirs = play(compile_forward(env_id, row, 1.5)), play(plain_forward(env_id, row, 1.5))
        assert ours.steps == theirs.steps
        for name in ("observations", "rewards", "actions"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-9)
