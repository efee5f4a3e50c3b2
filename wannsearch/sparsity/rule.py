"""The base class of mask rules, and the context that the trainer passes to them.

A rule is a frozen dataclass of settings. Its state during one training lives in the object that
`fresh_copy` returns, so that groups of candidates can be trained side by side. Masks are (P, M) bool on
the device of the weights, one bit per node or weight of each maskable layer. The sparsity of the masks is
not a setting of the rule: except for `dense_parent`, it ends with as many as the candidate proposed.
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
    """The context describes P candidates before their first training step.

    Attributes:
        mask_space: The layers of the masks, and the layout of all parameters.
        proposed: Random masks, (P, M) bool, with the sparsity that the rule has to reach.
        weights: Initial weights, one tensor (P, *shape) per parameter of `mask_space.layout`; a rule may
            change them in place.
        steps: The number of optimizer steps of one training.
        logits: Function of masks (P, M) of floats, pixels (B, C, H, W), and whether batch normalisation uses
            the batch's statistics; returns logits (P, B, classes), differentiable in the masks.
        uniform: Function of a purpose and a tensor with M columns; returns (P, M) numbers in [0, 1), which
            depend on the candidate alone and not on its group.
    """

    mask_space: MaskSpace
    proposed: Tensor  # (P, M) bool
    weights: list[Tensor]  # (P, ...) per parameter
    steps: int
    logits: Callable[[Tensor, Tensor, bool], Tensor]
    uniform: Callable[[int, Tensor], Tensor]

    @property
    def keep_count(self) -> Tensor:
        """Return the (P,) int64 number of weights, or nodes, that each candidate keeps in the end."""
        return self.proposed.sum(1)

    def keep_count_by_layer(self) -> list[Tensor]:
        """Return the final number of kept weights, or nodes.

        Returns:
            One (P,) int64 tensor for each maskable layer.
        """
        return [self.proposed[:, layer].sum(1) for layer in self.mask_space.layers]


@dataclass(frozen=True)
class Gradients:
    """The gradients belong to the mean loss of one batch, before the step that used them.

    Attributes:
        weights: One tensor (P, *shape) per parameter, with respect to the weights as multiplied. Masks over
            weights leave it dense, for masked weights too; masks over nodes make it 0 at masked nodes.
        masks: (P, M), with respect to the masks: w dL/dw for each weight, or dL/dm for each node; None for a
            rule without `needs_mask_gradients`.
    """

    weights: list[Tensor]  # (P, ...) per parameter
    masks: Tensor | None  # (P, M)


@dataclass(frozen=True, kw_only=True)
class MaskRule:
    """The base class of mask rules never changes masks; a rule defines `start`, and overrides the rest."""

    has_fixed_masks: ClassVar[bool] = False
    """Whether masks stay as `start` returned them, so that smaller networks can be trained; no `update`."""
    trains_weights: ClassVar[bool] = True
    """Whether weights are trained, or masks alone."""
    needs_mask_gradients: ClassVar[bool] = False
    """Whether `update` reads `Gradients.masks`."""
    granularities: ClassVar[tuple[Granularity, ...]] = tuple(Granularity)
    """The granularities that the rule supports."""

    @property
    def redraws(self) -> bool:
        """Return whether every candidate has initial weights of its own, whatever the method shares."""
        return False

    @property
    def num_trainings(self) -> int:
        """Return the number of full trainings in sequence; the last one counts."""
        return 1

    def fresh_copy(self: R) -> R:
        """Return a rule with the same settings and an empty state, for one group of candidates."""
        return replace(self)

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return the initial masks, before the first training step.

        Args:
            context: The candidates, their proposed masks and initial weights.
            batch: The first training batch: pixels (B, C, H, W) as the network receives them, and labels (B,)
                int64.

        Returns:
            Masks, (P, M) bool.

        Raises:
            NotImplementedError: A subclass does not define `start`.
            ConfigError: The settings of the rule do not fit the training or the parent network.
        """
        raise NotImplementedError

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Return the masks after a training step; the default changes nothing.

        A rule with `has_fixed_masks` gets no call. If the rule trains weights, masked weights and their
        momentum are 0 from then on.

        Args:
            step: The number of steps so far, from 1, counted over all trainings.
            weights: One tensor (P, *shape) per parameter; a rule may change them in place.
            gradients: The gradients of this step.
            masks: The current masks, (P, M) bool.

        Returns:
            Masks, (P, M) bool: a new tensor, or the object `masks` itself if nothing changes. A change of
            `masks` in place goes unnoticed.
        """
        return masks


def flatten_maskable(mask_space: MaskSpace, arrays: list[Tensor]) -> Tensor:
    """Return the (P, M) elements of the maskable parameters, in the order of masks over weights.

    Args:
        mask_space: A mask space over weights.
        arrays: One tensor (P, *shape) per parameter of the layout.

    Returns:
        One tensor (P, M).
    """
    assert mask_space.granularity is Granularity.WEIGHTS
    return _concatenate_layers([arrays[parameter_id].flatten(1) for parameter_id in mask_space.parameter_ids])


def _concatenate_layers(layers: list[Tensor]) -> Tensor:
    return torch.cat(layers, 1)


def split_by_parameter(mask_space: MaskSpace, masks: Tensor) -> list[Tensor]:
    """Split masks over weights by parameter; the inverse of `flatten_maskable`.

    Args:
        mask_space: A mask space over weights.
        masks: A tensor (P, M).

    Returns:
        One tensor (P, *shape) per maskable parameter, in the order of `mask_space.parameter_ids`.
    """
    shapes = [mask_space.layout.parameters[parameter_id].shape for parameter_id in mask_space.parameter_ids]
    return [
        masks[:, layer].reshape(len(masks), *shape)
        for layer, shape in zip(mask_space.layers, shapes, strict=True)
    ]


def magnitudes(mask_space: MaskSpace, weights: list[Tensor]) -> Tensor:
    """Return the magnitude of each weight, or of each node.

    Args:
        mask_space: The mask space, over weights or nodes.
        weights: One tensor (P, *shape) per parameter of the layout.

    Returns:
        A tensor (P, M): |w|, or the norm of a node's incoming weights, which starts near sqrt(2) in every
        layer.
    """
    if mask_space.granularity is Granularity.WEIGHTS:
        return flatten_maskable(mask_space, weights).abs()
    layer_magnitudes: list[Any] = [None] * len(mask_space.sizes)
    for parameter, weight in zip(mask_space.layout.parameters, weights, strict=True):
        if parameter.out_layer is not None and len(parameter.shape) > 1:
            layer_magnitudes[parameter.out_layer] = weight.flatten(2).pow(2).sum(2).sqrt()
    return _concatenate_layers(layer_magnitudes)
