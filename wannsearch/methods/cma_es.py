"""One topology whose weights are found by CMA-ES; what `fixed_topology` and tuning share.

Row 0 of every generation is the mean of the distribution, which the search would answer with; the
other rows are drawn around it, and only they move it. A row that failed counts as the worst. After
`patience` generations without a better best, or when the step size has run away, it begins again: around
the next of its centers, and after the last around the first, with other draws. From generation
`final_restart_generation` on it begins around the best weights that it has met. The recorded best is the
best of all beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

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
"""A full covariance is a square of them: 200 MB."""


def check_weight_count(num_connections: int, covariance: CovarianceType) -> None:
    """ConfigError for a network with no weights, or more than can be found."""
    max_weights = _MAX_WEIGHTS[covariance]
    if not 1 <= num_connections <= max_weights:
        raise ConfigError(
            f"the network has {num_connections} connections; "
            f"CMA-ES with covariance={covariance.value} finds 1 to {max_weights} weights."
        )


@dataclass(frozen=True)
class CmaEsState:
    """The distribution, and what it proposes."""

    distribution: Distribution
    candidate_weights: FloatArray  # (P, n)
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2)
    rank: Int32Array  # (P,)
    generation: int  # of the weights to ask, from 1
    restarts: int  # how often the search began again
    restart_best_score: float  # highest mean since the last beginning
    stagnation: int  # generations since then without a better
    best_weights: FloatArray  # (n,) the means of the distribution that scored best, of all beginnings
    best_score: float


@dataclass(frozen=True, kw_only=True)
class CmaEsWeights:
    """The settings, and the network (a population of one) whose n weights are meant."""

    network: Population
    initial_means: FloatArray  # (C, n) where the search begins, and begins again
    initial_sigma: float
    covariance: CovarianceType
    patience: int
    population_size: int
    final_restart_generation: int | None = None  # generation; None for never
    key_prefix: str = "method."  # where its settings stand in a config

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
        """The first weights around the first center."""
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
        """The network, once for each row of weights."""
        copies = self.network.take(np.zeros(self.population_size, np.int64))
        return replace(copies, weight=state.candidate_weights.copy())

    def tell(self, state: CmaEsState, candidates: Population, scores: Scores, rng: Stream) -> CmaEsState:
        """Move the distribution to where scores were good, or begin again, and draw."""
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
        """Raise ConfigError for a state that this search could not have come to."""
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
