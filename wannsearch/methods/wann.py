"""WANN: search for topologies that work with any shared weight.

Gaier & Ha (2019), "Weight Agnostic Neural Networks", and its published code. Every network is evaluated
with several shared weights, each set on all connections at once. A generation is ranked over two
objectives, the mean over the weights and, with probability `complexity_ranking_probability`, few
connections, else the best single weight. The worst are culled, the elite passes unchanged, and the rest
are copies of parents with one topological mutation each, where its operator finds a place. A parent wins a
tournament, as published, or is selected by lexicase over single weights and episodes (`ranking.lexicase`).
A fifth operator, which removes a connection, is ours and has the share 0.

Where paper and code differ, or the code has a slip that results depend on, a setting covers both;
`docs/faithfulness.md` lists them, and `conf/method/wann.yaml` holds the defaults.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.arrays import BoolArray, FloatArray, Int32Array, IntArray
from wannsearch.core.errors import ConfigError, check_at_least, check_population_size, not_allowed_error
from wannsearch.core.kernels.philox import sample_first_uniform
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Stream
from wannsearch.core.topologies.genomes import Genomes, make_minimal_genomes
from wannsearch.core.topologies.population import Population
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.nsga2 import nsga2_order
from wannsearch.ranking.parent_rule import ParentGroups, ParentRuleSettings
from wannsearch.variation.add_connection import add_connection_in_place
from wannsearch.variation.add_node import add_node_in_place
from wannsearch.variation.enable_connection import enable_connection_in_place
from wannsearch.variation.mutate_activation import mutate_activation_in_place
from wannsearch.variation.remove_connection import remove_connection_in_place
from wannsearch.variation.remove_dead_nodes import remove_dead_nodes_in_place


class _WannPurpose:
    """Each purpose of a generation's draws is a counter word; plain integers, as kernels need them."""

    OBJECTIVE = 0
    PARENTS = 1
    OPERATOR = 2
    ADD_CONNECTION = 3
    ADD_NODE = 4
    ENABLE_CONNECTION = 5
    MUTATE_ACTIVATION = 6
    REMOVE_CONNECTION = 8  # nothing draws from 7; another number here would change published results


_OPERATORS = ("add_connection", "add_node", "enable_connection", "mutate_activation", "remove_connection")
"""The sectors of the roulette wheel, in this order; the name is the setting of its share."""


@dataclass(frozen=True)
class WannState:
    """The state holds the next population, its ancestors, and the ranks of the last one."""

    genomes: Genomes
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2)
    rank: Int32Array  # (P,) rank of each row of the last population
    generation: int  # generation of `genomes`, from 1
    next_node: int  # next free node id
    next_innovation: int  # next free innovation number
    ports: Ports


@dataclass(frozen=True, kw_only=True)
class Wann:
    """WANN search has these settings; an operator's probability is its share of the sum of all five.

    ConfigError for a population below 2, a value out of range, or five operators with 0.
    """

    candidate_type: ClassVar[type[Population]] = Population
    population_size: int
    initial_enabled: float  # chance that a gene of the first population is enabled
    complexity_ranking_probability: float  # chance that a generation is ranked by (mean, few connections)
    cull: float  # share of the population removed before breeding
    elite: float  # share of the rest that passes unchanged
    elites_per_weight: int  # networks that pass unchanged because they are the best at a shared weight
    parent_selection: ParentRuleSettings
    add_connection: float
    add_node: float
    enable_connection: float
    mutate_activation: float
    remove_connection: float
    simplify_children: bool  # dead hidden nodes leave every child
    split_keeps_hidden_edge: bool
    disabled_gene_blocks_connection: bool
    crowding_scale: CrowdingScale
    output_activation: str

    def __post_init__(self) -> None:
        convert_fields(self)
        check_population_size(self.population_size, 2)
        for name in ("initial_enabled", "complexity_ranking_probability", "elite"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"method.{name} is {getattr(self, name)}; it must lie in 0..1.")
        check_at_least("method.elites_per_weight", self.elites_per_weight, 0)
        if not 0 <= self.cull < 1:
            raise ConfigError(f"method.cull is {self.cull}; it must lie in 0..1, without 1.")
        for name in _OPERATORS:
            if not 0 <= getattr(self, name) < np.inf:
                raise ConfigError(f"method.{name} is {getattr(self, name)}; it must be 0 or more.")
        if not self._roulette().sum() > 0:
            raise ConfigError(
                f"method.{', .'.join(_OPERATORS[:-1])} and .{_OPERATORS[-1]} are all 0; one must be above."
            )
        if self.output_activation not in ACTIVATION_IDS:
            raise not_allowed_error("method.output_activation", self.output_activation, ACTIVATION_IDS)

    def start(self, ports: Ports, rng: Stream) -> WannState:
        """Build P genomes without hidden nodes: all genes into outputs, of weight 1, enabled at random."""
        size, num_genes = self.population_size, (1 + ports.inputs) * ports.outputs
        enabled = rng.uniform(size, num_genes) < self.initial_enabled
        genomes = make_minimal_genomes(ports, enabled, ACTIVATION_IDS[self.output_activation])
        return WannState(
            genomes=genomes,
            ids=size + np.arange(size, dtype=np.int64),
            parent_ids=np.full((size, 2), -1, np.int64),
            rank=np.zeros(size, np.int32),
            generation=1,
            next_node=int(genomes.nodes[0]),
            next_innovation=num_genes,
            ports=ports,
        )

    def ask(self, state: WannState) -> Population:
        """Return the networks of enabled genes; `split_keeps_hidden_edge` adds all between hidden nodes."""
        return state.genomes.expressed(state.ports, self.split_keeps_hidden_edge)

    def tell(self, state: WannState, candidates: Population, scores: Scores, rng: Stream) -> WannState:
        """Rank the candidates, then breed the next population: first the elites, then mutated copies.

        Elites keep their ids and the ids of their ancestors; a failed candidate is no elite.
        """
        failed = scores.failed_mask
        best_first = self._rank_population(candidates, scores, failed, rng)
        size = self.population_size
        survivors = best_first[: size - int(self.cull * size)]
        elites = self._select_elites(best_first, len(survivors), scores)
        num_children = size - len(elites)
        one_group = ParentGroups(
            best_first,
            starts=np.array([0]),
            num_survivors=np.array([len(survivors)]),
            num_valid=np.array([size - np.count_nonzero(failed)]),
            sizes=np.array([size]),
            cases=scores.cases,
            connections=candidates.edges,
        )
        parent_rows = self.parent_selection.make_selector(one_group).select_parents(
            np.zeros(num_children, np.int64), rng.for_purpose(_WannPurpose.PARENTS)
        )
        # Extra room for any one operator, so that all can change this one copy in place.
        next_genomes = state.genomes.take(np.concatenate([elites, parent_rows]), extra_nodes=1, extra_genes=2)
        self._mutate_children(state, next_genomes, len(elites), rng)
        generation = state.generation + 1
        child_ids = generation * size + np.arange(len(elites), size, dtype=np.int64)
        rank = np.empty(size, np.int32)
        rank[best_first] = np.arange(size, dtype=np.int32)
        no_second_parent = np.full(num_children, -1, np.int64)
        return replace(
            state,
            genomes=next_genomes,
            ids=np.concatenate([state.ids[elites], child_ids]),
            parent_ids=np.concatenate(
                [state.parent_ids[elites], np.column_stack([state.ids[parent_rows], no_second_parent])]
            ),
            rank=rank,
            generation=generation,
            next_node=state.next_node + size,
            next_innovation=state.next_innovation + 2 * size,
        )

    def check(self, state: WannState, ports: Ports) -> None:
        """Raise ConfigError for other ports, invalid genomes, wrong shapes or numbers out of range."""
        if state.ports != ports:
            raise ConfigError(
                f"the state is for {state.ports.inputs} inputs and {state.ports.outputs} outputs; "
                f"the task has {ports.inputs} and {ports.outputs}."
            )
        state.genomes.check(ports)
        size = self.population_size
        shapes = {"ids": (size,), "parent_ids": (size, 2), "rank": (size,)}
        for name, shape in shapes.items():
            if getattr(state, name).shape != shape or len(state.genomes) != size:
                raise ConfigError(
                    f"the state holds {len(state.genomes)} genomes and {name} "
                    f"of the shape {getattr(state, name).shape}; the population is {size}."
                )
        max_values = {"generation": 2**40, "next_node": 2**31 - 1 - size, "next_innovation": 2**62}
        for name, max_value in max_values.items():
            if not 1 <= getattr(state, name) <= max_value:
                raise ConfigError(
                    f"{name} of the state is {getattr(state, name)}; allowed: 1 to {max_value}."
                )

    def _roulette(self) -> FloatArray:
        return np.array([getattr(self, name) for name in _OPERATORS], np.float64)

    def _rank_population(
        self, candidates: Population, scores: Scores, failed: BoolArray, rng: Stream
    ) -> IntArray:
        """Return (P,) rows from best to worst; failed candidates come last, in row order."""
        inverse_connections = 1.0 / np.maximum(candidates.edges, 1)
        is_by_complexity = (
            sample_first_uniform(1, rng.for_purpose(_WannPurpose.OBJECTIVE))[0]
            < self.complexity_ranking_probability
        )
        objectives = np.column_stack([scores.mean, inverse_connections if is_by_complexity else scores.max])
        valid, failed_rows = np.flatnonzero(~failed), np.flatnonzero(failed)
        if not len(valid):
            return failed_rows.astype(np.int64)
        return np.concatenate([valid[nsga2_order(objectives[valid], self.crowding_scale)], failed_rows])

    def _select_elites(self, best_first: IntArray, num_survivors: int, scores: Scores) -> IntArray:
        """Return the rows that pass unchanged, from best to worst: by rank, and the best at each weight."""
        is_elite = np.zeros(len(best_first), np.bool_)
        is_elite[best_first[: int(self.elite * num_survivors)]] = True
        if self.elites_per_weight:
            mean_by_weight = np.where(scores.failed_mask[:, None], -np.inf, scores.mean_by_weight)
            best_at_weight = np.argsort(-mean_by_weight, axis=0, kind="stable")
            is_elite[best_at_weight[: self.elites_per_weight]] = True
        return best_first[is_elite[best_first] & ~scores.failed_mask[best_first]]

    def _mutate_children(self, state: WannState, genomes: Genomes, num_elites: int, rng: Stream) -> None:
        """Apply one random operator to every row after the elites, in place; a row without a place stays.

        With `simplify_children` these rows lose their dead hidden nodes afterwards.
        """
        size, ports = self.population_size, state.ports
        shares = self._roulette()
        wheel = np.cumsum(shares)
        spins = sample_first_uniform(size, rng.for_purpose(_WannPurpose.OPERATOR)) * wheel[-1]
        # A spin may be rounded up to the end of the wheel; it belongs to the last sector that has a share.
        operators = np.minimum(np.searchsorted(wheel, spins, side="right"), np.flatnonzero(shares)[-1])
        operators[:num_elites] = -1
        rows = [np.flatnonzero(operators == index) for index in range(len(_OPERATORS))]
        next_innovation, next_node = state.next_innovation, state.next_node
        disabled_gene_blocks = self.disabled_gene_blocks_connection
        connection_rng = rng.for_purpose(_WannPurpose.ADD_CONNECTION)
        add_connection_in_place(
            genomes, rows[0], ports, next_innovation, disabled_gene_blocks, connection_rng
        )
        add_node_in_place(
            genomes, rows[1], ports, next_node, next_innovation, rng.for_purpose(_WannPurpose.ADD_NODE)
        )
        enable_connection_in_place(genomes, rows[2], rng.for_purpose(_WannPurpose.ENABLE_CONNECTION))
        mutate_activation_in_place(genomes, rows[3], ports, rng.for_purpose(_WannPurpose.MUTATE_ACTIVATION))
        removal_rng = rng.for_purpose(_WannPurpose.REMOVE_CONNECTION)
        remove_connection_in_place(genomes, rows[4], ports, self.split_keeps_hidden_edge, removal_rng)
        if self.simplify_children:
            children = np.arange(num_elites, size)
            remove_dead_nodes_in_place(genomes, children, ports, self.split_keeps_hidden_edge)
