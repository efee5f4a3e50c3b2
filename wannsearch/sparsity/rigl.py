"""RigL, the rigged lottery: the smallest weights are dropped, those of steepest loss grow.

Evci et al. (2020, arXiv 1911.11134). As SET, with the schedule f_t of `regrow`, but what grows is where

    |dL / dw|

is largest, w masked or not, on the batch of the same step. Published: alpha = 0.3, changes every 100
steps until 75 % of the training. It begins with the proposed random masks (`method.shares: erk` gives
their layers the published shares), and each layer keeps as many weights as it began with. Ours: the
masks change after the step, not in its stead; `every` is shorter, for our trainings have hundreds of
steps.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from wannsearch.core.subnetworks import Granularity
from wannsearch.sparsity.regrow import check_schedule, regrown, share_dropped
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule, maskable_weights


@dataclass(frozen=True, kw_only=True)
class Rigl(MaskRule):
    """How much changes, and when."""

    granularities: ClassVar[tuple[Granularity, ...]] = (Granularity.WEIGHTS,)
    alpha: float  # of the live weights, dropped at first
    every: int  # steps
    end: float  # of the changes, as a share of the training
    _ground: list[Ground] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_schedule(self.alpha, self.every, self.end)

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """The masks that were proposed."""
        self._ground[:] = [parent]
        return parent.proposed

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Drop, and grow where the loss is steepest, if it is time."""
        ground = self._ground[0]
        share = share_dropped(step, ground.steps, self.alpha, self.every, self.end)
        if not share:
            return masks
        steepness = maskable_weights(ground.maskable, gradients.weights).abs()
        return regrown(ground.maskable, masks, weights, share, steepness)
