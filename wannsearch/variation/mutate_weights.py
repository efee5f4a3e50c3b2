"""Mutate weights: each gene's weight is perturbed, replaced or left, by its own coin.

Stanley & Miikkulainen (2002) perturb 90 % of a genome's weights and replace 10 %, uniformly; they give
no widths. The released code has U(-2.5, 2.5) for both and keeps weights within +-8. Gaier & Ha's
prettyNEAT perturbs 80 % by N(0, 0.2) and keeps them within +-2. Disabled genes mutate too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import block, to_uniform
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes


class Noise(str, Enum):
    """What a perturbed weight is moved by."""

    UNIFORM = "uniform"  # U(-step, step)
    GAUSSIAN = "gaussian"  # N(0, step), by Box and Muller (1958)


@dataclass(frozen=True)
class WeightMutation:
    """How weights mutate; shares are of a genome's genes."""

    perturb: float
    replace: float  # perturb + replace is at most 1; the rest is left
    noise: Noise
    step: float
    replacement: float  # half-width of a new value
    cap: float  # no mutated weight lies beyond +- this

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("perturb", "replace"):
            between(f"method.weights.{name}", getattr(self, name), 0, 1)
        if self.perturb + self.replace > 1 + 1e-9:
            raise ConfigError(
                f"method.weights.perturb is {self.perturb} and .replace {self.replace}; "
                "their sum must be at most 1."
            )
        for name in ("step", "replacement", "cap"):
            between(f"method.weights.{name}", getattr(self, name), 0)


@kernel
def _mutate(
    rows: Any,
    edges: Any,
    weight: Any,
    perturb: float,
    changed: float,
    gaussian: bool,
    step: float,
    replacement: float,
    cap: float,
    key: Any,
    purpose: int,
) -> None:
    for row in rows:
        for gene in range(edges[row]):
            words = block(key[0], key[1], row, purpose, gene)
            coin, first = to_uniform(words[0]), to_uniform(words[1])
            if coin >= changed:
                continue
            if coin >= perturb:
                value = (2.0 * first - 1.0) * replacement
            elif gaussian:
                turn = 2.0 * np.pi * to_uniform(words[2])
                value = weight[row, gene] + step * np.sqrt(-2.0 * np.log1p(-first)) * np.cos(turn)
            else:
                value = weight[row, gene] + (2.0 * first - 1.0) * step
            weight[row, gene] = min(max(value, -cap), cap)


def mutate_weights_in_place(
    genomes: Genomes, rows: npt.NDArray[Any], how: WeightMutation, rng: Stream
) -> None:
    """Mutate the weights of these rows."""
    _mutate(
        np.asarray(rows, np.int64),
        genomes.edges,
        genomes.weight,
        how.perturb,
        how.perturb + how.replace,
        how.noise is Noise.GAUSSIAN,
        how.step,
        how.replacement,
        how.cap,
        rng.key,
        rng.purpose,
    )


@kernel
def _randomise(edges: Any, weight: Any, width: float, key: Any, purpose: int) -> None:
    for row in range(len(edges)):
        for gene in range(edges[row]):
            words = block(key[0], key[1], row, purpose, gene // 4)
            weight[row, gene] = (2.0 * to_uniform(words[gene % 4]) - 1.0) * width


def random_weights_in_place(genomes: Genomes, width: float, rng: Stream) -> None:
    """Give every gene a weight of U(-width, width)."""
    _randomise(genomes.edges, genomes.weight, width, rng.key, rng.purpose)
