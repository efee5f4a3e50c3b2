"""Scores are the inner evaluator's to the bit, however the work is spread."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from case_selection import mark_others_long
from compiled_settings import SHORT, compiled, same_bits
from faulty_tasks import Slow
from one_input import OneInput
from random_populations import population
from supervised import ENDINGS, OWN, TWO, ended_parent, gone, paying, pids, processes, workers_of

from wannsearch.commands.running.outcome import Stopped
from wannsearch.core import plugin_files
from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import ConfigError
from wannsearch.core.measurement import TestProtocol
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.evaluators.workers.units import MAX_LANES_PER_UNIT, split_into_units
from wannsearch.tasks.cartpole import CartPole

CARTPOLE = CartPole(episodes=4, horizon=60, start_range=0.05, activations=CONTROL_ACTIVATIONS)
SIX = Trials(shared_weights=SIX_WEIGHTS, episodes=3)
THREE = np.arange(3, dtype=np.uint64)


@pytest.fixture(scope="module")
def networks():
    return population(np.random.default_rng(0), CARTPOLE.ports, 11)


@pytest.fixture(scope="module")
def expected(networks):
    return Reference().evaluate(networks, CARTPOLE, SIX, THREE)[0]


@pytest.mark.parametrize(
    ("workers", "chunk"),
    mark_others_long([(1, None), (2, 1), (2, 3), (3, None), (3, 1), (8, 3)], quick=[(1, None), (2, 3)]),
)
def test_any_number_of_workers_and_any_chunk_give_the_same_bits(networks, expected, workers, chunk):
    evaluator = processes(workers, chunk=chunk)
    assert same_bits(evaluator.evaluate(networks, CARTPOLE, SIX, THREE)[0], expected)
    evaluator.close()


def test_scores_lie_in_the_order_of_the_individuals_whoever_is_ready_first():
    weights = np.arange(1.0, 25.0)
    evaluator = processes(3, chunk=1)
    for _ in range(3):
        scores = evaluator.evaluate(paying(*weights), Slow(), OWN, TWO)[0]
        assert np.array_equal(scores.returns[:, 0], np.outer(weights, [1, 2]))
    evaluator.close()


def test_compiled_code_can_play_inside(networks):
    expected = compiled().evaluate(networks, CARTPOLE, SIX, THREE)[0]
    evaluator = processes(inner=compiled())
    assert same_bits(evaluator.evaluate(networks, CARTPOLE, SIX, THREE)[0], expected)
    assert evaluator.describe(CARTPOLE, SIX).startswith("processes: 2 processes, each compiled: ")
    evaluator.close()


def test_one_network_is_measured_by_all_workers_to_the_same_bits(networks):
    protocol = TestProtocol(tuple(np.linspace(-2, 2, 41)), np.arange(5, dtype=np.uint64))
    expected = Reference().measure(networks.take([3]), SHORT_POLE, protocol)
    evaluator = processes()
    measured = evaluator.measure(networks.take([3]), SHORT_POLE, protocol)
    assert measured.returns.tobytes() == expected.returns.tobytes()
    assert measured.weight_names == expected.weight_names
    assert len(pids(evaluator)) == 2
    evaluator.close()


SHORT_POLE = replace(CARTPOLE, horizon=10)


@pytest.mark.parametrize(("weights", "episodes"), [(6, 4), (6, 100), (81, 100), (1, 1), (1, 500), (33, 2)])
def test_units_cover_every_lane_once_and_are_small(weights, episodes):
    covered = np.zeros((2, weights, episodes), int)
    for unit in split_into_units(2, weights, episodes):
        covered[unit.row, slice(*unit.weights), slice(*unit.episodes)] += 1
        assert unit.num_score_bytes() <= 16 * MAX_LANES_PER_UNIT
    assert (covered == 1).all()


def test_a_trial_of_six_weights_and_five_episodes_is_one_unit():
    assert len(split_into_units(7, 6, 5)) == 7


def test_workers_are_kept_from_one_evaluation_to_the_next_and_learn_new_tasks():
    evaluator = processes()
    first = evaluator.evaluate(paying(1.0, 2.0), OneInput(), OWN, TWO)[0]
    before = pids(evaluator)
    second = evaluator.evaluate(paying(1.0, 2.0), Doubled(), OWN, TWO)[0]
    assert pids(evaluator) == before
    assert np.array_equal(second.returns, 2 * first.returns)
    evaluator.close()
    assert gone(before, 0.0)
    assert same_bits(evaluator.evaluate(paying(1.0, 2.0), OneInput(), OWN, TWO)[0], first)  # starts new ones
    evaluator.close()


@dataclass(frozen=True, kw_only=True)
class Doubled(OneInput):
    def lane_step(self, m, state, outputs):
        return state, 2.0 * outputs[0], False


def test_a_worker_computes_in_one_thread_and_ignores_interrupts():
    evaluator = processes(1)
    evaluator.evaluate(paying(1.0), OneInput(), OWN, TWO)
    (pid,) = pids(evaluator)
    assert b"OMP_NUM_THREADS=1" in Path(f"/proc/{pid}/environ").read_bytes()
    os.kill(pid, signal.SIGINT)
    assert not gone([pid], 0.3)
    evaluator.close()


def test_no_worker_is_left_busy_when_an_evaluation_is_left_early():
    others = set(workers_of(os.getpid()))  # of evaluators that earlier tests of this process keep open
    evaluator = processes(2, chunk=1)

    def interrupt(number, frame):
        raise Stopped("TERM")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(Stopped):
            evaluator.evaluate(paying(*range(100)), Slow(most_s=2.0), OWN, TWO)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert evaluator._worker_pool.workers == []
    assert gone(set(workers_of(os.getpid())) - others)
    again = evaluator.evaluate(paying(1.0, 2.0), OneInput(), OWN, TWO)[0]
    assert again.returns[:, 0].tolist() == [[1, 2], [2, 4]]
    evaluator.close()


@pytest.mark.long
@pytest.mark.parametrize("how", ENDINGS)
def test_no_worker_outlives_its_parent_however_that_ends(how):
    parent, workers = ended_parent(how)
    assert gone(workers)
    assert workers_of(parent) == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [("workers", 0), ("chunk", 0), ("time_limit_s", 0.0), ("time_limit_s", float("nan"))],
)
def test_an_impossible_setting_is_refused_in_one_line_that_names_it(setting, value):
    with pytest.raises(ConfigError, match=f"evaluator.{setting} is {value}") as caught:
        replace(processes(), **{setting: value})
    assert "\n" not in str(caught.value)


def test_workers_of_workers_are_refused():
    with pytest.raises(ConfigError, match=r"evaluator\.inner has worker processes"):
        processes(inner=processes())


def test_a_task_that_cannot_travel_is_refused_by_name_before_anything_starts():
    @dataclass(frozen=True, kw_only=True)
    class Local(OneInput):
        pass

    evaluator = processes()
    with pytest.raises(ConfigError, match="Local cannot be sent to worker processes") as caught:
        evaluator.describe(Local(), OWN)
    assert "\n" not in str(caught.value)
    assert evaluator._worker_pool.workers == []


def test_a_task_of_a_plugin_file_is_played_and_refused_once_the_file_has_changed(tmp_path):
    path = tmp_path / "halved.py"
    path.write_text(
        "from one_input import OneInput\n"
        "class Halved(OneInput):\n"
        "    def lane_step(self, m, state, outputs):\n"
        "        return state, 0.5 * outputs[0], False\n"
    )
    plugin_files.load_plugin(path)
    task = sys.modules["plugin.halved"].Halved()
    try:
        evaluator = processes(1)
        assert evaluator.evaluate(paying(3.0), task, OWN, TWO)[0].returns.ravel().tolist() == [1.5, 3.0]
        evaluator.close()
        path.write_text(path.read_text().replace("0.5", "0.25"))
        with pytest.raises(ConfigError, match=r"halved\.py has changed since the run began"):
            evaluator.evaluate(paying(3.0), task, OWN, TWO)
        evaluator.close()
    finally:
        del plugin_files.DIGEST_BY_PATH[str(path.resolve())]


def test_the_swing_up_scores_as_with_the_inner_evaluator_alone():
    networks = population(np.random.default_rng(1), SHORT.ports, 6)
    evaluator = processes()
    assert same_bits(
        evaluator.evaluate(networks, SHORT, SIX, THREE)[0],
        Reference().evaluate(networks, SHORT, SIX, THREE)[0],
    )
    evaluator.close()


def test_progress_counts_the_episodes_up_to_the_last(networks):
    evaluator, lines = processes(2, chunk=1), []
    evaluator.listeners.append(lines.append)
    evaluator.evaluate(networks, CARTPOLE, SIX, THREE)
    evaluator.close()
    assert lines[0] == "18 of 198 episodes"
    assert lines[-1] == "198 of 198 episodes"
    assert len(lines) == len(networks)
