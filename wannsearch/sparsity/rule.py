"""What a mask rule is, and what the trainer hands it.

A rule is a frozen dataclass of settings; what it remembers during one training lives in the object
that `started` gives, so that groups of candidates can be trained side by side. Masks are (P, M) of
booleans on the device of the weights, one bit a node or weight of each maskable layer. How sparse
the masks are to be is not a rule's setting: it keeps as many as the candidate proposed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import torch
from torch import Tensor

from wannsearch.core.subnetworks.subnetworks import Granularity, MaskSpace

R = TypeVar("R", bound="MaskRule")


@dataclass(frozen=True)
class RuleContext:
    """What a rule starts from: P candidates before their first step."""

    mask_space: MaskSpace
    proposed: Tensor  # (P, M) bool: random masks, as sparse as they are to be
    weights: list[Tensor]  # (P, ...) initial weights of the plan's parameters; may be changed in place
    steps: int  # of one training
    logits: Callable[[Tensor, Tensor, bool], Tensor]
    """(masks (P, M) of floats, pixels, whether training) -> (P, B, classes), differentiable in the masks."""
    uniform: Callable[[int, Tensor], Tensor]
    """(purpose, like) -> (P, M) numbers in [0, 1), each candidate's own whatever its group."""

    @property
    def keep_count(self) -> Tensor:
        """(P,) how many each candidate is to keep."""
        return self.proposed.sum(1)

    def keep_count_by_layer(self) -> list[Tensor]:
        """(P,) for each maskable layer."""
        return [self.proposed[:, layer].sum(1) for layer in self.mask_space.layers]


@dataclass(frozen=True)
class Gradients:
    """Of the mean loss of one batch, before the step that followed from it."""

    weights: list[Tensor]  # (P, ...) with respect to what was multiplied: dense, masked weights too
    masks: Tensor | None  # (P, M), 0 where a weight is 0; None for a rule that does not need it


@dataclass(frozen=True, kw_only=True)
class MaskRule:
    """The rule that changes nothing; each rule says what it does otherwise."""

    has_fixed_masks: ClassVar[bool] = False
    """Whether masks stay as `start` returned them, so that smaller networks can be trained in their place."""
    trains_weights: ClassVar[bool] = True
    """Whether weights are trained, or masks alone."""
    needs_mask_gradients: ClassVar[bool] = False
    """Whether `update` reads `Gradients.masks`."""
    granularities: ClassVar[tuple[Granularity, ...]] = tuple(Granularity)
    """What its masks can be over."""

    @property
    def redraws(self) -> bool:
        """Whether every candidate has initial weights of its own, whatever the method shares."""
        return False

    @property
    def num_trainings(self) -> int:
        """Full trainings one after another; the last one counts."""
        return 1

    def fresh_copy(self: R) -> R:
        """The same settings, with a memory of their own."""
        return replace(self)

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """The masks to begin with; `batch` is the first of the training: pixels and labels."""
        raise NotImplementedError

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """The masks after this step, from 1 over all trainings; weights may be changed in place.

        Of a rule that trains weights, what is masked is 0 from then on, and its momentum too.
        """
        return masks


def flatten_maskable(mask_space: MaskSpace, arrays: list[Tensor]) -> Tensor:
    """(P, M): what belongs to each bit of masks over weights."""
    assert mask_space.granularity is Granularity.WEIGHTS
    return _concatenate_layers([arrays[parameter_id].flatten(1) for parameter_id in mask_space.parameter_ids])


def _concatenate_layers(layers: list[Tensor]) -> Tensor:
    return torch.cat(layers, 1)


def split_by_parameter(mask_space: MaskSpace, masks: Tensor) -> list[Tensor]:
    """Masks over weights -> (P, ...) for each of the maskable parameters, in its shape."""
    shapes = [mask_space.layout.parameters[parameter_id].shape for parameter_id in mask_space.parameter_ids]
    return [
        masks[:, layer].reshape(len(masks), *shape)
        for layer, shape in zip(mask_space.layers, shapes, strict=True)
    ]


def magnitudes(mask_space: MaskSpace, weights: list[Tensor]) -> Tensor:
    """(P, M): |w|; of a node, the norm of what it hears, which starts near sqrt(2) in every layer."""
    if mask_space.granularity is Granularity.WEIGHTS:
        return flatten_maskable(mask_space, weights).abs()
    layer_magnitudes: list[Any] = [None] * len(mask_space.sizes)
    for parameter, weight in zip(mask_space.layout.parameters, weights, strict=True):
        if parameter.out_layer is not None and len(parameter.shape) > 1:
            layer_magnitudes[parameter.out_layer] = weight.flatten(2).pow(2).sum(2).sqrt()
    return _concatenate_layers(layer_magnitudes)
