"""Random masks: so many nodes, or weights, of each layer, every subset equally likely.

A layer of n keeps k = max(1, round((1 - s) n)) at sparsity s. The sparsities are one number for all
layers, one for each, or, over weights, the shares of Erdos-Renyi-Kernel (Mocanu et al. 2018; Evci et
al. 2020): the density of a layer is proportional to the sum of its weight's dimensions over their
product, capped at 1, scaled so that the whole keeps as much as it would uniformly.
"""

from __future__ import annotations

from enum import Enum
from math import prod

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.subnetworks import Granularity, Maskable, Masks

_DRAWS_AT_ONCE = 2**20
"""Of 64 bits each; masks over all weights of a WRN-28-10 have 36 million a row."""


class Shares(str, Enum):
    """How layers share what is kept."""

    UNIFORM = "uniform"
    ERK = "erk"


def kept_by_layer(
    maskable: Maskable, sparsity: float, shares: Shares, by_layer: tuple[float, ...] | None
) -> tuple[int, ...]:
    """How many of each layer a mask keeps."""
    sizes = maskable.sizes
    if by_layer is not None:
        if len(by_layer) != len(sizes):
            raise ConfigError(
                f"method.layer_sparsity names {len(by_layer)} layers; the parent has {len(sizes)} maskable."
            )
        densities = [1.0 - share for share in by_layer]
    elif shares is Shares.ERK:
        densities = _erk(maskable, 1.0 - sparsity)
    else:
        densities = [1.0 - sparsity] * len(sizes)
    return tuple(max(1, round(density * size)) for density, size in zip(densities, sizes, strict=True))


def _erk(maskable: Maskable, density: float) -> list[float]:
    if maskable.granularity is Granularity.NODES:
        raise ConfigError("method.shares is 'erk', which is for weights; method.granularity is 'nodes'.")
    shapes = [maskable.plan.parameters[number].shape for number in maskable.parameters]
    raw = [sum(shape) / prod(shape) for shape in shapes]
    sizes = maskable.sizes
    dense: set[int] = set()
    while True:
        open_layers = [layer for layer in range(len(sizes)) if layer not in dense]
        wanted = density * sum(sizes) - sum(sizes[layer] for layer in dense)
        scale = wanted / max(sum(raw[layer] * sizes[layer] for layer in open_layers), 1e-300)
        over = {layer for layer in open_layers if scale * raw[layer] > 1.0}
        if not over:
            return [1.0 if layer in dense else scale * raw[layer] for layer in range(len(sizes))]
        dense |= over


def random_masks(maskable: Maskable, kept: tuple[int, ...], rows: int, rng: Stream) -> Masks:
    """(rows, M): each row's own subsets."""
    masks = np.zeros((rows, maskable.size), np.bool_)
    many = max(1, _DRAWS_AT_ONCE // maskable.size)
    for first in range(0, rows, many):
        _choose(maskable, kept, np.arange(first, min(first + many, rows)), rng, masks)
    return masks


def _choose(
    maskable: Maskable, kept: tuple[int, ...], rows: npt.NDArray[np.int64], rng: Stream, masks: Masks
) -> None:
    """Fill these rows of the masks."""
    draws = rng.uniform(rows, maskable.size)
    for layer, count in zip(maskable.layers, kept, strict=True):
        if count == layer.stop - layer.start:
            masks[rows, layer] = True
            continue
        chosen = np.argpartition(draws[:, layer], count, axis=1)[:, :count]
        masks[rows[:, None], layer.start + chosen] = True
