"""One topology whose weights are found by CMA-ES, shared by `fixed_topology` and tuning.

The algorithm is in `variation.cma_es`. Row 0 of every generation is the mean of the distribution, which
is the result of the search; the other rows are drawn around it, and only they move it. A row that failed
counts as the worst. After `patience` generations without a better best, or when the step size diverges,
the search restarts: around the next of its initial means, and after the last around the first, with other
draws. In generation `final_restart_generation` it restarts in any case, and from then on around the mean
with the best score so far. The recorded best is the best over all restarts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from wannsearch.core.arrays import FloatArray, Int32Array, IntArray
from wannsearch.core.errors import ConfigError, check_at_least, check_population_size
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.population import Population
from wannsearch.variation.cma_es import (
    MAX_WEIGHT,
    CovarianceType,
    Distribution,
    initial_distribution,
    is_valid_distribution,
    sample_weights,
    update_distribution,
)

_MAX_WEIGHTS = {CovarianceType.FULL: 5_000, CovarianceType.DIAGONAL: 1_000_000}
"""The highest number of weights for each covariance; a full one of 5,000 takes 200 MB."""


def check_weight_count(num_connections: int, covariance: CovarianceType) -> None:
    """Raise ConfigError unless the number of weights is at least 1 and within `_MAX_WEIGHTS`."""
    max_weights = _MAX_WEIGHTS[covariance]
    if not 1 <= num_connections <= max_weights:
        raise ConfigError(
            f"the network has {num_connections} connections; "
            f"CMA-ES with covariance={covariance.value} finds 1 to {max_weights} weights."
        )


@dataclass(frozen=True)
class CmaEsState:
    """The state holds the distribution, its current samples, and the counters of restarts."""

    distribution: Distribution
    candidate_weights: FloatArray  # (P, n)
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2)
    rank: Int32Array  # (P,)
    generation: int  # generation of `candidate_weights`, from 1
    restarts: int  # number of restarts so far
    restart_best_score: float  # highest mean return since the last restart
    stagnation: int  # generations since that score was reached
    best_weights: FloatArray  # (n,) mean of the distribution with the best score, over all restarts
    best_score: float  # mean return of `best_weights`


@dataclass(frozen=True, kw_only=True)
class CmaEsWeights:
    """CMA-ES searches the n weights of this network, a population of one.

    ConfigError for fewer than 5 candidates, a patience below 1, a sigma of 0 or less, or initial values that
    are not below `MAX_WEIGHT`.
    """

    candidate_type: ClassVar[type[Population]] = Population
    network: Population
    initial_means: FloatArray  # (C, n) means at the start and at restarts, in turn
    initial_sigma: float
    covariance: CovarianceType
    patience: int
    population_size: int
    final_restart_generation: int | None = None  # None: never
    key_prefix: str = "method."  # prefix of its config keys in messages

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least(f"{self.key_prefix}population_size", self.population_size, 5)
        check_population_size(self.population_size, 5)
        check_at_least(f"{self.key_prefix}patience", self.patience, 1)
        if not 0 < self.initial_sigma < MAX_WEIGHT:
            raise ConfigError(
                f"{self.key_prefix}initial_sigma is {self.initial_sigma}; it must lie between 0 and "
                f"{MAX_WEIGHT:g}."
            )
        if not (np.abs(self.initial_means) < MAX_WEIGHT).all():
            raise ConfigError(
                f"the search for weights would begin with one that is not below {MAX_WEIGHT:g}."
            )

    @property
    def _num_weights(self) -> int:
        return int(self.initial_means.shape[1])

    def start(self, ports: Ports, rng: Stream) -> CmaEsState:
        """Return the state with the first initial mean and P - 1 samples around it; `ports` is unused."""
        size = self.population_size
        distribution = self._restart_distribution(0)
        return CmaEsState(
            distribution,
            self._sample_weights(distribution, rng),
            ids=size + np.arange(size, dtype=np.int64),
            parent_ids=np.full((size, 2), -1, np.int64),
            rank=np.zeros(size, np.int32),
            generation=1,
            restarts=0,
            restart_best_score=-np.inf,
            stagnation=0,
            best_weights=self.initial_means[0].copy(),
            best_score=-np.inf,
        )

    def ask(self, state: CmaEsState) -> Population:
        """Return P copies of the network, one for each row of weights."""
        copies = self.network.take(np.zeros(self.population_size, np.int64))
        return replace(copies, weight=state.candidate_weights.copy())

    def tell(self, state: CmaEsState, candidates: Population, scores: Scores, rng: Stream) -> CmaEsState:
        """Update the distribution by the mean returns of rows 1 to P - 1, or restart it; draw new rows."""
        size = self.population_size
        costs = np.where(scores.failed_mask, np.inf, -scores.mean)
        rank = np.empty(size, np.int32)
        rank[np.argsort(costs, kind="stable")] = np.arange(size, dtype=np.int32)
        restarts, restart_best_score, stagnation = (
            state.restarts,
            state.restart_best_score,
            state.stagnation + 1,
        )
        if -costs.min() > restart_best_score:
            restart_best_score, stagnation = float(-costs.min()), 0
        best_weights, best_score = state.best_weights, state.best_score
        if -costs[0] > best_score:
            best_weights, best_score = state.candidate_weights[0], float(-costs[0])
        distribution = update_distribution(state.distribution, state.candidate_weights[1:], costs[1:])
        generation = state.generation + 1
        is_final_restart = (
            self.final_restart_generation is not None and generation >= self.final_restart_generation
        )
        is_restart_due = stagnation >= self.patience or generation == self.final_restart_generation
        if is_restart_due or not is_valid_distribution(distribution, self._num_weights, self.covariance):
            restarts, restart_best_score, stagnation = restarts + 1, -np.inf, 0
            distribution = (
                self._initial_distribution(best_weights)
                if is_final_restart
                else self._restart_distribution(restarts)
            )
        return CmaEsState(
            distribution,
            self._sample_weights(distribution, rng),
            ids=generation * size + np.arange(size, dtype=np.int64),
            parent_ids=np.full((size, 2), -1, np.int64),
            rank=rank,
            generation=generation,
            restarts=restarts,
            restart_best_score=restart_best_score,
            stagnation=stagnation,
            best_weights=best_weights,
            best_score=best_score,
        )

    def check(self, state: CmaEsState, ports: Ports) -> None:
        """Raise ConfigError for arrays of a wrong shape, an invalid distribution or a count out of range."""
        size = self.population_size
        shapes = {
            "candidate_weights": (size, self._num_weights),
            "best_weights": (self._num_weights,),
            "ids": (size,),
            "parent_ids": (size, 2),
            "rank": (size,),
        }
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape:
                raise ConfigError(f"{name} of the state has the shape {getattr(state, name).shape}.")
        is_valid = is_valid_distribution(
            state.distribution, self._num_weights, self.covariance
        ) and not np.isnan(state.restart_best_score)
        if not is_valid or not np.isfinite(state.candidate_weights).all():
            raise ConfigError(f"the state holds no distribution of {self._num_weights} weights.")
        for name, min_value in (("generation", 1), ("restarts", 0), ("stagnation", 0)):
            if not min_value <= getattr(state, name) <= 2**40:
                value = getattr(state, name)
                raise ConfigError(f"{name} of the state is {value}; allowed: {min_value} to {2**40}.")

    def _restart_distribution(self, restart: int) -> Distribution:
        return self._initial_distribution(self.initial_means[restart % len(self.initial_means)])

    def _initial_distribution(self, mean: FloatArray) -> Distribution:
        return initial_distribution(mean, self.initial_sigma, self.covariance)

    def _sample_weights(self, distribution: Distribution, rng: Stream) -> FloatArray:
        samples = sample_weights(distribution, self.population_size - 1, rng)
        return np.concatenate([distribution.mean[None], samples])
