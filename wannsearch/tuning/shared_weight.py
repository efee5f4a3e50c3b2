"""The best weight that all connections of a network can share: sweep, then refine.

Gaier & Ha (2019), "tuned shared weight", sweep -2..2. Good weights can be narrow: that of the published
swing-up champion lies within 0.003. The best of many noisy means is optimistic. So the best `top_k` weights
of the sweep get finer grids around them, each level with twice the episodes and a tenth of the step of the
one before, until the step is at most `_MIN_STEP`. The best `top_k` of all levels are then evaluated in
`confirm_episodes` episodes that have chosen nothing yet, and those decide. None of these episodes is one of
a final test. Of equal means the one furthest from a worse weight counts as better everywhere, see
`core.plateau`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import check_between
from wannsearch.core.measurement import Measurement, TestProtocol
from wannsearch.core.plateau import order_weights
from wannsearch.core.protocols import Evaluator, Task, count_distinct_episodes
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import MAX_SHARED_WEIGHT, shared_weight_grid

_NUM_NEIGHBORS = 10  # finer weights to either side of each refined weight
_MIN_STEP = 1e-4
_MIN_PEAK_DISTANCE = 0.5  # between two separate peaks


@dataclass(frozen=True, kw_only=True)
class SharedWeightSettings:
    """Settings of the search for the best shared weight."""

    grid: int  # weights of the first sweep, evenly from -2 to 2
    episodes: int  # of the first sweep, per weight
    top_k: int  # weights that are refined
    confirm_episodes: int  # episodes of the last choice

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("shared.grid", self.grid, 2, 100_001)
        for name in ("episodes", "top_k", "confirm_episodes"):
            check_between(f"shared.{name}", getattr(self, name), 1, 1_000_000)


@dataclass(frozen=True)
class SharedWeightResult:
    """The best shared weight, the returns of the first sweep, and the cost of the search."""

    weight: float
    mean: float  # over the confirming episodes; slightly optimistic, because they have chosen
    peaks: tuple[float, ...]  # `weight`, and the best of other regions of the sweep, of alternating sign
    sweep: Measurement  # (grid, episodes)
    evaluations: int  # weights evaluated, over every level and the last choice
    env_steps: int


def tune_shared_weight(
    evaluator: Evaluator, network: Population, task: Task, settings: SharedWeightSettings, seed: int
) -> SharedWeightResult:
    """Return the best shared weight of one network, and its cost; a NaN mean counts as the worst.

    `seed` is that of the run, from which the episodes follow. A task whose tests are all the same gets one
    episode a weight.
    """
    mean_by_weight: dict[float, float] = {}
    cost = [0, 0]

    def measure_weights(weights: FloatArray, role: Role, level: int, episodes: int) -> Measurement:
        seeds = task.episode_seeds(seed, role, level, count_distinct_episodes(task, episodes))
        measurement = evaluator.measure(network, task, TestProtocol(tuple(weights.tolist()), seeds))
        cost[0] += len(weights)
        cost[1] += int(measurement.steps.sum())
        return measurement

    weights = shared_weight_grid(settings.grid)
    step = 2 * MAX_SHARED_WEIGHT / (settings.grid - 1)
    sweep = measure_weights(weights, Role.EPISODES, 0, settings.episodes)
    _update_means(mean_by_weight, weights, sweep)
    level = 0
    while step > _MIN_STEP:
        step, level = step / _NUM_NEIGHBORS, level + 1
        offsets = step * np.arange(-_NUM_NEIGHBORS, _NUM_NEIGHBORS + 1)
        neighbors = np.round(np.array(_top_weights(mean_by_weight, settings.top_k))[:, None] + offsets, 6)
        weights = np.unique(np.clip(neighbors, -MAX_SHARED_WEIGHT, MAX_SHARED_WEIGHT))
        _update_means(
            mean_by_weight,
            weights,
            measure_weights(weights, Role.EPISODES, level, settings.episodes * 2**level),
        )
    finalists = np.array(_top_weights(mean_by_weight, settings.top_k))
    confirmation = measure_weights(finalists, Role.RETEST, 0, settings.confirm_episodes)
    _update_means(mean_by_weight, finalists, confirmation)
    means = dict(zip(finalists.tolist(), _mean_returns(confirmation).tolist(), strict=True))
    weight = next(
        candidate_weight
        for candidate_weight in _sort_weights(mean_by_weight)
        if means.get(candidate_weight) == max(means.values())
    )
    peaks = _find_peaks(
        weight,
        dict(zip(shared_weight_grid(settings.grid).tolist(), _mean_returns(sweep).tolist(), strict=True)),
    )
    return SharedWeightResult(weight, means[weight], peaks, sweep, *cost)


def _find_peaks(weight: float, mean_by_weight: dict[float, float]) -> tuple[float, ...]:
    """Return `weight`, then the best of the sweep in turn.

    Each has the other sign than the one before, and is at least `_MIN_PEAK_DISTANCE` from all before.
    """
    peaks, best_first = [weight], _sort_weights(mean_by_weight)
    while True:
        separate_weights = [
            candidate_weight
            for candidate_weight in best_first
            if candidate_weight * peaks[-1] < 0
            and min(abs(candidate_weight - peak) for peak in peaks) >= _MIN_PEAK_DISTANCE
        ]
        if not separate_weights:
            return tuple(peaks)
        peaks.append(separate_weights[0])


def _update_means(mean_by_weight: dict[float, float], weights: FloatArray, measurement: Measurement) -> None:
    """Store the newest mean of every weight; later levels have more episodes."""
    mean_by_weight.update(zip(weights.tolist(), _mean_returns(measurement).tolist(), strict=True))


def _mean_returns(measurement: Measurement) -> FloatArray:
    """Return the mean returns (K,); a failure counts as minus infinity."""
    means: FloatArray = np.nan_to_num(measurement.mean, nan=-np.inf)
    return means


def _top_weights(mean_by_weight: dict[float, float], count: int) -> list[float]:
    """Return the `count` best weights, the best first; fewer if fewer were evaluated."""
    return _sort_weights(mean_by_weight)[:count]


def _sort_weights(mean_by_weight: dict[float, float]) -> list[float]:
    """Return all evaluated weights, the best first, by the order of `core.plateau`."""
    weights = np.array(list(mean_by_weight))
    return [float(weight) for weight in weights[order_weights(weights, list(mean_by_weight.values()))]]
