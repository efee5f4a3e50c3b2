"""Offspring: the number of children of each species.

Stanley & Miikkulainen (2002), section 3.3, explicit fitness sharing: a member's fitness is divided by
the size of its species (equation 2), so that a species' share of the next population is proportional to
the mean fitness of its members. Fitness must not be negative; where the lowest of a generation is, all
are raised by it. prettyNEAT shares the mean of 1 / rank instead (`FitnessSharing.RANK`). Shares become
whole numbers by their largest remainders, so that they sum to the population.

A species whose best fitness has not improved for some generations has no children, unless this holds for
all species. If the best fitness of all has not improved for some generations, only the top two species have
children.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray
from wannsearch.core.errors import check_at_least, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.ranking.species import Species


class FitnessSharing(str, Enum):
    """The contribution of a member; the share of a species is proportional to the mean contribution."""

    FITNESS = "fitness"  # fitness, 0 or more
    RANK = "rank"  # 1 / rank in the population, ranks of equal fitness averaged


@dataclass(frozen=True)
class OffspringSettings:
    """The settings `method.offspring`: fitness sharing, and the limits of stagnation."""

    sharing: FitnessSharing
    species_stagnation: int  # generations without improvement after which a species has no children
    population_stagnation: int | None  # after more generations only two species have any; None: never

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("method.offspring.species_stagnation", self.species_stagnation, 1)
        check_between("method.offspring.population_stagnation", self.population_stagnation, 1)

    def count_offspring(
        self,
        species: Species,
        species_index: IntArray,
        fitness: FloatArray,
        ranking_scores: FloatArray,
        generation: int,
        last_improved: int,
    ) -> tuple[IntArray, bool]:
        """Return (S,) children of each species, P in all, and whether only the top two may have any.

        `species_index` (P,) is the species of each row. `fitness` (P,) is minus infinity where the
        evaluation failed. `FitnessSharing.RANK` ranks by `ranking_scores` (P,). `last_improved` is the
        generation of the best fitness of all.
        """
        can_breed = generation - species.last_improved < self.species_stagnation
        is_refocused = (
            self.population_stagnation is not None and generation - last_improved > self.population_stagnation
        )
        if is_refocused:
            can_breed = is_in_top_two(fitness, species_index)
        failed = fitness == -np.inf
        contributions = (
            inverse_rank(ranking_scores, failed)
            if self.sharing is FitnessSharing.RANK
            else shift_to_nonnegative(fitness, failed)
        )
        return round_by_largest_remainder(
            offspring_shares(contributions, species_index, can_breed), len(fitness)
        ), is_refocused


def shift_to_nonnegative(fitness: FloatArray, failed: BoolArray) -> FloatArray:
    """Return (P,) contributions of 0 or more for the fitness (P,); failed rows (P,) have 0.

    The fitness is divided by its largest absolute value; where its lowest value is negative, all are raised
    so that the lowest becomes 0.
    """
    if failed.all():
        return np.zeros(len(fitness))
    max_abs_fitness = float(np.abs(fitness[~failed]).max()) or 1.0
    scaled_fitness = np.where(failed, 0.0, fitness) / max_abs_fitness  # so that no difference is infinite
    return np.where(failed, 0.0, scaled_fitness - min(0.0, float(scaled_fitness[~failed].min())))


def inverse_rank(ranking_scores: FloatArray, failed: BoolArray) -> FloatArray:
    """Return (P,) 1 / rank, where the highest score has rank 1 and equal scores share their mean rank.

    Failed rows (P,) have 0, but count in the ranks of others.
    """
    _, rank_group, group_sizes = np.unique(-ranking_scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(group_sizes) - (group_sizes - 1) / 2.0)[rank_group.reshape(-1)]
    return np.where(failed, 0.0, 1.0 / rank)


def offspring_shares(contributions: FloatArray, species_index: IntArray, can_breed: BoolArray) -> FloatArray:
    """Return (S,) shares of the species, with a sum of 1; `species_index` (P,) is the species of each row.

    `can_breed` is (S,) bool; if it is False for all, all species may breed. If the species that may breed
    contribute nothing, their shares are proportional to their sizes. Every species needs a member.
    """
    species_sizes = np.bincount(species_index, minlength=len(can_breed)).astype(np.float64)
    is_eligible = can_breed if can_breed.any() else np.ones(len(can_breed), np.bool_)
    # A sum of contributions / size is the sum of the adjusted fitness of equation 2.
    mean_contribution = np.where(
        is_eligible, np.bincount(species_index, contributions, len(can_breed)) / species_sizes, 0.0
    )
    max_mean = mean_contribution.max()
    if not max_mean > 0.0:
        mean_contribution, max_mean = np.where(is_eligible, species_sizes, 0.0), 1.0
    scaled_mean = mean_contribution / max_mean  # so that the sum is finite
    normalized_shares: FloatArray = scaled_mean / scaled_mean.sum()
    return normalized_shares


def round_by_largest_remainder(species_shares: FloatArray, total: int) -> IntArray:
    """Return (S,) int64 counts that sum to `total`, for shares (S,) that sum to 1.

    Of equal remainders the earlier species gets the one.
    """
    exact_counts = species_shares * total
    counts = np.floor(exact_counts).astype(np.int64)
    by_remainder = np.argsort(-(exact_counts - counts), kind="stable")
    counts[by_remainder[: total - int(counts.sum())]] += 1
    return counts


def is_in_top_two(fitness: FloatArray, species_index: IntArray) -> BoolArray:
    """Return (S,) bool: True for the two species with the best members; of equal ones the lower index."""
    best_fitness = np.full(species_index.max() + 1, -np.inf)
    np.maximum.at(best_fitness, species_index, fitness)
    is_top = np.zeros(len(best_fitness), np.bool_)
    is_top[np.argsort(-best_fitness, kind="stable")[:2]] = True
    return is_top
