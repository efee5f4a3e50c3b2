"""What every task owes, whoever plays it."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conf_files import built, files

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role

ROLES = [Role.EPISODES, Role.RETEST, Role.HELD_OUT]
SEEDS = np.array([0, 1, 2, 977], np.uint64)


def test_there_is_a_task():
    assert files("task")


def outputs_for(task, state, scale=1.0):
    seen = task.observe(state)
    return np.random.default_rng(0).normal(size=(*seen.shape[:2], task.ports.outputs)) * scale


def lanes(state, rows):
    return tuple(np.asarray(part)[rows] for part in state)


def test_ports_horizon_and_episodes_are_positive(task):
    assert task.ports.inputs >= 1
    assert task.ports.outputs >= 1
    assert task.horizon >= 1
    assert task.episodes >= 1


def test_shapes_are_those_of_the_seam(task):
    state = task.reset(SEEDS)
    seen = task.observe(state)
    assert seen.shape[0] == len(SEEDS)
    assert seen.shape[2] == task.ports.inputs
    assert seen.dtype == np.float64
    after, reward, done = task.step(state, outputs_for(task, state))
    assert reward.shape == done.shape == (len(SEEDS),)
    assert reward.dtype == np.float64
    assert done.dtype == np.bool_
    assert [np.shape(part) for part in after] == [np.shape(part) for part in state]


def test_a_start_depends_on_its_seed_alone(task):
    together = task.observe(task.reset(SEEDS))
    for i in range(len(SEEDS)):
        assert np.array_equal(task.observe(task.reset(SEEDS[i : i + 1]))[0], together[i])
    assert np.array_equal(task.observe(task.reset(SEEDS[::-1])), together[::-1])
    assert np.array_equal(task.observe(task.reset(SEEDS)), together)


def test_lanes_are_played_apart_from_one_another(task):
    state = task.reset(SEEDS)
    outputs = outputs_for(task, state)
    _, reward, done = task.step(state, outputs)
    for rows in ([2], [3, 0], [1, 1, 1]):
        _, alone, over = task.step(lanes(state, rows), outputs[rows])
        assert np.array_equal(alone, reward[rows])
        assert np.array_equal(over, done[rows])


def test_observing_and_stepping_change_neither_state_nor_outputs(task):
    state = task.reset(SEEDS)
    before, outputs = [np.array(part) for part in state], outputs_for(task, state)
    given = outputs.copy()
    task.observe(state)
    task.step(state, outputs)
    assert all(np.array_equal(a, b) for a, b in zip(before, state, strict=True))
    assert np.array_equal(outputs, given)


def test_returns_of_finite_outputs_are_finite(task):
    state = task.reset(SEEDS)
    for _ in range(min(task.horizon, 30)):
        state, reward, _ = task.step(state, outputs_for(task, state, 1e6))
        assert np.isfinite(reward).all()


def test_an_episodes_seed_depends_on_seed_role_generation_and_episode_alone(task):
    for seed, role, generation in product((0, 7), ROLES, (0, 5)):
        many = task.episode_seeds(seed, role, generation, 50)
        assert many.dtype == np.uint64
        assert many.shape == (50,)
        assert np.array_equal(task.episode_seeds(seed, role, generation, 8), many[:8])
        assert np.array_equal(task.episode_seeds(seed, role, generation, 50), many)


def test_episode_seeds_differ_between_seeds_roles_generations_and_episodes(task):
    named = [
        task.episode_seeds(seed, role, generation, 20)
        for seed, role, generation in product((0, 1), ROLES, range(10))
    ]
    assert np.unique(np.concatenate(named)).size == len(named) * 20


@pytest.mark.parametrize(
    ("setting", "value"), [("episodes", 0), ("activations", ["tahn"]), ("activations", [])]
)
def test_an_impossible_setting_in_its_file_is_refused_in_one_line_that_names_it(task_file, setting, value):
    with pytest.raises(ConfigError, match=f"task.{setting}") as caught:
        built("task", task_file, **{setting: value})
    assert "\n" not in str(caught.value)


def test_a_task_is_a_value_that_equals_its_copy(task):
    copy = replace(task, episodes=task.episodes)
    assert copy == task
    assert hash(copy) == hash(task)
