import numpy as np
import pytest
from scipy.stats import chisquare

from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.tournament import sample_tournament_winners

RNG = make_stream(5, Role.TELL, 1)


def chances(size, contestants):
    """Of each rank to be the smallest of so many uniform ones, drawn with replacement."""
    beaten = (1 - np.arange(contestants + 1) / contestants) ** size
    return beaten[:-1] - beaten[1:]


def counted(won, contestants, expected):
    """Bins of rank, from the first on, that are each expected at least ten times."""
    edges, total = [0], 0.0
    for rank, value in enumerate(expected):
        total += value
        if total >= 10:
            edges.append(rank + 1)
            total = 0.0
    edges[-1] = contestants
    return np.histogram(won, edges)[0], np.add.reduceat(expected, edges[:-1])


@pytest.mark.parametrize(("size", "contestants"), [(1, 7), (2, 10), (8, 52), (16, 154), (64, 768), (40, 3)])
def test_the_winner_is_the_smallest_of_uniform_ranks_drawn_with_replacement(size, contestants):
    won = sample_tournament_winners(20000, size, contestants, RNG)
    seen, expected = counted(won, contestants, chances(size, contestants) * 20000)
    assert won.min() >= 0
    assert won.max() < contestants
    assert len(seen) == 1 or chisquare(seen, expected).pvalue > 1e-4


def test_one_tournament_of_sixteen_is_the_better_of_two_of_eight():
    random, contestants = np.random.default_rng(0), 103
    two = random.integers(0, contestants, (200000, 2, 8)).min(axis=2).min(axis=1)
    won = sample_tournament_winners(20000, 16, contestants, RNG)
    expected = np.bincount(two, minlength=contestants) / 10 + 1e-9
    seen, expected = counted(won, contestants, expected)
    assert chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-4
    assert won.mean() == pytest.approx(two.mean(), rel=0.05)


def test_a_tournament_of_one_takes_anybody():
    assert set(sample_tournament_winners(2000, 1, 20, RNG).tolist()) == set(range(20))


def test_a_larger_tournament_presses_harder():
    means = [sample_tournament_winners(4000, size, 100, RNG).mean() for size in (1, 2, 4, 8, 16, 32)]
    assert means == sorted(means, reverse=True)


def test_a_lone_contestant_always_wins():
    assert sample_tournament_winners(5, 3, 1, RNG).tolist() == [0] * 5


def test_no_tournaments_have_no_winners():
    assert sample_tournament_winners(0, 16, 5, RNG).shape == (0,)


def test_winners_depend_on_the_stream_and_their_own_number_alone():
    many = sample_tournament_winners(50, 8, 100, RNG)
    assert np.array_equal(sample_tournament_winners(20, 8, 100, RNG), many[:20])
    assert np.array_equal(sample_tournament_winners(50, 8, 100, make_stream(5, Role.TELL, 1)), many)
    assert not np.array_equal(sample_tournament_winners(50, 8, 100, RNG.for_purpose(1)), many)
    assert not np.array_equal(sample_tournament_winners(50, 8, 100, make_stream(6, Role.TELL, 1)), many)
