import numpy as np
import pytest
from scipy.stats import chisquare

from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.tournament import sample_tournament_winners

RNG = make_stream(5, Role.TELL, 1)


def winners(tournaments, size, contestants, rng=RNG, **first_draw):
    return sample_tournament_winners(np.full(tournaments, contestants), size, rng, **first_draw)


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
    won = winners(20000, size, contestants)
    seen, expected = counted(won, contestants, chances(size, contestants) * 20000)
    assert won.min() >= 0
    assert won.max() < contestants
    assert len(seen) == 1 or chisquare(seen, expected).pvalue > 1e-4


def test_one_tournament_of_sixteen_is_the_better_of_two_of_eight():
    random, contestants = np.random.default_rng(0), 103
    two = random.integers(0, contestants, (200000, 2, 8)).min(axis=2).min(axis=1)
    won = winners(20000, 16, contestants)
    expected = np.bincount(two, minlength=contestants) / 10 + 1e-9
    seen, expected = counted(won, contestants, expected)
    assert chisquare(seen, expected * seen.sum() / expected.sum()).pvalue > 1e-4
    assert won.mean() == pytest.approx(two.mean(), rel=0.05)


def test_a_tournament_of_one_takes_anybody():
    assert set(winners(2000, 1, 20).tolist()) == set(range(20))


def test_a_larger_tournament_presses_harder():
    means = [winners(4000, size, 100).mean() for size in (1, 2, 4, 8, 16, 32)]
    assert means == sorted(means, reverse=True)


def test_a_lone_contestant_always_wins():
    assert winners(5, 3, 1).tolist() == [0] * 5


def test_no_tournaments_have_no_winners():
    assert winners(0, 16, 5).shape == (0,)


def test_winners_depend_on_the_stream_and_their_own_number_alone():
    many = winners(50, 8, 100)
    assert np.array_equal(winners(20, 8, 100), many[:20])
    assert np.array_equal(winners(50, 8, 100, make_stream(5, Role.TELL, 1)), many)
    assert not np.array_equal(winners(50, 8, 100, RNG.for_purpose(1)), many)
    assert not np.array_equal(winners(50, 8, 100, make_stream(6, Role.TELL, 1)), many)


def test_each_tournament_has_contestants_of_its_own():
    contestants = np.random.default_rng(1).integers(1, 60, 500)
    won = sample_tournament_winners(contestants, 2, RNG)
    assert (won < contestants).all()
    for row, count in enumerate(contestants[:40].tolist()):
        assert won[row] == winners(row + 1, 2, count)[row]


@pytest.mark.parametrize(("size", "first_draw"), [(1, 3), (2, 3), (5, 2), (16, 7), (3, 4)])
def test_a_tournament_takes_the_draws_of_its_row_from_the_first_one_on(size, first_draw):
    draws = RNG.uniform(200, first_draw + size)[:, first_draw:]
    won = winners(200, size, 37, first_draw=first_draw)
    assert won.tolist() == (draws * 37).astype(int).min(axis=1).tolist()
