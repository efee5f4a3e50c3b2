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
import numpy.typing as npt

from wannsearch.core.errors import at_least, between
from wannsearch.core.settings import convert_fields
from wannsearch.ranking.species import Species

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class Sharing(str, Enum):
    """What a member brings to its species; the species' share is proportional to the mean."""

    FITNESS = "fitness"  # fitness, 0 or more
    RANK = "rank"  # 1 / rank in the population, ranks of equal fitness averaged


@dataclass(frozen=True)
class Growth:
    """Which species grow, and which may not."""

    sharing: Sharing
    species_stagnation: int  # generations without improvement after which a species has no children
    population_stagnation: int | None  # generations after which only two species have; None: never

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("method.growth.species_stagnation", self.species_stagnation, 1)
        between("method.growth.population_stagnation", self.population_stagnation, 1)

    def offspring(
        self, species: Species, number: Whole, fitness: Floats, measure: Floats, now: int, improved: int
    ) -> tuple[Whole, bool]:
        """(S,) children of each species, P in all, and whether only the top two may have any.

        `number` (P,) says who is in which species; `fitness` (P,) is minus infinity for those that failed,
        and `measure` (P,) is what they are ranked by. The best of all has `improved` in that generation.
        """
        may_breed = now - species.improved < self.species_stagnation
        refocused = self.population_stagnation is not None and now - improved > self.population_stagnation
        if refocused:
            may_breed = top_two(fitness, number)
        failed = fitness == -np.inf
        brings = by_rank(measure, failed) if self.sharing is Sharing.RANK else raised(fitness, failed)
        return largest_remainders(shares(brings, number, may_breed), len(fitness)), refocused


def raised(fitness: Floats, failed: npt.NDArray[np.bool_]) -> Floats:
    """(P,) numbers of 0 or more, in proportion to the fitness; 0 for those that failed."""
    if failed.all():
        return np.zeros(len(fitness))
    largest = float(np.abs(fitness[~failed]).max()) or 1.0
    part = np.where(failed, 0.0, fitness) / largest  # so that no difference is infinite
    return np.where(failed, 0.0, part - min(0.0, float(part[~failed].min())))


def by_rank(measure: Floats, failed: npt.NDArray[np.bool_]) -> Floats:
    """(P,) 1 / rank, from 1; 0 for those that failed."""
    _, group, size = np.unique(-measure, return_inverse=True, return_counts=True)
    rank = (np.cumsum(size) - (size - 1) / 2.0)[group.reshape(-1)]
    return np.where(failed, 0.0, 1.0 / rank)


def shares(brings: Floats, number: Whole, may_breed: npt.NDArray[np.bool_]) -> Floats:
    """(S,) share of each species, of a sum of 1; `number` (P,) says who is in which.

    Where nobody who may breed brings anything, those who may are shared by size, or all if none may.
    """
    size = np.bincount(number, minlength=len(may_breed)).astype(np.float64)
    may = may_breed if may_breed.any() else np.ones(len(may_breed), np.bool_)
    mean = np.where(may, np.bincount(number, brings, len(may_breed)) / size, 0.0)
    highest = mean.max()
    if not highest > 0.0:
        mean, highest = np.where(may, size, 0.0), 1.0
    part = mean / highest  # so that the sum is finite
    normed: Floats = part / part.sum()
    return normed


def largest_remainders(share: Floats, total: int) -> Whole:
    """(S,) whole numbers that sum to `total`; of equal remainders the earlier species is first."""
    exact = share * total
    given = np.floor(exact).astype(np.int64)
    first = np.argsort(-(exact - given), kind="stable")
    given[first[: total - int(given.sum())]] += 1
    return given


def top_two(fitness: Floats, number: Whole) -> npt.NDArray[np.bool_]:
    """(S,): whether a species has one of the two highest bests; of equal ones the older has."""
    best = np.full(number.max() + 1, -np.inf)
    np.maximum.at(best, number, fitness)
    top = np.zeros(len(best), np.bool_)
    top[np.argsort(-best, kind="stable")[:2]] = True
    return top
