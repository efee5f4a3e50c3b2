"""Who is copied, who mutates alone, and who mates with whom."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking import parent_rule
from wannsearch.ranking.lexicase import sort_pools
from wannsearch.ranking.parent_selection import ParentSelectionSettings, select_parents

ANY = ParentSelectionSettings(
    survivors=0.4,
    elite=0.0,
    champion_min_species_size=6,
    crossover_probability=0.75,
    interspecies_probability=0.0,
    rule="tournament",
    tournament_size=1,
    tournament_size_single_parent=1,
    cases=3,
    tolerance="dynamic",
    ties="fewest_connections",
)
NONE_FAILED = np.zeros(20, np.bool_)
TEN_AND_TEN = np.repeat([0, 1], 10)
BEST_FIRST = np.random.default_rng(0).permutation(20)
RANKED = {species: [row for row in BEST_FIRST.tolist() if TEN_AND_TEN[row] == species] for species in (0, 1)}


def pairs(
    mating=ANY, offspring=(4000, 4000), number=TEN_AND_TEN, failed=NONE_FAILED, seed=0, best=BEST_FIRST
):
    cases, connections = np.zeros((len(best), 1)), np.ones(len(best), np.int32)
    return select_parents(
        best, failed, number, np.array(offspring), cases, connections, mating, make_stream(seed, Role.TELL)
    )


def test_parents_are_the_best_four_of_ten_of_the_own_species_each_as_often():
    born = pairs()
    for species, children in ((0, slice(1, 4000)), (1, slice(4001, 8000))):
        counts = Counter(born.first_parents[children].tolist())
        assert set(counts) == set(RANKED[species][:4])
        assert chisquare(list(counts.values())).pvalue > 1e-4
        assert set(born.second_parents[children].tolist()) <= {-1, *RANKED[species][:4]}


def test_three_in_four_have_two_parents_drawn_apart():
    born = pairs()
    two = born.second_parents >= 0
    assert two.mean() == pytest.approx(0.75, abs=0.02)
    assert (born.first_parents[two] == born.second_parents[two]).mean() == pytest.approx(0.25, abs=0.03)


def test_the_champion_of_a_species_with_more_members_than_five_is_copied_unchanged():
    born = pairs()
    assert np.flatnonzero(born.is_unchanged).tolist() == [0, 4000]
    assert born.first_parents[[0, 4000]].tolist() == [RANKED[0][0], RANKED[1][0]]
    assert born.second_parents[[0, 4000]].tolist() == [-1, -1]
    five = np.repeat([0, 1], [5, 15])
    assert np.flatnonzero(pairs(number=five, offspring=(3, 3)).is_unchanged).tolist() == [3]
    assert not pairs(replace(ANY, champion_min_species_size=None)).is_unchanged.any()
    assert pairs(offspring=(0, 8)).is_unchanged.sum() == 1


def test_elites_are_a_share_of_the_survivors_and_never_more_than_the_children():
    mating = replace(ANY, survivors=0.9, elite=0.34, champion_min_species_size=None)
    born = pairs(mating, (7, 2))
    assert born.is_unchanged.tolist() == [True] * 3 + [False] * 4 + [True] * 2
    assert born.first_parents[:3].tolist() == RANKED[0][:3]
    assert born.first_parents[7:].tolist() == RANKED[1][:2]


@pytest.mark.parametrize(
    ("size", "share", "survivors"), [(10, 0.9, 9), (10, 0.4, 4), (11, 0.4, 5), (1, 0.4, 1)]
)
def test_survivors_are_the_share_rounded_up(size, share, survivors):
    born = pairs(
        replace(ANY, survivors=share, champion_min_species_size=None),
        (2000,),
        np.zeros(size, np.int64),
        np.zeros(size, np.bool_),
        best=np.arange(size),
    )
    assert set(born.first_parents.tolist()) == set(range(survivors))


def test_tournaments_prefer_the_better_and_their_sizes_differ_for_one_and_for_two_parents():
    born = pairs(
        replace(ANY, tournament_size=2, tournament_size_single_parent=4, champion_min_species_size=None)
    )
    rank = {row: place for ranked in RANKED.values() for place, row in enumerate(ranked)}
    first = np.array([rank[row] for row in born.first_parents.tolist()])
    alone = born.second_parents < 0
    for group, size in ((first[alone], 4), (first[~alone], 2)):
        chances = -np.diff((1 - np.arange(5) / 4) ** size)
        assert chisquare(np.bincount(group, minlength=4), chances * len(group)).pvalue > 1e-4


def test_a_mate_from_another_species_is_its_champion():
    born = pairs(
        replace(ANY, interspecies_probability=1.0, crossover_probability=1.0, champion_min_species_size=None)
    )
    assert set(born.second_parents[:4000].tolist()) == {RANKED[1][0]}
    assert set(born.second_parents[4000:].tolist()) == {RANKED[0][0]}
    rarely = pairs(
        replace(ANY, interspecies_probability=0.1, crossover_probability=1.0, champion_min_species_size=None)
    )
    assert (TEN_AND_TEN[rarely.first_parents] != TEN_AND_TEN[rarely.second_parents]).mean() == pytest.approx(
        0.1, abs=0.02
    )
    alone = pairs(
        replace(ANY, interspecies_probability=1.0, crossover_probability=1.0), (50,), np.zeros(20, np.int64)
    )  # nobody else is there
    assert (alone.second_parents[1:] >= 0).all()


def test_those_that_failed_are_neither_copied_nor_parents_where_it_can_be_avoided():
    failed = NONE_FAILED.copy()
    failed[RANKED[0][:]] = True
    failed[RANKED[1][1:]] = True
    best = np.array([*RANKED[1][:1], *RANKED[0], *RANKED[1][1:]])
    born = pairs(
        replace(ANY, interspecies_probability=0.5, crossover_probability=1.0), failed=failed, best=best
    )
    assert np.flatnonzero(born.is_unchanged).tolist() == [4000]
    assert (
        set(born.first_parents[4000:].tolist()) == set(born.second_parents[4001:].tolist()) == {RANKED[1][0]}
    )
    assert set(born.second_parents[:4000].tolist()) <= {RANKED[1][0], *RANKED[0]}


def test_lexicase_selects_within_the_species_among_all_that_did_not_fail():
    failed = NONE_FAILED.copy()
    failed[RANKED[0][-1]] = True
    cases = np.zeros((20, 2))
    for species in (0, 1):  # the last by rank is alone the best in the second case
        cases[RANKED[species][-1], 1] = cases[RANKED[species][-2], 0] = 9.0
    rule = replace(ANY, rule="lexicase", cases=1, tolerance="none", champion_min_species_size=None)
    born = select_parents(
        BEST_FIRST,
        failed,
        TEN_AND_TEN,
        np.array([500, 500]),
        cases,
        np.ones(20, np.int32),
        rule,
        make_stream(0, Role.TELL),
    )
    for children, expected in ((slice(500), RANKED[0][:-1]), (slice(500, 1000), RANKED[1][-2:])):
        assert set(born.first_parents[children].tolist()) == set(expected)
        assert set(born.second_parents[children].tolist()) == {-1, *expected}
    two = born.second_parents >= 0
    assert (born.first_parents[two] == born.second_parents[two])[-300:].mean() == pytest.approx(0.5, abs=0.1)


def test_lexicase_sorts_the_cases_of_a_generation_once_for_all_its_selections(monkeypatch):
    num_sorts = []

    def count_sort(*arguments):
        num_sorts.append(1)
        return sort_pools(*arguments)

    monkeypatch.setattr(parent_rule, "sort_pools", count_sort)
    born = pairs(replace(ANY, rule="lexicase"))
    assert (born.second_parents >= 0).any()
    assert len(num_sorts) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"survivors": 0.0}, "survivors"),
        ({"survivors": 1.1}, "survivors"),
        ({"elite": -0.1}, "elite"),
        ({"crossover_probability": float("nan")}, "crossover_probability"),
        ({"interspecies_probability": 2.0}, "interspecies_probability"),
        ({"champion_min_species_size": 0}, "champion_min_species_size"),
        ({"tournament_size": 0}, "tournament_size"),
        ({"cases": 0}, "cases"),
        ({"tournament_size_single_parent": 0}, "tournament_size_single_parent"),
    ],
)
def test_an_impossible_setting_is_refused(change, said):
    with pytest.raises(ConfigError, match=f"parent_selection.{said}"):
        replace(ANY, **change)
