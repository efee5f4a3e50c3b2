"""Masks that stay as they were proposed: Weedout's own rule, and three of its controls.

Uniform node masks over independent initial weights are exchangeable, so a masked network starts as a
smaller dense one whose variance was set for the larger fan-in, too small by the share kept. Hence

    unscaled    the initial weights of the parent network as they are
    he_scaled   the same, times sqrt(fan-in / live fan-in): He's variance for what is left
    redrawn     drawn anew for each candidate, with that variance: a small dense network of the
                kept widths
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from torch import Tensor

from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.parent_network import ParameterKind
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.sparsity.rule import MaskRule, RuleContext, split_by_parameter


class WeightInit(str, Enum):
    """A static rule keeps or rescales the initial weights, or has them drawn anew and rescaled."""

    UNSCALED = "unscaled"
    HE_SCALED = "he_scaled"
    REDRAWN = "redrawn"


@dataclass(frozen=True, kw_only=True)
class Static(MaskRule):
    """The proposed random masks never change; the initial weights may."""

    weights: WeightInit
    has_fixed_masks: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert_fields(self)

    @property
    def redraws(self) -> bool:
        """Return whether each candidate has initial weights of its own: with `redrawn` only."""
        return self.weights is WeightInit.REDRAWN

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Rescale the initial weights in place unless `unscaled`, and return the proposed masks (P, M)."""
        if self.weights is not WeightInit.UNSCALED:
            rescale_weights(context)
        return context.proposed


def rescale_weights(context: RuleContext) -> None:
    """Scale the weights by sqrt(fan-in / live fan-in), in place.

    Over weights each output node of a maskable weight has its own factor; over nodes the weights behind a
    maskable layer have one for each candidate.
    """
    mask_space, layout = context.mask_space, context.mask_space.layout
    if mask_space.granularity is Granularity.WEIGHTS:
        for parameter_id, mask in zip(
            mask_space.parameter_ids, split_by_parameter(mask_space, context.proposed), strict=True
        ):
            weight = context.weights[parameter_id]
            live = mask.flatten(2).sum(2).clamp(min=1).to(weight.dtype)  # (P, nodes)
            scale = (layout.parameters[parameter_id].fan_in / live).sqrt()
            weight *= scale.reshape(*scale.shape, *[1] * (weight.ndim - 2))
        return
    for parameter, weight in zip(layout.parameters, context.weights, strict=True):
        if parameter.kind is ParameterKind.WEIGHT and parameter.in_layer is not None:
            nodes = context.proposed[:, mask_space.layers[parameter.in_layer]]
            scale = (nodes.shape[1] / nodes.sum(1).to(weight.dtype)).sqrt()
            weight *= scale.reshape(-1, *[1] * (weight.ndim - 1))
