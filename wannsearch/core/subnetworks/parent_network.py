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


class LayerOps(Protocol):
    """What a parent may say. Images are (channels, height, width), all else is features."""

    def dense(self, x: Value, width: int) -> Value:
        """Features from features, or from all pixels of an image nothing was laid on, with a bias."""

    def conv(self, x: Value, channels: int, kernel: int, stride: int) -> Value:
        """An image from an image, padded by kernel // 2, without a bias; kernels are odd."""

    def batch_norm(self, x: Value) -> Value:
        """Batch normalisation of each channel, with a scale and a shift (Ioffe & Szegedy 2015)."""

    def relu(self, x: Value) -> Value:
        """max(x, 0)."""

    def mask_nodes(self, x: Value) -> Value:
        """Only the nodes that the mask keeps; the others are 0."""

    def add(self, x: Value, y: Value) -> Value:
        """The sum of two images whose nodes are not masked."""

    def global_average_pool(self, x: Value) -> Value:
        """Features: the mean of each channel."""


class ParentNetwork(Protocol):
    """An over-parameterised network."""

    def forward(self, ops: LayerOps, x: Value, classes: int) -> Value:
        """A score for each class, from an image."""


class ParameterKind(str, Enum):
    """What a parameter is, by which it starts: weights at random, scales at 1, the rest at 0."""

    WEIGHT = "weight"
    BIAS = "bias"
    SCALE = "scale"
    SHIFT = "shift"


@dataclass(frozen=True)
class Parameter:
    """One array. The first axis is what the layer gives, the second of a weight what it hears."""

    name: str
    kind: ParameterKind
    shape: tuple[int, ...]
    out_layer: int | None = None  # the maskable layer that the first axis is
    in_layer: int | None = None  # the maskable layer that the second axis is

    @property
    def size(self) -> int:
        """How many numbers."""
        return prod(self.shape)

    @property
    def fan_in(self) -> int:
        """Numbers that each node of a weight adds up."""
        return prod(self.shape[1:])


@dataclass(frozen=True)
class ParameterLayout:
    """A parent on a task: all parameters, and how many nodes each maskable layer has."""

    parameters: tuple[Parameter, ...]
    layer_widths: tuple[int, ...]

    @property
    def size(self) -> int:
        """Numbers in all."""
        return sum(parameter.size for parameter in self.parameters)


@dataclass(frozen=True)
class _TracedTensor:
    shape: tuple[int, ...]  # (C, H, W) or (F,)
    layer: int | None = None  # the maskable layer that its first axis is
    parameter_ids: tuple[int, ...] = ()  # parameters whose first axis is this one's


@dataclass
class _ShapeTracer:
    """Words that write down what they hear."""

    parameters: list[Parameter] = field(default_factory=list)
    layer_widths: list[int] = field(default_factory=list)

    def _add_parameter(
        self, name: str, kind: ParameterKind, shape: tuple[int, ...], x: _TracedTensor | None = None
    ) -> int:
        in_layer = x.layer if x is not None else None
        self.parameters.append(Parameter(name, kind, shape, in_layer=in_layer))
        return len(self.parameters) - 1

    def dense(self, x: _TracedTensor, width: int) -> _TracedTensor:
        if len(x.shape) == 3 and x.layer is not None:
            raise ConfigError(
                "a parent puts a dense layer behind masked channels; global_average_pool goes between."
            )
        layer_number = self._next_layer_number()
        parameter_ids = (
            self._add_parameter(
                f"dense{layer_number}.weight", ParameterKind.WEIGHT, (width, prod(x.shape)), x
            ),
            self._add_parameter(f"dense{layer_number}.bias", ParameterKind.BIAS, (width,)),
        )
        return _TracedTensor((width,), None, parameter_ids)

    def conv(self, x: _TracedTensor, channels: int, kernel: int, stride: int) -> _TracedTensor:
        if len(x.shape) != 3:
            raise ConfigError("a parent puts a convolution behind features; it needs an image.")
        if kernel % 2 == 0:
            raise ConfigError(
                f"a parent convolves with a kernel of {kernel}; it must be odd, to have a middle."
            )
        shape = (channels, x.shape[0], kernel, kernel)
        parameter_id = self._add_parameter(
            f"conv{self._next_layer_number()}.weight", ParameterKind.WEIGHT, shape, x
        )
        image_size = ((length + 2 * (kernel // 2) - kernel) // stride + 1 for length in x.shape[1:])
        return _TracedTensor((channels, *image_size), None, (parameter_id,))

    def batch_norm(self, x: _TracedTensor) -> _TracedTensor:
        if x.layer is not None:
            raise ConfigError("a parent normalises behind a mask, which would spread its zeros.")
        norm_number = sum(parameter.kind is ParameterKind.SCALE for parameter in self.parameters) + 1
        parameter_ids = (
            self._add_parameter(f"norm{norm_number}.scale", ParameterKind.SCALE, x.shape[:1]),
            self._add_parameter(f"norm{norm_number}.shift", ParameterKind.SHIFT, x.shape[:1]),
        )
        return replace(x, parameter_ids=(*x.parameter_ids, *parameter_ids))

    def relu(self, x: _TracedTensor) -> _TracedTensor:
        return x

    def mask_nodes(self, x: _TracedTensor) -> _TracedTensor:
        if not x.parameter_ids:
            raise ConfigError("a parent masks what no dense layer or convolution just made.")
        layer = len(self.layer_widths)
        self.layer_widths.append(x.shape[0])
        for parameter_id in x.parameter_ids:
            self.parameters[parameter_id] = replace(self.parameters[parameter_id], out_layer=layer)
        return _TracedTensor(x.shape, layer)

    def add(self, x: _TracedTensor, y: _TracedTensor) -> _TracedTensor:
        if x.shape != y.shape or x.layer is not None or y.layer is not None:
            raise ConfigError(f"a parent adds {x.shape} and {y.shape}; both must be alike and unmasked.")
        return _TracedTensor(x.shape)

    def global_average_pool(self, x: _TracedTensor) -> _TracedTensor:
        return replace(x, shape=x.shape[:1])

    def _next_layer_number(self) -> int:
        return sum(parameter.kind is ParameterKind.WEIGHT for parameter in self.parameters) + 1


def trace(parent_network: ParentNetwork, ports: Ports) -> ParameterLayout:
    """The plan of this parent on a task of images; ConfigError where they do not fit."""
    if ports.image_shape is None:
        raise ConfigError(
            "this method trains parents on images; the task shows none. "
            "task=digits, mnist, fashion_mnist and cifar10 do."
        )
    tracer = _ShapeTracer()
    outputs = parent_network.forward(tracer, _TracedTensor(ports.image_shape), ports.outputs)
    if outputs.shape != (ports.outputs,):
        raise ConfigError(f"the parent gives {outputs.shape}; the task has {ports.outputs} classes.")
    if not tracer.layer_widths:
        raise ConfigError("the parent has no maskable nodes.")
    return ParameterLayout(tuple(tracer.parameters), tuple(tracer.layer_widths))


def layer_slices(sizes: Sequence[int]) -> tuple[slice, ...]:
    """Where each of these stretches lies when they are laid end to end."""
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))
