"""The dynamics of a task, written once and run by two backends: NumPy and compiled vectors.

A lane is one simulation of a batch: one (weight, episode) of a network, or one sample of labelled data.
A task that derives from `LaneTask` describes one lane with the functions below, over values that are NumPy
arrays or compiled vectors. Both support `+ - * /`, comparisons, `&`, `|` and `~` on comparisons, and the
functions of `LaneMath`, which are NumPy's own. There is no `if` over values: use `m.where`. The base class
turns that description into a `Task` (`core.protocols`).

Shape letters: L lanes, R episodes, S samples of a lane, I inputs, O outputs, n numbers of a start.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Protocol

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream

LaneValue = Any
"""One number per lane: a NumPy array or a compiled vector."""

LaneState = tuple[Array, ...]


class LaneMath(Protocol):
    """A lane may call these functions; the module `numpy` implements them."""

    def sin(self, x: LaneValue, /) -> LaneValue:
        """Return the sine of radians; compiled, NaN from |x| = 2^50 on (2^21 in float32)."""

    def cos(self, x: LaneValue, /) -> LaneValue:
        """Return the cosine of radians; compiled, NaN from |x| = 2^50 on (2^21 in float32)."""

    def exp(self, x: LaneValue, /) -> LaneValue:
        """Return e to the power of x; infinite where it overflows."""

    def log(self, x: LaneValue, /) -> LaneValue:
        """Return the natural logarithm; minus infinity at 0, NaN below."""

    def tanh(self, x: LaneValue, /) -> LaneValue:
        """Return the hyperbolic tangent of x."""

    def sqrt(self, x: LaneValue, /) -> LaneValue:
        """Return the square root of x; NaN below 0."""

    def abs(self, x: LaneValue, /) -> LaneValue:
        """Return the absolute value |x| of each lane."""

    def minimum(self, x: LaneValue, y: LaneValue, /) -> LaneValue:
        """Return the smaller value; NaN if either is NaN."""

    def maximum(self, x: LaneValue, y: LaneValue, /) -> LaneValue:
        """Return the larger value; NaN if either is NaN."""

    def where(self, condition: LaneValue, x: LaneValue, y: LaneValue, /) -> LaneValue:
        """Return x in lanes where the condition holds, else y."""

    def float32(self, x: LaneValue, /) -> LaneValue:
        """Round to float32, as an environment with float32 observations does.

        NumPy returns a float32 array; compiled lanes keep their own format.
        """


class LaneTask(ABC):
    """The compiled evaluator fuses the step of such a task with the forward pass of the network.

    A subclass defines `ports`, `start_dim`, `start_values`, `lane_state`, `lane_observe`, `lane_step`, and
    the attributes `horizon` (maximal steps of an episode) and `episodes` (default number per weight).
    """

    horizon: int
    episodes: int
    deterministic_test: bool = False
    """Whether every episode of a re-test or final test is the same, so that one suffices."""
    score_name: str = "return"
    """The name of the episode's score, which is also its unit: different names are never compared."""

    @property
    @abstractmethod
    def ports(self) -> Ports:
        """Return the number of inputs (without the bias) and outputs, and the allowed activations."""

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return the seeds of the episodes for one role and generation of a run.

        Args:
            seed: The seed of the run.
            role: The purpose of the episodes: search, re-test or held-out test.
            generation: The generation, from 1, or another counter of the caller; 0 outside of generations.
            episodes: The number of episodes, R.

        Returns:
            Seeds, (R,) uint64: the first word of each row of the stream.
        """
        return make_stream(seed, role, generation).random_words(episodes, 1)[:, 0]

    @property
    @abstractmethod
    def start_dim(self) -> int:
        """Return n, the number of values that a lane starts from."""

    @abstractmethod
    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Draw the values that the lane of each episode starts from.

        Args:
            seeds: Episode seeds, (R,) uint64. A draw depends on its seed alone
                (`core.streams.sample_episode_uniform`).

        Returns:
            Start values, (R, 1, n) float64.
        """

    @abstractmethod
    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Compute the initial state of a lane.

        Args:
            m: The functions of `LaneMath` for this type of value.
            start: The n start values.

        Returns:
            The values that are carried from step to step, as a tuple of fixed length.
        """

    @abstractmethod
    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Compute the observation of a lane.

        Args:
            m: The functions of `LaneMath` for this type of value.
            state: The values of `lane_state` or of the last `lane_step`.

        Returns:
            The I inputs of the network, without the bias.
        """

    @abstractmethod
    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Advance a lane by one step.

        Args:
            m: The functions of `LaneMath` for this type of value.
            state: The values of `lane_state` or of the last `lane_step`.
            outputs: The O outputs of the network.

        Returns:
            The next state (as many values as `state`), the reward, and whether the episode is done.
        """

    def check_observation(self, num_values: int) -> None:
        """Refuse an observation whose length differs from the inputs of the ports.

        Args:
            num_values: The number of values that `lane_observe` returned.

        Raises:
            ConfigError: `num_values` is not `ports.inputs`.
        """
        if num_values != self.ports.inputs:
            raise ConfigError(
                f"{type(self).__name__} shows {num_values} values; its ports announce {self.ports.inputs} "
                "inputs."
            )

    def checked_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Return what `lane_step` returns, checked to be three values with a state of the same length.

        Raises:
            ConfigError: `lane_step` returns something else.
        """
        result: Any = self.lane_step(m, state, outputs)
        allowed = f"the next state of {len(state)} values, the reward and done"
        if not isinstance(result, tuple) or len(result) != 3:
            problem = f"{len(result)} values" if isinstance(result, tuple) else type(result).__name__
            raise ConfigError(f"{type(self).__name__}.lane_step returns {problem}; it must return {allowed}.")
        if len(result[0]) != len(state):
            raise ConfigError(
                f"{type(self).__name__}.lane_step returns a state of {len(result[0])} values; it must return "
                f"{allowed}."
            )
        next_state, reward, done = result
        return next_state, reward, done

    def checked_starts(self, seeds: UInt64Array) -> FloatArray:
        """Return `start_values`, checked to hold one sample per episode.

        Args:
            seeds: Episode seeds, (R,) uint64.

        Returns:
            Start values, (R, 1, n) float64.

        Raises:
            ConfigError: An episode has several samples, which a simulation cannot have.
        """
        values = self.start_values(seeds)
        if values.shape[1] != 1:
            raise ConfigError(
                f"{type(self).__name__} starts an episode from {values.shape[1]} rows; "
                "only a LabelledTask has several."
            )
        return values

    def reset(self, seeds: UInt64Array) -> LaneState:
        """Start one episode per seed, in NumPy.

        Args:
            seeds: Episode seeds, (R,) uint64.

        Returns:
            The state: a tuple of arrays (R, S).

        Raises:
            ConfigError: An episode has several samples and the task is a simulation.
        """
        start_values = self.checked_starts(seeds)
        state = self.lane_state(_NUMPY, tuple(start_values[..., i] for i in range(start_values.shape[-1])))
        return tuple(np.broadcast_to(value, start_values.shape[:-1]) for value in state)

    def observe(self, state: LaneState) -> FloatArray:
        """Compute the observations of all lanes, in NumPy.

        Args:
            state: A tuple of arrays (L, S).

        Returns:
            Observations, (L, S, I) float64.

        Raises:
            ConfigError: `lane_observe` returns another number of values than the ports have inputs.
        """
        shape = np.broadcast_shapes(*(np.shape(value) for value in state))
        observation = self.lane_observe(_NUMPY, state)
        self.check_observation(len(observation))
        values = [np.broadcast_to(value, shape) for value in observation]
        return np.stack(values, axis=-1).astype(np.float64)

    def step(self, state: LaneState, outputs: FloatArray) -> tuple[LaneState, FloatArray, BoolArray]:
        """Advance every lane by one step, in NumPy.

        Args:
            state: A tuple of arrays (L, S).
            outputs: The outputs of the network, (L, S, O) float64.

        Returns:
            The next state, the reward (L,) as the mean over samples, and done (L,) bool, true where all
            samples are done.
        """
        lane_outputs = tuple(outputs[..., i] for i in range(outputs.shape[-1]))
        next_state, reward, done = self.checked_step(_NUMPY, state, lane_outputs)
        shape = outputs.shape[:-1]
        mean_reward: FloatArray = np.broadcast_to(reward, shape).mean(axis=1)
        all_done: BoolArray = np.asarray(np.broadcast_to(done, shape).all(axis=1))
        return next_state, mean_reward, all_done


_NUMPY: LaneMath = np
