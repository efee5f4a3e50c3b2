"""The NumPy face that `LaneTask` gives to a description of one lane."""

from dataclasses import dataclass

import numpy as np
import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.tasks.lane_task import LaneTask


@dataclass(frozen=True)
class Countdown(LaneTask):
    """Pays the output and ends when its number, the seed, has come down to 0."""

    horizon: int = 9
    episodes: int = 1

    @property
    def ports(self):
        return Ports(2, 1, ("tanh",))

    @property
    def start_dim(self):
        return 1

    def start_values(self, seeds):
        return seeds.astype(float)[:, None, None]

    def lane_state(self, m, start):
        return (start[0], 0.0 * start[0])

    def lane_observe(self, m, state):
        return state

    def lane_step(self, m, state, outputs):
        left, past = state
        return (left - 1.0, past + 1.0), outputs[0], left <= 1.0


SEEDS = np.array([1, 2, 5], np.uint64)


def test_a_reset_leads_with_episodes_then_their_one_row():
    state = Countdown().reset(SEEDS)
    assert [part.tolist() for part in state] == [[[1], [2], [5]], [[0]] * 3]


def test_what_is_observed_has_lanes_samples_inputs():
    task = Countdown()
    seen = task.observe(task.reset(SEEDS))
    assert seen.dtype == np.float64
    assert seen.tolist() == [[[1, 0]], [[2, 0]], [[5, 0]]]


def test_a_lane_is_paid_and_ends_by_itself():
    task = Countdown()
    outputs = np.array([[[2.0]], [[0.0]], [[-1.0]]])
    state, reward, done = task.step(task.reset(SEEDS), outputs)
    assert reward.tolist() == [2, 0, -1]
    assert done.tolist() == [True, False, False]
    assert [part.tolist() for part in state] == [[[0], [1], [4]], [[1]] * 3]
    _, _, done = task.step(state, outputs)
    assert done.tolist() == [True, True, False]


@pytest.mark.parametrize("rows", [0, 2, 7])
def test_an_episode_that_starts_from_several_rows_is_refused_in_one_line(rows):
    class Several(Countdown):
        def start_values(self, seeds):
            return np.ones((len(seeds), rows, 1))

    with pytest.raises(ConfigError, match=f"{rows} rows; only a LabelledTask has several") as caught:
        Several().reset(SEEDS)
    assert "\n" not in str(caught.value)


def test_constant_rewards_and_endings_are_laid_on_every_lane():
    class Endless(Countdown):
        def lane_step(self, m, state, outputs):
            return state, 1.0, False

    task = Endless()
    _, reward, done = task.step(task.reset(SEEDS), np.zeros((3, 1, 1)))
    assert reward.tolist() == [1, 1, 1]
    assert done.tolist() == [False, False, False]


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (((0.0, 0.0), 1.0), "lane_step returns 2 values; it must return the next state of 2 values"),
        (((0.0,), 1.0, False), "lane_step returns a state of 1 values; it must return the next state of 2"),
        (None, "lane_step returns NoneType; it must"),
    ],
)
def test_a_step_that_returns_something_else_is_refused(result, message):
    class Odd(Countdown):
        def lane_step(self, m, state, outputs):
            return result

    with pytest.raises(ConfigError, match=f"Odd.{message}"):
        Odd().step(Odd().reset(SEEDS), np.zeros((3, 1, 1)))
