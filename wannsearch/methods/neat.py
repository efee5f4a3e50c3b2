"""NEAT: topologies and weights evolve together, from a minimal start, in species.

Stanley & Miikkulainen (2002), "Evolving Neural Networks through Augmenting Topologies". Genes carry
innovation numbers, so that genomes of different structure can be crossed (`variation.crossover`) and
compared (`ranking.species`); fitness is shared within species (`ranking.offspring`), so that a new
structure competes with its like until its weights have been found.

Networks are acyclic, and played with their own weights. Fitness is the mean return. Where the paper,
the authors' released code and prettyNEAT (Gaier & Ha 2019) differ, a setting covers all; the defaults
of `conf/method/neat.yaml` are the paper's, and `docs/faithfulness.md` lists the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wannsearch.core.activations import IDS
from wannsearch.core.errors import ConfigError, between, not_allowed, population_of
from wannsearch.core.kernels.philox import first_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes, minimal
from wannsearch.core.topologies.population import Int, Population
from wannsearch.ranking.nsga2 import ranked
from wannsearch.ranking.offspring import Growth
from wannsearch.ranking.parent_selection import Mating, Pairs, paired
from wannsearch.ranking.species import Formation, Species, none_of, represented, speciated
from wannsearch.variation.add_connection import add_connection_in_place
from wannsearch.variation.add_node import add_node_in_place
from wannsearch.variation.crossover import Crossing, crossed
from wannsearch.variation.enable_connection import enable_each_in_place
from wannsearch.variation.innovations import name_connections_in_place, name_nodes_in_place
from wannsearch.variation.mutate_activation import set_activation_in_place
from wannsearch.variation.mutate_weights import (
    WeightMutation,
    mutate_weights_in_place,
    random_weights_in_place,
)


class _Draw:
    """What a generation draws for, each its own counter word; plain numbers, as kernels take them."""

    OBJECTIVE = 0
    REPRESENTATIVE = 1
    PARENTS = 2
    CROSSOVER = 3
    ADD_NODE = 5
    ADD_CONNECTION = 6
    CONNECTION_WEIGHT = 7
    WEIGHTS = 8
    ENABLE = 9
    SET_ACTIVATION = 10
    INITIAL_WEIGHTS = 11
    COINS = 12  # and the four behind it


@dataclass(frozen=True)
class NeatState:
    """The population to ask, who its parents were, and the species of the one before."""

    genomes: Genomes
    id: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2), the fitter first
    order: Int  # (P,) rank of each row that was last told
    generation: int  # of the population to ask, from 1
    next_node: int
    next_innovation: int
    species: Species  # as they represent themselves to the population to ask
    member_of: npt.NDArray[np.int64]  # (P,) name of the species of each row that was last told; -1 before
    next_species: int
    threshold: float
    best: float  # highest fitness so far
    improved: int  # generation in which it was reached
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class Neat:
    """The settings of the search."""

    population_size: int
    initial_enabled: float  # chance that a gene of the first population is enabled
    initial_weight: float  # weights of first and new connections are U(-this, this)
    hidden_activation: str | None  # None: drawn from the task's list for each new node
    output_activation: str
    probability_complexity: float  # chance that a generation is ranked by (mean, few connections)
    species: Formation
    growth: Growth
    mating: Mating
    crossing: Crossing
    exclusive_mutation: bool  # a child has a new node, or a new connection, or mutated weights
    add_node: float  # these are chances of a child
    splits_bias: bool  # whether that node may split a connection from the bias
    add_connection: float
    mutate_weights: float
    set_activation: float
    enable: float  # chance of each disabled gene of a child
    weights: WeightMutation

    def __post_init__(self) -> None:
        convert_fields(self)
        population_of(self.population_size, 2)
        operators = "add_node add_connection mutate_weights set_activation enable"
        for name in f"initial_enabled probability_complexity {operators}".split():
            between(f"method.{name}", getattr(self, name), 0, 1)
        between("method.initial_weight", self.initial_weight, 0)
        for name in ("hidden_activation", "output_activation"):
            if getattr(self, name) not in IDS and (name, getattr(self, name)) != ("hidden_activation", None):
                raise not_allowed(f"method.{name}", getattr(self, name), IDS)

    def start(self, ports: Ports, rng: Stream) -> NeatState:
        """No hidden nodes; every gene from bias and inputs to outputs, with random weights."""
        size, genes = self.population_size, (1 + ports.inputs) * ports.outputs
        enabled = rng.uniform(size, genes) < self.initial_enabled
        genomes = minimal(ports, enabled, IDS[self.output_activation])
        random_weights_in_place(genomes, self.initial_weight, rng.of(_Draw.INITIAL_WEIGHTS))
        return NeatState(
            genomes=genomes,
            id=size + np.arange(size, dtype=np.int64),
            parents=np.full((size, 2), -1, np.int64),
            order=np.zeros(size, np.int32),
            generation=1,
            next_node=int(genomes.nodes[0]),
            next_innovation=genes,
            species=none_of(genomes),
            member_of=np.full(size, -1, np.int64),
            next_species=0,
            threshold=self.species.threshold,
            best=-np.inf,
            improved=1,
            ports=ports,
        )

    def ask(self, state: NeatState) -> Population:
        """The networks that the genomes express."""
        return state.genomes.expressed(state.ports)

    def tell(self, state: NeatState, asked: Population, scores: Scores, rng: Stream) -> NeatState:
        """Form species, share the next population among them, then breed it."""
        size, now, failed = self.population_size, state.generation, scores.failed
        fitness = np.where(failed, -np.inf, scores.mean)
        best_first, measure = self._ranked(asked, fitness, rng)
        threshold = self.species.moved(state.threshold, len(state.species)) if now > 1 else state.threshold
        species, number = speciated(
            state.species,
            state.genomes,
            fitness,
            self.species,
            threshold,
            now,
            state.next_species,
            state.ports,
        )
        improved = now if fitness.max() > state.best else state.improved
        offspring, refocused = self.growth.offspring(species, number, fitness, measure, now, improved)
        if refocused:  # all clocks start anew
            improved, species = now, replace(species, improved=np.full(len(species), now))
        pairs = paired(best_first, failed, number, offspring, self.mating, rng.of(_Draw.PARENTS))
        bred, parents = crossed(
            state.genomes,
            pairs.first,
            pairs.second,
            measure,
            state.ports,
            self.crossing,
            rng.of(_Draw.CROSSOVER),
        )
        next_node, next_innovation = self._mutate(state, bred, pairs, rng)
        order = np.empty(size, np.int32)
        order[best_first] = np.arange(size, dtype=np.int32)
        named = np.where(parents >= 0, state.id[parents], -1)
        born = (now + 1) * size + np.arange(size, dtype=np.int64)
        standing = represented(
            species,
            state.genomes,
            number,
            best_first,
            self.species.representative,
            rng.of(_Draw.REPRESENTATIVE),
        )
        return replace(
            state,
            genomes=bred,
            id=np.where(pairs.unchanged, named[:, 0], born),
            parents=np.where(pairs.unchanged[:, None], state.parents[pairs.first], named),
            order=order,
            generation=now + 1,
            next_node=next_node,
            next_innovation=next_innovation,
            species=replace(species, representatives=standing),
            member_of=species.name[number],
            next_species=max(state.next_species, int(species.name.max()) + 1),
            threshold=threshold,
            best=max(state.best, float(fitness.max())),
            improved=improved,
        )

    def check(self, state: NeatState, ports: Ports) -> None:
        """Raise ConfigError for a state that this search could not have come to."""
        if state.ports != ports:
            raise ConfigError(
                f"the state is for {state.ports.inputs} inputs and {state.ports.outputs} outputs; "
                f"the task has {ports.inputs} and {ports.outputs}."
            )
        state.genomes.check(ports)
        state.species.check(ports)
        size = self.population_size
        shapes = {"id": (size,), "parents": (size, 2), "order": (size,), "member_of": (size,)}
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape or len(state.genomes) != size:
                raise ConfigError(
                    f"the state holds {len(state.genomes)} genomes and {name} "
                    f"of the shape {getattr(state, name).shape}; the population is {size}."
                )
        most = {
            "generation": 2**40,
            "improved": 2**40,
            "next_node": 2**31 - 1 - size,
            "next_innovation": 2**62,
            "next_species": 2**40,
        }
        for name, highest in most.items():
            if not 0 <= getattr(state, name) <= highest:
                raise ConfigError(f"{name} of the state is {getattr(state, name)}; allowed: 0 to {highest}.")
        if not 0 <= state.threshold < np.inf or np.isnan(state.best) or state.best == np.inf:
            raise ConfigError(
                f"the state's threshold is {state.threshold} and its best fitness {state.best}; "
                "they must be finite."
            )

    def _ranked(
        self, asked: Population, fitness: npt.NDArray[np.float64], rng: Stream
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(P,) rows from best to worst, and (P,) how good each is; those that failed come last."""
        by_fitness = np.argsort(-fitness, kind="stable").astype(np.int64)
        if first_uniform(1, rng.of(_Draw.OBJECTIVE))[0] >= self.probability_complexity:
            return by_fitness, fitness
        sound = np.flatnonzero(fitness > -np.inf)
        few = 1.0 / np.maximum(asked.edges, 1)
        best_first = by_fitness.copy()
        if len(sound):
            best_first[: len(sound)] = sound[ranked(np.column_stack([fitness, few])[sound])]
        measure = np.full(len(fitness), -np.inf)
        measure[best_first[: len(sound)]] = -np.arange(len(sound), dtype=np.float64)
        return best_first, measure

    def _mutate(self, state: NeatState, genomes: Genomes, pairs: Pairs, rng: Stream) -> tuple[int, int]:
        """Mutate the children in place; the next names of nodes and genes."""
        ports, node, innovation = state.ports, state.next_node, state.next_innovation
        if self.hidden_activation is not None:
            ports = replace(ports, activations=(self.hidden_activation,))
        coin = [first_uniform(len(genomes), rng.of(_Draw.COINS + number)) for number in range(5)]
        spared = (pairs.second >= 0) & (pairs.second != pairs.first) & (coin[0] < self.crossing.unmutated)
        mutable = ~pairs.unchanged & ~spared
        splits, connects = coin[1] < self.add_node, coin[2] < self.add_connection
        weighs = coin[3] < self.mutate_weights
        if self.exclusive_mutation:
            connects, weighs = connects & ~splits, weighs & ~splits & ~(coin[2] < self.add_connection)
        enable_each_in_place(genomes, np.flatnonzero(mutable), self.enable, rng.of(_Draw.ENABLE))
        mutate_weights_in_place(
            genomes, np.flatnonzero(mutable & weighs), self.weights, rng.of(_Draw.WEIGHTS)
        )
        rows = np.flatnonzero(mutable & splits)
        add_node_in_place(genomes, rows, ports, node, innovation, rng.of(_Draw.ADD_NODE), self.splits_bias)
        named = name_nodes_in_place(genomes, rows, node, innovation)
        node, innovation = node + named, innovation + 2 * named
        rows = np.flatnonzero(mutable & connects)
        add_connection_in_place(genomes, rows, ports, innovation, True, rng.of(_Draw.ADD_CONNECTION))
        weighing = rng.of(_Draw.CONNECTION_WEIGHT)
        innovation += name_connections_in_place(genomes, rows, innovation, self.initial_weight, weighing)
        rows = np.flatnonzero(mutable & (coin[4] < self.set_activation))
        set_activation_in_place(genomes, rows, ports, rng.of(_Draw.SET_ACTIVATION))
        return node, innovation
