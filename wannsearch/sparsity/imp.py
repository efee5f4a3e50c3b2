"""Iterative magnitude pruning with rewinding: train, drop the smallest weights, go back, train again.

Frankle & Carbin (2019, arXiv 1803.03635); rewinding to an early step k instead of to the initial weights:
Frankle et al. (2020, arXiv 1912.05671). With R trainings in all and the density d that is wanted,

    after training j of 1 .. R - 1 keep the largest |w| of those that are left, d^(j / R') of all
    with R' = R - 1; survivors go back to what they were after k steps of the first training

so each round takes the same share of what is left, and the last training has the density d from its
first step to its end. Published is a share of 20 % a round (R' = log d / log 0.8; 80 % sparsity takes 7
rounds, hence 8 trainings by default), weights pruned globally. Ours: every training begins with its
full schedule, where the published code goes on from step k; masks over nodes, by the norm of the weights
that a node hears.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from wannsearch.core.errors import ConfigError, at_least
from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule, magnitudes
from wannsearch.sparsity.top_k import Scope, kept, on_the_way


@dataclass
class _Memory:
    ground: Ground
    early: list[Tensor]  # (P, ...) what survivors go back to


@dataclass(frozen=True, kw_only=True)
class Imp(MaskRule):
    """How many trainings, how far back, and among whom the smallest are sought."""

    rounds: int
    rewind_steps: int
    scope: Scope
    _memory: list[_Memory] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("method.rule.rounds", self.rounds, 2)
        at_least("method.rule.rewind_steps", self.rewind_steps, 0)

    @property
    def trainings(self) -> int:
        """All are full ones."""
        return self.rounds

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Everything is kept at first."""
        if self.rewind_steps >= parent.steps:
            raise ConfigError(
                f"method.rule.rewind_steps is {self.rewind_steps}; a training has {parent.steps} steps, "
                "and it must be fewer."
            )
        self._memory[:] = [_Memory(parent, [weight.clone() for weight in parent.weights])]
        return torch.ones_like(parent.proposed)

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Drop and go back at the end of each training but the last."""
        memory = self._memory[0]
        ground = memory.ground
        if step == self.rewind_steps:
            memory.early = [weight.clone() for weight in weights]
        done, rest = divmod(step, ground.steps)
        if rest or done >= self.rounds:
            return masks
        share = done / (self.rounds - 1)
        counts = on_the_way(ground.maskable, ground.layers_wanted(), self.scope, lambda d: d**share)
        strength = magnitudes(ground.maskable, weights).masked_fill(~masks, -1.0)
        for weight, early in zip(weights, memory.early, strict=True):
            weight.copy_(early)
        return kept(strength, ground.maskable, counts, self.scope)
