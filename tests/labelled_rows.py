"""Labelled data made for tests: every episode has rows of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.tasks.labelled_task import LabelledTask, cross_entropy, is_correct


def loss(m: Any, outputs: Any, label: Any) -> Any:
    return -cross_entropy(m, outputs, label)


@dataclass(frozen=True)
class Rows(LabelledTask):
    """Inputs near 0 and a class each, drawn by the episode's seed; some inputs or targets replaced."""

    samples: int = 8
    inputs: int = 4
    outputs: int = 3
    pays: str | Callable[..., Any] = "loss"  # a name of PAYS, or a function
    spoilt: tuple[tuple[int, int, int, float], ...] = ()  # seed, row, column, number
    episodes: int = 1

    @property
    def ports(self):
        return Ports(self.inputs, self.outputs, CONTROL_ACTIVATIONS)

    def start_values(self, seeds):
        rows = np.empty((len(seeds), self.samples, self.inputs + 1))
        for episode, seed in zip(rows, seeds.tolist(), strict=True):
            rng = np.random.default_rng(seed)
            episode[:, :-1] = rng.normal(size=(self.samples, self.inputs))
            episode[:, -1] = rng.integers(0, self.outputs, self.samples)
            for of, row, column, number in self.spoilt:
                if of == seed:
                    episode[row, column] = number
        return rows

    def lane_reward(self, m, outputs, target):
        pay = PAYS[self.pays] if isinstance(self.pays, str) else self.pays
        return pay(m, outputs, target)


def tied(m: Any, outputs: Any, label: Any) -> Any:
    """1 where the two highest outputs are equal but for rounding."""
    highest = reduce(m.maximum, outputs)
    near = sum(m.where(output > highest - 1e-9, 1.0, 0.0) for output in outputs)
    return m.where(near > 1.5, 1.0, 0.0)


PAYS = {
    "loss": loss,
    "accuracy": is_correct,
    "tied": tied,
    "last output": lambda m, outputs, target: outputs[-1] + target,
}
