"""NEAT: topologies and weights evolve together, from a minimal start, in species.

Stanley & Miikkulainen (2002), "Evolving Neural Networks through Augmenting Topologies". Genes carry
innovation numbers, so that genomes of different structure can be crossed (`variation.crossover`) and
compared (`ranking.species`). Fitness is shared within species (`ranking.offspring`), so that a new
structure competes with similar ones until its weights are optimized.

Networks are acyclic, and evaluated with their own weights. Fitness is the mean return. Where the paper,
the authors' published code and prettyNEAT (Gaier & Ha 2019) differ, a setting covers all; the defaults
of `conf/method/neat.yaml` are the paper's, and `docs/faithfulness.md` lists the rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.arrays import FloatArray, Int32Array, IntArray
from wannsearch.core.errors import ConfigError, check_between, check_population_size, not_allowed_error
from wannsearch.core.kernels.philox import sample_first_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes, make_minimal_genomes
from wannsearch.core.topologies.population import Population
from wannsearch.ranking.nsga2 import nsga2_order
from wannsearch.ranking.offspring import OffspringSettings
from wannsearch.ranking.parent_selection import ParentPairs, ParentSelectionSettings, select_parents
from wannsearch.ranking.species import (
    Species,
    SpeciesSettings,
    empty_species,
    select_representatives,
    speciate,
)
from wannsearch.variation.add_connection import add_connection_in_place
from wannsearch.variation.add_node import add_node_in_place
from wannsearch.variation.crossover import CrossoverSettings, cross_parents
from wannsearch.variation.enable_connection import enable_connections_in_place
from wannsearch.variation.innovations import assign_connection_innovations_in_place, assign_node_ids_in_place
from wannsearch.variation.mutate_activation import mutate_activation_in_place
from wannsearch.variation.mutate_weights import (
    WeightMutationSettings,
    mutate_weights_in_place,
    randomize_weights_in_place,
)


class _NeatPurpose:
    """Each purpose of a generation's draws is a counter word; plain integers, as kernels need them."""

    OBJECTIVE = 0
    REPRESENTATIVE = 1
    PARENTS = 2
    CROSSOVER = 3
    ADD_NODE = 5
    ADD_CONNECTION = 6
    CONNECTION_WEIGHT = 7
    WEIGHTS = 8
    ENABLE_CONNECTION = 9
    MUTATE_ACTIVATION = 10
    INITIAL_WEIGHTS = 11
    COINS = 12  # and the four behind it


@dataclass(frozen=True)
class NeatState:
    """The state holds the next population and its ancestors, and the species of the last one."""

    genomes: Genomes
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2), the fitter first; -1 for none
    rank: Int32Array  # (P,) rank of each row of the last population
    generation: int  # generation of `genomes`, from 1
    next_node: int  # next free node id
    next_innovation: int  # next free innovation number
    species: Species  # species of the last population, with the representatives for `genomes`
    species_ids: IntArray  # (P,) species id of each row of the last population; -1 at the start
    next_species_id: int
    threshold: float  # compatibility distance below which two genomes share a species
    best_fitness: float  # highest fitness so far
    last_improved: int  # generation in which it was reached, or of the last refocus if later
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class Neat:
    """NEAT evolves topologies and weights, ranked by mean return, with these settings.

    ConfigError for a population below 2, a chance outside of 0..1, or an unknown activation.
    """

    candidate_type: ClassVar[type[Population]] = Population
    population_size: int
    initial_enabled: float  # chance that a gene of the first population is enabled
    initial_weight: float  # weights of first and new connections are U(-initial_weight, initial_weight)
    hidden_activation: str | None  # None: drawn from the task's list for each new node
    output_activation: str
    complexity_ranking_probability: float  # chance that a generation is ranked by (mean, few connections)
    species: SpeciesSettings
    offspring: OffspringSettings
    parent_selection: ParentSelectionSettings
    crossover: CrossoverSettings
    exclusive_mutation: bool  # a child has a new node, or a new connection, or mutated weights
    add_node: float  # chance per child, as the chances below
    allow_bias_split: bool  # whether a new node may split a connection from the bias
    add_connection: float
    mutate_weights: float
    mutate_activation: float
    enable_connection: float  # chance per disabled gene of a child
    weights: WeightMutationSettings

    def __post_init__(self) -> None:
        convert_fields(self)
        check_population_size(self.population_size, 2)
        operators = "add_node add_connection mutate_weights mutate_activation enable_connection"
        for name in f"initial_enabled complexity_ranking_probability {operators}".split():
            check_between(f"method.{name}", getattr(self, name), 0, 1)
        check_between("method.initial_weight", self.initial_weight, 0)
        for name in ("hidden_activation", "output_activation"):
            if getattr(self, name) not in ACTIVATION_IDS and (name, getattr(self, name)) != (
                "hidden_activation",
                None,
            ):
                raise not_allowed_error(f"method.{name}", getattr(self, name), ACTIVATION_IDS)

    def start(self, ports: Ports, rng: Stream) -> NeatState:
        """Build P genomes without hidden nodes: all genes into outputs, enabled and weighted at random."""
        size, num_genes = self.population_size, (1 + ports.inputs) * ports.outputs
        enabled = rng.uniform(size, num_genes) < self.initial_enabled
        genomes = make_minimal_genomes(ports, enabled, ACTIVATION_IDS[self.output_activation])
        randomize_weights_in_place(
            genomes, self.initial_weight, rng.for_purpose(_NeatPurpose.INITIAL_WEIGHTS)
        )
        return NeatState(
            genomes=genomes,
            ids=size + np.arange(size, dtype=np.int64),
            parent_ids=np.full((size, 2), -1, np.int64),
            rank=np.zeros(size, np.int32),
            generation=1,
            next_node=int(genomes.nodes[0]),
            next_innovation=num_genes,
            species=empty_species(genomes),
            species_ids=np.full(size, -1, np.int64),
            next_species_id=0,
            threshold=self.species.threshold,
            best_fitness=-np.inf,
            last_improved=1,
            ports=ports,
        )

    def ask(self, state: NeatState) -> Population:
        """Return the P networks of the enabled genes, with the genomes' weights."""
        return state.genomes.expressed(state.ports)

    def tell(self, state: NeatState, candidates: Population, scores: Scores, rng: Stream) -> NeatState:
        """Form species, allocate offspring to them, then breed the next population.

        Unchanged copies keep their ids and the ids of their ancestors.
        """
        size, generation, failed = self.population_size, state.generation, scores.failed_mask
        fitness = np.where(failed, -np.inf, scores.mean)
        best_first, ranking_scores = self._rank_population(candidates, fitness, rng)
        threshold = (
            self.species.adjust_threshold(state.threshold, len(state.species))
            if generation > 1
            else state.threshold
        )
        species, species_index = speciate(
            state.species,
            state.genomes,
            fitness,
            self.species,
            threshold,
            generation,
            state.next_species_id,
            state.ports,
        )
        last_improved = generation if fitness.max() > state.best_fitness else state.last_improved
        num_offspring, is_refocused = self.offspring.count_offspring(
            species, species_index, fitness, ranking_scores, generation, last_improved
        )
        if is_refocused:  # all counts of stagnation restart
            last_improved, species = (
                generation,
                replace(species, last_improved=np.full(len(species), generation)),
            )
        pairs = select_parents(
            best_first,
            failed,
            species_index,
            num_offspring,
            scores.cases,
            candidates.edges,
            self.parent_selection,
            rng.for_purpose(_NeatPurpose.PARENTS),
        )
        children, parent_rows = cross_parents(
            state.genomes,
            pairs.first_parents,
            pairs.second_parents,
            ranking_scores,
            state.ports,
            self.crossover,
            rng.for_purpose(_NeatPurpose.CROSSOVER),
        )
        next_node, next_innovation = self._mutate_children(state, children, pairs, rng)
        rank = np.empty(size, np.int32)
        rank[best_first] = np.arange(size, dtype=np.int32)
        parent_ids = np.where(parent_rows >= 0, state.ids[parent_rows], -1)
        child_ids = (generation + 1) * size + np.arange(size, dtype=np.int64)
        representatives = select_representatives(
            species,
            state.genomes,
            species_index,
            best_first,
            self.species.representative,
            rng.for_purpose(_NeatPurpose.REPRESENTATIVE),
        )
        return replace(
            state,
            genomes=children,
            ids=np.where(pairs.is_unchanged, parent_ids[:, 0], child_ids),
            parent_ids=np.where(
                pairs.is_unchanged[:, None], state.parent_ids[pairs.first_parents], parent_ids
            ),
            rank=rank,
            generation=generation + 1,
            next_node=next_node,
            next_innovation=next_innovation,
            species=replace(species, representatives=representatives),
            species_ids=species.ids[species_index],
            next_species_id=max(state.next_species_id, int(species.ids.max()) + 1),
            threshold=threshold,
            best_fitness=max(state.best_fitness, float(fitness.max())),
            last_improved=last_improved,
        )

    def check(self, state: NeatState, ports: Ports) -> None:
        """Raise ConfigError for other ports, invalid genomes or species, wrong shapes or numbers."""
        if state.ports != ports:
            raise ConfigError(
                f"the state is for {state.ports.inputs} inputs and {state.ports.outputs} outputs; "
                f"the task has {ports.inputs} and {ports.outputs}."
            )
        state.genomes.check(ports)
        state.species.check(ports)
        size = self.population_size
        shapes = {"ids": (size,), "parent_ids": (size, 2), "rank": (size,), "species_ids": (size,)}
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape or len(state.genomes) != size:
                raise ConfigError(
                    f"the state holds {len(state.genomes)} genomes and {name} "
                    f"of the shape {getattr(state, name).shape}; the population is {size}."
                )
        max_values = {
            "generation": 2**40,
            "last_improved": 2**40,
            "next_node": 2**31 - 1 - size,
            "next_innovation": 2**62,
            "next_species_id": 2**40,
        }
        for name, max_value in max_values.items():
            if not 0 <= getattr(state, name) <= max_value:
                raise ConfigError(
                    f"{name} of the state is {getattr(state, name)}; allowed: 0 to {max_value}."
                )
        if not 0 <= state.threshold < np.inf or np.isnan(state.best_fitness) or state.best_fitness == np.inf:
            raise ConfigError(
                f"the state's threshold is {state.threshold} and its best fitness {state.best_fitness}; "
                "they must be finite."
            )

    def _rank_population(
        self, candidates: Population, fitness: FloatArray, rng: Stream
    ) -> tuple[IntArray, FloatArray]:
        """Return (P,) rows from best to worst, and (P,) ranking scores; failed candidates come last."""
        rows_by_fitness = np.argsort(-fitness, kind="stable").astype(np.int64)
        if (
            sample_first_uniform(1, rng.for_purpose(_NeatPurpose.OBJECTIVE))[0]
            >= self.complexity_ranking_probability
        ):
            return rows_by_fitness, fitness
        valid = np.flatnonzero(fitness > -np.inf)
        inverse_connections = 1.0 / np.maximum(candidates.edges, 1)
        best_first = rows_by_fitness.copy()
        if len(valid):
            best_first[: len(valid)] = valid[
                nsga2_order(np.column_stack([fitness, inverse_connections])[valid])
            ]
        ranking_scores = np.full(len(fitness), -np.inf)
        ranking_scores[best_first[: len(valid)]] = -np.arange(len(valid), dtype=np.float64)
        return best_first, ranking_scores

    def _mutate_children(
        self, state: NeatState, genomes: Genomes, pairs: ParentPairs, rng: Stream
    ) -> tuple[int, int]:
        """Mutate the children in place, and return the next free node id and innovation number."""
        ports, next_node, next_innovation = state.ports, state.next_node, state.next_innovation
        if self.hidden_activation is not None:
            ports = replace(ports, activations=(self.hidden_activation,))
        coins = [
            sample_first_uniform(len(genomes), rng.for_purpose(_NeatPurpose.COINS + index))
            for index in range(5)
        ]
        not_mutated = (
            (pairs.second_parents >= 0)
            & (pairs.second_parents != pairs.first_parents)
            & (coins[0] < self.crossover.skip_mutation_probability)
        )
        can_mutate = ~pairs.is_unchanged & ~not_mutated
        adds_node, adds_connection = coins[1] < self.add_node, coins[2] < self.add_connection
        mutates_weights = coins[3] < self.mutate_weights
        if self.exclusive_mutation:
            adds_connection, mutates_weights = (
                adds_connection & ~adds_node,
                mutates_weights & ~adds_node & ~(coins[2] < self.add_connection),
            )
        enable_connections_in_place(
            genomes,
            np.flatnonzero(can_mutate),
            self.enable_connection,
            rng.for_purpose(_NeatPurpose.ENABLE_CONNECTION),
        )
        mutate_weights_in_place(
            genomes,
            np.flatnonzero(can_mutate & mutates_weights),
            self.weights,
            rng.for_purpose(_NeatPurpose.WEIGHTS),
        )
        rows = np.flatnonzero(can_mutate & adds_node)
        add_node_in_place(
            genomes,
            rows,
            ports,
            next_node,
            next_innovation,
            rng.for_purpose(_NeatPurpose.ADD_NODE),
            self.allow_bias_split,
        )
        num_new_nodes = assign_node_ids_in_place(genomes, rows, next_node, next_innovation)
        next_node, next_innovation = next_node + num_new_nodes, next_innovation + 2 * num_new_nodes
        rows = np.flatnonzero(can_mutate & adds_connection)
        add_connection_in_place(
            genomes, rows, ports, next_innovation, True, rng.for_purpose(_NeatPurpose.ADD_CONNECTION)
        )
        weight_rng = rng.for_purpose(_NeatPurpose.CONNECTION_WEIGHT)
        next_innovation += assign_connection_innovations_in_place(
            genomes, rows, next_innovation, self.initial_weight, weight_rng
        )
        rows = np.flatnonzero(can_mutate & (coins[4] < self.mutate_activation))
        mutate_activation_in_place(genomes, rows, ports, rng.for_purpose(_NeatPurpose.MUTATE_ACTIVATION))
        return next_node, next_innovation
