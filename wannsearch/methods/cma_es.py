"""One topology whose weights are found by CMA-ES; what `fixed_topology` and tuning share.

Row 0 of every generation is the mean of the distribution, which the search would answer with; the
other rows are drawn around it, and only they move it. A row that failed counts as the worst. After
`patience` generations without a better best, or when the step size has run away, it begins again: around
the next of its centers, and after the last around the first, with other draws. From generation
`polished_from` on it begins around the best weights that it has met. The recorded best is the best of
all beginnings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, at_least, population_of
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.population import Int, Population
from wannsearch.variation.cma_es import (
    LARGEST,
    Covariance,
    Distribution,
    Numbers,
    around,
    drawn,
    sound,
    updated,
)

_MOST_WEIGHTS = {Covariance.FULL: 5_000, Covariance.DIAGONAL: 1_000_000}
"""A full covariance is a square of them: 200 MB."""


def check_count(connections: int, covariance: Covariance) -> None:
    """ConfigError for a network with no weights, or more than can be found."""
    most = _MOST_WEIGHTS[covariance]
    if not 1 <= connections <= most:
        raise ConfigError(
            f"the network has {connections} connections; "
            f"CMA-ES with covariance={covariance.value} finds 1 to {most} weights."
        )


@dataclass(frozen=True)
class WeightsState:
    """The distribution, and what it proposes."""

    distribution: Distribution
    proposed: Numbers  # (P, n)
    id: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: Int  # (P,)
    generation: int  # of the weights to ask, from 1
    beginnings: int  # how often the search began again
    best: float  # highest mean since the last beginning
    idle: int  # generations since then without a better
    top: Numbers  # (n,) the means of the distribution that scored best, of all beginnings
    top_score: float


@dataclass(frozen=True, kw_only=True)
class EvolvedWeights:
    """The settings, and the network (a population of one) whose n weights are meant."""

    network: Population
    centers: Numbers  # (C, n) where the search begins, and begins again
    initial_sigma: float
    covariance: Covariance
    patience: int
    population_size: int
    polished_from: int | None = None  # generation; None for never
    place: str = "method."  # where its settings stand in a config

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least(f"{self.place}population_size", self.population_size, 5)
        population_of(self.population_size, 5)
        at_least(f"{self.place}patience", self.patience, 1)
        if not 0 < self.initial_sigma < LARGEST:
            raise ConfigError(
                f"{self.place}initial_sigma is {self.initial_sigma}; it must lie between 0 and {LARGEST:g}."
            )
        if not (np.abs(self.centers) < LARGEST).all():
            raise ConfigError(f"the search for weights would begin with one that is not below {LARGEST:g}.")

    @property
    def _size(self) -> int:
        return int(self.centers.shape[1])

    def start(self, ports: Ports, rng: Stream) -> WeightsState:
        """The first weights around the first center."""
        size = self.population_size
        distribution = self._beginning(0)
        return WeightsState(
            distribution,
            self._proposed(distribution, rng),
            id=size + np.arange(size, dtype=np.int64),
            parents=np.full((size, 2), -1, np.int64),
            order=np.zeros(size, np.int32),
            generation=1,
            beginnings=0,
            best=-np.inf,
            idle=0,
            top=self.centers[0].copy(),
            top_score=-np.inf,
        )

    def ask(self, state: WeightsState) -> Population:
        """The network, once for each row of weights."""
        copies = self.network.take(np.zeros(self.population_size, np.int64))
        return replace(copies, weight=state.proposed.copy())

    def tell(self, state: WeightsState, asked: Population, scores: Scores, rng: Stream) -> WeightsState:
        """Move the distribution to where scores were good, or begin again, and draw."""
        size = self.population_size
        cost = np.where(scores.failed, np.inf, -scores.mean)
        order = np.empty(size, np.int32)
        order[np.argsort(cost, kind="stable")] = np.arange(size, dtype=np.int32)
        beginnings, best, idle = state.beginnings, state.best, state.idle + 1
        if -cost.min() > best:
            best, idle = float(-cost.min()), 0
        top, top_score = state.top, state.top_score
        if -cost[0] > top_score:
            top, top_score = state.proposed[0], float(-cost[0])
        distribution = updated(state.distribution, state.proposed[1:], cost[1:])
        generation = state.generation + 1
        polishing = self.polished_from is not None and generation >= self.polished_from
        over = idle >= self.patience or generation == self.polished_from
        if over or not sound(distribution, self._size, self.covariance):
            beginnings, best, idle = beginnings + 1, -np.inf, 0
            distribution = self._around(top) if polishing else self._beginning(beginnings)
        return WeightsState(
            distribution,
            self._proposed(distribution, rng),
            id=generation * size + np.arange(size, dtype=np.int64),
            parents=np.full((size, 2), -1, np.int64),
            order=order,
            generation=generation,
            beginnings=beginnings,
            best=best,
            idle=idle,
            top=top,
            top_score=top_score,
        )

    def check(self, state: WeightsState, ports: Ports) -> None:
        """Raise ConfigError for a state that this search could not have come to."""
        size = self.population_size
        shapes = {
            "proposed": (size, self._size),
            "top": (self._size,),
            "id": (size,),
            "parents": (size, 2),
            "order": (size,),
        }
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape:
                raise ConfigError(f"{name} of the state has the shape {getattr(state, name).shape}.")
        whole = sound(state.distribution, self._size, self.covariance) and not np.isnan(state.best)
        if not whole or not np.isfinite(state.proposed).all():
            raise ConfigError(f"the state holds no distribution of {self._size} weights.")
        for name, lowest in (("generation", 1), ("beginnings", 0), ("idle", 0)):
            if not lowest <= getattr(state, name) <= 2**40:
                found = getattr(state, name)
                raise ConfigError(f"{name} of the state is {found}; allowed: {lowest} to {2**40}.")

    def _beginning(self, number: int) -> Distribution:
        return self._around(self.centers[number % len(self.centers)])

    def _around(self, weights: Numbers) -> Distribution:
        return around(weights, self.initial_sigma, self.covariance)

    def _proposed(self, distribution: Distribution, rng: Stream) -> Numbers:
        around_it = drawn(distribution, self.population_size - 1, rng)
        return np.concatenate([distribution.mean[None], around_it])
