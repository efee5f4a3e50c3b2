"""Random topologies: what a search finds without selection and variation.

The baseline that honest papers carry (Li & Talwalkar 2019, arXiv 1902.07638): every generation is
drawn anew, uniformly among networks of the wanted sizes, and nothing is inherited. With `like` the
sizes are those that another search had in the same generation, so that both see equally many networks
of equal size; what it is better by, selection and variation have added.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wannsearch.core.activations import IDS
from wannsearch.core.errors import ConfigError, not_allowed, population_of
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.population import Int, Population
from wannsearch.variation.uniform_topology import most_connections, uniform_topology

_SIZES = 4  # the purpose of the stream that sizes are drawn for; 1 to 3 are `uniform_topology`'s
_MOST_HIDDEN = 10_000
_MOST_HISTORY_BYTES = 2**28


@dataclass(frozen=True)
class RandomState:
    """The networks to ask, and the sizes of those to come."""

    networks: Population
    sizes: npt.NDArray[np.int64]  # (G, 2) hidden nodes and connections of each generation; (0, 2): drawn
    id: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: Int  # (P,)
    generation: int  # of the networks to ask, from 1
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class RandomTopology:
    """How many, and how large."""

    population_size: int
    like: str | None  # the folder of a run whose median sizes are taken, generation by generation
    hidden: tuple[int, ...]  # else: fewest and most hidden nodes
    connections: tuple[int, ...]  # fewest and most connections
    output_activation: str

    def __post_init__(self) -> None:
        convert_fields(self)
        population_of(self.population_size, 1)
        for name, lowest in (("hidden", 0), ("connections", 1)):
            bounds = getattr(self, name)
            if len(bounds) != 2 or not lowest <= bounds[0] <= bounds[1] <= _MOST_HIDDEN**2:
                raise ConfigError(
                    f"method.{name} is {list(bounds)}; it must be [fewest, most], both at least {lowest}."
                )
        if self.hidden[1] > _MOST_HIDDEN:
            raise ConfigError(f"method.hidden is {list(self.hidden)}; at most {_MOST_HIDDEN} are drawn.")
        if self.output_activation not in IDS:
            raise not_allowed("method.output_activation", self.output_activation, IDS)

    def start(self, ports: Ports, rng: Stream) -> RandomState:
        """The first generation."""
        sizes = np.zeros((0, 2), np.int64) if self.like is None else _median_sizes(Path(self.like))
        return self._drawn(1, sizes, ports, np.zeros(self.population_size, np.int32), rng)

    def ask(self, state: RandomState) -> Population:
        """The networks that were drawn."""
        return state.networks

    def tell(self, state: RandomState, asked: Population, scores: Scores, rng: Stream) -> RandomState:
        """Order what was asked by its mean, then by few connections; draw others."""
        worth = np.where(scores.failed, -np.inf, scores.mean)
        order = np.empty(self.population_size, np.int32)
        order[np.lexsort((asked.edges, -worth))] = np.arange(self.population_size, dtype=np.int32)
        return self._drawn(state.generation + 1, state.sizes, state.ports, order, rng)

    def check(self, state: RandomState, ports: Ports) -> None:
        """Raise ConfigError for a state that this search could not have come to."""
        state.networks.check(ports)
        size = self.population_size
        shapes = {"networks": (size,), "id": (size,), "parents": (size, 2), "order": (size,)}
        for name, shape in shapes.items():
            value = getattr(state, name)
            found = (len(value),) if isinstance(value, Population) else value.shape
            if found != shape:
                raise ConfigError(f"{name} of the state has the shape {found}; the population is {size}.")
        if state.sizes.shape[1] != 2 or (state.sizes < 0).any() or (state.sizes > _MOST_HIDDEN**2).any():
            raise ConfigError("the state holds sizes that no network has.")
        if bool(len(state.sizes)) == (self.like is None) or not 1 <= state.generation <= 2**40:
            raise ConfigError("the state is of a search with other sizes.")

    def _drawn(
        self, generation: int, sizes: npt.NDArray[np.int64], ports: Ports, order: Int, rng: Stream
    ) -> RandomState:
        count = self.population_size
        if len(sizes):
            wanted = np.tile(sizes[min(generation, len(sizes)) - 1], (count, 1))
        else:
            low, high = np.array([self.hidden, self.connections]).T
            wanted = low + (rng.of(_SIZES).uniform(count, 2) * (high - low + 1)).astype(np.int64)
        hidden = np.minimum(wanted[:, 0], _MOST_HIDDEN)
        connections = np.minimum(wanted[:, 1], most_connections(hidden, ports))
        networks = uniform_topology(
            hidden.astype(np.int32), connections.astype(np.int32), ports, self.output_activation, rng
        )
        return RandomState(
            networks,
            sizes,
            id=generation * count + np.arange(count, dtype=np.int64),
            parents=np.full((count, 2), -1, np.int64),
            order=order,
            generation=generation,
            ports=ports,
        )


def _median_sizes(folder: Path) -> npt.NDArray[np.int64]:
    """(G, 2) median hidden nodes and connections of each generation of the run in this folder."""
    path = folder / "history.csv"
    try:
        if path.stat().st_size > _MOST_HISTORY_BYTES:
            raise ConfigError(f"method.like is {str(folder)!r}; its history.csv is larger than any run's.")
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        sizes = np.array([[float(row["median_hidden"]), float(row["median_connections"])] for row in rows])
    except OSError as error:
        raise ConfigError(f"method.like is {str(folder)!r}; {path}: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, csv.Error):
        raise ConfigError(f"method.like is {str(folder)!r}; its history.csv is none of a run's.") from None
    if not len(sizes) or not ((sizes >= 0) & (sizes <= _MOST_HIDDEN)).all():
        raise ConfigError(f"method.like is {str(folder)!r}; its history.csv holds no sizes of networks.")
    whole: npt.NDArray[np.int64] = np.maximum(np.rint(sizes).astype(np.int64), [0, 1])
    return whole
