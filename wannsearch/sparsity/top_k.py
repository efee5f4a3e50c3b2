"""Scores into masks: the strongest stay, of equal ones those that come first."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import torch
from torch import Tensor

from wannsearch.core.subnetworks.subnetworks import Maskable


class Scope(str, Enum):
    """Among whom the strongest are sought."""

    GLOBAL = "global"  # all maskable layers together; each keeps at least one
    LAYER = "layer"  # each layer by itself, which keeps as many as were proposed


def strongest(scores: Tensor, count: Tensor) -> Tensor:
    """(P, M) scores -> (P, M) bool with `count` (P,) true in each row; what is no number counts as 0.

    By the least score that is kept, which is found several times as fast as an order of all.
    """
    scores = torch.nan_to_num(scores, nan=0.0, posinf=torch.inf, neginf=-torch.inf)
    least = scores.new_full((len(scores), 1), torch.nan)  # nothing is above, or equal to it
    for row, many in enumerate(count.tolist()):
        if many:
            least[row] = scores[row].kthvalue(scores.shape[1] - many + 1).values
    above, equal = scores > least, scores == least
    left = count[:, None] - above.sum(1, keepdim=True)
    if bool((equal.sum(1, keepdim=True) > left).any()):
        equal &= equal.cumsum(1) <= left
    return above | equal


def kept(scores: Tensor, maskable: Maskable, counts: list[Tensor], scope: Scope) -> Tensor:
    """(P, M) masks that keep `counts`, (P,) for each layer, or as many over all layers together."""
    if scope is Scope.LAYER:
        parts = zip(maskable.layers, counts, strict=True)
        return torch.cat([strongest(scores[:, layer], count) for layer, count in parts], 1)
    sure = torch.nan_to_num(scores)  # where a candidate diverged, nothing may stand beside infinity
    for layer in maskable.layers:
        sure[:, layer].scatter_(1, sure[:, layer].argmax(1, keepdim=True), torch.inf)
    return strongest(sure, torch.stack(counts).sum(0))


def on_the_way(
    maskable: Maskable, wanted: list[Tensor], scope: Scope, density: Callable[[Tensor], Tensor]
) -> list[Tensor]:
    """Counts for `kept` while masks still thin: `density` of the one that is wanted in the end, (P,)."""
    sizes: tuple[int, ...] = maskable.sizes
    if scope is Scope.GLOBAL:
        sizes, wanted = (maskable.size,), [torch.stack(wanted).sum(0)]
    found = []
    for size, count in zip(sizes, wanted, strict=True):
        many = size * density(count.cpu().double() / size)  # not every device has doubles
        found.append(torch.maximum(many.round().long().to(count.device), count))
    return found
