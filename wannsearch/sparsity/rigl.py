"""RigL, the rigged lottery: the smallest weights are dropped, those of steepest loss grow.

Evci et al. (2020, arXiv 1911.11134). As SET, with the schedule f_t of `drop_and_grow`, but the weights
that grow are those where

    |dL / dw|

is largest, w masked or not, on the batch of the same step. Published: alpha = 0.3, changes every 100
steps until 75 % of the training. It begins with the proposed random masks (`method.layer_distribution=erk`
gives their layers the published shares), and each layer keeps as many weights as it began with. Ours: the
masks change after the step, not in its stead; `update_every` is shorter, because our trainings have
hundreds of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from wannsearch.sparsity.drop_and_grow import DropAndGrow
from wannsearch.sparsity.rule import Gradients, RuleContext, flatten_maskable


@dataclass(frozen=True, kw_only=True)
class Rigl(DropAndGrow):
    """Weights grow where |dL / dw| on the batch of the step is largest."""

    def growth_scores(self, step: int, context: RuleContext, gradients: Gradients, masks: Tensor) -> Tensor:
        """Return |dL / dw| (P, M) on the batch of this step."""
        return flatten_maskable(context.mask_space, gradients.weights).abs()
