"""Iterative magnitude pruning with rewinding: train, drop the smallest weights, rewind, train again.

Frankle & Carbin (2019, arXiv 1803.03635); rewinding to an early step k instead of to the initial weights:
Frankle et al. (2020, arXiv 1912.05671). With R trainings in all and the final density d,

    after training j of 1 .. R - 1 keep the largest |w| of those that are left, d^(j / R') of all
    with R' = R - 1; survivors return to their values after k steps of the first training

so each round removes the same share of what is left, and the last training has the density d from its
first step to its end. Published is a share of 20 % a round (R' = log d / log 0.8; 80 % sparsity takes 7
rounds, hence 8 trainings by default), weights pruned globally. Ours: every training begins with its
full schedule, where the published code continues from step k; masks over nodes, by the norm of a node's
incoming weights.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import Gradients, MaskRule, RuleContext, magnitudes
from wannsearch.sparsity.top_k import Scope, intermediate_counts, top_k_masks


@dataclass
class _ImpState:
    context: RuleContext
    rewind_weights: list[Tensor]  # (P, ...) values that survivors return to


@dataclass(frozen=True, kw_only=True)
class Imp(MaskRule):
    """Iterative magnitude pruning drops the smallest weights after each of `rounds` trainings but the last.

    ConfigError for fewer than 2 trainings, or a negative rewind step.
    """

    rounds: int
    rewind_steps: int
    scope: Scope
    _state: list[_ImpState] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("method.mask_rule.rounds", self.rounds, 2)
        check_at_least("method.mask_rule.rewind_steps", self.rewind_steps, 0)

    @property
    def num_trainings(self) -> int:
        """Return `rounds`, the number of full trainings in sequence."""
        return self.rounds

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return masks (P, M) that keep everything, and store the initial weights.

        ConfigError unless `rewind_steps` is below the steps of a training.
        """
        if self.rewind_steps >= context.steps:
            raise ConfigError(
                f"method.mask_rule.rewind_steps is {self.rewind_steps}; a training has {context.steps} "
                "steps, and it must be fewer."
            )
        self._state[:] = [_ImpState(context, [weight.clone() for weight in context.weights])]
        return torch.ones_like(context.proposed)

    def update(self, step: int, weights: list[Tensor], gradients: Gradients, masks: Tensor) -> Tensor:
        """Drop the smallest weights, or nodes, at the end of each training but the last.

        All parameters, biases and normalisations included, are then rewound in place. Return the new masks
        (P, M), or `masks` itself in other steps.
        """
        state = self._state[0]
        context = state.context
        if step == self.rewind_steps:
            state.rewind_weights = [weight.clone() for weight in weights]
        num_done, remaining_steps = divmod(step, context.steps)
        if remaining_steps or num_done >= self.rounds:
            return masks
        share = num_done / (self.rounds - 1)
        counts = intermediate_counts(
            context.mask_space, context.keep_count_by_layer(), self.scope, lambda d: d**share
        )
        scores = magnitudes(context.mask_space, weights).masked_fill(~masks, -1.0)
        for weight, rewind_weight in zip(weights, state.rewind_weights, strict=True):
            weight.copy_(rewind_weight)
        return top_k_masks(scores, context.mask_space, counts, self.scope)
