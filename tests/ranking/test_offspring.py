"""How many children a species may have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking.test_species import formed
from variation.gene_lists import drawn

from wannsearch.core.errors import ConfigError
from wannsearch.ranking.offspring import (
    FitnessSharing,
    OffspringSettings,
    inverse_rank,
    is_in_top_two,
    offspring_shares,
    round_by_largest_remainder,
    shift_to_nonnegative,
)

FAR = [[(10 * n, 1, 4), (10 * n + 1, 2, 4)] for n in (1, 2, 3)]
"""Three genomes of a species each."""


def growth(sharing="fitness", species_stagnation=15, population_stagnation=20):
    return OffspringSettings(FitnessSharing(sharing), species_stagnation, population_stagnation)


def offspring(numbers, fitness, now=1, last_improved=1, how=None, since=None):
    """Children of the species of these numbers, and whether only two may have any."""
    species, number = formed(drawn(*[FAR[n] for n in numbers]), fitness=fitness, generation=1)
    if since is not None:
        species.last_improved[:] = since
    fitness = np.array(fitness, float)
    given, two = (how or growth()).count_offspring(species, number, fitness, fitness, now, last_improved)
    return given.tolist(), two


def test_shares_follow_the_mean_fitness_of_the_members():
    # means 3, 9 and 6
    assert offspring([0, 0, 1, 2, 2, 2], [2, 4, 9, 6, 6, 6]) == ([1, 3, 2], False)


def test_negative_fitness_is_raised_by_the_lowest():
    assert np.array_equal(
        shift_to_nonnegative(np.array([-4.0, 0.0, 4.0]), np.zeros(3, bool)), [0.0, 1.0, 2.0]
    )
    assert offspring([0, 1, 2], [-7, -5, -6])[0] == [0, 2, 1]


def test_those_that_failed_bring_nothing():
    failed = np.array([False, True, False])
    assert shift_to_nonnegative(np.array([-1.0, -np.inf, 3.0]), failed).tolist() == [
        0.0,
        0.0,
        pytest.approx(4 / 3),
    ]
    assert inverse_rank(np.array([-1.0, -np.inf, 3.0]), failed).tolist() == [0.5, 0.0, 1.0]
    assert shift_to_nonnegative(np.full(2, -np.inf), np.ones(2, bool)).tolist() == [0.0, 0.0]
    assert offspring([0, 0, 1, 1], [-np.inf, -np.inf, 1, 1])[0] == [0, 4]
    assert offspring([0, 0, 0, 1], [-np.inf] * 4)[0] == [3, 1]


def test_differences_that_would_be_infinite_are_shared_all_the_same():
    assert offspring([0, 1, 2], [-1.5e308, 1.5e308, 0.0])[0] == [0, 2, 1]


def test_ranks_of_equal_fitness_are_averaged():
    ranks = 1 / inverse_rank(np.array([5.0, 7.0, 5.0, 1.0]), np.zeros(4, bool))
    assert ranks.tolist() == pytest.approx([2.5, 1, 2.5, 4])
    # means of 1 / rank: (1 + 1/4) / 2 and (1/2 + 1/3) / 2
    assert offspring([0, 1, 1, 0], [9, 8, 7, 6], how=growth("rank"))[0] == [2, 2]


def test_a_species_that_did_not_improve_for_so_many_generations_has_no_children():
    assert offspring([0, 1, 2], [1, 1, 1], now=15, last_improved=15, since=[1, 2, 15])[0] == [1, 1, 1]
    assert offspring([0, 1, 2], [1, 1, 1], now=16, last_improved=16, since=[1, 2, 16])[0] == [0, 2, 1]
    assert offspring([0, 1, 2], [1, 1, 1], now=40, last_improved=40, since=[1, 2, 3])[0] == [1, 1, 1]


def test_after_more_than_so_many_generations_only_the_top_two_species_have_children():
    assert offspring([0, 1, 2], [1, 3, 2], now=21, since=[21, 1, 21])[1] is False
    assert offspring([0, 1, 2], [1, 3, 2], now=22, since=[22, 1, 22]) == ([0, 2, 1], True)
    never = growth(population_stagnation=None)
    assert offspring([0, 1, 2], [1, 3, 2], now=900, how=never, since=[900, 1, 900])[1] is False


def test_of_equally_good_species_the_older_is_on_top():
    assert is_in_top_two(np.array([1.0, 2.0, 2.0, 2.0]), np.array([0, 1, 2, 3])).tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert is_in_top_two(np.array([1.0, 5.0, 2.0]), np.array([0, 0, 0])).tolist() == [True]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=40), st.integers(1, 2000))
def test_offspring_sum_to_the_population_and_are_their_share_to_less_than_one(weights, total):
    share = np.array(weights) + 1e-12
    share = share / share.sum()
    given_out = round_by_largest_remainder(share, total)
    assert given_out.sum() == total
    assert (np.abs(given_out - share * total) < 1).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.data())
def test_shares_sum_to_one_whatever_was_brought(data):
    count = data.draw(st.integers(1, 6))
    number = np.array([*range(count), *data.draw(st.lists(st.integers(0, count - 1), max_size=20))])
    brings = np.array(data.draw(st.lists(st.floats(0, 1e308), min_size=len(number), max_size=len(number))))
    may = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    share = offspring_shares(brings / len(number), number, may)
    assert share.sum() == pytest.approx(1, rel=1e-12)
    assert (share >= 0).all()
    if may.any():
        assert (share[~may] == 0).all()


@pytest.mark.parametrize(
    ("species", "population", "said"), [(0, 20, "species_stag"), (15, 0, "population_stag")]
)
def test_an_impossible_setting_is_refused(species, population, said):
    with pytest.raises(ConfigError, match=f"offspring.{said}"):
        growth(species_stagnation=species, population_stagnation=population)
