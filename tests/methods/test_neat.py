"""NEAT against the rules of its paper: first population, species, copies, names, and its settings."""

from __future__ import annotations

import copy
from collections import defaultdict

import numpy as np
import pytest
from small_neat import PORTS, STRETCHED, bred, content, neat, random_scores, scored, swingup, told
from variation.gene_lists import genes_of, same_genome
from variation.plain_genes import plain

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.ranking.species import Representative

# --- the first population


def test_the_first_population_is_minimal_with_equal_numbers_and_random_weights():
    state = neat().start(PORTS, make_stream(0, Role.START))
    genes = state.genomes
    assert (genes.nodes == 6).all()
    assert (genes.innovation == np.arange(8)).all()
    assert genes.enabled.all()
    assert np.abs(genes.weight).max() <= 1
    assert genes.weight.std() == pytest.approx(1 / np.sqrt(3), rel=0.05)
    assert len(np.unique(genes.weight)) == genes.weight.size
    assert (genes.activation[:, 4:] == ACTIVATION_IDS["steep_sigmoid"]).all()
    assert state.ids.tolist() == list(range(150, 300))
    assert (state.parent_ids == -1).all()


def test_xor_starts_with_three_genes():
    assert (
        neat().start(Ports(2, 1, ("tanh",)), make_stream(0, Role.START)).genomes.edges.tolist() == [3] * 150
    )


def test_a_share_of_the_first_genes_may_be_disabled():
    genomes = neat(initial_enabled=0.25).start(PORTS, make_stream(0, Role.START)).genomes
    assert genomes.enabled.mean() == pytest.approx(0.25, abs=0.06)


# --- asking and telling


@pytest.mark.parametrize("method", [neat(**STRETCHED), swingup()], ids=["paper", "swingup"])
def test_asking_twice_gives_the_same_networks_and_changes_nothing(method):
    state = bred(method, 15)
    before = copy.deepcopy(content(state))
    assert content(method.ask(state)) == content(method.ask(state))
    assert content(state) == before


@pytest.mark.parametrize("method", [neat(**STRETCHED), swingup()], ids=["paper", "swingup"])
def test_telling_changes_nothing_that_it_was_told_and_is_the_same_each_time(method):
    state = bred(method, 10)
    scores, candidates = random_scores(method.population_size, 3), method.ask(state)
    before = copy.deepcopy((content(state), content(candidates), scores.returns.tobytes()))
    one, two = told(method, state, scores), told(method, state, scores)
    assert content(one) == content(two)
    assert (content(state), content(candidates), scores.returns.tobytes()) == before


@pytest.mark.parametrize(
    ("method", "least"),
    [
        (neat(**STRETCHED), 5),
        (
            neat(
                hidden_activation=None, mutate_activation=0.2, enable_connection=0.1, exclusive_mutation=False
            ),
            2,
        ),
        (swingup(), 5),
        (swingup(complexity_ranking_probability=0.5, hidden_activation=None), 2),
    ],
    ids=["stretched", "everything", "swingup", "by complexity"],
)
def test_a_hundred_generations_of_random_scores_stay_sound(method, least):
    state = method.start(PORTS, make_stream(3, Role.START))
    for number in range(1, 101):
        candidates = method.ask(state)
        candidates.check(PORTS)
        state.genomes.check(PORTS)
        method.check(state, PORTS)
        size = method.population_size
        assert len(candidates) == len(state.genomes) == len(set(state.ids.tolist())) == size
        assert np.abs(state.genomes.weight).max() <= method.weights.max_abs
        state = told(method, state, random_scores(size, number), 3)
        assert sorted(state.rank.tolist()) == list(range(size))
        for row in range(0, size, 40):
            genome = plain(state.genomes, row, PORTS)
            pairs = [(gene.source, gene.target) for gene in genome.genes.values()]
            assert len(set(pairs)) == len(pairs)
    assert state.genomes.nodes.max() > 6 + least


def test_an_id_names_one_genome_and_only_those_copied_keep_theirs():
    method, seen = neat(**STRETCHED), {}
    state = method.start(PORTS, make_stream(1, Role.START))
    for number in range(12):
        for row, name in enumerate(state.ids.tolist()):
            genome = plain(state.genomes, row, PORTS).frozen
            assert seen.setdefault(name, genome) == genome
        before, state = state, told(method, state, random_scores(150, number))
        born = state.ids >= state.generation * 150
        assert (state.ids[born] == state.generation * 150 + np.flatnonzero(born)).all()
        assert set(state.ids[~born].tolist()) <= set(before.ids.tolist())
        assert set(state.parent_ids[born].ravel().tolist()) <= {-1, *before.ids.tolist()}
        assert (state.parent_ids[born, 0] >= 0).all()


def test_a_node_has_one_name_and_a_gene_joins_the_same_two_nodes_in_every_genome():
    method, joins, split = neat(**STRETCHED), {}, {}
    state = method.start(PORTS, make_stream(1, Role.START))
    for number in range(25):
        state = told(method, state, random_scores(150, number))
        for row in range(150):
            genes = genes_of(state.genomes, row)
            for name, (begin, end, _, _) in genes.items():
                assert joins.setdefault(name, (begin, end)) == (begin, end)
            for node in state.genomes.node_id[row, 4 : state.genomes.nodes[row] - 2].tolist():
                first = min(name for name, gene in genes.items() if node in gene[:2])
                split.setdefault(node, set()).add(first)
    assert len(joins) > 100
    assert state.next_innovation > max(joins)
    assert state.next_node > max(split)


def test_equal_mutations_of_one_generation_share_numbers_and_later_ones_do_not():
    method = neat(add_node=0.0, add_connection=1.0, population_size=60, initial_enabled=1.0)
    state = method.start(PORTS, make_stream(0, Role.START))
    # Everything is connected, so that only a split makes room.
    splitting = neat(add_node=1.0, population_size=60)
    state = told(splitting, state, random_scores(60, 0))
    by_nodes = defaultdict(set)
    first, state = state.next_innovation, told(method, state, random_scores(60, 1))
    for row in range(60):
        for name, (begin, end, _, _) in genes_of(state.genomes, row).items():
            if name >= first:
                by_nodes[begin, end].add(name)
    assert len(by_nodes) > 5
    assert all(len(names) == 1 for names in by_nodes.values())
    assert state.next_innovation == first + len(by_nodes)
    later, again = state.next_innovation, told(method, state, random_scores(60, 2))
    assert all(
        name >= later or name in {n for names in by_nodes.values() for n in names} or name < first
        for row in range(60)
        for name in genes_of(again.genomes, row)
    )


# --- species and copies


def test_the_champion_of_a_species_of_more_than_five_is_bit_identical_in_the_next_generation():
    method = neat(add_node=0.1)
    state, copies = bred(method, 12), 0
    for number in range(12):
        scores = random_scores(150, number)
        after = told(method, state, scores)
        for name in np.unique(after.species_ids):
            members = np.flatnonzero(after.species_ids == name)
            best = members[scores.mean[members].argmax()]
            kept = np.flatnonzero(np.isin(after.ids, state.ids[members]))
            breeds = np.isin(after.parent_ids[:, 0], state.ids[members]).any()
            assert len(kept) == (len(members) > 5 and (breeds or len(kept) > 0))
            if len(kept):
                assert after.ids[kept[0]] == state.ids[best]
                assert same_genome(after.genomes, kept[0], state.genomes, best)
                assert after.parent_ids[kept[0]].tolist() == state.parent_ids[best].tolist()
                copies += 1
        state = after
    assert copies > 20


def test_a_species_is_represented_by_a_member_of_the_last_generation():
    method = neat(**STRETCHED)
    state = bred(method, 10)
    after = told(method, state, random_scores(150, 1))
    assert len(after.species) > 3
    for place, name in enumerate(after.species.ids):
        members = np.flatnonzero(after.species_ids == name)
        stands = after.species.representatives
        assert any(same_genome(stands, place, state.genomes, row) for row in members)


def test_founders_stand_for_their_species_for_good_where_the_settings_say_so():
    stretched = STRETCHED | {"species": {"threshold": 1.0, "representative": Representative.FIRST.value}}
    method = neat(**stretched)
    state = bred(method, 10)
    after = told(method, state, random_scores(150, 1))
    for place, name in enumerate(after.species.ids.tolist()):
        if name in state.species.ids:
            before = state.species.ids.tolist().index(name)
            assert same_genome(after.species.representatives, place, state.species.representatives, before)


def test_a_threshold_moves_after_each_generation_until_there_are_as_many_species_as_wanted():
    method = swingup(species={"target_count": 8, "threshold_step": 0.1, "threshold_min": 0.05})
    state = method.start(PORTS, make_stream(0, Role.START))
    counts, thresholds = [], [state.threshold]
    for number in range(60):
        state = told(method, state, random_scores(128, number))
        counts.append(len(state.species))
        thresholds.append(state.threshold)
    assert thresholds[1] == 2.0
    for count, before, after in zip(counts, thresholds[1:], thresholds[2:], strict=False):
        assert after == max(0.05, before + 0.1 * np.sign(count - 8))
    assert max(counts) >= 8


def test_offspring_follow_shared_fitness():
    method = neat(
        species={"threshold": 1.5, "weight": 0.0},
        add_node=0.5,
        parent_selection={"champion_min_species_size": None},
    )
    state = told(method, method.start(PORTS, make_stream(0, Role.START)), scored(np.ones(150)))
    # now half of the population has one more node; both kinds are told to be worth 3 to 1
    larger = state.genomes.nodes > 6
    after = told(method, state, scored(np.where(larger, 3.0, 1.0)))
    names = after.species_ids
    means = {name: np.where(larger, 3.0, 1.0)[names == name].mean() for name in np.unique(names)}
    row = {name: place for place, name in enumerate(state.ids.tolist())}
    parents = np.array([names[row[name]] for name in after.parent_ids[:, 0].tolist()])
    total = sum(means.values())
    for name, mean in means.items():
        assert abs((parents == name).sum() - 150 * mean / total) < 1


def test_a_search_without_improvement_is_refocused_on_two_species_after_twenty_generations():
    method = neat(**STRETCHED, offspring={"species_stagnation": 1000})
    state = method.start(PORTS, make_stream(0, Role.START))
    for number in range(1, 23):
        before, state = state, told(method, state, scored(np.ones(150)))
        row = {name: place for place, name in enumerate(before.ids.tolist())}
        species = {state.species_ids[row[name]] for name in state.parent_ids[:, 0].tolist() if name in row}
        if number == 22:
            assert len(species) <= 2 < len(np.unique(state.species_ids))
            assert state.last_improved == 22
            assert set(state.species.last_improved.tolist()) == {22}
        elif number > 5:
            assert len(species) > 2


@pytest.mark.parametrize(("rule", "has_children"), [("tournament", False), ("lexicase", True)])
def test_with_lexicase_the_best_in_one_episode_has_children_though_its_mean_is_the_lowest(rule, has_children):
    method = neat(population_size=60, species={"threshold": 100.0}, parent_selection={"rule": rule})
    state = bred(method, 3)
    returns = np.random.default_rng(3).normal(400.0, 1.0, (60, 1, 5))
    returns[11] = 0.0
    returns[11, 0, 4] = 900.0
    after = told(method, state, Scores(returns, np.ones(returns.shape, np.int64)))
    assert (state.ids[11] in after.parent_ids) == has_children
    assert len(after.species) == 1


# --- what failed


@pytest.mark.parametrize("method", [neat(**STRETCHED), swingup()], ids=["paper", "swingup"])
def test_the_failed_rank_last_and_are_neither_copied_nor_parents(method):
    state = bred(method, 10)
    means = random_scores(method.population_size, 1).mean
    failed = np.arange(0, method.population_size, 2)
    means[failed] = np.nan
    after = told(method, state, scored(means))
    assert sorted(after.rank[failed].tolist()) == list(
        range(method.population_size - len(failed), method.population_size)
    )
    assert not set(after.ids.tolist()) & set(state.ids[failed].tolist())
    used = set(after.parent_ids[after.ids >= after.generation * method.population_size].ravel().tolist())
    sound = set(state.ids.tolist()) - set(state.ids[failed].tolist())
    alone = {
        int(state.ids[row])
        for name in np.unique(after.species_ids)
        for row in np.flatnonzero(after.species_ids == name)
        if np.isnan(means[after.species_ids == name]).all()
    }
    assert used <= sound | alone | {-1}


def test_a_search_goes_on_after_generations_in_which_all_failed():
    method = neat(**STRETCHED)
    state = bred(method, 5)
    for _ in range(3):
        state = told(method, state, scored(np.full(150, np.nan)))
        state.genomes.check(PORTS)
        assert (state.ids >= state.generation * 150).all()
    assert (
        told(method, state, random_scores(150, 1)).best_fitness == random_scores(150, 1).mean.max()
        or state.best_fitness
    )


def test_negative_returns_are_shared_too():
    method = neat(**STRETCHED)
    state = bred(method, 5)
    after = told(method, state, scored(random_scores(150, 1).mean - 1000))
    assert len(after.genomes) == 150
