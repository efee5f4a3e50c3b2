"""Labelled data: rows of inputs with a target each, looked at once.

An episode is one step that shows a batch of rows; its return is the mean of what the rows pay, or a
function of that. A task derives from `LabelledTask`, hands out the rows and says what a row pays, in
the words of `lanes`. Because nothing moves, the compiled evaluator adds up what comes from the inputs
once for all shared weights.

For classes, with outputs z and the class y of a row (Gaier & Ha 2019 score the same):

    p = softmax(z);  cross-entropy = -ln max(p[y], CLIP)

The published code does not clip, so that one impossible image makes a score of minus infinity.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import reduce

import numpy as np
import numpy.typing as npt

from wannsearch.core.tasks.lane_task import LaneMath, LaneTask, State, Value

CLIP = 1e-7
"""The smallest probability that a loss believes in."""


class LabelledTask(LaneTask):
    """Rows of inputs and a target."""

    @property
    def horizon(self) -> int:  # type: ignore[override]  # a constant here, a setting in simulations
        """Data is looked at once."""
        return 1

    @property
    def start_numbers(self) -> int:
        """The inputs and the target."""
        return self.ports.inputs + 1

    @abstractmethod
    def starts(self, seeds: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
        """(R,) seeds -> (R, S, I + 1): each episode's rows, inputs first, then the target."""

    def episode_return(self, mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """What an episode returns whose rows paid so much on average, elementwise; NaN stays NaN."""
        return mean

    @abstractmethod
    def lane_reward(self, m: LaneMath, outputs: tuple[Value, ...], target: Value) -> Value:
        """What a row pays."""

    def opening(self, seeds: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
        """`starts`; data may have many rows."""
        return self.starts(seeds)

    def lane_state(self, m: LaneMath, start: tuple[Value, ...]) -> tuple[Value, ...]:
        """The row."""
        return start

    def lane_observe(self, m: LaneMath, state: tuple[Value, ...]) -> tuple[Value, ...]:
        """Its inputs."""
        return state[:-1]

    def lane_step(
        self, m: LaneMath, state: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[tuple[Value, ...], Value, Value]:
        """Pay the row."""
        return state, self.lane_reward(m, outputs, state[-1]), False

    def step(
        self, state: State, outputs: npt.NDArray[np.float64]
    ) -> tuple[State, npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """State (L, S), outputs (L, S, O) -> next state, the episode's return (L,), done (L,)."""
        after, mean, done = super().step(state, outputs)
        return after, self.episode_return(mean), done


def cross_entropy(m: LaneMath, outputs: tuple[Value, ...], label: Value) -> Value:
    """Cross-entropy of the softmax of O outputs, in nats, with the class `label` in 0..O-1."""
    highest = reduce(m.maximum, outputs)
    shares = [m.exp(output - highest) for output in outputs]
    total = reduce(lambda a, b: a + b, shares)
    share = shares[0]
    for number, other in enumerate(shares[1:], start=1):
        share = m.where(label == float(number), other, share)
    return -m.log(m.maximum(share / total, CLIP))


def recognised(m: LaneMath, outputs: tuple[Value, ...], label: Value) -> Value:
    """1 where the highest output is the class `label`'s, else 0; of equal ones the first is the highest."""
    highest: Value = outputs[0]
    answer: Value = 0.0
    for number, output in enumerate(outputs[1:], start=1):
        above = output > highest
        highest, answer = m.where(above, output, highest), m.where(above, float(number), answer)
    return m.where(answer == label, 1.0, 0.0)
