"""Labelled data as a task: each episode is one step over a batch of rows, inputs with a target.

The return of an episode is the mean of the rows' rewards, or a function of that. A task derives from
`LabelledTask`, returns the rows and computes the reward of a row, with the operations of `lane_task`.
Because no state changes, the compiled evaluator sums the contributions of the inputs once for all
shared weights.

For classes, with outputs z and the class y of a row (Gaier & Ha 2019 score the same):

    p = softmax(z);  cross-entropy = -ln max(p[y], MIN_PROBABILITY)

The published code does not clip, so that one impossible image makes a score of minus infinity.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import reduce

from wannsearch.core.arrays import BoolArray, FloatArray, UInt64Array
from wannsearch.core.tasks.lane_task import LaneMath, LaneState, LaneTask, LaneValue

MIN_PROBABILITY = 1e-7
"""The lower bound of a probability in the cross-entropy, which bounds the loss of a row at 16.1 nats."""


class LabelledTask(LaneTask):
    """A labelled task evaluates a network on rows of inputs and a target.

    A subclass defines `ports`, `start_values`, `lane_reward` and the attribute `episodes`.
    """

    @property
    def horizon(self) -> int:  # type: ignore[override]  # a constant here, a setting in simulations
        """Return 1, since an episode of data is a single step."""
        return 1

    @property
    def start_dim(self) -> int:
        """Return I + 1: the inputs and the target."""
        return self.ports.inputs + 1

    @abstractmethod
    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Return the rows of data of each episode.

        Args:
            seeds: Episode seeds, (R,) uint64. The rows of an episode depend on its seed alone.

        Returns:
            Rows, (R, S, I + 1) float64: the inputs first, the target last.
        """

    def episode_return(self, mean: FloatArray) -> FloatArray:
        """Convert the mean reward of an episode's rows to its return, elementwise.

        Args:
            mean: Mean rewards of episodes, of any shape; NaN where the evaluation failed.

        Returns:
            Returns in the same shape; NaN stays NaN. The default is the mean itself.
        """
        return mean

    @abstractmethod
    def lane_reward(self, m: LaneMath, outputs: tuple[LaneValue, ...], target: LaneValue) -> LaneValue:
        """Compute the reward of a row.

        Args:
            m: The functions of `LaneMath` for this type of value.
            outputs: The O outputs of the network.
            target: The target of the row.

        Returns:
            The reward of each lane.
        """

    def checked_starts(self, seeds: UInt64Array) -> FloatArray:
        """Return `start_values` unchecked, since an episode of data may have many rows.

        Args:
            seeds: Episode seeds, (R,) uint64.

        Returns:
            Rows, (R, S, I + 1) float64.
        """
        return self.start_values(seeds)

    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return the row itself as the state of the lane.

        Args:
            m: The functions of `LaneMath` for this type of value; unused.
            start: The I inputs and the target.

        Returns:
            `start`, unchanged.
        """
        return start

    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return the inputs of the row as the observation.

        Args:
            m: The functions of `LaneMath` for this type of value; unused.
            state: The I inputs and the target.

        Returns:
            The I inputs.
        """
        return state[:-1]

    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Compute the reward of the row; the state does not change.

        Args:
            m: The functions of `LaneMath` for this type of value.
            state: The I inputs and the target.
            outputs: The O outputs of the network.

        Returns:
            The same state, the reward of `lane_reward`, and False: the horizon of one step ends the episode.
        """
        return state, self.lane_reward(m, outputs, state[-1]), False

    def step(self, state: LaneState, outputs: FloatArray) -> tuple[LaneState, FloatArray, BoolArray]:
        """Compute the return of every episode, in NumPy.

        Args:
            state: A tuple of arrays (L, S).
            outputs: The outputs of the network, (L, S, O) float64.

        Returns:
            The same state, the returns (L,), and done (L,) bool, all False.
        """
        next_state, mean, done = super().step(state, outputs)
        return next_state, self.episode_return(mean), done


def cross_entropy(m: LaneMath, outputs: tuple[LaneValue, ...], label: LaneValue) -> LaneValue:
    """Return the cross-entropy of the softmax of O outputs, in nats.

    Args:
        m: The functions of `LaneMath` for this type of value.
        outputs: The O logits.
        label: The class, in 0..O-1.

    Returns:
        The cross-entropy of each lane, at most -ln `MIN_PROBABILITY`.
    """
    max_logit = reduce(m.maximum, outputs)
    exponentials = [m.exp(output - max_logit) for output in outputs]
    total = reduce(lambda a, b: a + b, exponentials)
    label_exponential = exponentials[0]
    for index, exponential in enumerate(exponentials[1:], start=1):
        label_exponential = m.where(label == float(index), exponential, label_exponential)
    return -m.log(m.maximum(label_exponential / total, MIN_PROBABILITY))


def is_correct(m: LaneMath, outputs: tuple[LaneValue, ...], label: LaneValue) -> LaneValue:
    """Compare the class of the highest output with the label; of equal outputs the first counts.

    Args:
        m: The functions of `LaneMath` for this type of value.
        outputs: The O logits.
        label: The class, in 0..O-1.

    Returns:
        1.0 in lanes where the prediction is the label, else 0.0.
    """
    max_output: LaneValue = outputs[0]
    prediction: LaneValue = 0.0
    for index, output in enumerate(outputs[1:], start=1):
        is_higher = output > max_output
        max_output, prediction = (
            m.where(is_higher, output, max_output),
            m.where(is_higher, float(index), prediction),
        )
    return m.where(prediction == label, 1.0, 0.0)
