"""Parent selection: elites are copied, other children get one parent or two.

Stanley & Miikkulainen (2002): the lowest of each species are dropped, a champion may be copied
unchanged, and other children have one parent or two, drawn from the survivors of their species;
rarely the second is the champion of another species. Parents are selected by a rule (`parent_rule`); a
tournament of size 1 selects any survivor, lexicase any member of the species that did not fail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, Int32Array, IntArray
from wannsearch.core.errors import ConfigError, check_at_least, check_between
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.kernels.philox import sample_integer_below, sample_uniform
from wannsearch.core.streams import Stream
from wannsearch.ranking.parent_rule import ParentGroups, ParentRuleSettings


@dataclass(frozen=True)
class ParentSelectionSettings(ParentRuleSettings):
    """The settings `method.parent_selection` of NEAT: a rule, and shares and probabilities of its use."""

    survivors: float  # share of a species that may be parents, rounded up
    elite: float  # share of the survivors that is copied unchanged, rounded down
    champion_min_species_size: int | None
    """A species of this size or a larger one has at least its champion copied unchanged.

    This needs a child and a member whose evaluation did not fail.
    """
    crossover_probability: float  # that a child has two parents
    interspecies_probability: float  # that the second of two is another species' champion
    tournament_size_single_parent: int  # for a single parent; `tournament_size` is for each of two

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("survivors", "elite", "crossover_probability", "interspecies_probability"):
            check_between(f"method.parent_selection.{name}", getattr(self, name), 0, 1)
        if not self.survivors > 0:
            raise ConfigError(f"method.parent_selection.survivors is {self.survivors}; it must be above 0.")
        if self.champion_min_species_size is not None:
            check_at_least(
                "method.parent_selection.champion_min_species_size", self.champion_min_species_size, 1
            )
        check_at_least(
            "method.parent_selection.tournament_size_single_parent", self.tournament_size_single_parent, 1
        )


_FIRST_DRAW_OF_RULE = 3  # those before it are the coins of `_fill_pairs`


class ParentPairs(NamedTuple):
    """The parents of P children, species by species, elites first in each."""

    first_parents: IntArray  # (P,) rows
    second_parents: IntArray  # (P,) rows; -1 for a child of one parent
    is_unchanged: BoolArray  # (P,) a copy that no operator may change


class _Offspring(NamedTuple):
    """The children of S species, and the rows that the rule selected: one argument of the compiled loop."""

    num_offspring: IntArray  # (S,)
    num_elites: IntArray  # (S,) children that are unchanged copies
    single_parents: IntArray  # (P,) row of each child, if it has one parent
    first_parents: IntArray  # (P,) rows, if it has two
    second_parents: IntArray  # (P,)


@kernel
def _fill_pairs(
    rows: Any,
    species_starts: Any,
    num_valid: Any,
    offspring: _Offspring,
    pairs: ParentPairs,
    crossover_probability: float,
    interspecies_probability: float,
    key: Any,
    purpose: int,
) -> None:
    """Fill `pairs`. Draws of a child: 0 two parents, 1 and 2 another species."""
    first_parents, second_parents, is_unchanged = pairs
    child = 0
    num_breeding_species = 0
    for other_species in range(len(species_starts)):
        num_breeding_species += num_valid[other_species] > 0
    for species in range(len(species_starts)):
        num_other_species = num_breeding_species - (num_valid[species] > 0)
        for position in range(offspring.num_offspring[species]):
            second_parents[child] = -1
            is_unchanged[child] = position < offspring.num_elites[species]
            if is_unchanged[child]:
                first_parents[child] = rows[species_starts[species] + position]
            elif sample_uniform(key[0], key[1], child, purpose, 0) >= crossover_probability:
                first_parents[child] = offspring.single_parents[child]
            else:
                first_parents[child] = offspring.first_parents[child]
                second_parents[child] = offspring.second_parents[child]
                if (
                    num_other_species > 0
                    and sample_uniform(key[0], key[1], child, purpose, 1) < interspecies_probability
                ):
                    countdown = sample_integer_below(key[0], key[1], child, purpose, 2, num_other_species)
                    for other_species in range(len(species_starts)):
                        if other_species != species and num_valid[other_species] > 0:
                            if countdown == 0:
                                second_parents[child] = rows[species_starts[other_species]]
                            countdown -= 1
            child += 1


def select_parents(
    best_first: IntArray,
    failed: BoolArray,
    species_index: IntArray,
    num_offspring: IntArray,
    cases: FloatArray,
    connections: Int32Array,
    settings: ParentSelectionSettings,
    rng: Stream,
) -> ParentPairs:
    """Select the parents of the next population, which has the sum of `num_offspring` (S,) children.

    `best_first` (P,) are rows from best to worst, with the rows where `failed` (P,) is True last;
    `species_index` (P,) is the species of each row, `cases` (P, C) its returns, `connections` (P,) the
    number of its connections. A failed row is a parent only where every row of its species failed, and is
    never an elite.
    """
    num_species = len(num_offspring)
    species_sizes = np.bincount(species_index, minlength=num_species)
    num_valid = np.bincount(species_index[~failed], minlength=num_species)
    max_survivors = np.ceil(settings.survivors * species_sizes - 1e-9).astype(np.int64)  # 0.9 of 10 are 9
    num_survivors = np.clip(max_survivors, 1, np.where(num_valid > 0, num_valid, species_sizes))
    num_elites = np.floor(settings.elite * num_survivors + 1e-9).astype(np.int64)
    if settings.champion_min_species_size is not None:
        num_elites = np.maximum(num_elites, species_sizes >= settings.champion_min_species_size)
    num_elites = np.minimum(np.minimum(num_elites, num_valid), num_offspring)
    members = best_first[np.argsort(species_index[best_first], kind="stable")]
    num_children = int(num_offspring.sum())
    pairs = ParentPairs(
        np.empty(num_children, np.int64), np.empty(num_children, np.int64), np.empty(num_children, np.bool_)
    )
    species_starts = np.cumsum(species_sizes) - species_sizes
    selector = settings.make_selector(
        ParentGroups(members, species_starts, num_survivors, num_valid, species_sizes, cases, connections)
    )
    species_of_child = np.repeat(np.arange(num_species), num_offspring)
    second_draw = _FIRST_DRAW_OF_RULE + selector.num_draws
    offspring = _Offspring(
        num_offspring,
        num_elites,
        selector.select_parents(
            species_of_child, rng, _FIRST_DRAW_OF_RULE, settings.tournament_size_single_parent
        ),
        selector.select_parents(species_of_child, rng, _FIRST_DRAW_OF_RULE),
        selector.select_parents(species_of_child, rng, second_draw),
    )
    _fill_pairs(
        members,
        species_starts,
        num_valid,
        offspring,
        pairs,
        settings.crossover_probability,
        settings.interspecies_probability,
        rng.key,
        rng.purpose,
    )
    return pairs
