"""Random masks: a fixed number of nodes, or weights, of each layer, every subset equally likely.

A layer of n keeps k = max(1, round((1 - s) n)) at sparsity s. The sparsities are one number for all
layers, one for each, or, over weights, the shares of Erdos-Renyi-Kernel (Mocanu et al. 2018; Evci et
al. 2020): the density of a layer is proportional to the sum of its weight's dimensions over their
product, capped at 1, scaled so that all layers together keep as much as they would uniformly.
"""

from __future__ import annotations

from enum import Enum
from math import prod

import numpy as np

from wannsearch.core.arrays import IntArray
from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.subnetworks import Granularity, Masks, MaskSpace

_MAX_DRAWS = 2**20
"""The draws at once, of at least one row; masks over all weights of a WRN-28-10 need 36 million a row."""


class LayerDistribution(str, Enum):
    """The kept weights are distributed over layers uniformly or by ERK."""

    UNIFORM = "uniform"
    ERK = "erk"


def layer_keep_counts(
    mask_space: MaskSpace,
    sparsity: float,
    layer_distribution: LayerDistribution,
    layer_sparsity: tuple[float, ...] | None,
) -> tuple[int, ...]:
    """Return the number of nodes, or weights, that a mask keeps in each layer, at least 1.

    `layer_sparsity`, one number for each maskable layer, replaces the two settings before it. Raises
    ConfigError if `layer_sparsity` does not match the layers, or for ERK over nodes.
    """
    sizes = mask_space.sizes
    if layer_sparsity is not None:
        if len(layer_sparsity) != len(sizes):
            raise ConfigError(
                f"method.layer_sparsity names {len(layer_sparsity)} layers; the parent network has "
                f"{len(sizes)} maskable."
            )
        densities = [1.0 - share for share in layer_sparsity]
    elif layer_distribution is LayerDistribution.ERK:
        densities = _erk_densities(mask_space, 1.0 - sparsity)
    else:
        densities = [1.0 - sparsity] * len(sizes)
    return tuple(max(1, round(density * size)) for density, size in zip(densities, sizes, strict=True))


def _erk_densities(mask_space: MaskSpace, density: float) -> list[float]:
    if mask_space.granularity is Granularity.NODES:
        raise ConfigError(
            "method.layer_distribution is 'erk', which is for weights; method.granularity is 'nodes'."
        )
    shapes = [mask_space.layout.parameters[parameter_id].shape for parameter_id in mask_space.parameter_ids]
    raw_densities = [sum(shape) / prod(shape) for shape in shapes]
    sizes = mask_space.sizes
    dense_layers: set[int] = set()
    while True:
        sparse_layers = [layer for layer in range(len(sizes)) if layer not in dense_layers]
        num_sparse_kept = density * sum(sizes) - sum(sizes[layer] for layer in dense_layers)
        scale = num_sparse_kept / max(
            sum(raw_densities[layer] * sizes[layer] for layer in sparse_layers), 1e-300
        )
        saturated = {layer for layer in sparse_layers if scale * raw_densities[layer] > 1.0}
        if not saturated:
            return [
                1.0 if layer in dense_layers else scale * raw_densities[layer] for layer in range(len(sizes))
            ]
        dense_layers |= saturated


def sample_masks(mask_space: MaskSpace, keep_counts: tuple[int, ...], num_rows: int, rng: Stream) -> Masks:
    """Return bool masks (rows, M) with uniform random subsets of these sizes, independent for each row."""
    masks = np.zeros((num_rows, mask_space.size), np.bool_)
    chunk_rows = max(1, _MAX_DRAWS // mask_space.size)
    for start in range(0, num_rows, chunk_rows):
        _fill_masks(mask_space, keep_counts, np.arange(start, min(start + chunk_rows, num_rows)), rng, masks)
    return masks


def _fill_masks(
    mask_space: MaskSpace,
    keep_counts: tuple[int, ...],
    rows: IntArray,
    rng: Stream,
    masks: Masks,
) -> None:
    """Draw the subsets of these rows, and set their bits in `masks`, in place."""
    draws = rng.uniform(rows, mask_space.size)
    for layer, count in zip(mask_space.layers, keep_counts, strict=True):
        if count == layer.stop - layer.start:
            masks[rows, layer] = True
            continue
        columns = np.argpartition(draws[:, layer], count, axis=1)[:, :count]
        masks[rows[:, None], layer.start + columns] = True
