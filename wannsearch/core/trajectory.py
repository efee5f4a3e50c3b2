"""The trajectory of one episode: what one network observed, returned and was rewarded for, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array, FloatArray

MAX_RECORDED_STEPS = 2000
"""The number of steps of an episode that a run folder holds and a film shows at most.

All 100,000 of the double pole would take minutes and 28 MB.
"""


@dataclass(frozen=True)
class Trajectory:
    """A trajectory holds T steps of one episode of one network with one weight.

    `states` has one entry more than the other arrays: the state before each step, and the one after the last.
    """

    observations: FloatArray  # (T, S, I)
    outputs: FloatArray  # (T, S, O) of the network, before the task clips or interprets them
    rewards: FloatArray  # (T,) NaN where the step failed
    states: tuple[
        Array, ...
    ]  # the parts of the task's state, (T + 1, ...) each; their contents are the task's
    episode_return: float  # sum of the rewards as an evaluator adds them; NaN where the episode failed
    has_ended: bool  # False where the recording was stopped before the episode

    @property
    def num_steps(self) -> int:
        """Return T, the number of steps."""
        return len(self.rewards)

    def state_at(self, step: int) -> tuple[Any, ...]:
        """Return the state before this step, from 0; the state of step T is the last one.

        Each part is an array without the axis of lanes, or a float where that array has a single number.
        """
        return select_lane(self.states, step)


def select_lane(state: tuple[Array, ...], lane: int) -> tuple[Any, ...]:
    """Return the state of one lane: its part of each array, as a float where it is a single number."""
    parts = [part[lane] for part in state]
    return tuple(_to_float(part) for part in parts)


def holds_numbers(part: Array | np.generic) -> bool:
    """Return whether a part of a state holds real numbers, so that float64 can show them."""
    return np.can_cast(part.dtype, np.float64, "same_kind")


def _to_float(part: Any) -> Any:
    is_number = isinstance(part, (np.ndarray, np.generic)) and part.size == 1 and holds_numbers(part)
    return float(part.item()) if is_number else part
