"""Tasks of one step that pay what the test wants to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from one_input import OneInput

LARGEST = 1.7976931348623157e308


def as_seeds(numbers: Any) -> np.ndarray:
    """Seeds whose bits are these float64 numbers."""
    return np.asarray(numbers, np.float64).view(np.uint64)


@dataclass(frozen=True)
class OneNumber(OneInput):
    """Shows the number whose bits the seed has and pays the output; the largest number for infinity."""

    largest: float = LARGEST

    def start_values(self, seeds):
        return seeds.view(np.float64)[:, None, None]

    def lane_step(self, m, state, outputs):
        return state, m.minimum(m.maximum(outputs[0], -self.largest), self.largest), False


@dataclass(frozen=True)
class PaysFunction(OneNumber):
    """Pays a function of the number instead; the network sees nothing of it."""

    function: Callable[[Any, Any], Any] = lambda m, x: x

    def lane_observe(self, m, state):
        return (m.where(state[0] > 0.0, 1.0, 1.0),)

    def lane_step(self, m, state, outputs):
        return super().lane_step(m, state, (self.function(m, state[0]),))
