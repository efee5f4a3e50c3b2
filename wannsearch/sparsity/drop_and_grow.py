"""Drop the smallest weights and grow others in their place: the step that SET and RigL share.

At step t, in each layer by itself,

    f_t = alpha / 2 (1 + cos(pi t / t_end))    the share of live weights that is dropped, rounded down

those of smallest |w|; as many of the weights that are then not live are grown, those that score highest.
So a weight that was just dropped may grow again, as in RigL's released code, and then stays as it was;
one that was not live starts at 0, and without momentum, for what is masked keeps none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.errors import at_least, between
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.subnetworks import Granularity, Maskable
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule, laid, maskable_weights
from wannsearch.sparsity.top_k import strongest


@dataclass(frozen=True, kw_only=True)
class Regrowing(MaskRule):
    """How much changes, and when; a rule says what grows."""

    granularities: ClassVar[tuple[Granularity, ...]] = (Granularity.WEIGHTS,)
    alpha: float  # of the live weights, dropped at first
    every: int  # steps
    end: float  # of the changes, as a share of the training
    _ground: list[Ground] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        between("method.rule.alpha", self.alpha, 0, 1)
        at_least("method.rule.every", self.every, 1)
        between("method.rule.end", self.end, 0, 1)

    def growth(self, step: int, ground: Ground, gradients: Gradients, masks: Tensor) -> Tensor:
        """(P, M), at least 0: of the weights that are not live the highest grow."""
        raise NotImplementedError

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """The masks that were proposed."""
        self._ground[:] = [parent]
        return parent.proposed

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Drop and grow, if it is time."""
        ground = self._ground[0]
        share = share_dropped(step, ground.steps, self.alpha, self.every, self.end)
        if not share:
            return masks
        growth = self.growth(step, ground, gradients, masks)
        return regrown(ground.maskable, masks, weights, share, growth)


def share_dropped(step: int, steps: int, alpha: float, every: int, end: float) -> float:
    """f_t in this step, from 1; 0 between two changes and after the last, at `end` of all steps."""
    last = end * steps
    return 0.0 if step % every or step >= last else alpha / 2 * (1.0 + math.cos(math.pi * step / last))


def regrown(maskable: Maskable, masks: Tensor, weights: list[Tensor], share: float, growth: Tensor) -> Tensor:
    """The masks (P, M) after this share was dropped and grown by `growth` (P, M), which is at least 0.

    Weights that begin to live are set to 0 in place.
    """
    strength, parts = maskable_weights(maskable, weights).abs(), []
    for layer in maskable.layers:
        live = masks[:, layer]
        have = live.sum(1)
        many = torch.tensor([int(share * count) for count in have.tolist()], device=have.device)
        stay = strongest(strength[:, layer].masked_fill(~live, -1.0), have - many)
        parts.append(stay | strongest(growth[:, layer].masked_fill(stay, -1.0), many))
    made = torch.cat(parts, 1)
    for number, new in zip(maskable.parameters, laid(maskable, made & ~masks), strict=True):
        weights[number].masked_fill_(new, 0.0)
    return made
