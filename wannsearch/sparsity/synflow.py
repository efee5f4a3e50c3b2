"""SynFlow: before training and without data, keep what most of the flow through a network passes.

Tanaka et al. (2020, arXiv 2006.05467). All parameters become their absolute values, the input is an
image of ones, normalisations are as in a test; with R the sum of the outputs,

    score = w dR / dw = m dR / dm

which adds up to R over every layer, so that no layer is emptied while others stay. In n rounds, each
with scores anew, the highest are kept over all layers together: d^(j / n) of them after round j, with
d the density that is wanted; published is n = 100. What is gone stays gone; weights are restored
exactly. Masks over weights are published, over nodes they are ours.

R grows with each layer, beyond float32 in a WRN-28-10. Since it is linear in the input, input and R
are both multiplied by 2^-h with 2^2h near R, which leaves every digit as it is: numbers stay between
R^-1/2 and R^1/2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor

from wannsearch.core.errors import ConfigError, at_least
from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import Ground, MaskRule
from wannsearch.sparsity.top_k import Scope, kept, on_the_way

_NEAR = 8
"""Powers of two by which h may miss the middle."""


@dataclass(frozen=True, kw_only=True)
class SynFlow(MaskRule):
    """In how many rounds."""

    fixed: ClassVar[bool] = True
    rounds: int

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("method.rule.rounds", self.rounds, 1)

    def start(self, parent: Ground, batch: tuple[Tensor, Tensor]) -> Tensor:
        """What most of the flow passes."""
        masks, halving, maskable = torch.ones_like(parent.proposed), 0, parent.maskable
        ones = torch.ones_like(batch[0][:1])
        before = list(parent.weights)
        parent.weights[:] = [weight.abs() for weight in before]
        try:
            for number in range(1, self.rounds + 1):
                scores, halving = flow(parent, masks, ones, halving)
                still = partial(torch.pow, exponent=number / self.rounds)
                counts = on_the_way(maskable, parent.layers_wanted(), Scope.GLOBAL, still)
                masks = kept(scores.masked_fill(~masks, -1.0), maskable, counts, Scope.GLOBAL)
        finally:
            parent.weights[:] = before
        return masks


def flow(parent: Ground, masks: Tensor, ones: Tensor, halving: int) -> tuple[Tensor, int]:
    """(P, M) m dR / dm, times 2^-2h, and h, which `halving` is a first guess at."""
    dtype = parent.weights[0].dtype
    while True:
        through = masks.to(dtype).requires_grad_()
        total = parent.scores(through, ones * 2.0**-halving, False).sum((1, 2))  # (P,) R 2^-h
        middle = _middle(total.detach(), halving)
        if abs(middle - halving) <= _NEAR:
            break
        halving = middle
        if halving >= -math.log2(torch.finfo(dtype).tiny):
            raise ConfigError(
                f"method.rule is SynFlow; the flow through this parent is more than {dtype} holds; "
                "evaluator.precision=float64 holds more."
            )
    gradient = torch.autograd.grad((total * 2.0**-halving).sum(), through)[0]
    return gradient * through.detach(), halving


def _middle(total: Tensor, halving: int) -> int:
    """The h for this R 2^-halving (P,); only upwards where it is more than can be held."""
    if not bool(total.isfinite().all()):
        return halving + 4 * _NEAR
    highest = float(total.max())
    return max(0, round((math.log2(highest) + halving) / 2)) if highest > 0 else halving
