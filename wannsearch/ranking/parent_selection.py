"""Mating: who is copied, who mutates alone, and who mates with whom.

Stanley & Miikkulainen (2002): the lowest of each species are dropped, a champion may be copied
unchanged, and other children have one parent or two, drawn from the survivors of their species;
rarely the second is the champion of another species. Parents win tournaments of so many uniform draws
with replacement; of size 1 that is any survivor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, at_least, between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import below, uniform
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Mating:
    """How the next generation comes to its parents."""

    survivors: float  # share of a species that may be parents, rounded up
    elite: float  # share of the survivors that is copied unchanged, rounded down
    champion_above: int | None  # a species with more members has at least its champion copied unchanged
    crossover: float  # chance of two parents
    interspecies: float  # chance that the second of two is another species' champion
    tournament_size: int  # for each of two parents
    tournament_size_alone: int  # for a single parent

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("survivors", "elite", "crossover", "interspecies"):
            between(f"method.mating.{name}", getattr(self, name), 0, 1)
        if not self.survivors > 0:
            raise ConfigError(f"method.mating.survivors is {self.survivors}; it must be above 0.")
        between("method.mating.champion_above", self.champion_above, 0)
        for name in ("tournament_size", "tournament_size_alone"):
            at_least(f"method.mating.{name}", getattr(self, name), 1)


@dataclass(frozen=True)
class Pairs:
    """The parents of P children, elites first in each species; -1 for no second parent."""

    first: Rows  # (P,)
    second: Rows  # (P,)
    unchanged: npt.NDArray[np.bool_]  # (P,) a copy that no operator may touch


@kernel
def _winner(survivors: int, size: int, key: Any, row: int, purpose: int, draw: int) -> int:
    best = survivors - 1
    for number in range(size):
        best = min(best, below(key[0], key[1], row, purpose, draw + number, survivors))
    return best


@kernel
def _pair(
    members: Any,
    start: Any,
    survivors: Any,
    sound: Any,
    offspring: Any,
    elites: Any,
    crossover: float,
    interspecies: float,
    size: int,
    size_alone: int,
    key: Any,
    purpose: int,
    first: Any,
    second: Any,
    unchanged: Any,
) -> None:
    child = 0
    strangers = 0
    for number in range(len(start)):
        strangers += sound[number] > 0
    for species in range(len(start)):
        others = strangers - (sound[species] > 0)
        for place in range(offspring[species]):
            second[child] = -1
            unchanged[child] = place < elites[species]
            if unchanged[child]:
                first[child] = members[start[species] + place]
            elif uniform(key[0], key[1], child, purpose, 0) >= crossover:
                won = _winner(survivors[species], size_alone, key, child, purpose, 3)
                first[child] = members[start[species] + won]
            else:
                won = _winner(survivors[species], size, key, child, purpose, 3)
                first[child] = members[start[species] + won]
                if others > 0 and uniform(key[0], key[1], child, purpose, 1) < interspecies:
                    left = below(key[0], key[1], child, purpose, 2, others)
                    for number in range(len(start)):
                        if number != species and sound[number] > 0:
                            if left == 0:
                                second[child] = members[start[number]]
                            left -= 1
                else:
                    won = _winner(survivors[species], size, key, child, purpose, 3 + size)
                    second[child] = members[start[species] + won]
            child += 1


def paired(
    best_first: Rows,
    failed: npt.NDArray[np.bool_],
    number: Rows,
    offspring: Rows,
    mating: Mating,
    rng: Stream,
) -> Pairs:
    """Parents of the next population.

    `best_first` (P,) are rows, those that failed last; `number` (P,) is each row's species; `offspring`
    (S,) sums to P. Those that failed are parents only where a species has no other, and never copied.
    """
    species = len(offspring)
    size = np.bincount(number, minlength=species)
    sound = np.bincount(number[~failed], minlength=species)
    surviving = np.ceil(mating.survivors * size - 1e-9).astype(np.int64)  # 0.9 of 10 are 9
    survivors = np.clip(surviving, 1, np.where(sound > 0, sound, size))
    elites = np.floor(mating.elite * survivors + 1e-9).astype(np.int64)
    if mating.champion_above is not None:
        elites = np.maximum(elites, size > mating.champion_above)
    elites = np.minimum(np.minimum(elites, sound), offspring)
    members = best_first[np.argsort(number[best_first], kind="stable")]
    children = int(offspring.sum())
    pairs = Pairs(np.empty(children, np.int64), np.empty(children, np.int64), np.empty(children, np.bool_))
    _pair(
        members,
        np.cumsum(size) - size,
        survivors,
        sound,
        offspring,
        elites,
        mating.crossover,
        mating.interspecies,
        mating.tournament_size,
        mating.tournament_size_alone,
        rng.key,
        rng.purpose,
        pairs.first,
        pairs.second,
        pairs.unchanged,
    )
    return pairs
