"""SET, sparse evolutionary training: the smallest weights are dropped, others grow at random.

Mocanu et al. (2018, arXiv 1707.04780), with the schedule f_t and the defaults of RigL's released code
(`regrow`): alpha = 0.3, changes every 100 steps until 75 % of the training. It begins with the proposed
random masks, and each layer keeps as many weights as it began with. `every` is shorter here, for our
trainings have hundreds of steps. Each candidate's growth has draws of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from wannsearch.core.subnetworks import Granularity
from wannsearch.sparsity.regrow import check_schedule, regrown, share_dropped
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule


@dataclass(frozen=True, kw_only=True)
class Set(MaskRule):
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
        """Drop, and grow at random, if it is time."""
        ground = self._ground[0]
        share = share_dropped(step, ground.steps, self.alpha, self.every, self.end)
        if not share:
            return masks
        return regrown(ground.maskable, masks, weights, share, ground.draws(step, masks))
