"""Gymnasium's spaces as arrays: observations to inputs of a network, outputs to actions.

The inputs are the numbers of an observation in the order of `gymnasium.spaces.flatten`, in float64. Box and
MultiBinary are taken row by row. Discrete(n) becomes n numbers, of which one is 1, and MultiDiscrete such a
group for each of its numbers. Dict and Tuple are their parts one behind another, however deep.

Outputs become an action part by part in the same order. Of Discrete(n) it is the index of the first largest
of n outputs, counted from the first number of the space; MultiDiscrete has n outputs for each of its numbers.
A Box has one output a number, clipped to the bounds, and rounded first where the space holds whole numbers (a
half to the even one). MultiBinary has one output a bit, which is 1 for an output above 0.

The class of an encoder is chosen once for a space, so that the common vector pays nothing for the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from wannsearch.core.arrays import Array, BoolArray, FloatArray, IntArray
from wannsearch.core.errors import ConfigError

_NUMERIC_KINDS = "biuf"
"""The NumPy dtype kinds of plain numbers."""
_MAX_SCALED_BOUND = 1e6
"""Bounds from here on say that a number has no limit, as those of a float32 or of an int32 do."""
_ALLOWED_SPACES = "Box, Discrete, MultiDiscrete and MultiBinary, and Dict and Tuple of these"


class ObservationEncoder(Protocol):
    """The conversion of an observation to I numbers."""

    @property
    def num_inputs(self) -> int:
        """Return I, the number of inputs of a network."""

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs (I,) float64 with an observation.

        Raise ValueError for another shape, a type that is no number, a missing part, or a number outside a
        discrete space. The bounds of a Box are not checked.
        """


@dataclass(frozen=True, slots=True)
class VectorEncoder:
    """The encoder of a Box with one axis."""

    shape: tuple[int]
    dtype: np.dtype[Any]  # that most observations have; another one is converted

    @property
    def num_inputs(self) -> int:
        """Return the length of the vector."""
        return self.shape[0]

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs with the numbers as they are."""
        # Nearly every observation passes here, and a step may take no more than a few microseconds.
        if (
            type(observation) is np.ndarray
            and observation.dtype == self.dtype
            and observation.shape == self.shape
        ):
            inputs[...] = observation
            return
        values = np.asarray(observation)
        if values.shape != self.shape or values.dtype.kind not in _NUMERIC_KINDS:
            raise _wrong_array_error(values, self.shape)
        inputs[:] = values


@dataclass(frozen=True, slots=True)
class ArrayEncoder:
    """The encoder of a Box or a MultiBinary with any number of axes, also none."""

    shape: tuple[int, ...]

    @property
    def num_inputs(self) -> int:
        """Return how many numbers the array has."""
        return math.prod(self.shape)

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs with the numbers as they are, row by row."""
        inputs[:] = _check_array(observation, self.shape).reshape(-1)


@dataclass(frozen=True, slots=True)
class ScaledBoxEncoder:
    """The encoder of a Box that maps its bounds to -1 and 1."""

    shape: tuple[int, ...]
    center: FloatArray  # (I,) of the bounds; 0 where a number stays as it is
    half_range: FloatArray  # (I,) of the bounds; 1 where a number stays as it is

    @property
    def num_inputs(self) -> int:
        """Return how many numbers the array has."""
        return len(self.center)

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs with the scaled numbers, row by row; one outside the bounds stays outside."""
        inputs[:] = _check_array(observation, self.shape).reshape(-1)
        inputs -= self.center
        inputs /= self.half_range


@dataclass(frozen=True, slots=True)
class DiscreteEncoder:
    """The encoder of a Discrete space: a 1 at the place of the number, and 0 elsewhere."""

    num_values: int
    first_value: int

    @property
    def num_inputs(self) -> int:
        """Return how many numbers the space has."""
        return self.num_values

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs with the one-hot vector."""
        value = _check_array(observation, ())
        index = int(value) - self.first_value
        if not 0 <= index < self.num_values or index + self.first_value != value:
            raise ValueError(
                f"an observation is {value}; the space has {self.first_value} to "
                f"{self.first_value + self.num_values - 1}."
            )
        inputs[:] = 0.0
        inputs[index] = 1.0


@dataclass(frozen=True, slots=True)
class MultiDiscreteEncoder:
    """The encoder of a MultiDiscrete space: one one-hot vector for each of its numbers."""

    shape: tuple[int, ...]
    num_values: IntArray  # of each number, flat
    first_values: IntArray  # of each number, flat
    first_inputs: IntArray  # the index of the first input of each number, flat

    @property
    def num_inputs(self) -> int:
        """Return the sum of the sizes of the one-hot vectors."""
        return int(self.num_values.sum())

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs with the one-hot vectors, row by row."""
        values = _check_array(observation, self.shape).reshape(-1)
        with np.errstate(invalid="ignore"):  # NaN is then outside, too
            indices = values.astype(np.int64) - self.first_values
        is_inside = (indices >= 0) & (indices < self.num_values) & (indices + self.first_values == values)
        if not is_inside.all():
            place = int(np.argmin(is_inside))
            first = int(self.first_values[place])
            raise ValueError(
                f"number {place} of an observation is {values[place]}; the space has {first} to "
                f"{first + int(self.num_values[place]) - 1}."
            )
        inputs[:] = 0.0
        inputs[self.first_inputs + indices] = 1.0


@dataclass(frozen=True, slots=True)
class CompositeEncoder:
    """The encoder of a Dict or a Tuple: the inputs of its parts one behind another."""

    container_types: tuple[type[Any], ...]  # of which an observation is
    parts: tuple[tuple[Any, ObservationEncoder, slice], ...]  # key, encoder, inputs

    @property
    def num_inputs(self) -> int:
        """Return the sum over the parts."""
        return sum(encoder.num_inputs for _, encoder, _ in self.parts)

    def encode(self, observation: Any, inputs: FloatArray) -> None:
        """Fill the inputs part by part."""
        if not isinstance(observation, self.container_types):
            raise ValueError(
                f"an observation is of type {type(observation).__name__}; the space holds "
                f"{self.container_types[0].__name__.lower()}s."
            )
        if len(observation) != len(self.parts):
            raise ValueError(
                f"an observation has {len(observation)} parts; the space has {self._list_keys()}."
            )
        for key, encoder, part_slice in self.parts:
            try:
                part = observation[key]
            except KeyError:
                raise ValueError(
                    f"an observation lacks {key!r}; the space has {self._list_keys()}."
                ) from None
            try:
                encoder.encode(part, inputs[part_slice])
            except ValueError as error:
                raise ValueError(f"in part {key!r}, {error}") from error

    def _list_keys(self) -> str:
        return ", ".join(repr(key) for key, _, _ in self.parts)


def _check_array(observation: Any, shape: tuple[int, ...]) -> Array:
    """Return the observation as an array; ValueError unless it has this shape and holds plain numbers."""
    values = np.asarray(observation)
    if values.shape != shape or values.dtype.kind not in _NUMERIC_KINDS:
        raise _wrong_array_error(values, shape)
    return values


def _wrong_array_error(values: Array, shape: tuple[int, ...]) -> ValueError:
    return ValueError(
        f"an observation has shape {values.shape} and type {values.dtype}; "
        f"the observation space has shape {shape} and holds numbers."
    )


class ActionDecoder(Protocol):
    """The conversion of O outputs to an action."""

    @property
    def num_outputs(self) -> int:
        """Return O, the number of outputs of a network."""

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Convert outputs (L, O) to L actions and L flags, True where the action is valid.

        An action is valid if no output is NaN; in a Box its clipped numbers must also be finite.
        """


@dataclass(frozen=True, slots=True)
class DiscreteDecoder:
    """The decoder of a Discrete space, whose actions are Python's whole numbers."""

    num_outputs: int
    first_action: int

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Take the first largest output of each lane."""
        actions = outputs.argmax(axis=1)
        if self.first_action:
            actions += self.first_action
        return actions.tolist(), _check_numbers(outputs)


@dataclass(frozen=True, slots=True)
class BoxDecoder:
    """The decoder of a Box of floats."""

    shape: tuple[int, ...]
    low: FloatArray  # (O,)
    high: FloatArray
    dtype: np.dtype[Any]  # of the space
    is_bounded: bool  # whether all bounds are finite

    @property
    def num_outputs(self) -> int:
        """Return how many numbers the Box has."""
        return len(self.low)

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Clip the outputs of each lane to the bounds."""
        clipped_outputs = np.minimum(np.maximum(outputs, self.low), self.high)
        if self.is_bounded:
            actions = clipped_outputs.astype(self.dtype)
        else:
            with np.errstate(over="ignore"):
                actions = clipped_outputs.astype(self.dtype)
        return _split_lanes(actions, self.shape), _check_lanes(np.isfinite(actions))


@dataclass(frozen=True, slots=True)
class IntegerBoxDecoder:
    """The decoder of a Box of whole numbers or of truth values."""

    shape: tuple[int, ...]
    low: FloatArray  # (O,) inside the bounds of the space, whose type may hold more digits than a float
    high: FloatArray
    dtype: np.dtype[Any]

    @property
    def num_outputs(self) -> int:
        """Return how many numbers the Box has."""
        return len(self.low)

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Round the outputs of each lane and clip them to the bounds."""
        with np.errstate(invalid="ignore"):
            actions = np.clip(np.rint(outputs), self.low, self.high).astype(self.dtype)
        return _split_lanes(actions, self.shape), _check_numbers(outputs)


@dataclass(frozen=True, slots=True)
class MultiDiscreteDecoder:
    """The decoder of a MultiDiscrete space: one choice for each of its numbers."""

    shape: tuple[int, ...]
    num_values: IntArray  # of each number, flat
    first_values: IntArray  # of each number, flat
    dtype: np.dtype[Any]

    @property
    def num_outputs(self) -> int:
        """Return the sum over the choices."""
        return int(self.num_values.sum())

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Take the first largest output of each choice, lane by lane."""
        choices = np.split(outputs, np.cumsum(self.num_values)[:-1], axis=1)
        indices = np.stack([np.argmax(choice, axis=1) for choice in choices], axis=1)
        actions = (indices + self.first_values).astype(self.dtype)
        return _split_lanes(actions, self.shape), _check_numbers(outputs)


@dataclass(frozen=True, slots=True)
class MultiBinaryDecoder:
    """The decoder of a MultiBinary space: a bit is 1 where its output is above 0."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def num_outputs(self) -> int:
        """Return how many bits there are."""
        return math.prod(self.shape)

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Compare the outputs of each lane with 0."""
        return _split_lanes((outputs > 0.0).astype(self.dtype), self.shape), _check_numbers(outputs)


@dataclass(frozen=True, slots=True)
class CompositeDecoder:
    """The decoder of a Dict or a Tuple: each part has outputs of its own, one behind another."""

    keys: tuple[str, ...] | None  # of a Dict; None for a Tuple
    decoders: tuple[ActionDecoder, ...]

    @property
    def num_outputs(self) -> int:
        """Return the sum over the parts."""
        return sum(decoder.num_outputs for decoder in self.decoders)

    def decode(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Decode each part; an action is valid if all its parts are."""
        stops = np.cumsum([decoder.num_outputs for decoder in self.decoders])
        columns = np.split(outputs, stops[:-1], axis=1)
        parts = [decoder.decode(part) for decoder, part in zip(self.decoders, columns, strict=True)]
        actions: list[Any] = list(zip(*(part_actions for part_actions, _ in parts), strict=True))
        if self.keys is not None:
            actions = [dict(zip(self.keys, action, strict=True)) for action in actions]
        return actions, [all(flags) for flags in zip(*(flags for _, flags in parts), strict=True)]


def _check_numbers(outputs: FloatArray) -> list[bool]:
    """Return a flag for each lane of (L, O), True where no output is NaN."""
    return _check_lanes(~np.isnan(outputs))


def _check_lanes(is_valid: BoolArray) -> list[bool]:
    """Return a flag for each lane of (L, O), True where all its flags are."""
    if is_valid.all():
        return [True] * len(is_valid)
    flags: list[bool] = np.logical_and.reduce(is_valid, axis=1).tolist()
    return flags


def _split_lanes(numbers: Array, shape: tuple[int, ...]) -> list[Any]:
    """Return each lane's row of numbers (L, n) as an array of this shape."""
    lanes = numbers.reshape(-1, *shape)
    return list(lanes) if shape else [lanes[lane, ...] for lane in range(len(lanes))]  # arrays, not numbers


def make_observation_encoder(space: Any, env_id: str, is_scaled: bool = False) -> ObservationEncoder:
    """Make the encoder of this observation space, with scaled numbers of each Box if `is_scaled`.

    Raise ConfigError for a space that is not supported, or has such a part.
    """
    return _make_encoder(space, is_scaled, f"task.env_id is {env_id!r}; its observations are")


def _make_encoder(space: Any, is_scaled: bool, place: str) -> ObservationEncoder:
    """Make the encoder of a space or of a part; `place` names it in the error."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return DiscreteEncoder(int(space.n), int(space.start))
    if isinstance(space, spaces.MultiDiscrete):
        num_values, first_values = _flatten_choices(space)
        return MultiDiscreteEncoder(
            tuple(space.nvec.shape), num_values, first_values, np.cumsum(num_values) - num_values
        )
    if isinstance(space, spaces.MultiBinary):
        return ArrayEncoder(tuple(space.shape))
    if isinstance(space, spaces.Box) and space.dtype.kind in _NUMERIC_KINDS:
        return _make_scaled_encoder(space) if is_scaled else _make_array_encoder(space)
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        parts, first_input = [], 0
        for key, part in _list_parts(space):
            encoder = _make_encoder(part, is_scaled, _name_place(place, key))
            parts.append((key, encoder, slice(first_input, first_input + encoder.num_inputs)))
            first_input += encoder.num_inputs
        container_types = (Mapping,) if isinstance(space, spaces.Dict) else (tuple, list)
        return CompositeEncoder(container_types, tuple(parts))
    raise _unsupported_error(space, place)


def _make_array_encoder(space: Any) -> ObservationEncoder:
    shape = tuple(space.shape)
    return VectorEncoder((shape[0],), space.dtype) if len(shape) == 1 else ArrayEncoder(shape)


def _make_scaled_encoder(box: Any) -> ObservationEncoder:
    """Make the encoder that scales each number with finite, different bounds below 1,000,000."""
    low, high = (bound.reshape(-1).astype(np.float64) for bound in (box.low, box.high))
    has_range = (np.maximum(np.abs(low), np.abs(high)) < _MAX_SCALED_BOUND) & (low < high)
    if not has_range.any():
        return _make_array_encoder(box)
    low, high = np.where(has_range, low, -1.0), np.where(has_range, high, 1.0)
    return ScaledBoxEncoder(tuple(box.shape), (low + high) / 2, (high - low) / 2)


def make_action_decoder(space: Any, env_id: str) -> ActionDecoder:
    """Make the decoder of this action space.

    Raise ConfigError for a space that is not supported, or has such a part.
    """
    return _make_decoder(space, f"task.env_id is {env_id!r}; its actions are")


def _make_decoder(space: Any, place: str) -> ActionDecoder:
    """Make the decoder of a space or of a part; `place` names it in the error."""
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        return DiscreteDecoder(int(space.n), int(space.start))
    if isinstance(space, spaces.MultiDiscrete):
        return MultiDiscreteDecoder(tuple(space.nvec.shape), *_flatten_choices(space), space.dtype)
    if isinstance(space, spaces.MultiBinary):
        return MultiBinaryDecoder(tuple(space.shape), space.dtype)
    if isinstance(space, spaces.Box) and space.dtype.kind == "f":
        return BoxDecoder(
            tuple(space.shape),
            space.low.reshape(-1).astype(np.float64),
            space.high.reshape(-1).astype(np.float64),
            space.dtype,
            bool(space.is_bounded()),
        )
    if isinstance(space, spaces.Box) and space.dtype.kind in _NUMERIC_KINDS:
        low = np.array([_round_inside(bound, math.inf) for bound in space.low.reshape(-1).tolist()])
        high = np.array([_round_inside(bound, -math.inf) for bound in space.high.reshape(-1).tolist()])
        return IntegerBoxDecoder(tuple(space.shape), low, high, space.dtype)
    if isinstance(space, (spaces.Dict, spaces.Tuple)):
        keys, parts = zip(*_list_parts(space), strict=True) if len(space.spaces) else ((), ())
        decoders = [
            _make_decoder(part, _name_place(place, key)) for key, part in zip(keys, parts, strict=True)
        ]
        return CompositeDecoder(keys if isinstance(space, spaces.Dict) else None, tuple(decoders))
    raise _unsupported_error(space, place)


def _round_inside(bound: int, direction: float) -> float:
    """Return the float nearest to this whole number, or the next in this direction if that is outside."""
    nearest = float(bound)
    is_outside = nearest > bound if direction < 0 else nearest < bound  # exact: Python compares all digits
    return math.nextafter(nearest, direction) if is_outside else nearest


def _flatten_choices(space: Any) -> tuple[IntArray, IntArray]:
    """Return the number of values and the first value of each number of a MultiDiscrete space, flat."""
    return space.nvec.reshape(-1).astype(np.int64), space.start.reshape(-1).astype(np.int64)


def _list_parts(space: Any) -> list[tuple[Any, Any]]:
    """Return key and space of each part of a Dict or a Tuple, in the order of `gymnasium.spaces.flatten`."""
    parts = space.spaces
    return list(parts.items()) if isinstance(parts, Mapping) else list(enumerate(parts))


def _name_place(place: str, key: Any) -> str:
    """Return the place of a part: `… its actions in 'arm' are` from `… its actions are`."""
    subject, _, verb = place.rpartition(" ")
    return f"{subject} in {key!r} {verb}"


def _unsupported_error(space: Any, place: str) -> ConfigError:
    text = " ".join(str(space).split())
    text = text if len(text) <= 80 else f"{text[:77]}..."
    return ConfigError(
        f"{place} {text}; allowed: {_ALLOWED_SPACES}. A wrapper in task.wrappers can convert others."
    )
