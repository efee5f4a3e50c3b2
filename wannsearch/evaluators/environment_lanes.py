"""Episodes of many networks in live environments, stepped together in one process.

One compiled forward pass a round computes the actions of all episodes in progress, whatever their networks
and weights (`kernels.network_forward`). Then each environment takes its step. An ended episode makes room for
the next one at once. Every episode has a network, a weight, a seed and an environment of its own, and the
operations of its forward pass do not depend on its neighbours. So a score does not depend on which episodes
are in progress together, to the bit.

At most `in_flight` environments are in progress. More would not be faster: the forward pass costs little
beside a step, and the state of many environments does not fit into the processor's caches.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import BoolArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.protocols import Task
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.tasks.environment_task import EnvironmentTask, LiveEpisode
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.kernels.network_forward import NetworkForward
from wannsearch.evaluators.topology_evaluator import TopologyEvaluator, mark_finite_weights
from wannsearch.evaluators.workers.progress import UnitProgress
from wannsearch.evaluators.workers.units import (
    Unit,
    UnitPayload,
    UnitResult,
    decode_scores,
    encode_scores,
    split_into_units,
)


@dataclass(frozen=True, kw_only=True)
class EnvironmentLanes(TopologyEvaluator):
    """Evaluates populations on tasks of live environments (`EnvironmentTask`), in this process."""

    speed_rank: ClassVar[int] = 15
    in_flight: int  # environments in progress at a time

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("evaluator.in_flight", self.in_flight, 1)

    @classmethod
    def can_evaluate(cls, task_type: type[Any]) -> bool:
        """Return whether the tasks of this class have live environments."""
        return issubclass(task_type, EnvironmentTask)

    def describe(self, task: Task, trials: Trials) -> str:
        """Return a phrase: the number of environments and the number format.

        Raises ConfigError where the task has no live environments.
        """
        as_environment_task(task)
        plural = "s" if self.in_flight > 1 else ""
        return f"stepping {self.in_flight} environment{plural} together, float64"

    def evaluate(
        self,
        candidates: Population,
        task: Task,
        trials: Trials,
        seeds: UInt64Array,
        learn: bool = True,
    ) -> tuple[Scores, Population]:
        """Return scores (P, K, R) for every individual, weight and seed (R,), and the same candidates.

        NaN marks a return, observation or weight that is not finite, or an invalid output. `learn` has no
        effect. Raises ConfigError where the task has no live environments, and what an environment raises.
        """
        shape = (len(candidates), trials.num_weights, len(seeds))
        returns, steps = np.empty(shape), np.empty(shape, np.int64)
        units = split_into_units(*shape)
        for position, result in self.evaluate_units(task, (candidates, trials, seeds, units), UnitProgress()):
            if isinstance(result, BaseException):
                raise result
            unit = units[position]
            index = (unit.row, slice(*unit.weights), slice(*unit.episodes))
            returns[index], steps[index] = decode_scores(unit, result)
        return Scores(returns, steps), candidates

    def evaluate_units(
        self, task: Any, payload: UnitPayload, progress: UnitProgress
    ) -> Iterator[tuple[int, UnitResult]]:
        """Yield the position of each unit and its scores, or what one of its environments raised.

        `progress` names the unit whose environment is stepped, made or closed. Raises ConfigError where the
        task has no live environments.
        """
        yield from _Lanes(as_environment_task(task), payload, progress, self.in_flight).play()


def as_environment_task(task: Any) -> EnvironmentTask:
    """Return the task as an `EnvironmentTask`; raise ConfigError where it is none."""
    if isinstance(task, EnvironmentTask):
        return task
    raise ConfigError(
        f"evaluator=environments cannot play {type(task).__name__}, which has no live environments; "
        "evaluator=processes can, as it plays every task."
    )


class _UnitScores:
    """The scores of one unit while its episodes are played, and the seconds that these have taken."""

    def __init__(self, unit: Unit, is_finite: BoolArray) -> None:
        num_weights, num_episodes = unit.weights[1] - unit.weights[0], unit.episodes[1] - unit.episodes[0]
        self.unit = unit
        self.first_total = np.where(is_finite[unit.row, slice(*unit.weights)], 0.0, math.nan).tolist()
        self.returns, self.steps = [0.0] * (num_weights * num_episodes), [0] * (num_weights * num_episodes)
        self.num_open, self.num_episodes = num_weights * num_episodes, num_episodes
        self.spent_s, self.is_failed = 0.0, False

    def encode(self) -> bytes:
        """Return the scores as `decode_scores` reads them; a return that is not finite is NaN."""
        returns = np.array(self.returns)
        return encode_scores(np.where(np.isfinite(returns), returns, np.nan), np.array(self.steps))


class _Lanes:
    """The episodes in progress: lane 0 .. `num_lanes` - 1, side by side in the arrays of the forward pass."""

    def __init__(
        self, task: EnvironmentTask, payload: UnitPayload, progress: UnitProgress, in_flight: int
    ) -> None:
        self.population, self.trials, self.seeds, units = payload
        self.task, self.progress = task, progress
        has_own_weights = self.trials.shared_weights is None
        is_finite = mark_finite_weights(self.population, self.trials)  # (P, K)
        self.units = [_UnitScores(unit, is_finite) for unit in units]
        num_episodes = sum(unit.num_open for unit in self.units)
        lanes = min(in_flight, num_episodes)
        self.forward = NetworkForward(self.population, task.ports, has_own_weights, lanes)
        self.observations = list(self.forward.observations)  # a row for each lane
        self.num_lanes, self.max_lanes = 0, lanes
        self.waiting = (
            (position, index) for position, unit in enumerate(self.units) for index in range(unit.num_open)
        )
        self.episodes: list[LiveEpisode] = []
        self.positions: list[int] = []  # of the unit of each lane
        self.indices: list[int] = []  # of the episode of each lane in its unit
        self.totals: list[float] = []
        self.steps: list[int] = []
        self.results: list[tuple[int, UnitResult]] = []

    def play(self) -> Iterator[tuple[int, UnitResult]]:
        """Yield the result of each unit as soon as its last episode has ended."""
        try:
            self._fill_lanes()
            yield from self._take_results()
            while self.num_lanes:
                self._play_round()
                yield from self._take_results()
        finally:
            for episode in self.episodes:
                with suppress(Exception):
                    episode.close()

    def _take_results(self) -> list[tuple[int, UnitResult]]:
        results, self.results = self.results, []
        return results

    def _play_round(self) -> None:
        """Compute all actions, then take a step in each environment."""
        self.forward.compute(self.num_lanes)
        actions, valid = self.task.decode_actions(self.forward.outputs[: self.num_lanes])
        flags = self.forward.nan_flags[: self.num_lanes].tolist()
        # Names of the function cost less than attributes, and the loop stands between every two steps.
        horizon, cells, clock = self.task.horizon, self.progress.cells, time.monotonic
        units, all_steps, totals = self.units, self.steps, self.totals
        ended_lanes: list[int] = []
        failures: list[tuple[int, BaseException]] = []
        now_s = clock()
        for lane, (episode, position, action, observation) in enumerate(
            zip(self.episodes, self.positions, actions, self.observations, strict=False)
        ):
            unit = units[position]
            cells[0], cells[1], cells[2] = position, unit.spent_s, now_s
            steps = all_steps[lane] = all_steps[lane] + 1
            if not valid[lane]:
                totals[lane] = math.nan
                ended_lanes.append(lane)
                continue
            try:
                reward, terminated, truncated = episode.step(action, observation)
            except BaseException as error:  # an environment may also call sys.exit()
                failures.append((position, error))
                continue
            then_s = clock()
            unit.spent_s += then_s - now_s
            now_s = then_s
            totals[lane] += reward + flags[lane]
            if terminated or truncated or steps >= horizon:
                ended_lanes.append(lane)
        for failed_position, failure in failures:
            self._fail_unit(failed_position, failure)
        if ended_lanes or failures:
            self._end_lanes(ended_lanes)
            self._fill_lanes()

    def _enter(self, position: int) -> float:
        now_s = time.monotonic()
        self.progress.enter(position, self.units[position].spent_s, now_s)
        return now_s

    def _fail_unit(self, position: int, error: BaseException) -> None:
        unit = self.units[position]
        if not unit.is_failed:
            unit.is_failed = True
            self.results.append((position, error))

    def _end_lanes(self, ended_lanes: list[int]) -> None:
        """Store the scores of ended lanes; remove them, and those of failed units.

        A failed unit keeps no lane: its failure is sent next, and nobody expects more of the unit then.
        """
        for lane in ended_lanes:
            position, index = self.positions[lane], self.indices[lane]
            unit = self.units[position]
            unit.returns[index], unit.steps[index] = self.totals[lane], self.steps[lane]
            unit.num_open -= 1
        for lane in sorted({*ended_lanes, *self._list_failed_lanes()}, reverse=True):
            position = self.positions[lane]
            started_s = self._enter(position)
            try:
                self.episodes[lane].close()
            except BaseException as error:
                self._fail_unit(position, error)
            unit = self.units[position]
            unit.spent_s += time.monotonic() - started_s
            self._remove_lane(lane)
            if unit.num_open == 0 and not unit.is_failed and position not in self.positions:
                self.results.append((position, unit.encode()))
        if self._list_failed_lanes():  # of units that have failed as an episode ended
            self._end_lanes([])

    def _list_failed_lanes(self) -> list[int]:
        return [lane for lane, position in enumerate(self.positions) if self.units[position].is_failed]

    def _remove_lane(self, lane: int) -> None:
        """Move the last lane into the place of this one."""
        forward, last = self.forward, self.num_lanes - 1
        lists: list[list[Any]] = [self.episodes, self.positions, self.indices, self.totals, self.steps]
        for values in lists:
            values[lane] = values[last]
            values.pop()
        for array in (forward.lane_row, forward.lane_weight, forward.observations):
            array[lane] = array[last]
        self.num_lanes = last

    def _fill_lanes(self) -> None:
        """Start waiting episodes until all lanes are in use or none waits."""
        while self.num_lanes < self.max_lanes:
            position, index = next(self.waiting, (-1, -1))
            if position < 0:
                return
            if not self.units[position].is_failed:
                self._start_lane(position, index)

    def _start_lane(self, position: int, index: int) -> None:
        unit, lane = self.units[position], self.num_lanes
        weight_number, episode_number = divmod(index, unit.num_episodes)
        seed = int(self.seeds[unit.unit.episodes[0] + episode_number])
        started_s = self._enter(position)
        try:
            episode = self.task.start_episode(seed, self.observations[lane])
        except BaseException as error:
            self._fail_unit(position, error)
            self._end_lanes([])
            return
        unit.spent_s += time.monotonic() - started_s
        self.forward.lane_row[lane] = unit.unit.row
        if self.trials.shared_weights is not None:
            weight = self.trials.shared_weights[unit.unit.weights[0] + weight_number]
            self.forward.lane_weight[lane] = weight
        self.episodes.append(episode)
        self.positions.append(position)
        self.indices.append(index)
        self.totals.append(unit.first_total[weight_number])
        self.steps.append(0)
        self.num_lanes += 1
