"""Drop the smallest weights and grow others in their place: the step that SET and RigL share.

At step t, in each layer by itself,

    f_t = alpha / 2 (1 + cos(pi t / t_end))    the share of live weights that is dropped, rounded down

The dropped weights are those of smallest |w|; as many of the weights that are then not live grow, those
with the highest scores. So a weight that was just dropped may grow again, as in RigL's published code,
and then keeps its value; any other grown weight starts at 0, and without momentum, because masked
weights have none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.errors import check_at_least, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.subnetworks import Granularity, MaskSpace
from wannsearch.sparsity.rule import Gradients, MaskRule, RuleContext, flatten_maskable, split_by_parameter
from wannsearch.sparsity.top_k import top_k


@dataclass(frozen=True, kw_only=True)
class DropAndGrow(MaskRule):
    """The base of SET and RigL sets the schedule, for masks over weights; a subclass scores the growth.

    ConfigError for `alpha` or `end_fraction` outside of 0..1, or `update_every` below 1.
    """

    granularities: ClassVar[tuple[Granularity, ...]] = (Granularity.WEIGHTS,)
    alpha: float  # share of the live weights that is dropped at first
    update_every: int  # steps
    end_fraction: float  # end of the changes, as a share of the training
    _contexts: list[RuleContext] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("method.mask_rule.alpha", self.alpha, 0, 1)
        check_at_least("method.mask_rule.update_every", self.update_every, 1)
        check_between("method.mask_rule.end_fraction", self.end_fraction, 0, 1)

    def growth_scores(self, step: int, context: RuleContext, gradients: Gradients, masks: Tensor) -> Tensor:
        """Return the scores (P, M), at least 0: those weights grow that are not live and score highest.

        A subclass defines this; the base raises NotImplementedError.
        """
        raise NotImplementedError

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return the proposed masks (P, M), unchanged."""
        self._contexts[:] = [context]
        return context.proposed

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Drop and grow weights in every `update_every`-th step before `end_fraction` of the training.

        Return the new masks (P, M), or `masks` itself in other steps. Newly live weights become 0 in place.
        """
        context = self._contexts[0]
        fraction = drop_fraction(step, context.steps, self.alpha, self.update_every, self.end_fraction)
        if not fraction:
            return masks
        growth_scores = self.growth_scores(step, context, gradients, masks)
        return drop_and_grow(context.mask_space, masks, weights, fraction, growth_scores)


def drop_fraction(step: int, steps: int, alpha: float, update_every: int, end_fraction: float) -> float:
    """Return f_t in this step, from 1; 0 between two changes and from `end_fraction` of all steps on."""
    last_step = end_fraction * steps
    return (
        0.0
        if step % update_every or step >= last_step
        else alpha / 2 * (1.0 + math.cos(math.pi * step / last_step))
    )


def drop_and_grow(
    mask_space: MaskSpace, masks: Tensor, weights: list[Tensor], fraction: float, growth_scores: Tensor
) -> Tensor:
    """Return the masks (P, M) after one drop of this share of live weights and as much growth.

    `growth_scores` (P, M) are at least 0. Newly live weights are set to 0 in place.
    """
    magnitude, layer_masks = flatten_maskable(mask_space, weights).abs(), []
    for layer in mask_space.layers:
        live = masks[:, layer]
        num_live = live.sum(1)
        num_dropped = torch.tensor(
            [int(fraction * count) for count in num_live.tolist()], device=num_live.device
        )
        survivors = top_k(magnitude[:, layer].masked_fill(~live, -1.0), num_live - num_dropped)
        layer_masks.append(
            survivors | top_k(growth_scores[:, layer].masked_fill(survivors, -1.0), num_dropped)
        )
    new_masks = torch.cat(layer_masks, 1)
    for parameter_id, grown in zip(
        mask_space.parameter_ids, split_by_parameter(mask_space, new_masks & ~masks), strict=True
    ):
        weights[parameter_id].masked_fill_(grown, 0.0)
    return new_masks
