"""Mutate weights: each gene's weight is perturbed, replaced or left, by a draw of its own.

Stanley & Miikkulainen (2002) perturb 90 % of a genome's weights and replace 10 %, uniformly; they give
no widths. Their published code has U(-2.5, 2.5) for both and keeps weights within +-8. Gaier & Ha's
prettyNEAT perturbs 80 % by N(0, 0.2) and keeps them within +-2. Disabled genes mutate too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array
from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import philox_block, to_uniform
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import GenomeArrays, Genomes


class Noise(str, Enum):
    """The distribution of the change of a perturbed weight."""

    UNIFORM = "uniform"  # U(-step, step)
    GAUSSIAN = "gaussian"  # N(0, step), by Box and Muller (1958)


@dataclass(frozen=True)
class WeightMutationSettings:
    """The settings `method.weights`; each fraction is a probability per gene."""

    perturb_fraction: float
    replace_fraction: float  # perturb_fraction + replace_fraction is at most 1; the rest is left
    noise: Noise
    step: float
    replace_half_width: float  # half-width of a new value
    max_abs: float  # mutated weights are clipped to +- this value

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("perturb_fraction", "replace_fraction"):
            check_between(f"method.weights.{name}", getattr(self, name), 0, 1)
        if self.perturb_fraction + self.replace_fraction > 1 + 1e-9:
            raise ConfigError(
                f"method.weights.perturb_fraction is {self.perturb_fraction} and "
                f".replace_fraction {self.replace_fraction}; their sum must be at most 1."
            )
        for name in ("step", "replace_half_width", "max_abs"):
            check_between(f"method.weights.{name}", getattr(self, name), 0)


@kernel
def _mutate_weights(
    genomes: GenomeArrays,
    rows: Any,
    perturb_fraction: float,
    mutate_fraction: float,
    is_gaussian: bool,
    step: float,
    replace_half_width: float,
    max_abs: float,
    key: Any,
    purpose: int,
) -> None:
    edges, weight = genomes.edges, genomes.weight
    for row in rows:
        for gene in range(edges[row]):
            raw_words = philox_block(key[0], key[1], row, purpose, gene)
            coin, uniform_draw = to_uniform(raw_words[0]), to_uniform(raw_words[1])
            if coin >= mutate_fraction:
                continue
            if coin >= perturb_fraction:
                value = (2.0 * uniform_draw - 1.0) * replace_half_width
            elif is_gaussian:
                # Box & Muller (1958)
                angle = 2.0 * np.pi * to_uniform(raw_words[2])
                value = weight[row, gene] + step * np.sqrt(-2.0 * np.log1p(-uniform_draw)) * np.cos(angle)
            else:
                value = weight[row, gene] + (2.0 * uniform_draw - 1.0) * step
            weight[row, gene] = min(max(value, -max_abs), max_abs)


def mutate_weights_in_place(
    genomes: Genomes, rows: Array, settings: WeightMutationSettings, rng: Stream
) -> None:
    """Perturb, replace or leave each weight of these rows (C,), disabled genes included.

    A mutated weight is clipped to +- `settings.max_abs`; a weight that is left is not.
    """
    _mutate_weights(
        genomes.to_arrays(),
        np.asarray(rows, np.int64),
        settings.perturb_fraction,
        settings.perturb_fraction + settings.replace_fraction,
        settings.noise is Noise.GAUSSIAN,
        settings.step,
        settings.replace_half_width,
        settings.max_abs,
        rng.key,
        rng.purpose,
    )


@kernel
def _randomize_weights(genomes: GenomeArrays, half_width: float, key: Any, purpose: int) -> None:
    edges, weight = genomes.edges, genomes.weight
    for row in range(len(edges)):
        for gene in range(edges[row]):
            raw_words = philox_block(key[0], key[1], row, purpose, gene // 4)
            weight[row, gene] = (2.0 * to_uniform(raw_words[gene % 4]) - 1.0) * half_width


def randomize_weights_in_place(genomes: Genomes, half_width: float, rng: Stream) -> None:
    """Give every gene of all genomes, enabled or not, a weight of U(-half_width, half_width)."""
    _randomize_weights(genomes.to_arrays(), half_width, rng.key, rng.purpose)
