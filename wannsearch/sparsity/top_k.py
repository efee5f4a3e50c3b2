"""Top-k masks: the highest scores are kept, of equal scores the first ones."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import torch
from torch import Tensor

from wannsearch.core.subnetworks.subnetworks import MaskSpace


class Scope(str, Enum):
    """Scores compete over all maskable layers together, or in each layer by itself."""

    GLOBAL = "global"  # all maskable layers together; each layer keeps at least one
    LAYER = "layer"  # each layer by itself, with the proposed number


def top_k(scores: Tensor, counts: Tensor) -> Tensor:
    """Return a bool mask (P, M) of the `counts` (P,) highest scores (P, M) in each row; NaN counts as 0.

    It compares with the lowest kept score, which is several times as fast as a full sort.
    """
    scores = torch.nan_to_num(scores, nan=0.0, posinf=torch.inf, neginf=-torch.inf)
    thresholds = scores.new_full((len(scores), 1), torch.nan)  # no score is above or equal to NaN
    for row, k in enumerate(counts.tolist()):
        if k:
            thresholds[row] = scores[row].kthvalue(scores.shape[1] - k + 1).values
    above_threshold, at_threshold = scores > thresholds, scores == thresholds
    num_at_threshold = counts[:, None] - above_threshold.sum(1, keepdim=True)
    if bool((at_threshold.sum(1, keepdim=True) > num_at_threshold).any()):
        at_threshold &= at_threshold.cumsum(1) <= num_at_threshold
    return above_threshold | at_threshold


def top_k_masks(scores: Tensor, mask_space: MaskSpace, counts: list[Tensor], scope: Scope) -> Tensor:
    """Return bool masks (P, M) that keep the highest scores (P, M).

    `counts` are one (P,) tensor for each layer; with `Scope.GLOBAL` their sum is kept over all layers
    together, and each layer keeps at least its highest score.
    """
    if scope is Scope.LAYER:
        layer_counts = zip(mask_space.layers, counts, strict=True)
        return torch.cat([top_k(scores[:, layer], count) for layer, count in layer_counts], 1)
    protected_scores = torch.nan_to_num(
        scores
    )  # a diverged candidate has infinite scores, and only the protected ones may be infinite
    for layer in mask_space.layers:
        protected_scores[:, layer].scatter_(1, protected_scores[:, layer].argmax(1, keepdim=True), torch.inf)
    return top_k(protected_scores, torch.stack(counts).sum(0))


def intermediate_counts(
    mask_space: MaskSpace, final_counts: list[Tensor], scope: Scope, density: Callable[[Tensor], Tensor]
) -> list[Tensor]:
    """Return counts for `top_k_masks` during pruning, never below the final ones.

    `density` maps final densities (P,), as float64 on the processor, to current ones. The list has one (P,)
    tensor for each layer, or with `Scope.GLOBAL` one for all together.
    """
    sizes: tuple[int, ...] = mask_space.sizes
    if scope is Scope.GLOBAL:
        sizes, final_counts = (mask_space.size,), [torch.stack(final_counts).sum(0)]
    counts = []
    for size, count in zip(sizes, final_counts, strict=True):
        thinned_count = size * density(count.cpu().double() / size)  # not every device has doubles
        counts.append(torch.maximum(thinned_count.round().long().to(count.device), count))
    return counts
