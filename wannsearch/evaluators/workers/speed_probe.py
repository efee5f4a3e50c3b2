"""The speed of a task under an evaluator, measured within a third of a second before a search begins.

A small dense network plays episodes in the evaluator that will play the search, so its forward pass counts
too. A task that counts steps and seconds stands between the evaluator and the real task, and ends the probe
when its time is over. Starts of episodes are timed apart from steps, because few steps follow a start where
episodes end early. With t_start and t_step, an episode of H steps has the rate

    H / (t_start + H t_step).

`probe_step_rate` runs in a worker process (`SpeedProbe`), where a task that hangs is killed after a limit.
It draws its seeds from a generator of its own. An episode depends on its seed alone, so no score changes.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, UInt64Array
from wannsearch.core.ports import Ports
from wannsearch.core.protocols import Evaluator, Task, TaskState
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role
from wannsearch.core.tasks.environment_task import EnvironmentTask, LiveEpisode
from wannsearch.core.topologies.dense_network import make_dense_network
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials

_MAX_SECONDS = 0.3
_HIDDEN_NODES = 10
_SEED = 0  # of the probe's own generator


class _ProbeOver(Exception):
    """The time of the probe is over."""


@dataclass
class _ClockedTask(EnvironmentTask):
    """A task with the episodes of another one, which counts their steps and seconds."""

    inner: Any
    max_seconds: float
    num_steps: int = 0
    num_starts: int = 0
    start_s: float = 0.0  # of all starts
    _first_step_s: float = math.nan  # time of the clock, as the next one
    _last_step_s: float = math.nan
    _late_start_s: float = 0.0  # of starts between these two
    _pending_start_s: float = 0.0  # of starts since the last step
    _done: BoolArray = field(default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        self.horizon, self.episodes = self.inner.horizon, self.inner.episodes

    @property
    def ports(self) -> Ports:
        """Return the ports of the other task."""
        ports: Ports = self.inner.ports
        return ports

    def decode_actions(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Return the actions of the other task."""
        actions: tuple[list[Any], list[bool]] = self.inner.decode_actions(outputs)
        return actions

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return the seeds of the other task."""
        seeds: UInt64Array = self.inner.episode_seeds(seed, role, generation, episodes)
        return seeds

    def start_episode(self, seed: int, observation: FloatArray) -> LiveEpisode:
        """Start an episode of the other task, whose steps are counted."""
        began_s = time.perf_counter()
        episode = _ClockedEpisode(self, self.inner.start_episode(seed, observation))
        self._count_starts(began_s, 1)
        return episode

    def reset(self, seeds: UInt64Array) -> TaskState:
        """Start episodes of the other task."""
        began_s = time.perf_counter()
        state: TaskState = self.inner.reset(seeds)
        self._done = np.zeros(len(seeds), bool)
        self._count_starts(began_s, len(seeds))
        return state

    def observe(self, state: TaskState) -> FloatArray:
        """Return the observations of the other task."""
        observations: FloatArray = self.inner.observe(state)
        return observations

    def step(self, state: TaskState, outputs: FloatArray) -> tuple[TaskState, FloatArray, BoolArray]:
        """Step the lanes of the other task, and count those that had not ended."""
        self.begin_step()
        next_state, reward, done = self.inner.step(state, outputs)
        if len(self._done) != len(done):  # the evaluator has repeated the starts for each weight
            self._done = np.zeros(len(done), bool)
        self.end_step(int((~self._done).sum()))
        self._done = self._done | done
        return next_state, reward, done

    def begin_step(self) -> None:
        """Note the time of the first step; raise _ProbeOver where the time is over."""
        now_s = time.perf_counter()
        if math.isnan(self._first_step_s):
            self._first_step_s = now_s
        self._check_time(now_s)

    def end_step(self, num_lanes: int) -> None:
        """Count a step of this number of lanes."""
        self.num_steps += num_lanes
        self._last_step_s = time.perf_counter()
        self._late_start_s, self._pending_start_s = self._late_start_s + self._pending_start_s, 0.0

    def _count_starts(self, began_s: float, num_starts: int) -> None:
        now_s = time.perf_counter()
        self.num_starts += num_starts
        self.start_s += now_s - began_s
        if not math.isnan(self._first_step_s):
            self._pending_start_s += now_s - began_s
            self._check_time(now_s)

    def _check_time(self, now_s: float) -> None:
        if self.num_steps and now_s - self._first_step_s > self.max_seconds:
            raise _ProbeOver

    @property
    def is_over(self) -> bool:
        """Return whether the probe has had its time."""
        return time.perf_counter() - self._first_step_s > self.max_seconds

    def measure_rate(self) -> float:
        """Return the steps per second of episodes that last the whole horizon; NaN without a step."""
        if not self.num_steps:
            return math.nan
        steps_s = self._last_step_s - self._first_step_s - self._late_start_s
        seconds = self.start_s / self.num_starts + self.horizon * max(steps_s, 0.0) / self.num_steps
        return float(self.horizon / max(seconds, 1e-9))


@dataclass(frozen=True)
class _ClockedEpisode:
    """An episode in progress, whose steps its task counts."""

    task: _ClockedTask
    inner: LiveEpisode

    def step(self, action: Any, observation: FloatArray) -> tuple[float, bool, bool]:
        """Take the step of the other episode, and count it."""
        self.task.begin_step()
        result = self.inner.step(action, observation)
        self.task.end_step(1)
        return result

    def close(self) -> None:
        """End the episode of the other task."""
        self.inner.close()


def probe_step_rate(
    evaluator: Evaluator, task: Task, trials: Trials, max_seconds: float = _MAX_SECONDS
) -> float:
    """Return the steps per second of this evaluator on this task, in episodes of the whole horizon.

    NaN where no step was taken; errors of evaluator and task pass through.
    """
    network = make_probe_network(task.ports)
    clocked_task, generator = _ClockedTask(task, max_seconds), np.random.default_rng(_SEED)
    try:
        while not clocked_task.is_over:
            seeds = generator.integers(0, 2**64, trials.episodes, np.uint64)
            num_steps = clocked_task.num_steps
            evaluator.evaluate(network, clocked_task, trials, seeds, learn=False)
            if clocked_task.num_steps == num_steps:
                break  # no action is valid, or the evaluator does without `step`
    except _ProbeOver:
        pass
    return clocked_task.measure_rate()


def make_probe_network(ports: Ports) -> Population:
    """Return the network that plays: fully connected, with one hidden layer."""
    return make_dense_network([_HIDDEN_NODES], ports, ports.activations[0])


@dataclass(frozen=True)
class SpeedProbe:
    """An evaluator for one worker, whose score is the speed of the evaluator that it holds."""

    inner: Evaluator
    trials: Trials

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = False,
    ) -> tuple[Scores, Population]:
        """Return the rate of `probe_step_rate` as the only score, (1, 1, 1)."""
        rate = probe_step_rate(self.inner, task, self.trials)
        return Scores(np.full((1, 1, 1), rate), np.ones((1, 1, 1), np.int64)), candidates
