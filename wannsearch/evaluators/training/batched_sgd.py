"""Stochastic gradient descent with momentum over P candidates at once: torch.optim.SGD.

With the gradient g of the loss, decay d and momentum u,

    g <- g + d w;  v <- u v + g;  w <- w - lr (g + u v)   with Nesterov, else  w - lr v

and v starts at 0. A masked weight is 0 and has no gradient, so it stays 0. The numbers of a candidate
depend on no other candidate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from wannsearch.evaluators.training.settings import LearningRateSchedule, OptimizerSettings


def learning_rate(optimizer: OptimizerSettings, epoch: int, epochs: int) -> float:
    """Return the learning rate in `epoch`, counted from 0, of a training of `epochs` epochs."""
    if optimizer.schedule is LearningRateSchedule.COSINE:
        return optimizer.learning_rate * 0.5 * (1.0 + math.cos(math.pi * epoch / epochs))
    if optimizer.schedule is LearningRateSchedule.MULTISTEP:
        # rounded, because 0.07 * 100 is a little above 7
        num_passed = sum(epoch >= round(share * epochs, 6) for share in optimizer.milestones)
        return float(optimizer.learning_rate * optimizer.gamma**num_passed)
    return optimizer.learning_rate


class BatchedSgd:
    """The optimizer of one group of candidates; it updates the given weights in place."""

    def __init__(self, optimizer: OptimizerSettings, weights: Sequence[Tensor]) -> None:
        self._weights = list(weights)
        self._sgd = torch.optim.SGD(
            self._weights,
            optimizer.learning_rate,
            optimizer.momentum,
            weight_decay=optimizer.weight_decay,
            nesterov=optimizer.nesterov,
            fused=True if weights[0].device.type == "cpu" else None,  # one pass over memory, not seven
        )

    def step(self, gradients: Sequence[Tensor], rate: float) -> None:
        """Update the weights by one step with this learning rate; there is one gradient for each weight."""
        for weight, gradient in zip(self._weights, gradients, strict=True):
            weight.grad = gradient.contiguous()  # the fused step reads memory as it lies
        self._sgd.param_groups[0]["lr"] = rate
        self._sgd.step()

    @torch.no_grad()
    def mask_momentum(self, live_masks: Sequence[Tensor]) -> None:
        """Set the momentum of masked weights to 0; each mask broadcasts against its weight.

        Without momentum, or before the first step, nothing changes.
        """
        for weight, live_mask in zip(self._weights, live_masks, strict=True):
            velocity = self._sgd.state[weight].get("momentum_buffer")
            if velocity is not None:
                velocity *= live_mask
