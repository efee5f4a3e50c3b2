"""A task's dynamics, written once and played twice: in NumPy and in compiled vectors.

A lane is one (weight, episode, sample). A task that derives from `LaneTask` describes one lane with
the functions below, over values that may be NumPy arrays or compiled vectors. Both understand
`+ - * /`, comparisons, `&` and `|` between comparisons, and the functions of `LaneMath`, which are
NumPy's own. There is no `if` over values: use `m.where`. The base class turns that description into
the `Task` seam.
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
"""A number per lane: a NumPy array or a compiled vector."""

LaneState = tuple[Array, ...]


class LaneMath(Protocol):
    """What lane functions may call; the module `numpy` is one."""

    def sin(self, x: LaneValue, /) -> LaneValue:
        """Sine of radians; compiled, NaN beyond 2^50, where turns cannot be counted."""

    def cos(self, x: LaneValue, /) -> LaneValue:
        """Cosine of radians; compiled, NaN beyond 2^50."""

    def exp(self, x: LaneValue, /) -> LaneValue:
        """Exponential."""

    def log(self, x: LaneValue, /) -> LaneValue:
        """Natural logarithm; NaN below 0."""

    def tanh(self, x: LaneValue, /) -> LaneValue:
        """Hyperbolic tangent."""

    def sqrt(self, x: LaneValue, /) -> LaneValue:
        """Square root."""

    def abs(self, x: LaneValue, /) -> LaneValue:
        """Absolute value."""

    def minimum(self, x: LaneValue, y: LaneValue, /) -> LaneValue:
        """The smaller; NaN if either is."""

    def maximum(self, x: LaneValue, y: LaneValue, /) -> LaneValue:
        """The larger; NaN if either is."""

    def where(self, condition: LaneValue, x: LaneValue, y: LaneValue, /) -> LaneValue:
        """x where the condition holds, else y."""

    def float32(self, x: LaneValue, /) -> LaneValue:
        """Round to float32, as an environment with float32 observations does."""


class LaneTask(ABC):
    """A task whose step the compiled evaluator can fuse with the network."""

    horizon: int
    episodes: int
    deterministic_test: bool = False
    """Every episode of a re-test or final test is the same: one is as good as a hundred."""
    score_name: str = "return"
    """What it pays, in words that are also the unit: scores of different names are never compared."""

    @property
    @abstractmethod
    def ports(self) -> Ports:
        """Inputs, outputs and allowed activations."""

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """(R,) seeds of the episodes that this role plays in this generation of the run with this seed."""
        return make_stream(seed, role, generation).random_words(episodes, 1)[:, 0]

    @property
    @abstractmethod
    def start_dim(self) -> int:
        """n: how many numbers a lane starts from."""

    @abstractmethod
    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """(R,) seeds -> (R, 1, n) numbers that each episode's lane starts from."""

    @abstractmethod
    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """The n numbers of a start -> the values carried from step to step."""

    @abstractmethod
    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """The I values that the network sees."""

    @abstractmethod
    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """The next state, the reward and whether the lane's episode is over."""

    def check_observation(self, num_values: int) -> None:
        """Refuse an observation that the ports do not announce."""
        if num_values != self.ports.inputs:
            raise ConfigError(
                f"{type(self).__name__} shows {num_values} values; its ports announce {self.ports.inputs} "
                "inputs."
            )

    def checked_starts(self, seeds: UInt64Array) -> FloatArray:
        """`starts`, refused where several rows would have to be simulated together."""
        values = self.start_values(seeds)
        if values.shape[1] != 1:
            raise ConfigError(
                f"{type(self).__name__} starts an episode from {values.shape[1]} rows; "
                "only a LabelledTask has several."
            )
        return values

    def reset(self, seeds: UInt64Array) -> LaneState:
        """(R,) seeds -> arrays (R, S)."""
        start_values = self.checked_starts(seeds)
        state = self.lane_state(_NUMPY, tuple(start_values[..., i] for i in range(start_values.shape[-1])))
        return tuple(np.broadcast_to(value, start_values.shape[:-1]) for value in state)

    def observe(self, state: LaneState) -> FloatArray:
        """State of arrays (L, S) -> (L, S, I)."""
        shape = np.broadcast_shapes(*(np.shape(value) for value in state))
        observation = self.lane_observe(_NUMPY, state)
        self.check_observation(len(observation))
        values = [np.broadcast_to(value, shape) for value in observation]
        return np.stack(values, axis=-1).astype(np.float64)

    def step(self, state: LaneState, outputs: FloatArray) -> tuple[LaneState, FloatArray, BoolArray]:
        """State (L, S), outputs (L, S, O) -> next state, reward (L,), done (L,)."""
        lane_outputs = tuple(outputs[..., i] for i in range(outputs.shape[-1]))
        next_state, reward, done = self.lane_step(_NUMPY, state, lane_outputs)
        shape = outputs.shape[:-1]
        mean_reward: FloatArray = np.broadcast_to(reward, shape).mean(axis=1)
        all_done: BoolArray = np.asarray(np.broadcast_to(done, shape).all(axis=1))
        return next_state, mean_reward, all_done


_NUMPY: LaneMath = np
