"""Random topologies: the baseline of a search, without selection and variation.

Honest papers report this baseline (Li & Talwalkar 2019, arXiv 1902.07638): every generation is drawn
anew, uniformly among networks of the given sizes, and nothing is inherited. With `sizes_from` all sizes are
the medians of another search in the same generation (beyond its end, in its last one). With the population
of that search, both evaluate equally many networks of similar size; the difference in score is due to
selection and variation.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.arrays import Int32Array, IntArray
from wannsearch.core.errors import ConfigError, WannsearchError, check_population_size, not_allowed_error
from wannsearch.core.ports import Ports
from wannsearch.core.run_files import HISTORY, read_columns, read_intact_status
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.population import Population
from wannsearch.variation.uniform_topology import max_connections, sample_uniform_topology

_SIZES_PURPOSE = 4  # purpose of the stream for sizes; `uniform_topology` uses 1 to 3
_MAX_HIDDEN = 10_000


@dataclass(frozen=True)
class RandomTopologyState:
    """The state holds the next networks, and the sizes that `sizes_from` gives for all generations."""

    networks: Population
    sizes: IntArray  # (G, 2) hidden nodes and connections of each generation; (0, 2): drawn at random
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2)
    rank: Int32Array  # (P,)
    generation: int  # generation of `networks`, from 1
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class RandomTopology:
    """Random search draws networks of these sizes anew in each generation.

    Sizes are uniform within their bounds; connections are at most those that fit. ConfigError for bounds that
    are no [min, max] of possible sizes, or an unknown activation.
    """

    candidate_type: ClassVar[type[Population]] = Population
    population_size: int
    sizes_from: str | None  # folder of a run whose median sizes are used, generation by generation
    hidden: tuple[int, ...]  # without `sizes_from`: minimum and maximum of hidden nodes
    connections: tuple[int, ...]  # minimum and maximum of connections
    output_activation: str

    def __post_init__(self) -> None:
        convert_fields(self)
        check_population_size(self.population_size, 1)
        for name, min_value in (("hidden", 0), ("connections", 1)):
            bounds = getattr(self, name)
            if len(bounds) != 2 or not min_value <= bounds[0] <= bounds[1] <= _MAX_HIDDEN**2:
                raise ConfigError(
                    f"method.{name} is {list(bounds)}; it must be [min, max], both at least {min_value}."
                )
        if self.hidden[1] > _MAX_HIDDEN:
            raise ConfigError(f"method.hidden is {list(self.hidden)}; at most {_MAX_HIDDEN} are drawn.")
        if self.output_activation not in ACTIVATION_IDS:
            raise not_allowed_error("method.output_activation", self.output_activation, ACTIVATION_IDS)

    def start(self, ports: Ports, rng: Stream) -> RandomTopologyState:
        """Draw the networks of generation 1; ConfigError where the history of `sizes_from` is unusable."""
        sizes = (
            np.zeros((0, 2), np.int64)
            if self.sizes_from is None
            else _read_median_sizes(Path(self.sizes_from))
        )
        return self._sample_state(1, sizes, ports, np.zeros(self.population_size, np.int32), rng)

    def ask(self, state: RandomTopologyState) -> Population:
        """Return the P networks that `start` or `tell` drew."""
        return state.networks

    def tell(
        self, state: RandomTopologyState, candidates: Population, scores: Scores, rng: Stream
    ) -> RandomTopologyState:
        """Rank by mean return (failed last), then by few connections, and draw the next networks."""
        fitness = np.where(scores.failed_mask, -np.inf, scores.mean)
        rank = np.empty(self.population_size, np.int32)
        rank[np.lexsort((candidates.edges, -fitness))] = np.arange(self.population_size, dtype=np.int32)
        return self._sample_state(state.generation + 1, state.sizes, state.ports, rank, rng)

    def check(self, state: RandomTopologyState, ports: Ports) -> None:
        """Raise ConfigError for invalid networks, arrays of a wrong shape, or sizes of other settings."""
        state.networks.check(ports)
        size = self.population_size
        shapes = {"networks": (size,), "ids": (size,), "parent_ids": (size, 2), "rank": (size,)}
        for name, shape in shapes.items():
            value = getattr(state, name)
            actual_shape = (len(value),) if isinstance(value, Population) else value.shape
            if actual_shape != shape:
                raise ConfigError(
                    f"{name} of the state has the shape {actual_shape}; the population is {size}."
                )
        if state.sizes.shape[1] != 2 or (state.sizes < 0).any() or (state.sizes > _MAX_HIDDEN**2).any():
            raise ConfigError("the state holds sizes that no network has.")
        if bool(len(state.sizes)) == (self.sizes_from is None) or not 1 <= state.generation <= 2**40:
            raise ConfigError("the state is of a search with other sizes.")

    def _sample_state(
        self, generation: int, sizes: IntArray, ports: Ports, rank: Int32Array, rng: Stream
    ) -> RandomTopologyState:
        size = self.population_size
        if len(sizes):
            target_sizes = np.tile(sizes[min(generation, len(sizes)) - 1], (size, 1))
        else:
            min_sizes, max_sizes = np.array([self.hidden, self.connections]).T
            target_sizes = min_sizes + (
                rng.for_purpose(_SIZES_PURPOSE).uniform(size, 2) * (max_sizes - min_sizes + 1)
            ).astype(np.int64)
        hidden = np.minimum(target_sizes[:, 0], _MAX_HIDDEN)
        connections = np.minimum(target_sizes[:, 1], max_connections(hidden, ports))
        networks = sample_uniform_topology(
            hidden.astype(np.int32), connections.astype(np.int32), ports, self.output_activation, rng
        )
        return RandomTopologyState(
            networks,
            sizes,
            ids=generation * size + np.arange(size, dtype=np.int64),
            parent_ids=np.full((size, 2), -1, np.int64),
            rank=rank,
            generation=generation,
            ports=ports,
        )


def _read_median_sizes(folder: Path) -> IntArray:
    """Return the (G, 2) int64 median hidden nodes and connections of each generation of the run here.

    Connections are at least 1. ConfigError where the history is missing, damaged or holds impossible sizes.
    """
    path, columns = folder / HISTORY, ("median_hidden", "median_connections")
    try:
        read_intact_status(folder)  # refuses a folder of another format
        history = read_columns(path, columns)
    except WannsearchError as error:
        raise ConfigError(f"method.sizes_from is {str(folder)!r}; {error}") from None
    sizes = np.stack([history[name] for name in columns], axis=1)
    if not ((sizes >= 0) & (sizes <= _MAX_HIDDEN)).all():
        raise ConfigError(
            f"method.sizes_from is {str(folder)!r}; its history.csv holds no sizes of networks."
        )
    rounded_sizes: IntArray = np.maximum(np.rint(sizes).astype(np.int64), [0, 1])
    return rounded_sizes
