"""Scores into masks: the strongest stay, of equal ones those that come first."""

from __future__ import annotations

from enum import Enum

import torch
from torch import Tensor

from wannsearch.core.subnetworks import Maskable


class Scope(str, Enum):
    """Among whom the strongest are sought."""

    GLOBAL = "global"  # all maskable layers together; each keeps at least one
    LAYER = "layer"  # each layer by itself, which keeps as many as were proposed


def strongest(scores: Tensor, count: Tensor) -> Tensor:
    """(P, M) scores -> (P, M) bool with `count` (P,) true in each row."""
    order = torch.argsort(scores, dim=1, descending=True, stable=True)
    rank = torch.empty_like(order)
    rank.scatter_(1, order, torch.arange(scores.shape[1], device=scores.device).expand_as(order))
    return rank < count[:, None]


def kept(scores: Tensor, maskable: Maskable, counts: list[Tensor], scope: Scope) -> Tensor:
    """(P, M) masks that keep `counts`, (P,) for each layer, or as many over all layers together."""
    if scope is Scope.LAYER:
        parts = zip(maskable.layers, counts, strict=True)
        return torch.cat([strongest(scores[:, layer], count) for layer, count in parts], 1)
    sure = scores.clone()
    for layer in maskable.layers:
        sure[:, layer].scatter_(1, scores[:, layer].argmax(1, keepdim=True), torch.inf)
    return strongest(sure, torch.stack(counts).sum(0))
