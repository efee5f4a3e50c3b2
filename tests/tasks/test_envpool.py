"""Environments of envpool: functions of their seed, never compared with Gymnasium's, refused in one line."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from composed_tasks import make_task
from random_populations import population

from wannsearch.core.errors import ConfigError
from wannsearch.core.protocols import NamesScore
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.reference import Reference

SEEDS = np.arange(4, dtype=np.uint64)
needs_envpool = pytest.mark.skipif(find_spec("envpool") is None, reason="needs envpool, which is not here")


def environment(env_id, option="envpool", **changed):
    return make_task(option, env_id=env_id, **changed)


def test_a_missing_package_is_told_in_one_line_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "envpool", None)
    with pytest.raises(
        ConfigError, match=r"needs a package that is not here.*: pip install envpool"
    ) as caught:
        environment("BipedalWalker-v3")
    assert "\n" not in str(caught.value)


def play_episode(task, seed, steps):
    """The observations, rewards and ends of an episode, with actions drawn from its seed."""
    rng, observation = np.random.default_rng(seed), np.empty(task.ports.inputs)
    episode, told = task.start_episode(seed, observation), []
    observations = [observation.copy()]
    for _ in range(steps):
        (action,), (valid,) = task.decode_actions(rng.uniform(-1, 1, (1, task.ports.outputs)))
        assert valid
        told.append(episode.step(action, observation))
        observations.append(observation.copy())
        if told[-1][1] or told[-1][2]:
            break
    episode.close()
    return np.array(observations).tobytes(), told


def digest_episodes(env_id, seeds):
    task = environment(env_id)
    text = repr([play_episode(task, seed, 60) for seed in seeds])
    return hashlib.sha256(text.encode()).hexdigest()


@needs_envpool
@pytest.mark.long
@pytest.mark.parametrize("env_id", ["CartPole-v1", "BipedalWalker-v3", "LunarLander-v3", "Hopper-v5"])
def test_60_episodes_in_both_orders_and_in_another_process_are_the_same(env_id):
    seeds = list(range(60))
    expected = digest_episodes(env_id, seeds)
    task = environment(env_id)
    backward = [play_episode(task, seed, 60) for seed in seeds[::-1]][::-1]
    assert len({observations for observations, _ in backward}) == 60
    assert hashlib.sha256(repr(backward).encode()).hexdigest() == expected
    code = f"import test_envpool; print(test_envpool.digest_episodes({env_id!r}, range(60)))"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}; {code}"],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert result.stdout.split()[-1] == expected


@needs_envpool
@pytest.mark.long
def test_an_episode_in_progress_and_one_that_is_left_change_no_other():
    task = environment("BipedalWalker-v3")
    alone = [play_episode(task, seed, 30) for seed in (5, 6)]
    observation = np.empty(24)
    in_progress = [task.start_episode(seed, observation) for seed in range(5)]
    for episode in in_progress:
        for _ in range(3):
            episode.step(np.zeros(4, np.float32), observation)
    assert [play_episode(task, seed, 30) for seed in (5, 6)] == alone
    for episode in in_progress:
        episode.close()
    assert [play_episode(task, seed, 30) for seed in (5, 6)] == alone


@needs_envpool
@pytest.mark.long
def test_no_step_of_a_next_episode_follows_an_end():
    environment_of_pool = environment("CartPole-v1")._bind_environment_maker({})()
    environment_of_pool.reset(seed=3)
    ends = []
    while not any(ends):
        _, _, *ends, _ = environment_of_pool.step(0)
    with pytest.raises(RuntimeError, match="reset comes first"):
        environment_of_pool.step(0)


@needs_envpool
@pytest.mark.long
def test_the_horizon_of_the_task_replaces_the_limit_of_envpool():
    task = environment("Pendulum-v1", horizon=250)
    _, told = play_episode(task, 0, 250)
    assert len(told) == 250
    assert not any(terminated or truncated for _, terminated, truncated in told)
    assert environment("Pendulum-v1").horizon == 200
    with pytest.raises(ConfigError, match="has no limit of its own"):
        environment("CliffWalking-v1")


@needs_envpool
@pytest.mark.long
def test_a_seed_means_another_start_than_in_gymnasium_and_the_score_says_so():
    ours, theirs = environment("CartPole-v1"), environment("CartPole-v1", "gymnasium")
    assert not np.array_equal(ours.observe(ours.reset(SEEDS)), theirs.observe(theirs.reset(SEEDS)))
    assert isinstance(ours, NamesScore)
    assert (ours.score_name, theirs.score_name) == ("return (envpool)", "return")


@needs_envpool
@pytest.mark.long
@pytest.mark.parametrize("env_id", ["CartPole-v1", "BipedalWalker-v3"])
def test_both_evaluators_give_equal_scores(env_id):
    task = environment(env_id, horizon=20)
    networks = population(np.random.default_rng(0), task.ports, 6)
    trials = Trials(shared_weights=SIX_WEIGHTS, episodes=4)
    expected, _ = Reference().evaluate(networks, task, trials, SEEDS)
    scores, _ = EnvironmentLanes(in_flight=5).evaluate(networks, task, trials, SEEDS)
    assert np.array_equal(scores.steps, expected.steps)
    np.testing.assert_allclose(scores.returns, expected.returns, rtol=0, atol=1e-6)


@needs_envpool
@pytest.mark.long
def test_bounds_that_envpool_does_not_know_are_infinite():
    task = environment("BipedalWalker-v3")
    space = task._bind_environment_maker({})().observation_space
    assert np.isinf(space.low).all()
    assert np.isinf(space.high).all()
    known = environment("MountainCar-v0")._bind_environment_maker({})().observation_space
    assert np.allclose(known.low, [-1.2, -0.07])


@needs_envpool
@pytest.mark.long
def test_an_environment_is_solved_at_the_threshold_of_envpool():
    assert environment("BipedalWalker-v3").solved_score == 300.0
    assert environment("BipedalWalker-v3", horizon=100).solved_score is None


@needs_envpool
@pytest.mark.long
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"env_id": "BipedalWaker-v3"}, "no such environment. The nearest are BipedalWalker-v3"),
        ({"env_kwargs": {"hardcoree": True}}, "it cannot be made, TypeError: .*hardcoree"),
        ({"env_kwargs": {"hardcore": "x"}}, "it cannot be made, TypeError: "),
        ({"env_kwargs": {"num_envs": 2}}, "'num_envs', which is not"),
        ({"env_kwargs": {"seed": 2}}, "'seed', which is not"),
    ],
)
def test_what_envpool_cannot_make_is_refused_in_one_line(settings, said):
    with pytest.raises(ConfigError, match=said) as caught:
        environment(**{"env_id": "BipedalWalker-v3"} | settings)
    assert "\n" not in str(caught.value)
