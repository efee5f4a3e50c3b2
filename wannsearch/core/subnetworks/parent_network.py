"""Parent networks: over-parameterised networks whose sub-networks are searched, written once.

A parent network computes its logits from an image with the operations of `LayerOps`. Called with the
tracer of `trace`, it yields the `ParameterLayout`: every parameter with its shape and the maskable layers
on its two sides. Called with the operations of the trainer, it computes. So counting, initialisation,
masking and training use the same description.

`mask_nodes` makes the nodes of the last `dense` or `conv` maskable. The mask applies after normalisation
and nonlinearity, because a normalisation after the mask would turn its zeros into other values.
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
"""A tensor of a parent network; only the operations of `LayerOps` read its contents."""


class LayerOps(Protocol):
    """A parent network is built from these operations on images (C, H, W) or features (F,) per sample.

    `trace` raises the errors below; it does not check widths, strides, or other types of values. The trainer
    raises none of them.
    """

    def dense(self, x: Value, width: int) -> Value:
        """Apply a fully connected layer with a bias.

        Args:
            x: Features (F,), or the input image (C, H, W), whose pixels are flattened.
            width: The number of output features.

        Returns:
            Features (width,).

        Raises:
            ConfigError: `x` is an image with masked channels; `global_average_pool` goes between.
        """

    def conv(self, x: Value, channels: int, kernel: int, stride: int) -> Value:
        """Apply a 2-D convolution without a bias, padded by kernel // 2.

        Args:
            x: An image (C, H, W).
            channels: The number of output channels.
            kernel: The side of the square kernel in pixels; odd.
            stride: The stride in pixels.

        Returns:
            An image (channels, H', W') with H' = (H + 2 (kernel // 2) - kernel) // stride + 1.

        Raises:
            ConfigError: `x` holds features, or `kernel` is even.
        """

    def batch_norm(self, x: Value) -> Value:
        """Apply batch normalisation per channel or feature, with a scale and a shift (Ioffe & Szegedy 2015).

        Args:
            x: An image (C, H, W) or features (F,), without a mask.

        Returns:
            A value of the same shape.

        Raises:
            ConfigError: `x` is masked.
        """

    def relu(self, x: Value) -> Value:
        """Apply max(x, 0), elementwise.

        Args:
            x: An image or features.

        Returns:
            A value of the same shape.
        """

    def mask_nodes(self, x: Value) -> Value:
        """Make the nodes of the last `dense` or `conv` maskable, and multiply them by the mask.

        Args:
            x: The output of a `dense` or `conv`, optionally normalised and rectified.

        Returns:
            A value of the same shape, 0 at every node that the mask removes.

        Raises:
            ConfigError: `x` is the input image or a sum, without a `batch_norm` since, or is masked already.
        """

    def add(self, x: Value, y: Value) -> Value:
        """Add two images of the same shape, elementwise.

        Args:
            x: An image (C, H, W) without a mask.
            y: Another one.

        Returns:
            An image (C, H, W).

        Raises:
            ConfigError: The shapes differ, or one of them is masked.
        """

    def global_average_pool(self, x: Value) -> Value:
        """Compute the mean of each channel over all pixels.

        Args:
            x: An image (C, H, W).

        Returns:
            Features (C,); masked channels become masked features.
        """


class ParentNetwork(Protocol):
    """A parent network is an over-parameterised network whose sub-networks are candidates.

    `forward` must call the same operations in the same order each time: parameters and masks are taken in
    the order of `trace`.
    """

    def forward(self, ops: LayerOps, x: Value, classes: int) -> Value:
        """Compute the logits of an image.

        Args:
            ops: The layer operations, of the tracer or of the trainer.
            x: The input image, (C, H, W) per sample.
            classes: The number of classes.

        Returns:
            Logits: features (classes,) per sample.
        """


class ParameterKind(str, Enum):
    """The kind of a parameter sets its initial value: weights random, scales 1, others 0."""

    WEIGHT = "weight"
    BIAS = "bias"
    SCALE = "scale"
    SHIFT = "shift"


@dataclass(frozen=True)
class Parameter:
    """A parameter is one array. Axis 0 runs over output nodes, axis 1 of a weight over input nodes."""

    name: str
    kind: ParameterKind
    shape: tuple[int, ...]
    out_layer: int | None = None  # maskable layer of axis 0; None: not maskable
    in_layer: int | None = None  # maskable layer of axis 1

    @property
    def size(self) -> int:
        """Return the number of elements."""
        return prod(self.shape)

    @property
    def fan_in(self) -> int:
        """Return the number of inputs that each output node of a weight sums."""
        return prod(self.shape[1:])


@dataclass(frozen=True)
class ParameterLayout:
    """A layout lists all parameters of a parent network on a task, and the width of each maskable layer."""

    parameters: tuple[Parameter, ...]
    layer_widths: tuple[int, ...]

    @property
    def size(self) -> int:
        """Return the total number of elements of all parameters."""
        return sum(parameter.size for parameter in self.parameters)


@dataclass(frozen=True)
class _TracedTensor:
    shape: tuple[int, ...]  # (C, H, W) or (F,)
    layer: int | None = None  # maskable layer of its first axis
    parameter_ids: tuple[int, ...] = ()  # parameters that produced its first axis


@dataclass
class _ShapeTracer:
    """The tracer's operations record parameters and shapes, and compute no values."""

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
    """Record the parameters of a parent network on a task of images.

    Args:
        parent_network: The parent network.
        ports: The ports of the task; `image_shape` is (channels, height, width).

    Returns:
        The parameters in order of use, and the width of each maskable layer.

    Raises:
        ConfigError: The task has no images, the logits do not match the classes, no layer is maskable,
            or an operation gets a value that it does not accept.
    """
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
    """Return the slice of each layer in a vector that concatenates layers of these sizes."""
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return tuple(slice(end - size, end) for end, size in zip(ends, sizes, strict=True))
