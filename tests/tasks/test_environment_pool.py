"""Environments are closed on every way out, and one that has failed serves no other episode."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from gymnasium_settings import make_task
from stub_environments import Closes

from wannsearch.core.errors import EvaluationFailed
from wannsearch.tasks.environment_pool import PooledEpisode


def start(fault=""):
    """An episode of `Closes` after the constructor of its task, whose environment is not counted."""
    task = make_task("Closes-v0", env_kwargs={"fault": fault})
    Closes.made = Closes.closed = 0
    return task, np.zeros(2)


def play(task, observation):
    episode = task.start_episode(3, observation)
    for _ in range(3):
        episode.step(0, observation)


def test_an_episode_gives_its_environment_back_once():
    task, observation = start()
    episode = task.start_episode(3, observation)
    assert [episode.step(0, observation) for _ in range(3)] == [(1.0, False, False)] * 2 + [
        (1.0, True, False)
    ]
    for _ in range(2):
        episode.close()
        assert (Closes.made, Closes.closed) == (1, 1)


@pytest.mark.parametrize("fault", ["reset", "step"])
def test_an_environment_that_fails_is_closed_at_once(fault):
    task, observation = start(fault)
    with pytest.raises(EvaluationFailed, match=f"Closes-v0 breaks in {fault}") as caught:
        play(task, observation)
    assert (Closes.made, Closes.closed) == (1, 1)
    assert "\n" not in str(caught.value)
    assert task._environment_pool._idle_environments == []


def test_an_environment_that_fails_is_never_reused_even_where_others_are():
    task, observation = make_task("CartPole-v1"), np.zeros(4)
    episode = task.start_episode(0, observation)
    with pytest.raises(EvaluationFailed, match="breaks in step 1 of the episode from seed 0"):
        episode.step("left", observation)
    episode.close()
    assert task._environment_pool._idle_environments == []
    task.start_episode(0, observation).close()
    assert len(task._environment_pool._idle_environments) == 1


def test_an_episode_that_nothing_refers_to_is_closed():
    task, observation = start()
    episode = task.start_episode(3, observation)
    episode.step(0, observation)
    del episode
    gc.collect()
    assert (Closes.made, Closes.closed) == (1, 1)


def test_the_others_are_closed_where_one_lane_fails():
    task, _ = start("step")
    state = task.reset(np.arange(3, dtype=np.uint64))
    state, _, _ = task.step(state, np.zeros((3, 1, 2)))
    with pytest.raises(EvaluationFailed):
        task.step(state, np.zeros((3, 1, 2)))
    del state
    gc.collect()
    assert (Closes.made, Closes.closed) == (3, 3)


def test_an_environment_that_does_not_close_is_told_in_one_line():
    task, observation = start("close")
    episode = task.start_episode(3, observation)
    with pytest.raises(EvaluationFailed, match="breaks in close of the episode from seed 3, OSError: a door"):
        episode.close()
    episode.close()


class Answers:
    """An environment that answers a step with whatever it is given."""

    def __init__(self, result):
        self.result = result
        self.unwrapped = self

    def step(self, action):
        return self.result

    def close(self):
        pass


def answer(result):
    task = make_task("Closes-v0")
    return PooledEpisode(task._environment_pool, Answers(result), 0).step(0, np.zeros(2))


@pytest.mark.parametrize(
    "reward", [2, 2.0, np.float32(2), np.int64(2), np.array([2.0], np.float32), np.array(2), np.array([[2]])]
)
def test_a_reward_is_any_number_or_an_array_of_one(reward):
    reward, terminated, truncated = answer((np.zeros(2), reward, np.bool_(True), np.array([False]), {}))
    assert (reward, terminated, truncated) == (2.0, True, False)
    assert {type(reward), type(terminated), type(truncated)} == {float, bool}


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ((np.zeros(2), None, False, False, {}), "a reward is None; it must be a number, or an array of one"),
        ((np.zeros(2), "2", False, False, {}), "a reward is '2'"),
        ((np.zeros(2), np.zeros(2), False, False, {}), r"a reward is array\(\[0., 0.\]\)"),
        (
            (np.zeros(2), 1.0, False, {}),
            "it returned 4 values; Gymnasium's step returns 5: observation, reward,",
        ),
        (np.zeros((2, 3)), "cannot unpack|not enough values"),
        (None, "cannot unpack"),
    ],
)
def test_a_step_that_is_not_gymnasiums_is_told_in_one_line(result, said):
    with pytest.raises(
        EvaluationFailed, match=f"Closes-v0 breaks in step 1 of the episode from seed 0, .*({said})"
    ) as caught:
        answer(result)
    assert "\n" not in str(caught.value)


def test_a_reset_of_the_old_interface_is_told_in_one_line():
    task = make_task("Old-v0")
    with pytest.raises(EvaluationFailed) as caught:
        task.start_episode(1, np.zeros(3))
    assert str(caught.value) == (
        "Old-v0 breaks in reset of the episode from seed 1, TypeError: it returned 5; Gymnasium's reset "
        "returns (observation, info), and info is a dict."
    )
