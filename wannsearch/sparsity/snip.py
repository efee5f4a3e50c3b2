"""SNIP: before training, one batch tells which connections the loss is sensitive to.

Lee et al. (2019, arXiv 1810.02340). With a mask m of ones on the initial weights w and one batch,

    score = |dL / dm| = |w dL / dw|,  divided by its sum

and the highest are kept, over all layers together, in one shot. The division changes no order, and is
left out. The batch is the training's first, normalisations take its own statistics. Masks over weights
are published; over nodes, |dL / dm| of a node's mask, they are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import Ground, MaskRule
from wannsearch.sparsity.top_k import Scope, kept


@dataclass(frozen=True, kw_only=True)
class Snip(MaskRule):
    """Nothing is left to set."""

    fixed: ClassVar[bool] = True

    def __post_init__(self) -> None:
        convert_fields(self)

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Those that the loss is most sensitive to."""
        scores = sensitivity(parent, *batch)
        return kept(scores, parent.maskable, parent.layers_wanted(), Scope.GLOBAL)


def sensitivity(parent: Ground, pixels: Tensor, labels: Tensor) -> Tensor:
    """(P, M): |dL / dm| at masks of ones, L each candidate's mean cross-entropy."""
    masks = torch.ones_like(parent.proposed, dtype=parent.weights[0].dtype).requires_grad_()
    made = parent.scores(masks, pixels, True)
    many = labels.repeat(len(made))
    loss = torch.nn.functional.cross_entropy(made.flatten(0, 1), many, reduction="sum") / len(labels)
    return torch.autograd.grad(loss, masks)[0].abs()
