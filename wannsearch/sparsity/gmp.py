"""Gradual magnitude pruning: during one training the smallest weights are removed, few at a time.

Zhu & Gupta (2017, arXiv 1710.01878). From dense (s_i = 0) to the final sparsity s_f,

    s_t = s_f + (s_i - s_f) (1 - (t - t0) / (t1 - t0))^3    for t0 <= t < t1, then s_f

every `update_every` steps, and at t1. A removed weight stays removed. The published code of the RigL
replication, whose strongest rival it is, prunes globally every 100 steps, from step 700 to 65,918 of
about 88,000: t0 = 0.8 % and t1 = 75 % of the training, our defaults. `update_every` is shorter here,
because our trainings have hundreds of steps. Ours, too: masks over nodes, by the norm of a node's
incoming weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from wannsearch.core.errors import ConfigError, check_at_least, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import Gradients, MaskRule, RuleContext, magnitudes
from wannsearch.sparsity.top_k import Scope, intermediate_counts, top_k_masks


def scheduled_sparsity(step: int, first_step: int, last_step: int, final_sparsity: Tensor) -> Tensor:
    """Return s_t (P,) at this step, on the way from dense to `final_sparsity` (P,)."""
    if step >= last_step:
        return final_sparsity
    remaining = 1.0 - (max(step, first_step) - first_step) / (last_step - first_step)
    return final_sparsity - final_sparsity * remaining**3


@dataclass(frozen=True, kw_only=True)
class Gmp(MaskRule):
    """Gradual magnitude pruning removes the smallest weights of the scope along a schedule.

    ConfigError for fractions outside of 0..1 or out of order, or `update_every` below 1.
    """

    begin_fraction: float  # t0, share of the training
    end_fraction: float  # t1
    update_every: int  # steps
    scope: Scope
    _contexts: list[RuleContext] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("method.mask_rule.begin_fraction", self.begin_fraction, 0, 1)
        check_between("method.mask_rule.end_fraction", self.end_fraction, 0, 1)
        check_at_least("method.mask_rule.update_every", self.update_every, 1)
        if self.begin_fraction > self.end_fraction:
            raise ConfigError(
                f"method.mask_rule.begin_fraction is {self.begin_fraction}; it must not be above "
                f"end_fraction, {self.end_fraction}."
            )

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return masks (P, M) that keep everything."""
        self._contexts[:] = [context]
        return torch.ones_like(context.proposed)

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Remove the smallest weights, or nodes, in the steps of the schedule.

        Return the new masks (P, M), or `masks` itself in other steps.
        """
        context = self._contexts[0]
        first_step, last_step = (
            round(self.begin_fraction * context.steps),
            max(1, round(self.end_fraction * context.steps)),
        )
        is_due = first_step <= step < last_step and not (step - first_step) % self.update_every
        if not is_due and step != last_step:
            return masks
        counts = intermediate_counts(
            context.mask_space,
            context.keep_count_by_layer(),
            self.scope,
            lambda density: 1.0 - scheduled_sparsity(step, first_step, last_step, 1.0 - density),
        )
        scores = magnitudes(context.mask_space, weights).masked_fill(~masks, -1.0)
        return top_k_masks(scores, context.mask_space, counts, self.scope)
