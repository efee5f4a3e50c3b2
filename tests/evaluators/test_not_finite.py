"""Which number was not finite is found by playing the episode again, and the first failure is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from compiled_settings import compiled
from faulty_tasks import POISON, Faulty
from one_input import OneInput
from supervised import OWN, paying, processes

from wannsearch.core.failures import Failure, describe_first_failure
from wannsearch.core.trials import Trials
from wannsearch.evaluators.not_finite import explain_not_finite
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network

SEEDS, ONE = np.array([5, 3], np.uint64), np.array([1], np.uint64)


@dataclass(frozen=True, kw_only=True)
class Late(OneInput):
    """Three steps; what the fault says is not finite in the second."""

    fault: str
    horizon: int = 3

    def lane_state(self, m, start):
        return (start[0], start[0] * 0.0)

    def lane_observe(self, m, state):
        late = m.where(state[1] == 1.0, float("inf"), 1.0)
        return (state[0] * (late if self.fault == "seen" else 1.0),)

    def lane_step(self, m, state, outputs):
        late = m.where(state[1] == 1.0, float("-inf"), 1.0)
        return (state[0], state[1] + 1.0), (late if self.fault == "paid" else 1.0), False


def explained(task, network, trials=OWN, seeds=SEEDS[:1]):
    return explain_not_finite(network, task, trials, seeds)


def test_an_infinite_reward_is_named_with_its_step():
    assert explained(Late(fault="paid"), paying(1.0)) == "the reward of step 2 is -inf"


def test_so_is_an_observation():
    assert explained(Late(fault="seen"), paying(1.0)) == "the observation of step 2 holds inf"


def test_so_is_an_output():
    network = one_network.from_arrays([1, 1, 1, 1], [1, 1, 2], [2, 3, 3], [1e308, -1e308, 1.0])
    assert explained(OneInput(), network, seeds=np.array([10], np.uint64)) == "an output of step 1 is nan"


def test_so_is_a_weight():
    assert explained(OneInput(), paying(np.nan)) == "a weight is nan"
    shared = Trials(shared_weights=(float("inf"),), episodes=1)
    assert explained(OneInput(), paying(1.0), shared) == "a weight is inf"


@pytest.mark.parametrize("evaluator", [Reference(), compiled()], ids=["reference", "compiled"])
def test_the_first_of_all_scores_that_failed_is_said_with_its_weight_and_episode(evaluator):
    trials = Trials(shared_weights=(1.0, 2.0), episodes=2)
    task, candidates = Late(fault="paid"), paying(1.0, 2.0)
    scores = evaluator.evaluate(candidates, task, trials, SEEDS)[0]
    assert scores.failed_mask.all()
    said = describe_first_failure(evaluator, candidates, task, trials, SEEDS, scores, [])
    assert said == "network 0 with weight 1 in episode 0: the reward of step 2 is -inf"
    scores.returns[0], scores.returns[1, 0] = 0.0, 0.0
    scores.returns[1, 1, 0] = 0.0
    said = describe_first_failure(evaluator, candidates, task, trials, SEEDS, scores, [])
    assert said.startswith("network 1 with weight 2 in episode 1: ")


def test_what_an_evaluator_noted_itself_comes_first():
    scores = Reference().evaluate(paying(1.0), OneInput(), OWN, SEEDS)[0]
    noted = [Failure(3, 8, "its worker died", "")]
    said = describe_first_failure(Reference(), paying(1.0), OneInput(), OWN, SEEDS, scores, noted)
    assert said == "network 3 of 8 failed: its worker died"


def test_a_worker_says_it_for_a_task_that_is_played_in_processes():
    evaluator = processes()
    candidates, task = paying(POISON), Faulty(fault="inf")
    try:
        scores = evaluator.evaluate(candidates, task, OWN, ONE)[0]
        assert scores.failed_mask.all()
        assert evaluator.failures == []
        said = describe_first_failure(evaluator, candidates, task, OWN, ONE, scores, evaluator.failures)
    finally:
        evaluator.close()
    assert said == "network 0 with weight own in episode 0: the reward of step 1 is inf"
