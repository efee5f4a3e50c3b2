"""Workers that die, hang and break: the others' scores stay, and every call comes back."""

from __future__ import annotations

import signal
import threading
from itertools import product

import numpy as np
import pytest
from case_selection import mark_others_long
from faulty_tasks import DEADLY, HANGING, PAYING, POISON, RAISING, Dragging, Faulty, Slow
from live_tasks import LivePlayer
from one_input import OneInput
from supervised import OWN, TWO, environments, gone, kill, paying, pids, processes, workers_of

from wannsearch.core.errors import EvaluationFailed
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference

WEIGHTS = (1.0, 2.0, POISON, 4.0, 5.0, 6.0)
OTHERS = [0, 1, 3, 4, 5]
SOUND = Reference().evaluate(paying(*WEIGHTS), OneInput(), OWN, TWO)[0]
LIMIT_S = 0.6
EVALUATORS = ("processes", "environments")


@pytest.fixture(scope="module", params=EVALUATORS)
def evaluator(request):
    """One crew for all faults: it must be as good after each as before."""
    if request.param == "processes":
        made = processes(2, LIMIT_S)
    else:
        made = LivePlayer(environments(workers=2, in_flight=4, chunk=6, limit=LIMIT_S))
    yield made
    made.close()


def played(evaluator, task):
    evaluator.failures.clear()
    scores = evaluator.evaluate(paying(*WEIGHTS), task, OWN, TWO)[0]
    assert scores.returns[OTHERS].tobytes() == SOUND.returns[OTHERS].tobytes()
    assert scores.steps[OTHERS].tobytes() == SOUND.steps[OTHERS].tobytes()
    return scores


REASONS = {
    "segfault": "killed by SIGSEGV",
    "exit": "exited with code 3",
    "killed": "killed by SIGKILL",
    "busy": "no answer within 0.6 s",
    "raise": "RuntimeError: broken on purpose",
    "sys.exit": "SystemExit: 5",
}
TRACED = {"segfault", "busy"}
"""Faults whose details show the place in the task's file."""


@pytest.mark.parametrize(
    ("evaluator", "fault"),
    mark_others_long(
        list(product(EVALUATORS, (*DEADLY, *HANGING, *RAISING, *PAYING))),
        quick=[
            *product(EVALUATORS, ("segfault", "sleep", "raise", "sys.exit", "nan")),
            *product(EVALUATORS[:1], (*RAISING, *PAYING)),
        ],
    ),
    indirect=["evaluator"],
)
def test_a_fault_costs_its_own_individual_alone_and_says_what_happened(evaluator, fault):
    scores = played(evaluator, Faulty(fault=fault))
    is_failed = np.isnan(scores.returns[2])
    assert is_failed[0, 0]
    if fault in ("nan", "inf"):
        assert evaluator.failures == []  # it was played, and this is its score
        return
    assert is_failed.all()
    (failure,) = evaluator.failures
    assert (failure.row, failure.num_candidates) == (2, len(WEIGHTS))
    assert str(failure).isprintable()
    assert len(str(failure)) < 1000
    assert REASONS.get(fault, "") in failure.reason
    assert "faulty_tasks.py" in failure.details or fault not in TRACED
    if fault in DEADLY or fault in HANGING:
        assert "2 times" in failure.reason
        assert "the fault comes now" in failure.details
    else:
        assert "Traceback" in failure.details


@pytest.mark.parametrize(
    ("evaluator", "fault"),
    mark_others_long(
        list(product(EVALUATORS, ("segfault", "exit", "killed", "sleep"))),
        quick=[("processes", "exit"), ("processes", "sleep"), ("environments", "segfault")],
    ),
    indirect=["evaluator"],
)
def test_an_individual_that_met_its_fault_once_is_played_again_and_scores_as_ever(evaluator, tmp_path, fault):
    scores = played(evaluator, Faulty(fault=fault, once=str(tmp_path / fault)))
    assert scores.returns.tobytes() == SOUND.returns.tobytes()
    assert scores.steps.tobytes() == SOUND.steps.tobytes()
    assert evaluator.failures == []


@pytest.mark.parametrize("fault", ["raise", "exit", pytest.param("sleep", marks=pytest.mark.long)])
def test_the_policy_stop_ends_the_run_naming_the_individual(fault):
    strict = processes(2, LIMIT_S, policy="stop")
    with pytest.raises(EvaluationFailed, match="network 2 of 6 failed: ") as caught:
        strict.evaluate(paying(*WEIGHTS), Faulty(fault=fault), OWN, TWO)
    assert caught.value.exit_code == 69
    assert "\n" not in str(caught.value)
    strict.close()


def test_a_generation_of_nothing_but_poison_comes_back_all_failed(evaluator):
    scores = evaluator.evaluate(paying(*[POISON] * 3), Faulty(fault="exit"), OWN, TWO)[0]
    assert scores.failed_mask.all()
    assert (scores.steps == 0).all()
    assert [failure.row for failure in evaluator.failures][-3:] == [0, 1, 2]


@pytest.mark.long
def test_eight_kills_while_they_play_change_nothing():
    """One kill an evaluation: a second one in the same unit would be taken for its fault."""
    evaluator, task = processes(2, chunk=2), Slow(most_s=0.02)
    weights = np.arange(1.0, 13.0)
    expected = Reference().evaluate(paying(*weights), OneInput(), OWN, TWO)[0]
    rng, killed = np.random.default_rng(0), 0
    evaluator.evaluate(paying(*weights), task, OWN, TWO)
    for _ in range(8):
        victim, moment = int(rng.choice(pids(evaluator))), float(rng.uniform(0.0, 0.1))
        killer = threading.Timer(moment, kill, (victim, signal.SIGKILL))
        killer.start()
        scores = evaluator.evaluate(paying(*weights), task, OWN, TWO)[0]
        killer.join()
        killed += gone([victim])
        assert scores.returns.tobytes() == expected.returns.tobytes()
        assert scores.steps.tobytes() == expected.steps.tobytes()
    assert killed == 8
    assert evaluator.failures == []
    evaluator.close()


def test_all_workers_killed_at_once_change_nothing():
    evaluator, task = processes(3, chunk=2), Slow(most_s=0.05)
    weights = np.arange(1.0, 31.0)
    evaluator.evaluate(paying(*weights), task, OWN, TWO)
    before = pids(evaluator)
    killer = threading.Timer(0.1, lambda: [kill(pid, signal.SIGKILL) for pid in before])
    killer.start()
    scores = evaluator.evaluate(paying(*weights), task, OWN, TWO)[0]
    killer.join()
    assert np.array_equal(scores.returns[:, 0], np.outer(weights, [1, 2]))
    assert gone(before)
    assert len(pids(evaluator)) == 3
    evaluator.close()


def test_idle_workers_that_were_killed_are_replaced_without_blame():
    evaluator = processes(2)
    evaluator.evaluate(paying(1.0, 2.0), OneInput(), OWN, TWO)
    for pid in pids(evaluator):
        kill(pid, signal.SIGKILL)
    assert gone(pids(evaluator))
    scores = evaluator.evaluate(paying(*WEIGHTS), OneInput(), OWN, TWO)[0]
    assert scores.returns.tobytes() == SOUND.returns.tobytes()
    assert evaluator.failures == []
    evaluator.close()


def test_workers_that_cannot_live_end_the_call_and_not_the_patience(monkeypatch):
    import wannsearch.evaluators.workers.process as process

    monkeypatch.setattr(process, "_BOOTSTRAP_CODE", "raise SystemExit('no room')")
    evaluator = processes(1)
    with pytest.raises(EvaluationFailed, match="10 workers in a row died before they played") as caught:
        evaluator.evaluate(paying(1.0), OneInput(), OWN, TWO)
    assert "no room" in str(caught.value)
    assert evaluator._worker_pool.workers == []


def test_a_slow_individual_meets_its_limit_though_others_beside_it_are_ready_all_the_time():
    evaluator = LivePlayer(environments(in_flight=4, chunk=60, limit=LIMIT_S))
    weights = np.arange(1.0, 61.0)
    weights[2] = POISON
    own_weights, seed = Trials(shared_weights=None, episodes=1), np.ones(1, np.uint64)
    scores = evaluator.evaluate(paying(*weights), Dragging(), own_weights, seed)[0]
    assert np.flatnonzero(np.isnan(scores.returns[:, 0, 0])).tolist() == [2]
    (failure,) = evaluator.failures
    assert failure.reason == "no answer within 0.6 s, 2 times"
    evaluator.inner.close()


def test_no_worker_of_these_tests_is_left_but_the_crew_that_is_open(evaluator):
    import os

    assert set(workers_of(os.getpid())) <= set(pids(evaluator))
