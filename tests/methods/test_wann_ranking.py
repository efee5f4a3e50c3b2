"""The order of a generation: what it is ranked by, and where those that failed come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_wann import PORTS, bred, kinds_of_children, random_scores, scored, told, wann
from variation.plain_genes import assert_sound

from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream

# --- the order


def two_goals(method, seeds):
    """How many generations were ranked by few connections, of networks where the two orders differ.

    All means are the same. Rows with more connections have a higher best weight, so by connections
    the first row dominates all others and by the best weight the last.
    """
    ports = Ports(3, 1, ("tanh",))
    state = method.start(ports, make_stream(0, Role.START))
    enabled = np.arange(4) <= np.arange(4)[:, None]
    state = replace(state, genomes=replace(state.genomes, enabled=enabled))
    returns = np.zeros((4, 6, 1))
    returns[:, 0, 0], returns[:, 1, 0] = np.arange(4), -np.arange(4)
    first = []
    for seed in range(seeds):
        order = told(method, state, scored(returns), seed).rank.tolist()
        assert order in ([0, 1, 2, 3], [3, 2, 1, 0])
        first.append(order == [0, 1, 2, 3])
    return sum(first)


def test_four_generations_in_five_are_ranked_by_complexity_the_fifth_by_the_best_weight():
    count = two_goals(wann(population_size=4), 700)
    assert abs(count - 560) < 4.5 * np.sqrt(700 * 0.8 * 0.2)


@pytest.mark.parametrize(("probability", "count"), [(0.0, 0), (1.0, 60)])
def test_a_probability_of_complexity_of_zero_or_one_leaves_no_chance(probability, count):
    assert two_goals(wann(population_size=4, complexity_ranking_probability=probability), 60) == count


def test_a_network_without_connections_counts_as_one_with_one():
    method = wann(population_size=3, complexity_ranking_probability=1.0)
    state = method.start(Ports(3, 1, ("tanh",)), make_stream(0, Role.START))
    enabled = np.arange(4) < np.array([[2], [1], [0]])
    state = replace(state, genomes=replace(state.genomes, enabled=enabled))
    assert method.ask(state).edges.tolist() == [2, 1, 0]
    assert told(method, state, scored([5.0, 5.0, 5.0])).rank.tolist() == [2, 0, 1]
    assert told(method, state, scored([5.0, 5.0, 6.0])).rank.tolist() == [2, 1, 0]


def test_the_mean_is_taken_over_weights_of_the_mean_over_episodes():
    method = wann(population_size=2, complexity_ranking_probability=0.0)
    state = method.start(PORTS, make_stream(0, Role.START))
    returns = np.zeros((2, 3, 2))
    returns[0] = [[9.0, 0.0], [0.0, 0.0], [0.0, 0.0]]  # mean 1.5, best weight 4.5, best episode 9
    returns[1] = [[5.0, 5.0], [0.0, 0.0], [0.0, 0.0]]  # mean 1.67, best weight 5
    assert told(method, state, scored(returns)).rank.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("scale", "order"),
    # Rows have 1 .. 5 connections. By range, rows 1 to 3 lie 0.25 + 0.83, 0.83 + 0.31 and 0.75 + 0.17 apart;
    # as published, rewards count a hundredfold and decide alone.
    [("range", [4, 0, 2, 1, 3]), ("published", [4, 0, 2, 3, 1])],
)
def test_the_crowding_scale_decides_within_a_front(scale, order):
    method = wann(population_size=5, complexity_ranking_probability=1.0, crowding_scale=scale)
    state = method.start(Ports(4, 1, ("tanh",)), make_stream(0, Role.START))
    enabled = np.arange(5) <= np.arange(5)[:, None]
    state = replace(state, genomes=replace(state.genomes, enabled=enabled))
    told_order = told(method, state, scored([100.0, 110.0, 130.0, 210.0, 220.0])).rank
    assert np.argsort(told_order).tolist() == order


# --- what failed


def failing(size, rows, seed=0, part=(slice(None), slice(None))) -> Scores:
    scores = random_scores(size, seed)
    scores.returns[(np.asarray(rows, int), *part)] = np.nan
    return scores


@pytest.mark.parametrize("part", [(slice(None), slice(None)), (2, 1)])
def test_the_failed_rank_last_however_little_of_them_failed(part):
    method = wann(population_size=40)
    state = bred(method, 30)
    failed = [0, 7, 8, 39]
    for seed in range(10):
        after = told(method, state, failing(40, failed, seed, part), seed)
        assert sorted(after.rank[failed].tolist()) == [36, 37, 38, 39]
        assert not set(state.ids[failed].tolist()) & set(after.ids.tolist())


@pytest.mark.parametrize("sound", [0, 1, 2, 5, 12])
def test_the_failed_are_never_elite_even_where_the_sound_are_too_few(sound):
    method = wann(population_size=64)
    state = bred(method, 20)
    failed = np.arange(sound, 64)
    after = told(method, state, failing(64, failed))
    survived = np.isin(after.ids, state.ids)
    assert set(after.ids[survived].tolist()) <= set(state.ids[:sound].tolist())
    assert survived.sum() == min(sound, 10)
    assert len(set(after.ids.tolist())) == 64
    assert after.ids[~survived].tolist() == [22 * 64 + row for row in np.flatnonzero(~survived)]
    assert len(list(kinds_of_children(state, after))) == 64 - survived.sum()


def test_a_search_goes_on_after_generations_in_which_all_failed():
    method = wann(population_size=20)
    state = bred(method, 10)
    for _ in range(5):
        state = told(method, state, scored(np.full(20, np.nan)))
        assert_sound(state.genomes, PORTS)
        assert sorted(state.rank.tolist()) == list(range(20))
        assert (state.ids >= state.generation * 20).all()
    assert told(method, state, random_scores(20, 1)).generation == 17
