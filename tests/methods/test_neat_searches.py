"""Whole searches: XOR as often as the paper, the same bytes whoever computes."""

import numpy as np
import pytest
from small_neat import CONF, content, experiment, neat, read, searched, told

from wannsearch.commands.hydra.build import build
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.trials import Trials

OWN = Trials(shared_weights=None, episodes=1)
COMPILED = read("evaluator/compiled.yaml")


def task_of(name, **changed):
    settings = experiment(name)
    task = {"neat_xor": "logic", "neat_swingup": "cartpole_swingup", "neat_double_pole": "double_pole"}[name]
    return build("task", read(f"task/{task}.yaml") | settings.get("task", {}) | changed)


def evaluator(**changed):
    return build("evaluator", COMPILED | changed)


@pytest.mark.long
def test_xor_is_solved_within_a_hundred_generations_by_at_least_sixteen_of_twenty_seeds():
    goal = experiment("neat_xor")["stop_at"]
    found = [
        searched(neat(), task_of("neat_xor"), evaluator(threads=1), OWN, seed, 100, goal)
        for seed in range(20)
    ]
    solved = [each for each in found if each is not None]
    assert len(solved) >= 16
    assert 2500 < np.mean([evaluations for evaluations, _, _ in solved]) < 9000
    for _, _, network in solved:
        assert network.nodes[0] > 4, "XOR needs a hidden node"


def last_state(engine):
    """The state after eight generations of a swing-up of 60 steps."""
    method, task = neat(**experiment("neat_swingup")["method"]), task_of("neat_swingup", horizon=60)
    state, trials = (
        method.start(task.ports, make_stream(1, Role.START)),
        Trials(shared_weights=None, episodes=2),
    )
    for number in range(1, 9):
        candidates = method.ask(state)
        seeds = task.episode_seeds(1, Role.EPISODES, number, 2)
        state = told(method, state, engine.evaluate(candidates, task, trials, seeds)[0], 1)
    return content(state)


@pytest.fixture(scope="module")
def straight():
    return last_state(evaluator(threads=1))


@pytest.mark.long
@pytest.mark.parametrize(
    "changed", [{"threads": 2, "chunk": 7}, {"threads": 1, "chunk": 1}, {"vector_bits": 128}]
)
def test_a_search_has_the_same_bytes_whatever_threads_chunks_and_vectors(straight, changed):
    assert last_state(evaluator(**changed)) == straight


@pytest.mark.long
def test_the_double_pole_is_balanced_for_two_thousand_seconds():
    task = task_of("neat_double_pole")
    assert task.horizon == experiment("neat_double_pole")["stop_at"] == 100_000
    assert searched(neat(), task, evaluator(threads=1), OWN, 0, 100, task.horizon) is not None
    assert (CONF / "experiment" / "neat_double_pole.yaml").is_file()
