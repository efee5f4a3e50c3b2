"""Stochastic gradient descent with momentum over P candidates at once: torch.optim.SGD.

With the gradient g of the loss, decay d and momentum u,

    g <- g + d w;  v <- u v + g;  w <- w - lr (g + u v)   with Nesterov, else  w - lr v

and v starts at 0. What is masked is 0 and has no gradient, so it stays 0. Each candidate's numbers
depend on its own alone.
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
    """The optimiser of one group of candidates; it moves these weights in place."""

    def __init__(self, settings: Optimizer, weights: Sequence[Tensor]) -> None:
        self._weights = list(weights)
        self._sgd = torch.optim.SGD(
            self._weights,
            settings.learning_rate,
            settings.momentum,
            weight_decay=settings.weight_decay,
            nesterov=settings.nesterov,
            fused=True if weights[0].device.type == "cpu" else None,  # one pass over memory, not seven
        )

    def step(self, gradients: Sequence[Tensor], rate: float) -> None:
        """One step with this learning rate."""
        for weight, gradient in zip(self._weights, gradients, strict=True):
            weight.grad = gradient.contiguous()  # the fused step reads memory as it lies
        self._sgd.param_groups[0]["lr"] = rate
        self._sgd.step()

    @torch.no_grad()
    def forget(self, live: Sequence[Tensor]) -> None:
        """Take the momentum of what is not live (each broadcast against a weight)."""
        for weight, alive in zip(self._weights, live, strict=True):
            velocity = self._sgd.state[weight].get("momentum_buffer")
            if velocity is not None:
                velocity *= alive
