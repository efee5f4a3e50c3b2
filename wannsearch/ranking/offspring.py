"""Offspring: how many children each species may have.

Stanley & Miikkulainen (2002), section 3.3, explicit fitness sharing: a member's fitness is divided by
the size of its species, so that a species' share of the next population is proportional to the mean
fitness of its members. Fitness must not be negative; where the lowest of a generation is, all are
raised by it. prettyNEAT shares the mean of 1 / rank instead (`rank`). Shares become whole numbers by
their largest remainders, so that they sum to the population.

A species whose best has not improved for some generations has no children. If the best of all has not
improved for more than some, only the top two species have.
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
    """What a member brings to its species; the species' share is proportional to the mean."""

    FITNESS = "fitness"  # fitness, 0 or more
    RANK = "rank"  # 1 / rank in the population, ranks of equal fitness averaged


@dataclass(frozen=True)
class OffspringSettings:
    """Which species grow, and which may not."""

    sharing: FitnessSharing
    species_stagnation: int  # generations without improvement after which a species has no children
    population_stagnation: int | None  # generations after which only two species have; None: never

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
        """(S,) children of each species, P in all, and whether only the top two may have any.

        `number` (P,) says who is in which species; `fitness` (P,) is minus infinity for those that failed,
        and `measure` (P,) is what they are ranked by. The best of all has `improved` in that generation.
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
    """(P,) numbers of 0 or more, in proportion to the fitness; 0 for those that failed."""
    if failed.all():
        return np.zeros(len(fitness))
    max_abs_fitness = float(np.abs(fitness[~failed]).max()) or 1.0
    scaled_fitness = np.where(failed, 0.0, fitness) / max_abs_fitness  # so that no difference is infinite
    return np.where(failed, 0.0, scaled_fitness - min(0.0, float(scaled_fitness[~failed].min())))


def inverse_rank(ranking_scores: FloatArray, failed: BoolArray) -> FloatArray:
    """(P,) 1 / rank, from 1; 0 for those that failed."""
    _, rank_group, group_sizes = np.unique(-ranking_scores, return_inverse=True, return_counts=True)
    rank = (np.cumsum(group_sizes) - (group_sizes - 1) / 2.0)[rank_group.reshape(-1)]
    return np.where(failed, 0.0, 1.0 / rank)


def offspring_shares(contributions: FloatArray, species_index: IntArray, can_breed: BoolArray) -> FloatArray:
    """(S,) share of each species, of a sum of 1; `number` (P,) says who is in which.

    Where nobody who may breed brings anything, those who may are shared by size, or all if none may.
    """
    species_sizes = np.bincount(species_index, minlength=len(can_breed)).astype(np.float64)
    is_eligible = can_breed if can_breed.any() else np.ones(len(can_breed), np.bool_)
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
    """(S,) whole numbers that sum to `total`; of equal remainders the earlier species is first."""
    exact_counts = species_shares * total
    counts = np.floor(exact_counts).astype(np.int64)
    by_remainder = np.argsort(-(exact_counts - counts), kind="stable")
    counts[by_remainder[: total - int(counts.sum())]] += 1
    return counts


def is_in_top_two(fitness: FloatArray, species_index: IntArray) -> BoolArray:
    """(S,): whether a species has one of the two highest bests; of equal ones the older has."""
    best_fitness = np.full(species_index.max() + 1, -np.inf)
    np.maximum.at(best_fitness, species_index, fitness)
    is_top = np.zeros(len(best_fitness), np.bool_)
    is_top[np.argsort(-best_fitness, kind="stable")[:2]] = True
    return is_top
