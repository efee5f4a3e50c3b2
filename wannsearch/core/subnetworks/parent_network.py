"""Parents: over-parameterised networks whose sub-networks are searched, written once in a few words.

A parent says how its outputs come from an image, layer by layer, in the words below. Spoken to
`traced`, the words give the plan: every parameter with its shape and the nodes on its two sides; spoken
to the trainer they compute. So what is counted, drawn, masked and trained cannot differ.

`nodes` marks the nodes of the last `dense` or `conv` as maskable, and stands where the mask is laid on:
after normalisation and nonlinearity, for a normalisation behind the mask would spread its zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from math import prod
from typing import Any, Protocol

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports

Value = Any
"""What a parent computes with; only the words look inside."""


class Words(Protocol):
    """What a parent may say. Images are (channels, height, width), all else is features."""

    def dense(self, x: Value, width: int) -> Value:
        """Features from features, or from all pixels of an image nothing was laid on, with a bias."""

    def conv(self, x: Value, channels: int, kernel: int, stride: int) -> Value:
        """An image from an image, padded by kernel // 2, without a bias; kernels are odd."""

    def norm(self, x: Value) -> Value:
        """Batch normalisation of each channel, with a scale and a shift (Ioffe & Szegedy 2015)."""

    def relu(self, x: Value) -> Value:
        """max(x, 0)."""

    def nodes(self, x: Value) -> Value:
        """Only the nodes that the mask keeps; the others are 0."""

    def add(self, x: Value, y: Value) -> Value:
        """The sum of two images whose nodes are not masked."""

    def mean_pixels(self, x: Value) -> Value:
        """Features: the mean of each channel."""


class Parent(Protocol):
    """An over-parameterised network."""

    def outputs(self, words: Words, x: Value, classes: int) -> Value:
        """A score for each class, from an image."""


class Kind(str, Enum):
    """What a parameter is, by which it starts: weights at random, scales at 1, the rest at 0."""

    WEIGHT = "weight"
    BIAS = "bias"
    SCALE = "scale"
    SHIFT = "shift"


@dataclass(frozen=True)
class Parameter:
    """One array. The first axis is what the layer gives, the second of a weight what it hears."""

    name: str
    kind: Kind
    shape: tuple[int, ...]
    gives: int | None = None  # the maskable layer that the first axis is
    hears: int | None = None  # the maskable layer that the second axis is

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)

    @property
    def fan_in(self) -> int:
        """Numbers that each node of a weight adds up."""
        return prod(self.shape[1:])


@dataclass(frozen=True)
class Plan:
    """A parent on a task: all parameters, and how many nodes each maskable layer has."""

    parameters: tuple[Parameter, ...]
    nodes: tuple[int, ...]

    @property
    def size(self) -> int:
        """Numbers in all."""
        return sum(parameter.size for parameter in self.parameters)


@dataclass(frozen=True)
class _Traced:
    shape: tuple[int, ...]  # (C, H, W) or (F,)
    layer: int | None = None  # the maskable layer that its first axis is
    makers: tuple[int, ...] = ()  # parameters whose first axis is this one's


@dataclass
class _Tracer:
    """Words that write down what they hear."""

    parameters: list[Parameter] = field(default_factory=list)
    nodes_of: list[int] = field(default_factory=list)

    def _new(self, name: str, kind: Kind, shape: tuple[int, ...], x: _Traced | None = None) -> int:
        hears = x.layer if x is not None else None
        self.parameters.append(Parameter(name, kind, shape, hears=hears))
        return len(self.parameters) - 1

    def dense(self, x: _Traced, width: int) -> _Traced:
        if len(x.shape) == 3 and x.layer is not None:
            raise ConfigError("a parent puts a dense layer behind masked channels; mean_pixels goes between.")
        number = self._layers()
        made = (
            self._new(f"dense{number}.weight", Kind.WEIGHT, (width, prod(x.shape)), x),
            self._new(f"dense{number}.bias", Kind.BIAS, (width,)),
        )
        return _Traced((width,), None, made)

    def conv(self, x: _Traced, channels: int, kernel: int, stride: int) -> _Traced:
        if len(x.shape) != 3:
            raise ConfigError("a parent puts a convolution behind features; it needs an image.")
        if kernel % 2 == 0:
            raise ConfigError(
                f"a parent convolves with a kernel of {kernel}; it must be odd, to have a middle."
            )
        shape = (channels, x.shape[0], kernel, kernel)
        made = self._new(f"conv{self._layers()}.weight", Kind.WEIGHT, shape, x)
        size = ((length + 2 * (kernel // 2) - kernel) // stride + 1 for length in x.shape[1:])
        return _Traced((channels, *size), None, (made,))

    def norm(self, x: _Traced) -> _Traced:
        if x.layer is not None:
            raise ConfigError("a parent normalises behind a mask, which would spread its zeros.")
        number = sum(parameter.kind is Kind.SCALE for parameter in self.parameters) + 1
        made = (
            self._new(f"norm{number}.scale", Kind.SCALE, x.shape[:1]),
            self._new(f"norm{number}.shift", Kind.SHIFT, x.shape[:1]),
        )
        return replace(x, makers=(*x.makers, *made))

    def relu(self, x: _Traced) -> _Traced:
        return x

    def nodes(self, x: _Traced) -> _Traced:
        if not x.makers:
            raise ConfigError("a parent masks what no dense layer or convolution just made.")
        layer = len(self.nodes_of)
        self.nodes_of.append(x.shape[0])
        for maker in x.makers:
            self.parameters[maker] = replace(self.parameters[maker], gives=layer)
        return _Traced(x.shape, layer)

    def add(self, x: _Traced, y: _Traced) -> _Traced:
        if x.shape != y.shape or x.layer is not None or y.layer is not None:
            raise ConfigError(f"a parent adds {x.shape} and {y.shape}; both must be alike and unmasked.")
        return _Traced(x.shape)

    def mean_pixels(self, x: _Traced) -> _Traced:
        return replace(x, shape=x.shape[:1])

    def _layers(self) -> int:
        return sum(parameter.kind is Kind.WEIGHT for parameter in self.parameters) + 1


def traced(parent: Parent, ports: Ports) -> Plan:
    """The plan of this parent on a task of images; ConfigError where they do not fit."""
    if ports.image is None:
        raise ConfigError(
            "this method trains parents on images; the task shows none. "
            "task=digits, mnist, fashion_mnist and cifar10 do."
        )
    tracer = _Tracer()
    outputs = parent.outputs(tracer, _Traced(ports.image), ports.outputs)
    if outputs.shape != (ports.outputs,):
        raise ConfigError(f"the parent gives {outputs.shape}; the task has {ports.outputs} classes.")
    if not tracer.nodes_of:
        raise ConfigError("the parent has no maskable nodes.")
    return Plan(tuple(tracer.parameters), tuple(tracer.nodes_of))


def offsets(sizes: Sequence[int]) -> tuple[slice, ...]:
    """Where each of these stretches lies when they are laid end to end."""
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))
