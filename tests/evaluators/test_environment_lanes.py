"""Episodes side by side in one process: what of a unit is in progress once its result is told."""

from __future__ import annotations

import numpy as np
import pytest
from one_input import OneInput
from supervised import paying

from wannsearch.core.tasks.environment_task import EnvironmentTask
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environment_lanes import EnvironmentLanes
from wannsearch.evaluators.workers.progress import UnitProgress
from wannsearch.evaluators.workers.units import Unit, decode_scores


class CountedEpisode:
    """It lasts as many steps as its seed says."""

    def __init__(self, task, seed):
        self.task, self.seed, self.steps = task, seed, 0
        task.open_seeds.add(seed)

    def step(self, action, observation):
        assert self.seed in self.task.open_seeds
        self.steps += 1
        return 1.0, self.steps == self.seed, False

    def close(self):
        self.task.open_seeds.discard(self.seed)
        if self.task.fault == ("close", self.seed):
            raise OSError("a door is stuck")


class Counted(EnvironmentTask):
    """Episodes of which the open ones are known; one of them breaks as it starts, or as it is closed."""

    horizon, episodes, ports = 100, 1, OneInput().ports

    def __init__(self, fault):
        self.fault, self.open_seeds = fault, set()

    def start_episode(self, seed, observation):
        if self.fault == ("start", seed):
            raise RuntimeError("broken on purpose")
        return CountedEpisode(self, seed)

    def decode_actions(self, outputs):
        return outputs.tolist(), [True] * len(outputs)


@pytest.mark.parametrize("fault", [("start", 9), ("close", 2)])
def test_a_unit_that_fails_between_steps_has_no_episode_left_once_that_is_told(fault):
    task, seeds = Counted(fault), np.array([50, 2, 9, 40, 3], np.uint64)
    units = [Unit(0, (0, 1), (0, 3)), Unit(1, (0, 1), (3, 5))]
    payload = (paying(1.0, 2.0), Trials(shared_weights=None, episodes=5), seeds, units)
    results = {}
    for position, result in EnvironmentLanes(in_flight=2).evaluate_units(task, payload, UnitProgress()):
        results[position] = result
        assert not task.open_seeds & ({50, 2, 9} if position == 0 else {40, 3})
    assert list(results) == [0, 1]
    assert isinstance(results[0], (RuntimeError, OSError))
    returns, steps = decode_scores(units[1], results[1])
    assert returns.tolist() == [[40.0, 3.0]]
    assert steps.tolist() == [[40, 3]]
