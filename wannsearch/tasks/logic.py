"""A truth table: the smallest task that needs structure.

All 2^bits rows are one episode of one step. With target t and output y the episode's return is

    closeness           1 - mean |clip(y, 0, 1) - t|
    squared_closeness   (2^bits - sum |clip(y, 0, 1) - t|)^2
    accuracy            the share of correct rows: y on the target's side of 0.5

The second is the fitness of NEAT's paper (Stanley & Miikkulainen 2002), at most 16 for two bits; the
outputs there are in 0..1 without clipping.

XOR and parity are not linearly separable: monotone units need a hidden node for them (Minsky &
Papert 1969).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.tasks.lane_task import LaneMath, LaneValue

_MAX_BITS = 10

_GATES: dict[str, Callable[[IntArray], Any]] = {
    "and": lambda rows: rows.all(axis=1),
    "or": lambda rows: rows.any(axis=1),
    "xor": lambda rows: rows.sum(axis=1) == 1,
    "nand": lambda rows: ~rows.all(axis=1),
    "xnor": lambda rows: rows.sum(axis=1) != 1,
    "parity": lambda rows: rows.sum(axis=1) % 2 == 1,
}


class Gate(str, Enum):
    """The logical function: `xor` is 1 where exactly one input is 1, `xnor` is its opposite.

    `parity` is 1 where an odd number of inputs is 1.
    """

    AND = "and"
    OR = "or"
    XOR = "xor"
    NAND = "nand"
    XNOR = "xnor"
    PARITY = "parity"


class LogicReward(str, Enum):
    """The return of an episode, as defined above."""

    CLOSENESS = "closeness"
    SQUARED_CLOSENESS = "squared_closeness"
    ACCURACY = "accuracy"


@dataclass(frozen=True, kw_only=True)
class Logic(LabelledTask):
    """A task with one output; every episode is the whole table, so one episode is enough."""

    gate: Gate
    bits: int
    reward: LogicReward
    episodes: int
    activations: tuple[str, ...]
    deterministic_test: ClassVar[bool] = True  # type: ignore[misc]  # no setting

    def __post_init__(self) -> None:
        convert_fields(self)
        if not 2 <= self.bits <= _MAX_BITS:
            raise ConfigError(f"task.bits is {self.bits}; it must lie in 2..{_MAX_BITS}.")
        check_at_least("task.episodes", self.episodes, 1)
        _ = self.ports

    @property
    def ports(self) -> Ports:
        """Return one input a bit, and one output."""
        return Ports(self.bits, 1, self.activations)

    @property
    def score_name(self) -> str:  # type: ignore[override]  # a constant elsewhere
        """Return the name of the reward with spaces, such as `squared closeness`."""
        return self.reward.value.replace("_", " ")

    def accuracy(self) -> Logic:
        """Return a task over the same table whose reward is the accuracy."""
        return replace(self, reward=LogicReward.ACCURACY)

    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Return (R, 2^bits, bits + 1) float64: the same table, inputs then target, for every seed.

        It is a read-only view of one table.
        """
        bit_rows = (np.arange(1 << self.bits)[:, None] >> np.arange(self.bits)[::-1]) & 1
        table = np.column_stack([bit_rows, _GATES[self.gate.value](bit_rows)]).astype(np.float64)
        return np.broadcast_to(table, (len(seeds), *table.shape))

    def episode_return(self, mean: FloatArray) -> FloatArray:
        """Return the mean over rows, or the square of their sum."""
        if self.reward is LogicReward.SQUARED_CLOSENESS:
            total = float(1 << self.bits) * mean
            return total * total
        return mean

    def lane_reward(self, m: LaneMath, outputs: tuple[LaneValue, ...], target: LaneValue) -> LaneValue:
        """Return the reward of a row: the closeness of output and target, or 1 for a correct output."""
        if self.reward is LogicReward.ACCURACY:
            agreement = (outputs[0] - 0.5) * (target - 0.5)
            return m.where(agreement > 0.0, 1.0, 0.0)
        clipped_output = m.minimum(m.maximum(outputs[0], 0.0), 1.0)
        return 1.0 - m.abs(clipped_output - target)
