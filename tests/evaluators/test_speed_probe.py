"""The speed of a task is that of whole episodes, and measuring it changes nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from compiled_settings import same_bits
from faulty_tasks import Faulty, Stuck
from one_input import OneInput
from supervised import OWN, TWO, paying, processes

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.errors import EvaluationFailed
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.reference import Reference
from wannsearch.evaluators.workers import speed_probe, worker_evaluator
from wannsearch.evaluators.workers.speed_probe import probe_step_rate
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.gymnasium import Gymnasium

CARTPOLE = CartPole(episodes=2, horizon=60, start_range=0.05, activations=CONTROL_ACTIVATIONS)
START_S, STEP_S = 0.05, 0.01


@dataclass
class Clock:
    """A clock that moves where a task says so."""

    now_s: float = 100.0

    def perf_counter(self):
        return self.now_s


@dataclass(frozen=True, kw_only=True)
class Timed(OneInput):
    """Its starts and steps take known times, and its episodes end after a few steps."""

    clock: Clock = field(compare=False)
    num_steps: list = field(default_factory=list, compare=False)

    def reset(self, seeds):
        self.clock.now_s += START_S * len(seeds)
        return (*super().reset(seeds), np.zeros(len(seeds), int))

    def step(self, state, outputs):
        *inner, steps = state
        self.clock.now_s += STEP_S * len(outputs)
        self.num_steps.append(len(outputs))
        after, reward, _ = super().step(tuple(inner), outputs)
        return (*after, steps + 1), reward, steps + 1 >= 3

    def observe(self, state):
        return super().observe(state[:-1])


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(speed_probe, "time", clock)
    return clock


def test_a_rate_is_that_of_episodes_that_last_the_whole_horizon(clock):
    task, own = Timed(horizon=1000, clock=clock), Trials(shared_weights=None, episodes=2)
    rate = probe_step_rate(Reference(), task, own)
    assert rate == pytest.approx(1000 / (START_S + 1000 * STEP_S))
    assert sum(task.num_steps) * STEP_S < 1, "the probe ends when its time is over"


def test_a_task_that_raises_has_no_rate_of_its_own():
    class Broken(OneInput):
        def step(self, state, outputs):
            raise EvaluationFailed("broken")

    with pytest.raises(EvaluationFailed, match="broken"):
        probe_step_rate(Reference(), Broken(), OWN)


def test_the_evaluator_of_live_environments_is_measured_in_them():
    task = Gymnasium(
        env_id="CartPole-v1",
        episodes=4,
        horizon=None,
        env_kwargs=None,
        wrappers=(),
        scale_observations=False,
        start_states="philox",
        input_names=None,
        output_names=None,
        activations=CONTROL_ACTIVATIONS,
    )
    assert probe_step_rate(EnvironmentLanes(in_flight=3), task, Trials(shared_weights=(1.0,), episodes=4)) > 0


def test_all_workers_are_measured_at_once_and_scores_stay_as_they_were():
    evaluator, plain = processes(workers=2), Reference()
    networks = speed_probe.make_probe_network(CARTPOLE.ports)
    trials, seeds = Trials(shared_weights=(1.0, -1.0), episodes=2), TWO
    assert evaluator.measure_step_rate(CARTPOLE, trials) > 0
    expected = plain.evaluate(networks, CARTPOLE, trials, seeds)[0]
    assert same_bits(evaluator.evaluate(networks, CARTPOLE, trials, seeds)[0], expected)
    assert evaluator.failures == []
    evaluator.close()


def test_a_task_that_hangs_or_raises_has_no_rate_and_the_evaluator_goes_on(monkeypatch):
    monkeypatch.setattr(worker_evaluator, "_PROBE_LIMIT_S", 0.2)
    evaluator = processes(workers=1)
    assert math.isnan(evaluator.measure_step_rate(Stuck(), OWN))
    scores = evaluator.evaluate(paying(2.0), Faulty(fault="raise"), OWN, TWO)[0]
    assert scores.returns.tolist() == [[[2.0, 4.0]]]
    assert evaluator.failures == []
    evaluator.close()
