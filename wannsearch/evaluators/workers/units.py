"""An evaluation split into units: one individual with a few weights and episodes.

A worker evaluates a unit without a message in between. A time limit bounds a unit, and a unit is evaluated
again when its worker ends. Scores depend on (individual, weight, episode) alone, so the split changes no
bit. A trial of a generation, six weights in a handful of episodes, is one unit an individual. A final test
of one network is many units, and so keeps all workers busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray, UInt64Array
from wannsearch.core.scores import Scores
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials

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


@dataclass(frozen=True)
class EvaluationJob:
    """The arguments of one evaluation, and its units."""

    evaluator: Any  # evaluates a unit
    task: Any
    population: Population
    trials: Trials
    seeds: UInt64Array
    units: list[Unit]

    def build_payload(self, unit_indices: list[int]) -> tuple[Any, ...]:
        """Return the payload of `evaluate_unit` for these units: population, trials, seeds and units.

        The population has only the rows of these units, and the units are renumbered accordingly.
        """
        rows = sorted({self.units[number].row for number in unit_indices})
        units = [self.units[number] for number in unit_indices]
        renumbered_units = [unit._replace(row=rows.index(unit.row)) for unit in units]
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


def evaluate_unit(evaluator: Any, task: Any, payload: tuple[Any, ...], unit: Unit) -> bytes:
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
    return returns.tobytes() + steps.astype(np.int64).tobytes()


def decode_scores(unit: Unit, content: bytes) -> tuple[FloatArray, IntArray]:
    """Return read-only returns and steps, (weights, episodes) each, from the bytes of `evaluate_unit`."""
    shape = (unit.weights[1] - unit.weights[0], unit.episodes[1] - unit.episodes[0])
    half_bytes = len(content) // 2
    returns = np.frombuffer(content[:half_bytes], np.float64).reshape(shape)
    return returns, np.frombuffer(content[half_bytes:], np.int64).reshape(shape)
