"""Species: similar genomes compete only with each other.

Stanley & Miikkulainen (2002), section 3.3. A genome joins the first species whose representative is
nearer than the threshold, in the sense of `distance`, or else founds a species and represents it at least
until the next generation. The paper's threshold is fixed; in later systems it moves towards a target number
of species.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import Any, cast

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_first_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.ranking.distance import (
    GenomeSize,
    SortedGenes,
    compatibility_distance,
    sort_genes_by_innovation,
)


class Representative(str, Enum):
    """The member that represents a species in the next generation."""

    RANDOM = "random"  # a random member: the paper
    CHAMPION = "champion"  # its best member: the published code
    FIRST = "first"  # its founder, in all generations: prettyNEAT


@dataclass(frozen=True)
class SpeciesSettings:
    """The settings `method.species`: the distance of genomes, and the threshold of a species."""

    excess: float  # c1
    disjoint: float  # c2
    weight: float  # c3
    genome_size: GenomeSize  # N
    threshold: float  # of the first generation
    target_count: int | None  # species towards which the threshold moves; None: it never moves
    threshold_step: float  # each generation
    threshold_min: float
    representative: Representative

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("excess", "disjoint", "weight", "threshold", "threshold_step", "threshold_min"):
            check_between(f"method.species.{name}", getattr(self, name), 0)
        check_between("method.species.target_count", self.target_count, 1)

    def adjust_threshold(self, threshold: float, num_species: int) -> float:
        """Return the threshold of the next generation, after a generation with `num_species` species.

        It is a step higher after too many species, and a step lower after too few, but not below
        `threshold_min`. Without `target_count` it stays.
        """
        if self.target_count is None or num_species == self.target_count:
            return threshold
        step = self.threshold_step if num_species > self.target_count else -self.threshold_step
        return max(threshold + step, self.threshold_min)

    @property
    def coefficients(self) -> FloatArray:
        """Return c1, c2 and c3 of the distance as an array (3,) float64."""
        return np.array([self.excess, self.disjoint, self.weight])

    def num_excluded_genes(self, ports: Ports) -> int:
        """Return the number of genes of the larger genome that N does not count; 0 unless `LESS_PORTS`."""
        return ports.inputs + ports.outputs - 1 if self.genome_size is GenomeSize.LESS_PORTS else 0

    @property
    def small_genome_size(self) -> int:
        """Return the size below which N is 1: 20 for `ONE_BELOW_20`, 2^31 - 1 for `ONE`, otherwise 0."""
        return {GenomeSize.ONE: np.iinfo(np.int32).max, GenomeSize.ONE_BELOW_20: 20}.get(self.genome_size, 0)


@dataclass(frozen=True)
class Species:
    """The S species of a generation, from the oldest to the youngest."""

    representatives: Genomes  # S genomes
    ids: IntArray  # (S,)
    best_fitness: FloatArray  # (S,) highest fitness of all generations
    last_improved: IntArray  # (S,) generation that reached it, or from which stagnation counts again

    def __len__(self) -> int:
        return len(self.ids)

    def check(self, ports: Ports) -> None:
        """Raise ConfigError for arrays that differ in length or hold impossible values.

        Ids and generations lie in 0..2^40. The best fitness may be minus infinity, but not NaN or infinity.
        """
        self.representatives.check(ports)
        for name in ("ids", "best_fitness", "last_improved"):
            if getattr(self, name).shape != (len(self.representatives),):
                raise ConfigError(f"{name} of species has the shape {getattr(self, name).shape}.")
        for name in ("ids", "last_improved"):
            values = getattr(self, name)
            if ((values < 0) | (values > _MAX_COUNT)).any():
                raise ConfigError(f"{name} of species must lie in 0..{_MAX_COUNT}.")
        if np.isnan(self.best_fitness).any() or (self.best_fitness == np.inf).any():
            raise ConfigError("the best fitness of a species is not finite.")


_MAX_COUNT = 2**40
"""Higher ids and generations come from a damaged file: no search counts further."""


def empty_species(genomes: Genomes) -> Species:
    """Return zero species, with representatives as wide as these genomes."""
    empty_genomes = Genomes(**{field.name: getattr(genomes, field.name)[:0] for field in fields(genomes)})
    return Species(empty_genomes, np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))


@kernel
def _assign_species(
    genes: SortedGenes,
    coefficients: Any,
    small_genome_size: int,
    num_excluded_genes: int,
    threshold: float,
    representative_rows: Any,
    num_existing: int,
    species_index: Any,
) -> int:
    """Fill `species_index` of the rows behind the first `num_existing`, and return the number of species.

    The first `num_existing` rows represent a species each; `representative_rows` gets the rows that
    found new ones.
    """
    num_species = num_existing
    for row in range(num_existing, len(genes.edges)):
        species_index[row - num_existing] = num_species
        for candidate in range(num_species):
            representative = representative_rows[candidate]
            genome_distance = compatibility_distance(
                genes,
                row,
                representative,
                coefficients,
                small_genome_size,
                num_excluded_genes,
            )
            if genome_distance < threshold:
                species_index[row - num_existing] = candidate
                break
        if species_index[row - num_existing] == num_species:
            representative_rows[num_species] = row
            num_species += 1
    return num_species


def speciate(
    previous: Species,
    genomes: Genomes,
    fitness: FloatArray,
    settings: SpeciesSettings,
    threshold: float,
    generation: int,
    next_id: int,
    ports: Ports,
) -> tuple[Species, IntArray]:
    """Return the species that these P genomes form, and (P,) the index of each genome's species.

    A species without members is removed; ids of new ones start at `next_id`. Representatives stay those
    that the species was formed with. `fitness` (P,) is minus infinity where the evaluation failed.
    """
    num_existing = len(previous)
    all_genomes = previous.representatives.concatenate(genomes)
    species_index, representative_rows = np.empty(len(genomes), np.int64), np.arange(len(all_genomes))
    distance_settings = settings.coefficients, settings.small_genome_size, settings.num_excluded_genes(ports)
    num_species = _assign_species(
        sort_genes_by_innovation(all_genomes),
        *distance_settings,
        threshold,
        representative_rows,
        num_existing,
        species_index,
    )
    species_sizes = np.bincount(species_index, minlength=num_species)
    nonempty = np.flatnonzero(species_sizes)
    max_fitness, generation_best = np.full((2, num_species), -np.inf)
    max_fitness[:num_existing] = previous.best_fitness
    np.maximum.at(generation_best, species_index, fitness)
    last_improved = np.full(num_species, generation)
    last_improved[:num_existing] = np.where(
        generation_best[:num_existing] > previous.best_fitness, generation, previous.last_improved
    )
    ids = np.concatenate([previous.ids, next_id + np.arange(num_species - num_existing)])
    new_species = Species(
        all_genomes.take(representative_rows[nonempty]),
        ids[nonempty],
        np.maximum(max_fitness, generation_best)[nonempty],
        last_improved[nonempty],
    )
    new_index = np.cumsum(species_sizes > 0) - 1
    return new_species, new_index[species_index]


def select_representatives(
    species: Species,
    genomes: Genomes,
    species_index: IntArray,
    best_first: IntArray,
    representative: Representative,
    rng: Stream,
) -> Genomes:
    """Return S genomes that represent the species in the next generation.

    `species_index` (P,) is the species of each genome; `best_first` (P,) are rows from best to worst.
    """
    if representative is Representative.FIRST:
        return species.representatives
    members = best_first[np.argsort(species_index[best_first], kind="stable")]
    species_sizes = np.bincount(species_index, minlength=len(species))
    species_starts = np.cumsum(species_sizes) - species_sizes
    if representative is Representative.CHAMPION:
        return genomes.take(members[species_starts])
    offsets = (sample_first_uniform(len(species), rng) * species_sizes).astype(np.int64)
    return genomes.take(cast("IntArray", members[species_starts + offsets]))
