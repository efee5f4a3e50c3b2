"""The best weight that all connections of a network can share: sweep, then refine.

Gaier & Ha (2019), "tuned shared weight": they sweep -2..2. Good weights can be narrow (the published
swing-up champion's lies within 0.003), and the best of many noisy means flatters. So the best `keep`
weights of the sweep get finer grids around them, each level with twice the episodes and a tenth of
the step, down to `finest`; the best `keep` of all levels are then played in `confirm` episodes that
have chosen nothing yet, and those decide. None of these episodes is one of a final test. Of equal means
the one furthest from a worse weight counts as better everywhere, see `core.plateau`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import between
from wannsearch.core.measurement import Measurement, TestProtocol
from wannsearch.core.plateau import order_weights
from wannsearch.core.protocols import Evaluator, Task, distinct_episodes
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population

REACH = 2.0
_NEIGHBOURS = 10  # finer weights to either side of one that is kept
_FINEST_STEP = 1e-4
_APART = 0.5  # between peaks that count as two


@dataclass(frozen=True, kw_only=True)
class SharedWeight:
    """How thoroughly it is looked for."""

    grid: int  # weights of the first sweep, evenly from -2 to 2
    episodes: int  # of the first sweep, per weight
    keep: int  # weights that are refined
    confirm: int  # episodes of the last choice

    def __post_init__(self) -> None:
        convert_fields(self)
        between("shared.grid", self.grid, 2, 100_001)
        for name in ("episodes", "keep", "confirm"):
            between(f"shared.{name}", getattr(self, name), 1, 1_000_000)


@dataclass(frozen=True)
class Tuned:
    """The weight found, what the first sweep saw, and what it all cost."""

    weight: float
    mean: float  # over the confirming episodes: slightly flattered, for they have chosen
    peaks: tuple[float, ...]  # it, and the best of other regions of the sweep, by turns of the other sign
    swept: Measurement  # (grid, episodes)
    evaluations: int  # weights played, those of every level and the last choice
    env_steps: int


def grid(count: int) -> npt.NDArray[np.float64]:
    """(count,) weights, evenly from -2 to 2, as decimal as they can be."""
    return np.round(np.linspace(-REACH, REACH, count), 12)


def tuned(evaluator: Evaluator, network: Population, task: Task, plan: SharedWeight, seed: int) -> Tuned:
    """The best shared weight of one network; NaN counts as the worst."""
    played: dict[float, float] = {}
    spent = [0, 0]

    def play(weights: npt.NDArray[np.float64], role: Role, level: int, episodes: int) -> Measurement:
        seeds = task.episode_seeds(seed, role, level, distinct_episodes(task, episodes))
        measured = evaluator.measure(network, task, TestProtocol(tuple(weights.tolist()), seeds))
        spent[0] += len(weights)
        spent[1] += int(measured.steps.sum())
        return measured

    weights = grid(plan.grid)
    step = 2 * REACH / (plan.grid - 1)
    swept = play(weights, Role.EPISODES, 0, plan.episodes)
    _note(played, weights, swept)
    level = 0
    while step > _FINEST_STEP:
        step, level = step / _NEIGHBOURS, level + 1
        offsets = step * np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)
        near = np.round(np.array(_best(played, plan.keep))[:, None] + offsets, 6)
        weights = np.unique(np.clip(near, -REACH, REACH))
        _note(played, weights, play(weights, Role.EPISODES, level, plan.episodes * 2**level))
    finalists = np.array(_best(played, plan.keep))
    confirmed = play(finalists, Role.RETEST, 0, plan.confirm)
    _note(played, finalists, confirmed)
    means = dict(zip(finalists.tolist(), _worth(confirmed).tolist(), strict=True))
    weight = next(other for other in _sort_weights(played) if means.get(other) == max(means.values()))
    peaks = _peaks(weight, dict(zip(grid(plan.grid).tolist(), _worth(swept).tolist(), strict=True)))
    return Tuned(weight, means[weight], peaks, swept, *spent)


def _peaks(weight: float, swept: dict[float, float]) -> tuple[float, ...]:
    """The weight, then the best of the sweep that lie `_APART` from all before and have the other sign."""
    found, best_first = [weight], _sort_weights(swept)
    while True:
        free = [
            other
            for other in best_first
            if other * found[-1] < 0 and min(abs(other - known) for known in found) >= _APART
        ]
        if not free:
            return tuple(found)
        found.append(free[0])


def _note(played: dict[float, float], weights: npt.NDArray[np.float64], measured: Measurement) -> None:
    """Remember the newest mean of every weight; later levels have seen more episodes."""
    played.update(zip(weights.tolist(), _worth(measured).tolist(), strict=True))


def _worth(measured: Measurement) -> npt.NDArray[np.float64]:
    """(K,) mean returns; a failure is worth less than anything."""
    means: npt.NDArray[np.float64] = np.nan_to_num(measured.mean, nan=-np.inf)
    return means


def _best(played: dict[float, float], count: int) -> list[float]:
    """That many weights, the best first."""
    return _sort_weights(played)[:count]


def _sort_weights(played: dict[float, float]) -> list[float]:
    """All weights, the best first."""
    weights = np.array(list(played))
    return [float(weight) for weight in weights[order_weights(weights, list(played.values()))]]
