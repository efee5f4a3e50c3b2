"""Gradual magnitude pruning: during one training the smallest weights go, few at a time.

Zhu & Gupta (2017, arXiv 1710.01878). From dense (s_i = 0) to the sparsity s_f that is wanted,

    s_t = s_f + (s_i - s_f) (1 - (t - t0) / (t1 - t0))^3    for t0 <= t < t1, then s_f

at every so many steps, and at t1. What is gone stays gone. The released code of the RigL replication,
whose strongest rival it is, prunes globally every 100 steps, from step 700 to 65,918 of about 88,000:
t0 = 0.8 % and t1 = 75 % of the training, our defaults. `every` is shorter here, for our trainings have
hundreds of steps. Ours, too: masks over nodes, by the norm of the weights that a node hears.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from wannsearch.core.errors import ConfigError, at_least, between
from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule, magnitudes
from wannsearch.sparsity.top_k import Scope, kept, on_the_way


def sparsity_at(step: int, first: int, last: int, final: Tensor) -> Tensor:
    """s_t (P,) on the way to `final` (P,), from dense."""
    if step >= last:
        return final
    left = 1.0 - (max(step, first) - first) / (last - first)
    return final - final * left**3


@dataclass(frozen=True, kw_only=True)
class Gmp(MaskRule):
    """When, how often, and among whom the smallest are sought."""

    begin: float  # t0, share of the training
    end: float  # t1
    every: int  # steps
    scope: Scope
    _ground: list[Ground] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        between("method.rule.begin", self.begin, 0, 1)
        between("method.rule.end", self.end, 0, 1)
        at_least("method.rule.every", self.every, 1)
        if self.begin > self.end:
            raise ConfigError(f"method.rule.begin is {self.begin}; it must not be above end, {self.end}.")

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Everything is kept at first."""
        self._ground[:] = [parent]
        return torch.ones_like(parent.proposed)

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Drop the smallest, if it is time."""
        ground = self._ground[0]
        first, last = round(self.begin * ground.steps), max(1, round(self.end * ground.steps))
        due = first <= step < last and not (step - first) % self.every
        if not due and step != last:
            return masks
        counts = on_the_way(
            ground.maskable,
            ground.layers_wanted(),
            self.scope,
            lambda density: 1.0 - sparsity_at(step, first, last, 1.0 - density),
        )
        strength = magnitudes(ground.maskable, weights).masked_fill(~masks, -1.0)
        return kept(strength, ground.maskable, counts, self.scope)
