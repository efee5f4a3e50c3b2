"""The walkers without the fall penalty: Gymnasium's own rewards, except in the step that falls."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from gymnasium_settings import SETTINGS

from wannsearch.core.errors import ConfigError
from wannsearch.core.score_names import name_score
from wannsearch.evaluators.reference import Reference

pytestmark = pytest.mark.long
pytest.importorskip("Box2D")
import gymnasium  # noqa: E402
from gymnasium.envs.box2d.bipedal_walker import BipedalWalker  # noqa: E402

from wannsearch.tasks.biped import Biped  # noqa: E402

STEPS = 120


class WalkerThatIgnoresFalls(BipedalWalker):
    """Gymnasium's own code, in which the contact of the hull with the ground is never noticed."""

    game_over = property(lambda self: False, lambda self, value: None)


def make_biped(**settings):
    return Biped(**SETTINGS | {"env_id": "BipedalWalker-v3", "fall_penalty": False} | settings)


def draw_actions(seed):
    return np.random.default_rng(seed).uniform(-1.5, 1.5, (STEPS, 4))


def play_task(task, seed):
    """Rewards and ends of an episode of random actions."""
    observation, steps = np.empty(24), []
    episode = task.start_episode(seed, observation)
    for action in task.decode_actions(draw_actions(seed))[0]:
        steps.append(episode.step(action, observation)[:2])
        if steps[-1][1]:
            break
    episode.close()
    return steps


def play_environment(environment, seed, num_steps):
    """Rewards and ends of the same actions."""
    environment.reset(seed=seed)
    steps = []
    for action in np.clip(draw_actions(seed), -1, 1).astype(np.float32)[:num_steps]:
        _, reward, terminated, _, _ = environment.step(action)
        steps.append((float(reward), bool(terminated)))
        if terminated:
            break
    environment.close()
    return steps


@pytest.mark.parametrize("env_id", ["BipedalWalker-v3", "BipedalWalkerHardcore-v3"])
def test_the_step_that_falls_has_the_reward_that_gymnasium_computes_and_then_replaces(env_id):
    without, with_penalty = make_biped(env_id=env_id), make_biped(env_id=env_id, fall_penalty=True)
    falls = 0
    for seed in range(40):
        steps = play_task(without, seed)
        own = play_environment(gymnasium.make(env_id, disable_env_checker=True), seed, STEPS)
        assert play_task(with_penalty, seed) == own
        assert steps[:-1] == own[:-1]
        unnoticed = play_environment(WalkerThatIgnoresFalls(hardcore="Hardcore" in env_id), seed, len(steps))
        assert [reward for reward, _ in steps] == [reward for reward, _ in unnoticed]
        if steps[-1][1]:
            falls += 1
            assert own[-1] == (-100.0, True)
            assert -10 < steps[-1][0] < 10
    assert 10 < falls < 40


def test_the_reward_of_a_fall_is_the_change_of_shaping_less_the_cost_of_the_motors():
    environment = make_biped()._environment_pool._make_environment()
    walker, falls = environment.unwrapped, 0
    for seed in range(10):
        environment.reset(seed=seed)
        for action in np.clip(draw_actions(seed), -1, 1).astype(np.float32):
            shaping = 130 * walker.hull.position[0] / 30 - 5 * abs(walker.hull.angle)
            _, reward, terminated, _, _ = environment.step(action)
            next_shaping = 130 * walker.hull.position[0] / 30 - 5 * abs(walker.hull.angle)
            assert reward == pytest.approx(next_shaping - shaping - 0.028 * np.abs(action).sum(), abs=1e-5)
            if terminated:
                falls += 1
                break
    assert falls >= 3
    environment.close()


@pytest.mark.parametrize(("x", "velocity", "is_fall"), [(0.05, -10, True), (89.0, 10, False)])
def test_leaving_to_the_left_is_a_fall_and_the_end_of_the_terrain_is_none(x, velocity, is_fall):
    rewards = []
    for task in (make_biped(), make_biped(fall_penalty=True)):
        environment = task._environment_pool._make_environment()
        environment.reset(seed=0)
        walker = environment.unwrapped
        shift = x - walker.hull.position[0]
        for body in (walker.hull, *walker.legs):
            body.position = (body.position[0] + shift, body.position[1] + 10)  # nothing touches the ground
            body.linearVelocity = (velocity, 0)
        walker.prev_shaping = 130 * walker.hull.position[0] / 30 - 5 * abs(walker.hull.angle)
        _, reward, terminated, _, _ = environment.step(np.zeros(4, np.float32))
        assert terminated
        assert not walker.game_over
        rewards.append(float(reward))
        environment.close()
    assert rewards[0] == pytest.approx(130 * velocity / 50 / 30, abs=0.3)
    assert rewards[1] == (-100 if is_fall else rewards[0])


def test_scores_with_and_without_the_penalty_have_different_names():
    without, with_penalty = make_biped(), make_biped(fall_penalty=True)
    assert name_score(with_penalty, Reference()) == "return"
    assert name_score(without, Reference()) == "return without fall penalty"


def test_a_walker_is_solved_at_300_with_the_penalty_and_the_registered_horizon_alone():
    assert make_biped(fall_penalty=True).solved_score == 300
    assert make_biped(fall_penalty=True, env_id="BipedalWalkerHardcore-v3").solved_score == 300
    assert make_biped(fall_penalty=True, horizon=400).solved_score is None
    assert make_biped(fall_penalty=True, env_kwargs={"hardcore": True}).solved_score is None
    assert make_biped().solved_score is None


def test_a_copy_in_another_process_has_the_same_rewards():
    task = make_biped()
    copied = pickle.loads(pickle.dumps(task))
    assert copied == task != replace(task, fall_penalty=True)
    assert play_task(copied, 3) == play_task(task, 3)


def test_another_environment_is_refused_in_one_line():
    with pytest.raises(ConfigError, match=r"task\.env_id is 'CartPole-v1'; .*task=gymnasium") as caught:
        make_biped(env_id="CartPole-v1")
    assert "\n" not in str(caught.value)
