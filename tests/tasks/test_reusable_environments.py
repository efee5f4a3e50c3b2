"""A reused environment plays each episode as a new one does: tested for every class that is named."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from case_selection import mark_others_long
from gymnasium.envs.classic_control.cartpole import CartPoleEnv

from wannsearch.tasks.gymnasium import make_environment
from wannsearch.tasks.reusable_environments import REUSABLE_CLASSES, can_reuse_environment

SEEDS = range(60)
LUNAR_KWARGS = {"continuous": True, "enable_wind": True}
QUICK = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1"]
LONG = [
    *((env_id, {}, 200) for env_id in QUICK), ("LunarLander-v3", {}, 200),
    ("LunarLander-v3", LUNAR_KWARGS, 200), ("Hopper-v5", {}, 200), ("Walker2d-v5", {}, 200),
    ("HalfCheetah-v5", {}, 200), ("Ant-v5", {}, 200),
]  # fmt: skip
CASES = mark_others_long(
    [*((env_id, {}, 30) for env_id in QUICK), *LONG], quick=[(env_id, {}, 30) for env_id in QUICK]
)


def play(environment, seed, max_steps):
    """Observations, rewards and ends of an episode of random actions; every other one stops half-way."""
    rng, space = np.random.default_rng(seed), environment.action_space
    num_steps = int(rng.integers(1, max_steps)) if seed % 2 else max_steps
    steps = [environment.reset(seed=seed)[0].tobytes()]
    for _ in range(num_steps):
        action = rng.integers(space.n) if hasattr(space, "n") else rng.uniform(space.low, space.high)
        observation, reward, terminated, truncated, _ = environment.step(
            int(action) if hasattr(space, "n") else action.astype(space.dtype)
        )
        steps.append((observation.tobytes(), float(reward).hex(), bool(terminated), bool(truncated)))
        if terminated or truncated:
            break
    return steps


def play_new(env_id, env_kwargs, seed, max_steps):
    environment = make_environment(env_id, env_kwargs)
    steps = play(environment, seed, max_steps)
    environment.close()
    return steps


def list_different_seeds(env_id, env_kwargs, max_steps):
    """Seeds whose episodes differ from those of new environments, for both orders in one environment."""
    expected = {seed: play_new(env_id, env_kwargs, seed, max_steps) for seed in SEEDS}
    different = []
    for order in (SEEDS, reversed(SEEDS)):
        environment = make_environment(env_id, env_kwargs)
        different += [seed for seed in order if play(environment, seed, max_steps) != expected[seed]]
        environment.close()
    return different


def import_or_skip(env_id):
    room = str(gymnasium.registry[env_id].entry_point).split(".")[2]
    if room != "classic_control":
        pytest.importorskip({"box2d": "Box2D", "mujoco": "mujoco"}[room])


@pytest.mark.parametrize(("env_id", "env_kwargs", "max_steps"), CASES)
def test_60_episodes_of_a_reused_environment_are_those_of_new_ones_in_both_orders(
    env_id, env_kwargs, max_steps
):
    import_or_skip(env_id)
    assert list_different_seeds(env_id, env_kwargs, max_steps) == []
    environment = make_environment(env_id, env_kwargs)
    assert can_reuse_environment(environment)
    environment.close()


@pytest.mark.long
@pytest.mark.parametrize("env_id", ["BipedalWalker-v3", "BipedalWalkerHardcore-v3"])
def test_a_walker_that_is_reused_plays_other_episodes_and_so_is_not(env_id):
    import_or_skip(env_id)
    assert len(list_different_seeds(env_id, {}, 60)) > 10
    environment = make_environment(env_id, {})
    assert not can_reuse_environment(environment)
    environment.close()


def test_every_class_that_is_named_has_its_case():
    """The classes are compared by the ids of the cases, so a class that is added needs one."""
    entry_points = {str(gymnasium.registry[env_id].entry_point) for env_id, _, _ in LONG}
    assert {name.replace(":", ".") for name in entry_points} == REUSABLE_CLASSES


def test_a_derived_class_and_an_unknown_wrapper_are_not_reused():
    class Derived(CartPoleEnv):
        pass

    assert can_reuse_environment(gymnasium.wrappers.OrderEnforcing(CartPoleEnv()))
    assert not can_reuse_environment(Derived())
    assert not can_reuse_environment(gymnasium.wrappers.FrameStackObservation(CartPoleEnv(), 2))
