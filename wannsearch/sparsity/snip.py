"""SNIP: before training, one batch measures how sensitive the loss is to each connection.

Lee et al. (2019, arXiv 1810.02340). With a mask m of ones on the initial weights w and one batch,

    score = |dL / dm| = |w dL / dw|,  divided by its sum

and the highest are kept, over all layers together, in one shot. The division changes no order, and is
left out. The batch is the training's first, and normalisations use its own statistics. Masks over weights
are published; over nodes, |dL / dm| of a node's mask, they are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import MaskRule, RuleContext
from wannsearch.sparsity.top_k import Scope, top_k_masks


@dataclass(frozen=True, kw_only=True)
class Snip(MaskRule):
    """SNIP prunes once before training, over all layers together; it has no settings."""

    has_fixed_masks: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert_fields(self)

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return masks (P, M) of the weights, or nodes, to which the loss on `batch` is most sensitive."""
        scores = sensitivity(context, *batch)
        return top_k_masks(scores, context.mask_space, context.keep_count_by_layer(), Scope.GLOBAL)


def sensitivity(context: RuleContext, pixels: Tensor, labels: Tensor) -> Tensor:
    """Return |dL / dm| (P, M) at masks of ones, with L the mean cross-entropy of each candidate."""
    masks = torch.ones_like(context.proposed, dtype=context.weights[0].dtype).requires_grad_()
    logits = context.logits(masks, pixels, True)
    targets = labels.repeat(len(logits))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets, reduction="sum") / len(labels)
    return torch.autograd.grad(loss, masks)[0].abs()
