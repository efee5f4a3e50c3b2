"""The search against the published algorithm: its numbers, its chances, and what it leaves alone."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf
from scipy.stats import chisquare
from variation.plain_genes import assert_sound, plain

from wannsearch.commands.build import build
from wannsearch.core.activations import LINEAR
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, stream
from wannsearch.methods.wann import Wann
from wannsearch.ranking.crowding import CrowdingScale

CONF = Path(__file__).parents[2] / "conf"
PORTS = Ports(3, 2, ("tanh", "relu", "sin"))


def read(path):
    config = OmegaConf.to_container(OmegaConf.load(CONF / path))
    assert isinstance(config, dict)
    return {key: value for key, value in config.items() if key != "defaults"}


DEFAULTS = read("method/wann.yaml")


def wann(**settings) -> Wann:
    """The method as the YAML configures it, but for these settings."""
    return build("method", DEFAULTS | settings)


def scored(returns) -> Scores:
    """Scores of (P,) returns, the same with every weight, or of all (P, K, R)."""
    returns = np.asarray(returns, float)
    if returns.ndim == 1:
        returns = np.tile(returns[:, None, None], (1, 6, 2))
    return Scores(returns, np.ones(returns.shape, np.int64))


def random_scores(size, seed) -> Scores:
    return scored(np.random.default_rng(seed).normal(100.0, 30.0, (size, 6, 2)))


def told(method, state, scores, seed=0):
    return method.tell(state, method.ask(state), scores, stream(seed, Role.TELL, state.generation))


def bred(method, generations, seed=0, ports=PORTS):
    """The state after so many generations of random scores, never ranked by size, so that genomes grow."""
    method = replace(method, probability_complexity=0.0)
    state = method.start(ports, stream(seed, Role.START))
    for number in range(generations):
        state = told(method, state, random_scores(method.population_size, (seed, number)), seed)
    return state


def content(value):
    """Everything in a nest of dataclasses, arrays as bytes."""
    if is_dataclass(value):
        return [content(getattr(value, field.name)) for field in fields(value)]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


# --- the first population


def test_the_first_population_has_no_hidden_nodes_and_every_gene_from_bias_and_inputs_to_outputs():
    state = wann(population_size=20).start(PORTS, stream(0, Role.START))
    assert_sound(state.genomes, PORTS)
    for row in range(20):
        genome = plain(state.genomes, row, PORTS)
        assert sorted(genome.activation) == list(range(6))
        assert set(genome.activation.values()) == {LINEAR}
        pairs = {(gene.source, gene.target) for gene in genome.genes.values()}
        assert pairs == {(source, target) for source in range(4) for target in (4, 5)}
        assert {gene.weight for gene in genome.genes.values()} == {1.0}
        assert (state.ports, state.generation) == (PORTS, 1)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.25, 0.5, 1.0])
def test_each_first_gene_is_enabled_by_its_own_coin(share):
    ports = Ports(24, 4, ("tanh",))
    state = wann(population_size=400, initial_enabled=share).start(ports, stream(3, Role.START))
    enabled = state.genomes.enabled
    slack = 5 * np.sqrt(share * (1 - share))
    assert enabled.mean() == pytest.approx(share, abs=slack / 200)
    assert enabled.mean(axis=0) == pytest.approx(np.full(100, share), abs=slack / 20)
    assert enabled.sum(axis=1).var() == pytest.approx(100 * share * (1 - share), rel=0.4)


def test_the_first_ids_are_those_of_generation_one_and_have_no_parents():
    state = wann(population_size=5).start(PORTS, stream(0, Role.START))
    assert state.id.tolist() == [5, 6, 7, 8, 9]
    assert (state.parents == -1).all()


# --- asking and telling


@pytest.mark.parametrize("keeps", [True, False])
def test_asking_twice_gives_the_same_networks_and_changes_nothing(keeps):
    method = wann(population_size=30, split_keeps_hidden_edge=keeps)
    state = bred(method, 30)
    before = copy.deepcopy(content(state))
    first, second = method.ask(state), method.ask(state)
    assert content(first) == content(second)
    assert content(state) == before
    for field in fields(first):
        assert not np.shares_memory(getattr(first, field.name), getattr(second, field.name))
        for inherited in fields(state.genomes):
            part = getattr(state.genomes, inherited.name)
            assert not np.shares_memory(getattr(first, field.name), part)


def test_the_hidden_edges_that_splits_keep_are_asked_and_counted():
    keeping = wann(population_size=40)
    state = bred(keeping, 60)
    replacing = replace(keeping, split_keeps_hidden_edge=False)
    more, fewer = keeping.ask(state), replacing.ask(state)
    enabled = (state.genomes.enabled & state.genomes.genes_in_use()).sum(axis=1)
    assert (fewer.edges == enabled).all()
    for row in range(40):
        genome = plain(state.genomes, row, PORTS)
        off = [gene for gene in genome.genes.values() if not gene.enabled]
        kept = sum(genome.is_hidden(gene.source) and genome.is_hidden(gene.target) for gene in off)
        assert more.edges[row] == enabled[row] + kept
    assert (more.edges > fewer.edges).any()


def test_telling_is_a_function_of_its_arguments_and_leaves_them_alone():
    method = wann(population_size=30)
    state = bred(method, 20)
    asked, scores = method.ask(state), random_scores(30, 99)
    before = copy.deepcopy([content(state), content(asked), content(scores)])
    once = method.tell(state, asked, scores, stream(1, Role.TELL, 21))
    again = method.tell(state, asked, scores, stream(1, Role.TELL, 21))
    assert content(once) == content(again)
    assert [content(state), content(asked), content(scores)] == before


def test_another_stream_starts_and_breeds_another_population():
    method = wann(population_size=30)
    assert content(bred(method, 5)) == content(bred(method, 5))
    assert content(bred(method, 0, seed=0)) != content(bred(method, 0, seed=1))
    state = bred(method, 5)
    scores = random_scores(30, 99)
    assert content(told(method, state, scores, 0)) != content(told(method, state, scores, 1))


@pytest.mark.parametrize(("complexity", "grown"), [(0.0, 35), (0.8, 12)])
def test_two_hundred_generations_of_random_scores_stay_sound(complexity, grown):
    method = wann(population_size=24, probability_complexity=complexity)
    state, seen = method.start(PORTS, stream(8, Role.START)), {}
    for number in range(1, 201):
        asked = method.ask(state)
        asked.check(PORTS)
        assert len(asked) == len(state.genomes) == len(state.id) == len(state.parents) == 24
        assert state.generation == number
        assert len(set(state.id.tolist())) == 24
        for row, name in enumerate(state.id.tolist() if number % 4 == 0 else []):
            genome = plain(state.genomes, row, PORTS).frozen
            assert seen.setdefault(name, genome) == genome, "one id named two genomes"
        state = told(method, state, random_scores(24, number), 8)
        assert sorted(state.order.tolist()) == list(range(24))
        if number % 4 == 0:
            assert_sound(state.genomes, PORTS)
    assert state.genomes.nodes.max() > grown


# --- the numbers of a generation


def ranks_of_parents(state, after):
    """(children,) rank in the last order of each child's parent."""
    row = {name: row for row, name in enumerate(state.id.tolist())}
    born = after.id >= after.generation * len(state.id)
    return np.array([after.order[row[name]] for name in after.parents[born, 0].tolist()])


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
    method = wann(population_size=size, elite=elite, effective_tournament_size=1)
    state = bred(method, 1)
    scores, ranks = random_scores(size, 1), []
    for seed in range(30):
        after = told(method, state, scores, seed)
        born = after.id >= after.generation * size
        assert (born.sum(), (~born).sum()) == (new, elites)
        ranks += ranks_of_parents(state, after).tolist()
    assert set(ranks) == set(range(size - culled))


def test_the_first_of_the_order_pass_unchanged_with_their_ids_and_parents():
    method = wann(population_size=64)
    state = bred(method, 40)
    after = told(method, state, random_scores(64, 5))
    first = np.argsort(after.order)[:10]
    assert after.id[:10].tolist() == state.id[first].tolist()
    assert after.parents[:10].tolist() == state.parents[first].tolist()
    for row, old in enumerate(first):
        assert plain(after.genomes, row, PORTS) == plain(state.genomes, old, PORTS)


def test_an_id_is_the_birth_generation_times_the_population_plus_the_row():
    method = wann(population_size=64)
    state = bred(method, 7)
    assert state.generation == 8
    after = told(method, state, random_scores(64, 5))
    assert after.id[10:].tolist() == [9 * 64 + row for row in range(10, 64)]


def differences(parent, child):
    """Which operator made this child of this parent, from names alone."""
    nodes, genes = child.activation.keys() - parent.activation, child.genes.keys() - parent.genes
    assert parent.activation.keys() <= child.activation.keys()
    assert parent.genes.keys() <= child.genes.keys()
    formulas = [n for n in parent.activation if parent.activation[n] != child.activation[n]]
    changed = [parent.genes[name] for name in parent.genes if parent.genes[name] != child.genes[name]]
    flipped = [gene.enabled for gene in changed]
    kinds = {
        (0, 0, 0, ()): "copy",
        (0, 1, 0, ()): "add_connection",
        (1, 2, 0, (True,)): "add_node",
        (0, 0, 0, (False,)): "enable",
        (0, 0, 1, ()): "set_activation",
    }
    return kinds[len(nodes), len(genes), len(formulas), tuple(flipped)]


def kinds_of_children(state, after):
    """The operator behind each child, found by comparing it with the parent it names."""
    row = {name: row for row, name in enumerate(state.id.tolist())}
    for child in np.flatnonzero(after.id >= after.generation * len(state.id)):
        mother, none = after.parents[child].tolist()
        assert none == -1
        yield differences(plain(state.genomes, row[mother], PORTS), plain(after.genomes, child, PORTS))


def test_every_child_differs_from_the_parent_it_names_by_at_most_one_operator():
    method = wann(population_size=40)
    state = bred(method, 0)
    for number in range(60):
        after = told(method, state, random_scores(40, number))
        assert len(list(kinds_of_children(state, after))) == 34
        state = after


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
    expected = {"add_connection": 0.20, "add_node": 0.25, "enable": 0.05, "set_activation": 0.50}
    total = sum(seen.values())
    assert (
        chisquare([seen[kind] for kind in expected], [total * share for share in expected.values()]).pvalue
        > 1e-4
    )


@pytest.mark.parametrize("only", ["add_connection", "add_node", "enable", "set_activation"])
def test_an_operator_alone_on_the_roulette_makes_every_child(only):
    shares = dict.fromkeys(("add_connection", "add_node", "enable", "set_activation"), 0.0)
    state = bred(wann(population_size=30), 60)
    method = wann(population_size=30, **(shares | {only: 0.3}))
    assert set(kinds_of_children(state, told(method, state, random_scores(30, 1)))) <= {only, "copy"}


def test_the_roulette_is_normalised_by_its_sum():
    doubled = {"add_connection": 0.4, "add_node": 0.5, "enable": 0.1, "set_activation": 1.0}
    assert content(bred(wann(population_size=30, **doubled), 10)) == content(
        bred(wann(population_size=30), 10)
    )


def test_children_of_a_population_without_hidden_nodes_are_copies_where_activation_is_drawn():
    method = wann(population_size=30, add_connection=0, add_node=0, enable=0, set_activation=1)
    state = bred(method, 0)
    after = told(method, state, random_scores(30, 1))
    assert set(kinds_of_children(state, after)) == {"copy"}
    assert len(set(after.id.tolist())) == 30


def test_a_parent_wins_among_the_survivors_with_the_published_pressure():
    method = wann(population_size=192)
    state = bred(method, 3)
    scores = random_scores(192, 1)
    ranks = np.concatenate([ranks_of_parents(state, told(method, state, scores, seed)) for seed in range(60)])
    beaten = (1 - np.arange(155) / 154) ** 16  # the better of two tournaments of eight
    edges = [0, 1, 2, 3, 4, 6, 8, 10, 13, 16, 20, 25, 32, 154]
    chances = -np.diff(beaten[edges])
    assert chisquare(np.histogram(ranks, edges)[0], chances * len(ranks)).pvalue > 1e-4


# --- the order


def two_goals(method, seeds):
    """How many generations were ranked by few connections, of networks where the two orders differ.

    All means are the same. Rows with more connections have a higher best weight, so by connections
    the first row dominates all others and by the best weight the last.
    """
    ports = Ports(3, 1, ("tanh",))
    state = method.start(ports, stream(0, Role.START))
    enabled = np.arange(4) <= np.arange(4)[:, None]
    state = replace(state, genomes=replace(state.genomes, enabled=enabled))
    returns = np.zeros((4, 6, 1))
    returns[:, 0, 0], returns[:, 1, 0] = np.arange(4), -np.arange(4)
    first = []
    for seed in range(seeds):
        order = told(method, state, scored(returns), seed).order.tolist()
        assert order in ([0, 1, 2, 3], [3, 2, 1, 0])
        first.append(order == [0, 1, 2, 3])
    return sum(first)


def test_four_generations_in_five_are_ranked_by_complexity_the_fifth_by_the_best_weight():
    count = two_goals(wann(population_size=4), 700)
    assert abs(count - 560) < 4.5 * np.sqrt(700 * 0.8 * 0.2)


@pytest.mark.parametrize(("probability", "count"), [(0.0, 0), (1.0, 60)])
def test_a_probability_of_complexity_of_zero_or_one_leaves_no_chance(probability, count):
    assert two_goals(wann(population_size=4, probability_complexity=probability), 60) == count


def test_a_network_without_connections_counts_as_one_with_one():
    method = wann(population_size=3, probability_complexity=1.0)
    state = method.start(Ports(3, 1, ("tanh",)), stream(0, Role.START))
    enabled = np.arange(4) < np.array([[2], [1], [0]])
    state = replace(state, genomes=replace(state.genomes, enabled=enabled))
    assert method.ask(state).edges.tolist() == [2, 1, 0]
    assert told(method, state, scored([5.0, 5.0, 5.0])).order.tolist() == [2, 0, 1]
    assert told(method, state, scored([5.0, 5.0, 6.0])).order.tolist() == [2, 1, 0]


def test_the_mean_is_taken_over_weights_of_the_mean_over_episodes():
    method = wann(population_size=2, probability_complexity=0.0)
    state = method.start(PORTS, stream(0, Role.START))
    returns = np.zeros((2, 3, 2))
    returns[0] = [[9.0, 0.0], [0.0, 0.0], [0.0, 0.0]]  # mean 1.5, best weight 4.5, best episode 9
    returns[1] = [[5.0, 5.0], [0.0, 0.0], [0.0, 0.0]]  # mean 1.67, best weight 5
    assert told(method, state, scored(returns)).order.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("scale", "order"),
    # Rows have 1 .. 5 connections. By range, rows 1 to 3 lie 0.25 + 0.83, 0.83 + 0.31 and 0.75 + 0.17 apart;
    # as published, rewards count a hundredfold and decide alone.
    [("range", [4, 0, 2, 1, 3]), ("published", [4, 0, 2, 3, 1])],
)
def test_the_crowding_scale_decides_within_a_front(scale, order):
    method = wann(population_size=5, probability_complexity=1.0, crowding_scale=scale)
    state = method.start(Ports(4, 1, ("tanh",)), stream(0, Role.START))
    enabled = np.arange(5) <= np.arange(5)[:, None]
    state = replace(state, genomes=replace(state.genomes, enabled=enabled))
    told_order = told(method, state, scored([100.0, 110.0, 130.0, 210.0, 220.0])).order
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
        assert sorted(after.order[failed].tolist()) == [36, 37, 38, 39]
        assert not set(state.id[failed].tolist()) & set(after.id.tolist())


@pytest.mark.parametrize("sound", [0, 1, 2, 5, 12])
def test_the_failed_are_never_elite_even_where_the_sound_are_too_few(sound):
    method = wann(population_size=64)
    state = bred(method, 20)
    failed = np.arange(sound, 64)
    after = told(method, state, failing(64, failed))
    survived = np.isin(after.id, state.id)
    assert set(after.id[survived].tolist()) <= set(state.id[:sound].tolist())
    assert survived.sum() == min(sound, 10)
    assert len(set(after.id.tolist())) == 64
    assert after.id[~survived].tolist() == [22 * 64 + row for row in np.flatnonzero(~survived)]
    assert len(list(kinds_of_children(state, after))) == 64 - survived.sum()


def test_a_search_goes_on_after_generations_in_which_all_failed():
    method = wann(population_size=20)
    state = bred(method, 10)
    for _ in range(5):
        state = told(method, state, scored(np.full(20, np.nan)))
        assert_sound(state.genomes, PORTS)
        assert sorted(state.order.tolist()) == list(range(20))
        assert (state.id >= state.generation * 20).all()
    assert told(method, state, random_scores(20, 1)).generation == 17


# --- the settings


@pytest.mark.parametrize("cull", [0.0, 0.2, 0.99])
@pytest.mark.parametrize("elite", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("size", [2, 3, 10])
def test_every_allowed_share_of_culled_and_elites_breeds_a_whole_population(size, elite, cull):
    method = wann(population_size=size, cull=cull, elite=elite)
    state = bred(method, 4)
    assert_sound(state.genomes, PORTS)
    assert len(state.genomes) == len(set(state.id.tolist())) == size


def test_the_yaml_names_every_setting_and_no_other():
    assert set(DEFAULTS) == {"_target_"} | {field.name for field in fields(Wann)}
    assert DEFAULTS["_target_"] == f"{Wann.__module__}.{Wann.__qualname__}"


COMMON = {
    "initial_enabled": 0.5,
    "probability_complexity": 0.8,
    "cull": 0.2,
    "add_connection": 0.20,
    "add_node": 0.25,
    "enable": 0.05,
    "set_activation": 0.50,
    "split_keeps_hidden_edge": True,
    "disabled_gene_blocks_connection": True,
    "output_activation": "linear",
}


def test_the_default_is_the_swing_up_as_published_with_the_right_crowding_scale():
    expected = {"population_size": 192, "elite": 0.2, "effective_tournament_size": 16}
    assert wann() == Wann(**COMMON, **expected, crowding_scale=CrowdingScale.RANGE)


def test_the_published_experiments_have_the_published_settings():
    swingup, laptop = read("experiment/wann_swingup.yaml"), read("experiment/wann_swingup_laptop.yaml")
    assert OmegaConf.load(CONF / "experiment/wann_swingup_laptop.yaml").defaults == ["wann_swingup", "_self_"]
    published = {**COMMON, "crowding_scale": CrowdingScale.PUBLISHED}
    big = {"population_size": 192, "elite": 0.2, "effective_tournament_size": 16}
    small = {"population_size": 64, "elite": 0.05, "effective_tournament_size": 8}
    assert wann(**swingup["method"]) == Wann(**published, **big)
    assert wann(**swingup["method"] | laptop["method"]) == Wann(**published, **small)
    assert (swingup["generations"], swingup["task"]["episodes"]) == (1024, 3)
    assert swingup["retest"] == {"repeats": 20, "rule": "at_saves", "interval": 8}
    assert swingup["retest"] | laptop["retest"] == {"repeats": 16, "rule": "at_saves", "interval": 8}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("population_size", 0, ["0", "at least"]),
        ("population_size", -5, ["-5", "at least"]),
        ("population_size", 2.5, ["2.5", "whole number"]),
        ("population_size", True, ["True", "whole number"]),
        ("population_size", None, ["None", "whole number"]),
        ("initial_enabled", -0.1, ["-0.1", "0..1"]),
        ("initial_enabled", 1.5, ["1.5", "0..1"]),
        ("initial_enabled", float("nan"), ["nan", "0..1"]),
        ("probability_complexity", 1.01, ["1.01", "0..1"]),
        ("cull", -0.2, ["-0.2", "0..1"]),
        ("cull", 1.0, ["1.0", "0..1"]),
        ("elite", 1.2, ["1.2", "0..1"]),
        ("elite", "many", ["many", "number"]),
        ("effective_tournament_size", 0, ["0", "at least"]),
        ("add_connection", -1, ["-1", "0 or more"]),
        ("add_node", float("nan"), ["nan", "0 or more"]),
        ("enable", float("inf"), ["inf", "0 or more"]),
        ("set_activation", -0.5, ["-0.5", "0 or more"]),
        ("split_keeps_hidden_edge", "yes", ["yes", "true or false"]),
        ("disabled_gene_blocks_connection", 1, ["1", "true or false"]),
        ("crowding_scale", "rnage", ["rnage", "published", "range", "Did you mean 'range'"]),
        ("output_activation", "linaer", ["linaer", "linear", "tanh", "Did you mean 'linear'"]),
        ("output_activation", "zzz", ["zzz", "linear", "tanh"]),
        ("populaton_size", 5, ["Did you mean", "population_size"]),
    ],
)
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(key, value, words):
    with pytest.raises(ConfigError) as refused:
        wann(**{key: value})
    message = str(refused.value)
    assert "\n" not in message
    for word in [key, "method", *words]:
        assert word in message


def test_a_roulette_without_chances_is_refused_in_one_line_that_names_its_keys():
    shares = dict.fromkeys(("add_connection", "add_node", "enable", "set_activation"), 0.0)
    with pytest.raises(ConfigError) as refused:
        wann(**shares)
    assert "\n" not in str(refused.value)
    for key in shares:
        assert key in str(refused.value)


def test_a_missing_setting_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"method\.cull"):
        build("method", {key: value for key, value in DEFAULTS.items() if key != "cull"})
