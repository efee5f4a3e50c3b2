"""What telling makes of a population: the numbers of a generation, its elites and its children."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare
from small_wann import (
    PORTS,
    bred,
    content,
    kinds_of_children,
    random_scores,
    ranks_of_parents,
    rule,
    scored,
    told,
    wann,
)
from variation.plain_genes import assert_sound, dead_nodes, plain, without

from wannsearch.core.streams import Role, make_stream

# --- telling


def test_telling_is_a_function_of_its_arguments_and_leaves_them_alone():
    method = wann(population_size=30)
    state = bred(method, 20)
    candidates, scores = method.ask(state), random_scores(30, 99)
    before = copy.deepcopy([content(state), content(candidates), content(scores)])
    once = method.tell(state, candidates, scores, make_stream(1, Role.TELL, 21))
    again = method.tell(state, candidates, scores, make_stream(1, Role.TELL, 21))
    assert content(once) == content(again)
    assert [content(state), content(candidates), content(scores)] == before


def test_another_stream_starts_and_breeds_another_population():
    method = wann(population_size=30)
    assert content(bred(method, 5)) == content(bred(method, 5))
    assert content(bred(method, 0, seed=0)) != content(bred(method, 0, seed=1))
    state = bred(method, 5)
    scores = random_scores(30, 99)
    assert content(told(method, state, scores, 0)) != content(told(method, state, scores, 1))


@pytest.mark.long
@pytest.mark.parametrize(("complexity", "grown"), [(0.0, 35), (0.8, 12)])
def test_two_hundred_generations_of_random_scores_stay_sound(complexity, grown):
    method = wann(population_size=24, complexity_ranking_probability=complexity)
    state, seen = method.start(PORTS, make_stream(8, Role.START)), {}
    for number in range(1, 201):
        candidates = method.ask(state)
        candidates.check(PORTS)
        assert len(candidates) == len(state.genomes) == len(state.ids) == len(state.parent_ids) == 24
        assert state.generation == number
        assert len(set(state.ids.tolist())) == 24
        for row, name in enumerate(state.ids.tolist() if number % 4 == 0 else []):
            genome = plain(state.genomes, row, PORTS).frozen
            assert seen.setdefault(name, genome) == genome, "one id named two genomes"
        state = told(method, state, random_scores(24, number), 8)
        assert sorted(state.rank.tolist()) == list(range(24))
        if number % 4 == 0:
            assert_sound(state.genomes, PORTS)
    assert state.genomes.nodes.max() > grown


# --- the numbers of a generation


@pytest.mark.parametrize(
    ("size", "elite", "culled", "elites", "new"),
    [
        (128, 0.2, 25, 20, 108),
        (192, 0.2, 38, 30, 162),
        (64, 0.05, 12, 2, 62),
        (480, 0.2, 96, 76, 404),
        (64, 0.2, 12, 10, 54),
        (960, 0.2, 192, 153, 807),
    ],
)
def test_as_many_are_culled_kept_and_born_as_published(size, elite, culled, elites, new):
    method = wann(population_size=size, elite=elite, parent_selection=rule(tournament_size=1))
    state = bred(method, 1)
    scores, ranks = random_scores(size, 1), []
    for seed in range(30):
        after = told(method, state, scores, seed)
        born = after.ids >= after.generation * size
        assert (born.sum(), (~born).sum()) == (new, elites)
        ranks += ranks_of_parents(state, after).tolist()
    assert set(ranks) == set(range(size - culled))


def test_the_first_of_the_order_pass_unchanged_with_their_ids_and_parents():
    method = wann(population_size=64)
    state = bred(method, 40)
    after = told(method, state, random_scores(64, 5))
    first = np.argsort(after.rank)[:10]
    assert after.ids[:10].tolist() == state.ids[first].tolist()
    assert after.parent_ids[:10].tolist() == state.parent_ids[first].tolist()
    for row, old in enumerate(first):
        assert plain(after.genomes, row, PORTS) == plain(state.genomes, old, PORTS)


def test_an_id_is_the_birth_generation_times_the_population_plus_the_row():
    method = wann(population_size=64)
    state = bred(method, 7)
    assert state.generation == 8
    after = told(method, state, random_scores(64, 5))
    assert after.ids[10:].tolist() == [9 * 64 + row for row in range(10, 64)]


def test_every_child_differs_from_the_parent_it_names_by_at_most_one_operator():
    method = wann(population_size=40)
    state = bred(method, 0)
    for number in range(60):
        after = told(method, state, random_scores(40, number))
        assert len(list(kinds_of_children(state, after))) == 34
        state = after


@pytest.mark.long
def test_operators_come_as_often_as_configured():
    method = wann(population_size=100)
    state = bred(method, 60)
    # Where nothing is a no-op: hidden nodes, enabled, disabled and missing genes in every genome.
    seen = Counter(
        kind
        for seed in range(40)
        for kind in kinds_of_children(state, told(method, state, random_scores(100, 7), seed))
    )
    assert "copy" not in seen
    expected = {
        "add_connection": 0.20,
        "add_node": 0.25,
        "enable_connection": 0.05,
        "mutate_activation": 0.50,
    }
    total = sum(seen.values())
    assert (
        chisquare([seen[kind] for kind in expected], [total * share for share in expected.values()]).pvalue
        > 1e-4
    )


@pytest.mark.parametrize("only", ["add_connection", "add_node", "enable_connection", "mutate_activation"])
def test_an_operator_alone_on_the_roulette_makes_every_child(only):
    shares = dict.fromkeys(("add_connection", "add_node", "enable_connection", "mutate_activation"), 0.0)
    state = bred(wann(population_size=30), 60)
    method = wann(population_size=30, **(shares | {only: 0.3}))
    assert set(kinds_of_children(state, told(method, state, random_scores(30, 1)))) <= {only, "copy"}


def test_the_roulette_is_normalised_by_its_sum():
    doubled = {"add_connection": 0.4, "add_node": 0.5, "enable_connection": 0.1, "mutate_activation": 1.0}
    assert content(bred(wann(population_size=30, **doubled), 10)) == content(
        bred(wann(population_size=30), 10)
    )


def test_children_of_a_population_without_hidden_nodes_are_copies_where_activation_is_drawn():
    method = wann(population_size=30, add_connection=0, add_node=0, enable_connection=0, mutate_activation=1)
    state = bred(method, 0)
    after = told(method, state, random_scores(30, 1))
    assert set(kinds_of_children(state, after)) == {"copy"}
    assert len(set(after.ids.tolist())) == 30


def test_a_parent_wins_among_the_survivors_with_the_published_pressure():
    method = wann(population_size=192)
    state = bred(method, 3)
    scores = random_scores(192, 1)
    ranks = np.concatenate([ranks_of_parents(state, told(method, state, scores, seed)) for seed in range(60)])
    beaten = (1 - np.arange(155) / 154) ** 16  # the better of two tournaments of eight
    edges = [0, 1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 25, 32, 154]
    chances = -np.diff(beaten[edges])
    assert chisquare(np.histogram(ranks, edges)[0], chances * len(ranks)).pvalue > 1e-4


def test_the_best_at_each_weight_may_pass_unchanged_beside_the_elites_by_rank():
    size = 40
    returns = np.random.default_rng(6).normal(400.0, 1.0, (size, 6, 3))
    for weight, row in enumerate([3, 9, 9, 20, 31, 33]):
        returns[row] -= 100.0
        returns[row, weight] += 400.0
    returns[33, 0, 0] = np.nan
    method = wann(population_size=size, elite=0.1, elites_per_weight=1)
    state = bred(method, 3)
    after = told(method, state, scored(returns))
    by_rank = np.argsort(after.rank)[:3].tolist()
    kept = [row for row in np.argsort(after.rank).tolist() if row in {*by_rank, 3, 9, 20, 31}]
    runner_up = int(np.argsort(-np.delete(returns.mean(axis=2)[:, 5], 33))[0])  # 33 failed
    kept = sorted({*kept, runner_up}, key=lambda row: after.rank[row])
    assert after.ids[: len(kept)].tolist() == state.ids[kept].tolist()
    assert (after.ids[len(kept) :] >= after.generation * size).all()


# --- lexicase


def test_with_lexicase_the_best_at_one_weight_has_children_though_its_mean_is_the_lowest():
    size = 60
    returns = np.random.default_rng(3).normal(400.0, 1.0, (size, 6, 3))
    returns[11] = 0.0
    returns[11, 4] = 900.0
    for selection, has_children in (("tournament", False), ("lexicase", True)):
        method = wann(population_size=size, parent_selection=rule(rule=selection))
        state = bred(method, 3)
        after = told(method, state, scored(returns))
        assert (state.ids[11] in after.parent_ids[:, 0]) == has_children


def test_with_lexicase_no_child_has_a_parent_that_failed_and_those_culled_may_be_parents():
    size = 40
    returns = np.random.default_rng(4).normal(400.0, 30.0, (size, 6, 3))
    returns[5, 2, 1] = np.nan
    method = wann(population_size=size, parent_selection=rule(rule="lexicase", cases=1))
    state = bred(method, 3)
    chosen = set()
    for seed in range(40):
        after = told(method, state, scored(returns), seed)
        ranks = ranks_of_parents(state, after)
        chosen |= set(ranks.tolist())
        assert after.rank[5] == size - 1
    assert size - 1 not in chosen
    assert max(chosen) > 0.8 * size


def test_lexicase_draws_all_cases_where_there_are_fewer_than_it_should_draw():
    method = wann(population_size=20, parent_selection=rule(rule="lexicase", cases=50))
    every = wann(population_size=20, parent_selection=rule(rule="lexicase", cases=None))
    state = bred(method, 3)
    scores = random_scores(20, 8)
    assert content(told(method, state, scores)) == content(told(every, state, scores))


# --- the operator that removes


ALONE = {"add_connection": 0, "add_node": 0, "enable_connection": 0, "mutate_activation": 0}


def test_removal_alone_on_the_roulette_makes_every_child_smaller_and_never_empty():
    state = bred(wann(population_size=30), 60)
    method = wann(population_size=30, **ALONE, remove_connection=0.1)
    for number in range(3):
        after, row = (
            told(method, state, random_scores(30, number)),
            dict(zip(state.ids, range(30), strict=True)),
        )
        assert_sound(after.genomes, PORTS)
        method.check(after, PORTS)
        asked, parents = method.ask(after).edges, method.ask(state).edges
        for child in np.flatnonzero(after.ids >= after.generation * 30):
            mother = row[after.parent_ids[child, 0]]
            old, new = plain(state.genomes, mother, PORTS), plain(after.genomes, child, PORTS)
            assert new.genes.items() < old.genes.items()
            assert new.activation.items() <= old.activation.items()
            assert 1 <= asked[child] < parents[mother]
        state = after


def test_removal_comes_with_its_share_of_the_sum_and_leaves_the_draws_of_the_others():
    state, scores = bred(wann(population_size=200), 40), random_scores(200, 1)
    published = told(wann(population_size=200), state, scores)
    after = told(wann(population_size=200, remove_connection=1.0), state, scores)
    row = {name: row for row, name in enumerate(state.ids.tolist())}
    mothers = [row[name] for name in after.parent_ids[32:, 0].tolist()]
    fewer = after.genomes.edges[32:] < state.genomes.edges[mothers]
    assert fewer.mean() == pytest.approx(0.5, abs=5 * np.sqrt(0.25 / 168))
    assert published.parent_ids.tolist() == after.parent_ids.tolist()
    # Spins of the lower half hit the same places of the wheel as those of a wheel twice as long.
    doubled = {"add_connection": 0.2, "add_node": 0.25, "enable_connection": 0.05, "mutate_activation": 1.5}
    others = told(wann(population_size=200, **doubled), state, scores)
    for child in 32 + np.flatnonzero(after.genomes.nodes[32:] > state.genomes.nodes[mothers]):
        assert plain(others.genomes, child, PORTS) == plain(after.genomes, child, PORTS)


# --- dead nodes


@pytest.mark.parametrize("keeps", [True, False])
def test_simplification_changes_nothing_where_nothing_is_removed(keeps):
    method = wann(population_size=30, split_keeps_hidden_edge=keeps)
    assert content(bred(replace(method, simplify_children=True), 40)) == content(bred(method, 40))


def test_children_lose_their_dead_nodes_and_elites_stay_as_they_are():
    method = wann(population_size=60, split_keeps_hidden_edge=False, remove_connection=1.0)
    state, lost = bred(method, 40), 0
    for number in range(5):
        scores = random_scores(60, number)
        left, after = (
            told(method, state, scores),
            told(replace(method, simplify_children=True), state, scores),
        )
        assert after.ids.tolist() == left.ids.tolist()
        for row in range(60):
            old, new = plain(left.genomes, row, PORTS), plain(after.genomes, row, PORTS)
            is_child = after.ids[row] >= after.generation * 60
            gone = dead_nodes(old, keep_hidden=False) if is_child else set()
            assert new.frozen == without(old, gone).frozen
            lost += len(gone)
        state = left
    assert lost > 5
