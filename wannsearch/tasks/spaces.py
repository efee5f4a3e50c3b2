"""Gymnasium's spaces as arrays: observations to inputs of a network, outputs to actions.

A Box observation becomes its numbers in float64, row by row. A Discrete(n) observation becomes a one-hot
vector. A Discrete(n) action is the index of the first largest of n outputs, counted from the first number of
the space. An action in a Box of floats has one output a number, clipped to the bounds. No other space is
supported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array, FloatArray
from wannsearch.core.errors import ConfigError

_NUMERIC_KINDS = "biuf"
"""The NumPy dtype kinds of plain numbers."""


@dataclass(frozen=True)
class ObservationEncoder:
    """The conversion of an observation to I numbers."""

    shape: tuple[int, ...]  # of a Box
    discrete_range: tuple[int, int] | None  # number of values, and the first value

    @property
    def num_inputs(self) -> int:
        """Return I, the number of inputs of a network."""
        return math.prod(self.shape) if self.discrete_range is None else self.discrete_range[0]

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs (I,) float64 with an observation.

        Raise ValueError for another shape, a type that is no number, or a number outside a Discrete space.
        The bounds of a Box are not checked.
        """
        values = np.asarray(observation)
        if values.shape != self.shape or values.dtype.kind not in _NUMERIC_KINDS:
            raise ValueError(
                f"an observation has shape {values.shape} and type {values.dtype}; "
                f"the observation space has shape {self.shape} and holds numbers."
            )
        if self.discrete_range is None:
            inputs[:] = values.reshape(-1)
            return
        num_values, first_number = self.discrete_range
        if not 0 <= int(values) - first_number < num_values:
            raise ValueError(
                f"an observation is {values}; the space has {first_number} to "
                f"{first_number + num_values - 1}."
            )
        inputs[:] = 0.0
        inputs[int(values) - first_number] = 1.0


@dataclass(frozen=True)
class ActionDecoder:
    """The conversion of O outputs to an action."""

    num_outputs: int  # O
    first_action: int  # the first number of a Discrete space
    shape: tuple[int, ...]
    bounds: tuple[Array, Array] | None  # of a Box: lowest and highest, flat

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Convert outputs (L, O) to L actions and L flags, True where the action is valid.

        An action is valid if no output is NaN; in a Box its clipped numbers must also be finite.
        """
        if self.bounds is None:
            action_numbers = (np.argmax(outputs, axis=1) + self.first_action).tolist()
            return action_numbers, [not output_row.any() for output_row in np.isnan(outputs)]
        low, high = self.bounds
        with np.errstate(over="ignore", invalid="ignore"):
            clipped_outputs = np.clip(outputs, low, high).astype(low.dtype)
        return list(clipped_outputs.reshape(-1, *self.shape)), [
            bool(output_row.all()) for output_row in np.isfinite(clipped_outputs)
        ]


def make_observation_encoder(space: Any, env_id: str) -> ObservationEncoder:
    """Make the encoder of this observation space; ConfigError unless it is Discrete or a numeric Box."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return ObservationEncoder((), (int(space.n), int(space.start)))
    if isinstance(space, spaces.Box) and space.dtype.kind in _NUMERIC_KINDS and space.shape is not None:
        return ObservationEncoder(tuple(space.shape), None)
    raise ConfigError(
        f"task.env_id is {env_id!r}; its observations are {_shorten(space)}; only Box and Discrete are seen."
    )


def make_action_decoder(space: Any, env_id: str) -> ActionDecoder:
    """Make the decoder of this action space; ConfigError unless it is Discrete or a Box of floats."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return ActionDecoder(int(space.n), int(space.start), (), None)
    if isinstance(space, spaces.Box) and space.dtype.kind == "f" and space.shape is not None:
        bounds = (space.low.reshape(-1), space.high.reshape(-1))
        return ActionDecoder(math.prod(space.shape), 0, tuple(space.shape), bounds)
    raise ConfigError(
        f"task.env_id is {env_id!r}; its actions are {_shorten(space)}, and only Discrete and a Box of "
        "floats are acted on."
    )


def _shorten(space: Any) -> str:
    text = " ".join(str(space).split())
    return text if len(text) <= 80 else f"{text[:77]}..."
