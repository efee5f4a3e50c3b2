"""NEAT's settings and presets, and which states it refuses."""

from __future__ import annotations

import copy
from dataclasses import fields, replace

import numpy as np
import pytest
from small_neat import (
    CONF,
    DEFAULTS,
    PORTS,
    STRETCHED,
    bred,
    content,
    experiment,
    neat,
    random_scores,
    swingup,
    told,
)

from wannsearch.commands.hydra.build import build
from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.neat import Neat
from wannsearch.records.state_arrays import state_from_arrays, state_to_arrays

# --- a state in a file


def test_a_state_goes_through_its_arrays_bit_for_bit_and_goes_on_as_if_nothing_happened():
    method = neat(**STRETCHED)
    fresh, state = method.start(PORTS, make_stream(0, Role.START)), bred(method, 8)
    back = state_from_arrays(fresh, copy.deepcopy(state_to_arrays(state)), "here")
    assert content(back) == content(state)
    method.check(back, PORTS)
    scores = random_scores(150, 4)
    assert content(told(method, back, scores)) == content(told(method, state, scores))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ports": Ports(2, 2, PORTS.activations)}, "the state is for 2 inputs"),
        ({"generation": 2**62}, "generation of the state"),
        ({"next_node": 2**31 - 1}, "next_node of the state"),
        ({"next_innovation": -1}, "next_innovation of the state"),
        ({"threshold": float("nan")}, "threshold"),
        ({"best_fitness": float("inf")}, "best fitness"),
        ({"species_ids": np.zeros(3, np.int64)}, "species_ids"),
        ({"ids": np.zeros((150, 1), np.int64)}, "ids"),
    ],
)
def test_a_state_that_the_search_could_not_have_come_to_is_refused(change, said):
    method = neat()
    method.check(method.start(PORTS, make_stream(0, Role.START)), PORTS)
    state = bred(method, 2)
    method.check(state, PORTS)
    with pytest.raises(ConfigError, match=said):
        method.check(replace(state, **change), PORTS)


# --- the settings


def test_the_yaml_names_every_setting_and_no_other():
    assert set(DEFAULTS) == {"_target_"} | {field.name for field in fields(Neat)}
    assert DEFAULTS["_target_"] == f"{Neat.__module__}.{Neat.__qualname__}"


def test_the_defaults_are_the_papers_settings_for_xor():
    method = neat()
    formed, mating = method.species, method.parent_selection
    assert method.population_size == 150
    assert (formed.excess, formed.disjoint, formed.weight, formed.threshold) == (1.0, 1.0, 0.4, 3.0)
    assert (formed.target_count, formed.representative.value) == (None, "random")
    assert (method.offspring.species_stagnation, method.offspring.population_stagnation) == (15, 20)
    assert (mating.survivors, mating.champion_min_species_size) == (0.4, 6)
    assert (mating.crossover_probability, mating.interspecies_probability) == (0.75, 0.001)
    assert (method.crossover.keep_disabled_probability, method.crossover.equal_fitness.value) == (
        0.75,
        "random",
    )
    assert (method.add_node, method.add_connection, method.mutate_weights) == (0.03, 0.05, 0.8)
    assert (method.weights.perturb_fraction, method.weights.replace_fraction, method.weights.step) == (
        0.9,
        0.1,
        2.5,
    )


def test_the_swing_ups_differ_in_their_activations_alone():
    every = experiment("neat_swingup", "neat_swingup_all_activations")["method"]
    assert neat(**every) == replace(swingup(), hidden_activation=None)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"population_size": 1}, ["method.population_size", "at least"]),
        ({"initial_weight": -1.0}, ["method.initial_weight", "0 or more"]),
        ({"add_node": 1.5}, ["method.add_node", "0..1"]),
        ({"enable_connection": float("nan")}, ["method.enable_connection", "0..1"]),
        ({"exclusive_mutation": "no"}, ["method.exclusive_mutation", "true or false"]),
        ({"hidden_activation": "tahn"}, ["method.hidden_activation", "Did you mean 'tanh'"]),
        ({"output_activation": None}, ["method.output_activation", "text"]),
        ({"species": {"genome_size": "won"}}, ["method.species.genome_size", "Did you mean 'one'"]),
        (
            {"parent_selection": {"crossover_probability": 2.0}},
            ["method.parent_selection.crossover_probability", "0..1"],
        ),
        ({"weights": {"noise": "cauchy"}}, ["method.weights.noise", "gaussian"]),
        (
            {"parent_selection": {"crosover_probability": 0.5}},
            [
                "method.parent_selection.crosover_probability",
                "Did you mean 'method.parent_selection.crossover_probability'",
            ],
        ),
    ],
)
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(settings, words):
    with pytest.raises(ConfigError) as refused:
        neat(**settings)
    assert "\n" not in str(refused.value)
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize("group", ["species", "offspring", "parent_selection", "crossover", "weights"])
def test_a_missing_group_is_refused_by_name(group):
    with pytest.raises(ConfigError, match=rf"method\.{group}"):
        build("method", {key: value for key, value in DEFAULTS.items() if key != group})


def test_every_experiment_of_neat_is_built():
    names = {path.stem for path in (CONF / "experiment").glob("neat_*.yaml")}
    assert names >= {"neat_xor", "neat_swingup", "neat_swingup_all_activations", "neat_double_pole"}
    for name in ("neat_xor", "neat_swingup", "neat_double_pole"):
        assert neat(**experiment(name).get("method", {})).population_size in (128, 150)
