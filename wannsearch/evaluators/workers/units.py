"""An evaluation split into units: one individual with a few weights and episodes.

A worker evaluates a unit without a message in between, or several of them together, if its evaluator can. A
time limit bounds a unit, and a unit is evaluated again when its worker ends in it. Scores depend on
(individual, weight, episode) alone, so the split changes no bit. A trial of a generation, six weights in a
handful of episodes, is one unit an individual. A final test of one network is many units, and so keeps all
workers busy.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray, UInt64Array
from wannsearch.core.scores import Scores
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.workers.progress import UnitProgress

MAX_LANES_PER_UNIT = 32
"""The largest number of weights x episodes of a unit."""


class Unit(NamedTuple):
    """A row of the population, and half-open ranges (first, end) of weights and of episodes."""

    row: int
    weights: tuple[int, int]
    episodes: tuple[int, int]

    def num_score_bytes(self) -> int:
        """Return the length of its scores in bytes: a float64 and an int64 a lane."""
        return 16 * (self.weights[1] - self.weights[0]) * (self.episodes[1] - self.episodes[0])


UnitPayload = tuple[Population, Trials, UInt64Array, list[Unit]]
"""What a worker needs beside evaluator and task: networks, trials, seeds and units."""
UnitResult = bytes | BaseException
"""The scores of a unit, or what was raised instead."""


@dataclass(frozen=True)
class EvaluationJob:
    """The arguments of one evaluation, and its units."""

    evaluator: Any  # evaluates a unit
    task: Any
    population: Population
    trials: Trials
    seeds: UInt64Array
    units: list[Unit]

    def build_payload(self, unit_indices: list[int]) -> UnitPayload:
        """Return the payload of `evaluate_units` for these units.

        The population has only the rows of these units, and the units are renumbered accordingly.
        """
        rows = sorted({self.units[number].row for number in unit_indices})
        new_row = {row: index for index, row in enumerate(rows)}
        units = [self.units[number] for number in unit_indices]
        renumbered_units = [unit._replace(row=new_row[unit.row]) for unit in units]
        return self.population.take(rows), self.trials, self.seeds, renumbered_units


def split_into_units(rows: int, weights: int, episodes: int) -> list[Unit]:
    """Return units row by row: nearly equal parts of at most `MAX_LANES_PER_UNIT` weights x episodes."""
    weight_ranges = _split_evenly(weights, MAX_LANES_PER_UNIT)
    episode_ranges = _split_evenly(episodes, max(1, MAX_LANES_PER_UNIT // min(weights, MAX_LANES_PER_UNIT)))
    return [Unit(row, w, e) for row in range(rows) for w in weight_ranges for e in episode_ranges]


def _split_evenly(count: int, max_size: int) -> list[tuple[int, int]]:
    num_parts = -(-count // max_size)
    bounds = [count * i // num_parts for i in range(num_parts + 1)]
    return list(pairwise(bounds))


@runtime_checkable
class EvaluatesUnitsTogether(Protocol):
    """Such an evaluator takes all units of a chunk at once, and finishes them in an order of its own."""

    def evaluate_units(
        self, task: Any, payload: UnitPayload, progress: UnitProgress
    ) -> Iterator[tuple[int, UnitResult]]:
        """Yield the position of each unit and its result, as they come; each position once.

        `progress` must always name the unit whose task is called.
        """


def evaluate_units(
    evaluator: Any, task: Any, payload: UnitPayload, progress: UnitProgress
) -> Iterator[tuple[int, UnitResult]]:
    """Yield the position of each unit in the payload and its result: all together if the evaluator can.

    An exception of evaluator or task, of any class, is the result of its unit.
    """
    if isinstance(evaluator, EvaluatesUnitsTogether):
        yield from evaluator.evaluate_units(task, payload, progress)
        return
    for position, unit in enumerate(payload[3]):
        progress.enter(position, 0.0, time.monotonic())
        result: UnitResult
        try:
            result = evaluate_unit(evaluator, task, payload, unit)
        except BaseException as error:  # a task may also call sys.exit()
            result = error
        yield position, result


def encode_scores(returns: FloatArray, steps: IntArray) -> bytes:
    """Return the scores of one unit as bytes: returns (float64), then steps (int64)."""
    return returns.astype(np.float64).tobytes() + steps.astype(np.int64).tobytes()


def evaluate_unit(evaluator: Any, task: Any, payload: UnitPayload, unit: Unit) -> bytes:
    """Return the scores of one unit as bytes: returns (float64), then steps (int64).

    `payload` comes from `EvaluationJob.build_payload`. Raises ValueError where the evaluator returns another
    shape, or returns that are not float64; an error of evaluator or task passes through.
    """
    population, trials, seeds, _ = payload
    (first, last), (begin, end) = unit.weights, unit.episodes
    shared_weights = None if trials.shared_weights is None else trials.shared_weights[first:last]
    unit_trials = Trials(shared_weights=shared_weights, episodes=end - begin)
    individual: Population = population.take([unit.row])
    scores: Scores = evaluator.evaluate(individual, task, unit_trials, seeds[begin:end], learn=False)[0]
    returns, steps = np.asarray(scores.returns), np.asarray(scores.steps)
    shape = (1, last - first, end - begin)
    if returns.shape != shape or steps.shape != shape or returns.dtype != np.float64:
        raise ValueError(
            f"scores have shape {returns.shape} and type {returns.dtype}; they should be {shape}."
        )
    return encode_scores(returns, steps)


def decode_scores(unit: Unit, content: bytes) -> tuple[FloatArray, IntArray]:
    """Return read-only returns and steps, (weights, episodes) each, from the bytes of `evaluate_unit`."""
    shape = (unit.weights[1] - unit.weights[0], unit.episodes[1] - unit.episodes[0])
    half_bytes = len(content) // 2
    returns = np.frombuffer(content[:half_bytes], np.float64).reshape(shape)
    return returns, np.frombuffer(content[half_bytes:], np.int64).reshape(shape)
