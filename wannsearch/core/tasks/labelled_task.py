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

from wannsearch.core.arrays import BoolArray, FloatArray, UInt64Array
from wannsearch.core.tasks.lane_task import LaneMath, LaneState, LaneTask, LaneValue

MIN_PROBABILITY = 1e-7
"""The smallest probability that a loss believes in."""


class LabelledTask(LaneTask):
    """Rows of inputs and a target."""

    @property
    def horizon(self) -> int:  # type: ignore[override]  # a constant here, a setting in simulations
        """Data is looked at once."""
        return 1

    @property
    def start_dim(self) -> int:
        """The inputs and the target."""
        return self.ports.inputs + 1

    @abstractmethod
    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """(R,) seeds -> (R, S, I + 1): each episode's rows, inputs first, then the target."""

    def episode_return(self, mean: FloatArray) -> FloatArray:
        """What an episode returns whose rows paid so much on average, elementwise; NaN stays NaN."""
        return mean

    @abstractmethod
    def lane_reward(self, m: LaneMath, outputs: tuple[LaneValue, ...], target: LaneValue) -> LaneValue:
        """What a row pays."""

    def checked_starts(self, seeds: UInt64Array) -> FloatArray:
        """`starts`; data may have many rows."""
        return self.start_values(seeds)

    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """The row."""
        return start

    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Its inputs."""
        return state[:-1]

    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Pay the row."""
        return state, self.lane_reward(m, outputs, state[-1]), False

    def step(self, state: LaneState, outputs: FloatArray) -> tuple[LaneState, FloatArray, BoolArray]:
        """State (L, S), outputs (L, S, O) -> next state, the episode's return (L,), done (L,)."""
        next_state, mean, done = super().step(state, outputs)
        return next_state, self.episode_return(mean), done


def cross_entropy(m: LaneMath, outputs: tuple[LaneValue, ...], label: LaneValue) -> LaneValue:
    """Cross-entropy of the softmax of O outputs, in nats, with the class `label` in 0..O-1."""
    max_logit = reduce(m.maximum, outputs)
    exponentials = [m.exp(output - max_logit) for output in outputs]
    total = reduce(lambda a, b: a + b, exponentials)
    label_exponential = exponentials[0]
    for index, exponential in enumerate(exponentials[1:], start=1):
        label_exponential = m.where(label == float(index), exponential, label_exponential)
    return -m.log(m.maximum(label_exponential / total, MIN_PROBABILITY))


def is_correct(m: LaneMath, outputs: tuple[LaneValue, ...], label: LaneValue) -> LaneValue:
    """1 where the highest output is the class `label`'s, else 0; of equal ones the first is the highest."""
    max_output: LaneValue = outputs[0]
    prediction: LaneValue = 0.0
    for index, output in enumerate(outputs[1:], start=1):
        is_higher = output > max_output
        max_output, prediction = (
            m.where(is_higher, output, max_output),
            m.where(is_higher, float(index), prediction),
        )
    return m.where(prediction == label, 1.0, 0.0)
