"""Masks that stay as they were proposed: Weedout's own rule, and three of its controls.

Uniform node masks over independent initial weights are exchangeable, so a masked network starts as a
smaller dense one whose variance was set for the larger fan-in, too small by the share kept. Hence

    parent      the parent's initial weights as they are
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
from wannsearch.core.subnetworks.parent_network import Kind
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.sparsity.rule import Ground, MaskRule, laid


class Start(str, Enum):
    """Which initial weights."""

    PARENT = "parent"
    HE_SCALED = "he_scaled"
    REDRAWN = "redrawn"


@dataclass(frozen=True, kw_only=True)
class Static(MaskRule):
    """Random masks."""

    weights: Start
    fixed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert_fields(self)

    @property
    def redraws(self) -> bool:
        """Each candidate needs initial weights of its own."""
        return self.weights is Start.REDRAWN

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """The masks that were proposed."""
        if self.weights is not Start.PARENT:
            rescaled(parent)
        return parent.proposed


def rescaled(parent: Ground) -> None:
    """Give live weights the variance of their live fan-in, in place."""
    maskable, plan = parent.maskable, parent.maskable.plan
    if maskable.granularity is Granularity.WEIGHTS:
        for number, mask in zip(maskable.parameters, laid(maskable, parent.proposed), strict=True):
            weight = parent.weights[number]
            live = mask.flatten(2).sum(2).clamp(min=1).to(weight.dtype)  # (P, nodes)
            scale = (plan.parameters[number].fan_in / live).sqrt()
            weight *= scale.reshape(*scale.shape, *[1] * (weight.ndim - 2))
        return
    for parameter, weight in zip(plan.parameters, parent.weights, strict=True):
        if parameter.kind is Kind.WEIGHT and parameter.hears is not None:
            nodes = parent.proposed[:, maskable.layers[parameter.hears]]
            scale = (nodes.shape[1] / nodes.sum(1).to(weight.dtype)).sqrt()
            weight *= scale.reshape(-1, *[1] * (weight.ndim - 1))
