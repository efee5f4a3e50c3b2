"""The rule by which one parent is selected among the members of a group: a tournament, or lexicase.

A tournament looks at one ranking of its contestants, lexicase at the cases behind it. WANN has one group,
its population; NEAT has a group for each species. The settings make one selector a generation, which is then
asked for parents, once in WANN and three times in NEAT.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum

import numpy as np

from wannsearch.core.arrays import FloatArray, Int32Array, IntArray
from wannsearch.core.errors import check_at_least
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.ranking.lexicase import SortedPools, Ties, Tolerance, sort_pools
from wannsearch.ranking.tournament import sample_tournament_winners


class SelectionRule(str, Enum):
    """The rule that selects a parent."""

    TOURNAMENT = "tournament"  # the best ranked of some survivors drawn at random
    LEXICASE = "lexicase"  # good in a few cases, among all whose evaluation did not fail


@dataclass(frozen=True)
class ParentGroups:
    """P members of G groups, group by group, from best to worst in each; failed members come last."""

    rows: IntArray  # (P,) rows of the population
    starts: IntArray  # (G,) position of the best of each group in `rows`
    num_survivors: IntArray  # (G,) members that may win tournaments, at least 1
    num_valid: IntArray  # (G,) members whose evaluation did not fail
    sizes: IntArray  # (G,) members, at least 1
    cases: FloatArray  # (P, C) returns of each row of the population, weight by weight
    connections: Int32Array  # (P,) expressed connections of each row of the population


class ParentSelector(ABC):
    """A rule that is ready to select parents among the groups of one generation."""

    @property
    @abstractmethod
    def num_draws(self) -> int:
        """The number of draws for one parent, with the tournament size of the settings."""

    @abstractmethod
    def select_parents(
        self, group_of_child: IntArray, rng: Stream, first_draw: int = 0, tournament_size: int | None = None
    ) -> IntArray:
        """Return (N,) rows of the population: one parent for each child, from the group of the child (N,).

        `tournament_size` replaces that of the settings, where the rule has one. A child uses `num_draws`
        draws of its row, from `first_draw` on.
        """


@dataclass(frozen=True)
class _TournamentSelector(ParentSelector):
    groups: ParentGroups
    tournament_size: int

    @property
    def num_draws(self) -> int:
        return self.tournament_size

    def select_parents(
        self, group_of_child: IntArray, rng: Stream, first_draw: int = 0, tournament_size: int | None = None
    ) -> IntArray:
        groups = self.groups
        winner_ranks = sample_tournament_winners(
            groups.num_survivors[group_of_child], tournament_size or self.tournament_size, rng, first_draw
        )
        parents: IntArray = groups.rows[groups.starts[group_of_child] + winner_ranks]
        return parents


@dataclass(frozen=True)
class _LexicaseSelector(ParentSelector):
    rows: IntArray  # (P,) rows of the population, group by group
    pools: SortedPools
    num_drawn: int  # cases for each parent
    ties: Ties

    @property
    def num_draws(self) -> int:
        return self.num_drawn + 1

    def select_parents(
        self, group_of_child: IntArray, rng: Stream, first_draw: int = 0, tournament_size: int | None = None
    ) -> IntArray:
        winners = self.pools.select_parents(group_of_child, self.num_drawn, self.ties, rng, first_draw)
        parents: IntArray = self.rows[winners]
        return parents


@dataclass(frozen=True)
class ParentRuleSettings:
    """The settings `method.parent_selection` of a rule; those of the other rule have no effect."""

    rule: SelectionRule
    tournament_size: int  # survivors drawn for each tournament, with replacement
    cases: int | None  # cases drawn for each parent, at most all that there are; None: all
    tolerance: Tolerance
    ties: Ties

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("method.parent_selection.tournament_size", self.tournament_size, 1)
        if self.cases is not None:
            check_at_least("method.parent_selection.cases", self.cases, 1)

    def make_selector(self, groups: ParentGroups) -> ParentSelector:
        """Return the selector of one generation; lexicase sorts all cases here, once."""
        if self.rule is SelectionRule.TOURNAMENT:
            return _TournamentSelector(groups, self.tournament_size)
        num_cases = groups.cases.shape[1]
        pools = sort_pools(
            groups.starts,
            np.where(groups.num_valid > 0, groups.num_valid, groups.sizes),
            groups.cases[groups.rows],
            groups.connections[groups.rows],
            self.tolerance,
        )
        num_drawn = num_cases if self.cases is None else min(self.cases, num_cases)
        return _LexicaseSelector(groups.rows, pools, num_drawn, self.ties)
