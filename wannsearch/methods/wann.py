"""WANN: search for topologies that work whatever their shared weight is.

Gaier & Ha (2019), "Weight Agnostic Neural Networks", and its released code. Every network is played
with several weights, each laid on all connections at once. A generation is ranked over two goals,
the mean over the weights and, by a coin of `probability_complexity`, either few connections or the
best single weight. The worst are culled, the first of the order pass unchanged, and the rest are
copies of tournament winners with exactly one topological mutation.

Where paper and code differ, or the code has a slip that results depend on, a setting covers both;
`docs/faithfulness.md` lists them, and `conf/method/wann.yaml` says which is the default.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wannsearch.core.activations import IDS
from wannsearch.core.errors import ConfigError, at_least, not_allowed, population_of
from wannsearch.core.kernels.philox import first_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes, minimal
from wannsearch.core.topologies.population import Int, Population
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.nsga2 import ranked
from wannsearch.ranking.tournament import winners
from wannsearch.variation.add_connection import add_connection_in_place
from wannsearch.variation.add_node import add_node_in_place
from wannsearch.variation.enable_connection import enable_in_place
from wannsearch.variation.mutate_activation import set_activation_in_place


class _Draw:
    """What a generation draws for, each its own counter word; plain numbers, as kernels take them."""

    OBJECTIVE = 0
    TOURNAMENT = 1
    OPERATOR = 2
    ADD_CONNECTION = 3
    ADD_NODE = 4
    ENABLE = 5
    SET_ACTIVATION = 6


@dataclass(frozen=True)
class WannState:
    """The population to ask, who its parents were, and the order last given."""

    genomes: Genomes
    id: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: Int  # (P,) rank of each row that was last told
    generation: int  # of the population to ask, from 1
    next_node: int
    next_innovation: int
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class Wann:
    """The settings of the search; probabilities of the operators are a roulette."""

    population_size: int
    initial_enabled: float  # chance that a gene of the first population is enabled
    probability_complexity: float  # chance that a generation is ranked by (mean, few connections)
    cull: float  # share of the population removed before breeding
    elite: float  # share of the rest that passes unchanged
    effective_tournament_size: int
    add_connection: float
    add_node: float
    enable: float
    set_activation: float
    split_keeps_hidden_edge: bool
    disabled_gene_blocks_connection: bool
    crowding_scale: CrowdingScale
    output_activation: str

    def __post_init__(self) -> None:
        convert_fields(self)
        population_of(self.population_size, 2)
        for name in ("initial_enabled", "probability_complexity", "elite"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"method.{name} is {getattr(self, name)}; it must lie in 0..1.")
        if not 0 <= self.cull < 1:
            raise ConfigError(f"method.cull is {self.cull}; it must lie in 0..1, without 1.")
        at_least("method.effective_tournament_size", self.effective_tournament_size, 1)
        for name in ("add_connection", "add_node", "enable", "set_activation"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ConfigError(f"method.{name} is {getattr(self, name)}; it must be 0 or more.")
        if not self._roulette().sum() > 0:
            raise ConfigError(
                "method.add_connection, .add_node, .enable and .set_activation are all 0; one must be above."
            )
        if self.output_activation not in IDS:
            raise not_allowed("method.output_activation", self.output_activation, IDS)

    def start(self, ports: Ports, rng: Stream) -> WannState:
        """No hidden nodes; every gene from bias and inputs to outputs, each enabled by its own coin."""
        size, genes = self.population_size, (1 + ports.inputs) * ports.outputs
        enabled = rng.uniform(size, genes) < self.initial_enabled
        genomes = minimal(ports, enabled, IDS[self.output_activation])
        return WannState(
            genomes=genomes,
            id=size + np.arange(size, dtype=np.int64),
            parents=np.full((size, 2), -1, np.int64),
            order=np.zeros(size, np.int32),
            generation=1,
            next_node=int(genomes.nodes[0]),
            next_innovation=genes,
            ports=ports,
        )

    def ask(self, state: WannState) -> Population:
        """The networks that the genomes express."""
        return state.genomes.expressed(state.ports, self.split_keeps_hidden_edge)

    def tell(self, state: WannState, asked: Population, scores: Scores, rng: Stream) -> WannState:
        """Rank what was asked, then breed the next."""
        failed = scores.failed
        best_first = self._ranked(asked, scores, failed, rng)
        size = self.population_size
        survivors = best_first[: size - int(self.cull * size)]
        elites = survivors[: int(self.elite * len(survivors))]
        elites = elites[~failed[elites]]
        children = size - len(elites)
        won = winners(children, self.effective_tournament_size, len(survivors), rng.of(_Draw.TOURNAMENT))
        parents = survivors[won]
        # Room for what any one operator adds, so that all can work in this one copy.
        bred = state.genomes.take(np.concatenate([elites, parents]), nodes=1, genes=2)
        self._mutate(state, bred, len(elites), rng)
        generation = state.generation + 1
        born = generation * size + np.arange(len(elites), size, dtype=np.int64)
        order = np.empty(size, np.int32)
        order[best_first] = np.arange(size, dtype=np.int32)
        unpaired = np.full(children, -1, np.int64)
        return replace(
            state,
            genomes=bred,
            id=np.concatenate([state.id[elites], born]),
            parents=np.concatenate([state.parents[elites], np.column_stack([state.id[parents], unpaired])]),
            order=order,
            generation=generation,
            next_node=state.next_node + size,
            next_innovation=state.next_innovation + 2 * size,
        )

    def check(self, state: WannState, ports: Ports) -> None:
        """Raise ConfigError for a state that this search could not have come to."""
        if state.ports != ports:
            raise ConfigError(
                f"the state is for {state.ports.inputs} inputs and {state.ports.outputs} outputs; "
                f"the task has {ports.inputs} and {ports.outputs}."
            )
        state.genomes.check(ports)
        size = self.population_size
        shapes = {"id": (size,), "parents": (size, 2), "order": (size,)}
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape or len(state.genomes) != size:
                raise ConfigError(
                    f"the state holds {len(state.genomes)} genomes and {name} "
                    f"of the shape {getattr(state, name).shape}; the population is {size}."
                )
        most = {"generation": 2**40, "next_node": 2**31 - 1 - size, "next_innovation": 2**62}
        for name, highest in most.items():
            if not 1 <= getattr(state, name) <= highest:
                raise ConfigError(f"{name} of the state is {getattr(state, name)}; allowed: 1 to {highest}.")

    def _roulette(self) -> npt.NDArray[np.float64]:
        return np.array([self.add_connection, self.add_node, self.enable, self.set_activation])

    def _ranked(
        self, asked: Population, scores: Scores, failed: npt.NDArray[np.bool_], rng: Stream
    ) -> npt.NDArray[np.int64]:
        """(P,) rows from best to worst; those that failed come last, in their order."""
        few = 1.0 / np.maximum(asked.edges, 1)
        by_complexity = first_uniform(1, rng.of(_Draw.OBJECTIVE))[0] < self.probability_complexity
        objectives = np.column_stack([scores.mean, few if by_complexity else scores.max])
        sound, last = np.flatnonzero(~failed), np.flatnonzero(failed)
        if not len(sound):
            return last.astype(np.int64)
        return np.concatenate([sound[ranked(objectives[sound], self.crowding_scale)], last])

    def _mutate(self, state: WannState, genomes: Genomes, elites: int, rng: Stream) -> None:
        """One operator on every row behind the elites, in place."""
        size, ports = self.population_size, state.ports
        wheel = np.cumsum(self._roulette())
        spun = first_uniform(size, rng.of(_Draw.OPERATOR)) * wheel[-1]
        operator = np.minimum(np.searchsorted(wheel, spun, side="right"), 3)
        operator[:elites] = -1
        rows = [np.flatnonzero(operator == number) for number in range(4)]
        innovation, node = state.next_innovation, state.next_node
        blocks = self.disabled_gene_blocks_connection
        connecting = rng.of(_Draw.ADD_CONNECTION)
        add_connection_in_place(genomes, rows[0], ports, innovation, blocks, connecting)
        add_node_in_place(genomes, rows[1], ports, node, innovation, rng.of(_Draw.ADD_NODE))
        enable_in_place(genomes, rows[2], rng.of(_Draw.ENABLE))
        set_activation_in_place(genomes, rows[3], ports, rng.of(_Draw.SET_ACTIVATION))
