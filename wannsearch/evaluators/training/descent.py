"""Stochastic gradient descent with momentum over P candidates at once.

With the gradient g of the loss, decay d on live parameters and momentum u, as torch.optim.SGD has it,

    g <- g + d w;  v <- u v + g;  w <- w - lr (g + u v)   with Nesterov, else  w - lr v

and v starts at 0. Each candidate's numbers depend on its own alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from wannsearch.evaluators.training.settings import Optimizer, Schedule


def learning_rate(settings: Optimizer, epoch: int, epochs: int) -> float:
    """In this epoch, from 0, of a training of so many."""
    if settings.schedule is Schedule.COSINE:
        return settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))
    if settings.schedule is Schedule.STEPS:
        # rounded, for 0.07 * 100 is a little above 7
        passed = sum(epoch >= round(share * epochs, 6) for share in settings.milestones)
        return float(settings.learning_rate * settings.factor**passed)
    return settings.learning_rate


class Descent:
    """The optimiser's state of one group of candidates."""

    def __init__(self, settings: Optimizer, weights: Sequence[Tensor]) -> None:
        self._settings = settings
        self._velocity = [torch.zeros_like(weight) for weight in weights]

    @torch.no_grad()
    def step(
        self,
        weights: Sequence[Tensor],
        gradients: Sequence[Tensor],
        live: Sequence[Tensor] | None,
        rate: float,
    ) -> None:
        """Move the weights in place; what `live` (each broadcast against a weight) marks 0 stays."""
        settings, velocity = self._settings, self._velocity
        change = list(gradients)
        if settings.weight_decay:
            torch._foreach_add_(change, list(weights), alpha=settings.weight_decay)
        if live is not None:
            torch._foreach_mul_(change, list(live))
            torch._foreach_mul_(velocity, list(live))
        if settings.momentum:
            torch._foreach_mul_(velocity, settings.momentum)
            torch._foreach_add_(velocity, change)
            if settings.nesterov:
                torch._foreach_add_(change, velocity, alpha=settings.momentum)
            else:
                change = velocity
        torch._foreach_add_(list(weights), change, alpha=-rate)
