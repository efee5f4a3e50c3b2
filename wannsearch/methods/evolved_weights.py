"""One topology whose weights are found by CMA-ES; what `fixed_topology` and tuning share.

Row 0 of every generation is the mean of the distribution, which the search would answer with; the
other rows are drawn around it, and only they move it. A row that failed counts as the worst.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, at_least
from wannsearch.core.population import Int, Population
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Stream
from wannsearch.variation.covariance import Distribution, Numbers, around, drawn, sound, updated

MOST_WEIGHTS = 5_000
"""The covariance is a square of them: 200 MB."""


@dataclass(frozen=True)
class WeightsState:
    """The distribution, and what it proposes."""

    distribution: Distribution
    proposed: Numbers  # (P, n)
    id: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: Int  # (P,)
    generation: int  # of the weights to ask, from 1


@dataclass(frozen=True, kw_only=True)
class EvolvedWeights:
    """The settings, and the network (a population of one) whose n weights are meant."""

    network: Population
    center: Numbers  # (n,) where the search begins
    initial_sigma: float
    population_size: int

    def __post_init__(self) -> None:
        at_least("method.population_size", self.population_size, 5)
        if not 0 < self.initial_sigma < np.inf:
            raise ConfigError(f"method.initial_sigma is {self.initial_sigma}; it must be above 0.")
        if not 1 <= len(self.center) <= MOST_WEIGHTS:
            raise ConfigError(
                f"the network has {len(self.center)} connections; CMA-ES finds 1 to {MOST_WEIGHTS} weights."
            )

    def start(self, ports: Ports, rng: Stream) -> WeightsState:
        """The first weights around the center."""
        size = self.population_size
        distribution = around(self.center, self.initial_sigma)
        return WeightsState(
            distribution,
            self._proposed(distribution, rng),
            id=size + np.arange(size, dtype=np.int64),
            parents=np.full((size, 2), -1, np.int64),
            order=np.zeros(size, np.int32),
            generation=1,
        )

    def ask(self, state: WeightsState) -> Population:
        """The network, once for each row of weights."""
        copies = self.network.take(np.zeros(self.population_size, np.int64))
        return replace(copies, weight=state.proposed.copy())

    def tell(self, state: WeightsState, asked: Population, scores: Scores, rng: Stream) -> WeightsState:
        """Move the distribution to where scores were good, and draw again."""
        size = self.population_size
        cost = np.where(scores.failed, np.inf, -scores.mean)
        order = np.empty(size, np.int32)
        order[np.argsort(cost, kind="stable")] = np.arange(size, dtype=np.int32)
        distribution = updated(state.distribution, state.proposed[1:], cost[1:])
        if not sound(distribution, len(self.center)):
            distribution = state.distribution  # it has shrunk or grown beyond all numbers
        generation = state.generation + 1
        return WeightsState(
            distribution,
            self._proposed(distribution, rng),
            id=generation * size + np.arange(size, dtype=np.int64),
            parents=np.full((size, 2), -1, np.int64),
            order=order,
            generation=generation,
        )

    def check(self, state: WeightsState, ports: Ports) -> None:
        """Raise ConfigError for a state that this search could not have come to."""
        size, weights = self.population_size, len(self.center)
        shapes = {"proposed": (size, weights), "id": (size,), "parents": (size, 2), "order": (size,)}
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape:
                raise ConfigError(f"{name} of the state has the shape {getattr(state, name).shape}.")
        if not sound(state.distribution, weights) or not np.isfinite(state.proposed).all():
            raise ConfigError(f"the state holds no distribution of {weights} weights.")
        if not 1 <= state.generation <= 2**40:
            raise ConfigError(f"generation of the state is {state.generation}; allowed: 1 to {2**40}.")

    def _proposed(self, distribution: Distribution, rng: Stream) -> Numbers:
        around_it = drawn(distribution, self.population_size - 1, rng)
        return np.concatenate([distribution.mean[None], around_it])
