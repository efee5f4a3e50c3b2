"""SynFlow: before training and without data, keep the weights that carry most of the synaptic flow.

Tanaka et al. (2020, arXiv 2006.05467). All parameters are replaced by their absolute values, the input is
an image of ones, normalisations are as in a test; with R the sum of the outputs,

    score = w dR / dw = m dR / dm

which adds up to R over every layer, so that no layer is emptied while others stay. In n rounds, each
with new scores, the highest are kept over all layers together: d^(j / n) of them after round j, with
d the final density; published is n = 100. A removed weight stays removed; weights are restored
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

from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.settings import convert_fields
from wannsearch.sparsity.rule import MaskRule, RuleContext
from wannsearch.sparsity.top_k import Scope, intermediate_counts, top_k_masks

_MAX_EXPONENT_ERROR = 8
"""The tolerance of h, in powers of two."""


@dataclass(frozen=True, kw_only=True)
class SynFlow(MaskRule):
    """SynFlow prunes before training, in this number of rounds; ConfigError for fewer than 1."""

    has_fixed_masks: ClassVar[bool] = True
    rounds: int

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("method.mask_rule.rounds", self.rounds, 1)

    def start(self, context: RuleContext, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Return masks (P, M) that keep the weights, or nodes, with the highest flow over all layers.

        Of `batch` only the shape of an image is used. Raises the ConfigError of `compute_flow`.
        """
        masks, exponent, mask_space = torch.ones_like(context.proposed), 0, context.mask_space
        input_image = torch.ones_like(batch[0][:1])
        original_weights = list(context.weights)
        context.weights[:] = [weight.abs() for weight in original_weights]
        try:
            for round_number in range(1, self.rounds + 1):
                scores, exponent = compute_flow(context, masks, input_image, exponent)
                density = partial(torch.pow, exponent=round_number / self.rounds)
                counts = intermediate_counts(mask_space, context.keep_count_by_layer(), Scope.GLOBAL, density)
                masks = top_k_masks(scores.masked_fill(~masks, -1.0), mask_space, counts, Scope.GLOBAL)
        finally:
            context.weights[:] = original_weights
        return masks


def compute_flow(
    context: RuleContext, masks: Tensor, input_image: Tensor, exponent: int
) -> tuple[Tensor, int]:
    """Return m dR / dm times 2^-2h (P, M), and h; `exponent` is the first guess of h.

    `masks` is (P, M) bool, `input_image` (1, C, H, W), and the weights in `context` must be absolute. Raises
    ConfigError if the flow exceeds the range of the weights' dtype.
    """
    dtype = context.weights[0].dtype
    while True:
        float_masks = masks.to(dtype).requires_grad_()
        total = context.logits(float_masks, input_image * 2.0**-exponent, False).sum((1, 2))  # (P,) R 2^-h
        estimate = _estimate_exponent(total.detach(), exponent)
        if abs(estimate - exponent) <= _MAX_EXPONENT_ERROR:
            break
        exponent = estimate
        if exponent >= -math.log2(torch.finfo(dtype).tiny):
            raise ConfigError(
                f"method.mask_rule is SynFlow; the flow through this parent network is more than {dtype} "
                "holds; evaluator.precision=float64 holds more."
            )
    gradient = torch.autograd.grad((total * 2.0**-exponent).sum(), float_masks)[0]
    return gradient * float_masks.detach(), exponent


def _estimate_exponent(total: Tensor, exponent: int) -> int:
    """Return h for the total R 2^-exponent (P,); a total that is not finite only raises the exponent."""
    if not bool(total.isfinite().all()):
        return exponent + 4 * _MAX_EXPONENT_ERROR
    max_total = float(total.max())
    return max(0, round((math.log2(max_total) + exponent) / 2)) if max_total > 0 else exponent
