"""The search against the published algorithm: its first population, what it asks, and its settings."""

from __future__ import annotations

import copy
from dataclasses import fields, replace

import numpy as np
import pytest
from omegaconf import OmegaConf
from small_wann import CONF, DEFAULTS, PORTS, bred, content, read, rule, wann
from variation.plain_genes import assert_sound, plain

from wannsearch.commands.hydra.build import build
from wannsearch.core.activations import LINEAR_ID
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.wann import Wann
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.parent_rule import ParentRuleSettings

# --- the first population


def test_the_first_population_has_no_hidden_nodes_and_every_gene_from_bias_and_inputs_to_outputs():
    state = wann(population_size=20).start(PORTS, make_stream(0, Role.START))
    assert_sound(state.genomes, PORTS)
    for row in range(20):
        genome = plain(state.genomes, row, PORTS)
        assert sorted(genome.activation) == list(range(6))
        assert set(genome.activation.values()) == {LINEAR_ID}
        pairs = {(gene.source, gene.target) for gene in genome.genes.values()}
        assert pairs == {(source, target) for source in range(4) for target in (4, 5)}
        assert {gene.weight for gene in genome.genes.values()} == {1.0}
        assert (state.ports, state.generation) == (PORTS, 1)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.25, 0.5, 1.0])
def test_each_first_gene_is_enabled_by_its_own_coin(share):
    ports = Ports(24, 4, ("tanh",))
    state = wann(population_size=400, initial_enabled=share).start(ports, make_stream(3, Role.START))
    enabled = state.genomes.enabled
    slack = 5 * np.sqrt(share * (1 - share))
    assert enabled.mean() == pytest.approx(share, abs=slack / 200)
    assert enabled.mean(axis=0) == pytest.approx(np.full(100, share), abs=slack / 20)
    assert enabled.sum(axis=1).var() == pytest.approx(100 * share * (1 - share), rel=0.4)


def test_the_first_ids_are_those_of_generation_one_and_have_no_parents():
    state = wann(population_size=5).start(PORTS, make_stream(0, Role.START))
    assert state.ids.tolist() == [5, 6, 7, 8, 9]
    assert (state.parent_ids == -1).all()


# --- asking


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
    enabled = (state.genomes.enabled & state.genomes.gene_mask()).sum(axis=1)
    assert (fewer.edges == enabled).all()
    for row in range(40):
        genome = plain(state.genomes, row, PORTS)
        off = [gene for gene in genome.genes.values() if not gene.enabled]
        kept = sum(genome.is_hidden(gene.source) and genome.is_hidden(gene.target) for gene in off)
        assert more.edges[row] == enabled[row] + kept
    assert (more.edges > fewer.edges).any()


# --- the settings


@pytest.mark.parametrize("cull", [0.0, 0.2, 0.99])
@pytest.mark.parametrize("elite", [0.0, 0.2, 1.0])
@pytest.mark.parametrize("size", [2, 3, 10])
def test_every_allowed_share_of_culled_and_elites_breeds_a_whole_population(size, elite, cull):
    method = wann(population_size=size, cull=cull, elite=elite)
    state = bred(method, 4)
    assert_sound(state.genomes, PORTS)
    assert len(state.genomes) == len(set(state.ids.tolist())) == size


def test_the_yaml_names_every_setting_and_no_other():
    assert set(DEFAULTS) == {"_target_"} | {field.name for field in fields(Wann)}
    assert DEFAULTS["_target_"] == f"{Wann.__module__}.{Wann.__qualname__}"


COMMON = {
    "initial_enabled": 0.5,
    "complexity_ranking_probability": 0.8,
    "cull": 0.2,
    "add_connection": 0.20,
    "add_node": 0.25,
    "enable_connection": 0.05,
    "mutate_activation": 0.50,
    "remove_connection": 0.0,
    "elites_per_weight": 0,
    "simplify_children": False,
    "split_keeps_hidden_edge": True,
    "disabled_gene_blocks_connection": True,
    "output_activation": "linear",
}


def lay_over(settings):
    return settings | {"parent_selection": rule(**settings["parent_selection"])}


def tournament(size):
    return ParentRuleSettings(
        rule="tournament", tournament_size=size, cases=3, tolerance="dynamic", ties="fewest_connections"
    )


def test_the_default_is_the_swing_up_as_published_with_the_right_crowding_scale():
    expected = {"population_size": 192, "elite": 0.2, "parent_selection": tournament(16)}
    assert wann() == Wann(**COMMON, **expected, crowding_scale=CrowdingScale.RANGE)


def test_the_published_experiments_have_the_published_settings():
    swingup, laptop = read("experiment/wann_swingup.yaml"), read("experiment/wann_swingup_laptop.yaml")
    assert OmegaConf.load(CONF / "experiment/wann_swingup_laptop.yaml").defaults == ["wann_swingup", "_self_"]
    published = {**COMMON, "crowding_scale": CrowdingScale.PUBLISHED}
    big = {"population_size": 192, "elite": 0.2, "parent_selection": tournament(16)}
    small = {"population_size": 64, "elite": 0.05, "parent_selection": tournament(8)}
    assert wann(**lay_over(swingup["method"])) == Wann(**published, **big)
    assert wann(**lay_over(swingup["method"] | laptop["method"])) == Wann(**published, **small)
    assert (swingup["generations"], swingup["task"]["episodes"]) == (1024, 3)
    saves = {"rule": "published_interval", "interval": 8, "prefer_simpler": False}
    assert swingup["retest"] == {"repeats": 20, **saves}
    assert swingup["retest"] | laptop["retest"] == {"repeats": 16, **saves}


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
        ("complexity_ranking_probability", 1.01, ["1.01", "0..1"]),
        ("cull", -0.2, ["-0.2", "0..1"]),
        ("cull", 1.0, ["1.0", "0..1"]),
        ("elite", 1.2, ["1.2", "0..1"]),
        ("elite", "many", ["many", "number"]),
        ("elites_per_weight", -1, ["-1", "at least"]),
        ("parent_selection", rule(tournament_size=0), ["parent_selection.tournament_size", "0", "at least"]),
        ("parent_selection", rule(cases=0), ["parent_selection.cases", "0", "at least"]),
        ("parent_selection", rule(rule="roulette"), ["roulette", "tournament", "lexicase"]),
        ("parent_selection", rule(tolerance="wide"), ["wide", "dynamic", "static", "none"]),
        ("parent_selection", rule(ties="first"), ["first", "fewest_connections", "random"]),
        ("add_connection", -1, ["-1", "0 or more"]),
        ("add_node", float("nan"), ["nan", "0 or more"]),
        ("enable_connection", float("inf"), ["inf", "0 or more"]),
        ("mutate_activation", -0.5, ["-0.5", "0 or more"]),
        ("remove_connection", -0.1, ["-0.1", "0 or more"]),
        ("simplify_children", 1, ["1", "true or false"]),
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
    names = ("add_connection", "add_node", "enable_connection", "mutate_activation", "remove_connection")
    shares = dict.fromkeys(names, 0.0)
    with pytest.raises(ConfigError) as refused:
        wann(**shares)
    assert "\n" not in str(refused.value)
    for key in shares:
        assert key in str(refused.value)


def test_a_missing_setting_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"method\.cull"):
        build("method", {key: value for key, value in DEFAULTS.items() if key != "cull"})


# --- a state from a file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ports": Ports(3, 2**31 - 1, PORTS.activations)}, "the task has 3 and 2"),
        ({"ports": Ports(2, 2, PORTS.activations)}, "the state is for 2 inputs"),
        ({"generation": 2**62}, "generation of the state"),
        ({"next_node": 2**31 - 1}, "next_node of the state"),
        ({"next_innovation": 0}, "next_innovation of the state"),
    ],
)
def test_a_state_that_the_search_could_not_have_come_to_is_refused(change, said):
    method = wann(population_size=6)
    state = method.start(PORTS, make_stream(0, Role.START))
    method.check(state, PORTS)
    with pytest.raises(ConfigError, match=said):
        method.check(replace(state, **change), PORTS)
