"""The evaluator of live environments: the same scores however the episodes are grouped."""

from __future__ import annotations

import numpy as np
import pytest
from composed_tasks import make_task
from random_populations import population
from supervised import environments

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environments import Environments
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.tasks.logic import Logic

SEEDS = np.array([3, 2**63 + 11], np.uint64)
SHARED = Trials(shared_weights=(-2.0, 0.5, 1.0), episodes=2)


def test_equal_networks_are_played_once_and_all_of_them_have_the_scores():
    task, evaluator = make_task("gymnasium", horizon=60), environments()
    networks = population(np.random.default_rng(5), task.ports, 4)
    twice = Population.concatenate([networks, networks])
    scores = evaluator.evaluate(twice, task, SHARED, SEEDS)[0]
    assert scores.num_played == 4
    assert scores.returns[:4].tobytes() == scores.returns[4:].tobytes()
    plain = environments(simplify=False)
    played = plain.evaluate(twice, task, SHARED, SEEDS)[0]
    assert played.num_played == 8
    assert played.returns.tobytes() == scores.returns.tobytes()
    assert played.steps.tobytes() == scores.steps.tobytes()
    evaluator.close()
    plain.close()


def test_one_network_is_measured_as_it_is_evaluated():
    task, evaluator = make_task("gymnasium", horizon=60), environments(workers=2)
    network = population(np.random.default_rng(5), task.ports, 4).take([2])
    seeds = np.arange(40, dtype=np.uint64)
    measured = evaluator.measure(network, task, TestProtocol((0.5, -1.0), seeds))
    trials = Trials(shared_weights=(0.5, -1.0), episodes=40)
    expected = Reference().evaluate(network, task, trials, seeds)[0]
    assert measured.returns.tobytes() == expected.returns[0].tobytes()
    evaluator.close()


@pytest.mark.parametrize("simplify", [True, False])
def test_a_weight_that_is_no_number_fails_its_network_even_where_it_reaches_no_output(simplify):
    task, evaluator = make_task("gymnasium", horizon=20), environments(simplify=simplify)
    activations, sources, targets = [1] * 8, [1, 2, 3], [5, 6, 7]  # slot 5 is hidden and a dead end
    networks = Population.concatenate(
        [one_network.from_arrays(activations, sources, targets, [w, 1.0, -1.0]) for w in (np.nan, 2.0)]
    )
    own_weights = Trials(shared_weights=None, episodes=2)
    scores = evaluator.evaluate(networks, task, own_weights, SEEDS)[0]
    expected = Reference().evaluate(networks, task, own_weights, SEEDS)[0]
    assert scores.failed_mask.tolist() == [True, False]
    assert scores.returns.tobytes() == expected.returns.tobytes()
    assert scores.steps.tobytes() == expected.steps.tobytes()
    evaluator.close()


def test_it_says_how_many_processes_step_how_many_environments():
    said = environments(workers=2, in_flight=4).describe(make_task("gymnasium", horizon=60), SHARED)
    assert said == "environments: 2 processes, each stepping 4 environments together, float64"


@pytest.mark.parametrize(("setting", "value"), [("workers", 0), ("in_flight", 0), ("chunk", 0)])
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=rf"^evaluator\.{setting} is 0; it must be at least 1") as caught:
        environments(**{setting: value})
    assert "\n" not in str(caught.value)


def test_a_task_without_environments_is_refused_with_what_plays_it():
    task = Logic(gate="xor", bits=2, reward="accuracy", episodes=1, activations=CONTROL_ACTIVATIONS)
    assert not Environments.can_evaluate(Logic)
    with pytest.raises(ConfigError, match="Logic, which has no live environments; evaluator=processes can"):
        environments().describe(task, SHARED)
