"""Gymnasium's spaces as numbers: what a network sees of an observation, and how its outputs act.

A Box is seen as its numbers, row by row, in float64; of Discrete(n) a 1 is seen at the number that
it is. Discrete(n) is acted on by n outputs, the first of the largest wins; a Box of floats by one
output a number, clipped to the bounds. No other space is played.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError

_NUMBERS = "biuf"
"""Kinds of NumPy's types that are plain numbers."""


@dataclass(frozen=True)
class Sight:
    """How an observation becomes I numbers."""

    shape: tuple[int, ...]  # of a Box
    discrete: tuple[int, int] | None  # how many, and the first

    @property
    def count(self) -> int:
        """I."""
        return math.prod(self.shape) if self.discrete is None else self.discrete[0]

    def numbers(self, observation: Any) -> npt.NDArray[np.float64]:
        """(I,); ValueError for what the space cannot hold."""
        seen = np.asarray(observation)
        if seen.shape != self.shape or seen.dtype.kind not in _NUMBERS:
            raise ValueError(
                f"an observation has shape {seen.shape} and type {seen.dtype}; "
                f"the observation space has shape {self.shape} and holds numbers."
            )
        if self.discrete is None:
            return seen.astype(np.float64).reshape(-1)
        count, first = self.discrete
        if not 0 <= int(seen) - first < count:
            raise ValueError(f"an observation is {seen}; the space has {first} to {first + count - 1}.")
        shown = np.zeros(count)
        shown[int(seen) - first] = 1.0
        return shown


@dataclass(frozen=True)
class Reach:
    """How O outputs become an action."""

    count: int  # O
    first: int  # of a Discrete's numbers
    shape: tuple[int, ...]
    bounds: tuple[npt.NDArray[Any], npt.NDArray[Any]] | None  # of a Box: lowest and highest, flat

    def actions(self, outputs: npt.NDArray[np.float64]) -> tuple[list[Any], list[bool]]:
        """Outputs (L, O) -> L actions, and which of them an environment may be given."""
        if self.bounds is None:
            chosen = (np.argmax(outputs, axis=1) + self.first).tolist()
            return chosen, [not lane.any() for lane in np.isnan(outputs)]
        low, high = self.bounds
        with np.errstate(over="ignore", invalid="ignore"):
            clipped = np.clip(outputs, low, high).astype(low.dtype)
        return list(clipped.reshape(-1, *self.shape)), [bool(lane.all()) for lane in np.isfinite(clipped)]


def sight(space: Any, env_id: str) -> Sight:
    """How this observation space is seen; ConfigError where it is not."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return Sight((), (int(space.n), int(space.start)))
    if isinstance(space, spaces.Box) and space.dtype.kind in _NUMBERS and space.shape is not None:
        return Sight(tuple(space.shape), None)
    raise ConfigError(
        f"task.env_id is {env_id!r}; its observations are {_short(space)}; only Box and Discrete are seen."
    )


def reach(space: Any, env_id: str) -> Reach:
    """How this action space is acted on; ConfigError where it is not."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return Reach(int(space.n), int(space.start), (), None)
    if isinstance(space, spaces.Box) and space.dtype.kind == "f" and space.shape is not None:
        bounds = (space.low.reshape(-1), space.high.reshape(-1))
        return Reach(math.prod(space.shape), 0, tuple(space.shape), bounds)
    raise ConfigError(
        f"task.env_id is {env_id!r}; its actions are {_short(space)}, and only Discrete and a Box of floats "
        "are acted on."
    )


def _short(space: Any) -> str:
    text = " ".join(str(space).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
