"""Breeding: from the scores of a generation to the networks of the next one, on one thread.

    python bench/breeding.py [--repeats 30]

A generation of WANN at population 960 is `tell` and then `ask`. Ranking and tournaments (the order) have
a target of their own in `ordering.py`; breeding is tell + ask of each turn, less the median order.
The method itself breeds the populations under random scores: 96 genomes, each ten times. One has the size
of the published champion. Two have 367 nodes with about 500 connections: one starts with 325 of the 2570
genes between inputs and outputs, the other, which has no target, with all of them, as `Wann.start`
makes them.

Bound: a child is one copy of its parent (5 bytes a node, 25 a gene) and its network one copy of what
is enabled (1 and 16 bytes), each read and written once. At 20 GB/s that is 0.3 ms for the champion's
size and 2.5 ms for 367 nodes; memory that the system hands out anew costs as much again, a page at a time.

Removal has rows of its own, beside one for the split of a gene: 192 children of 300 genes in place. Its
bound is one pass over the genes: 58,000 of 25 bytes, each read and written once, are 0.15 ms.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from samples import Spread, summarize
from table import BenchmarkRow, Target, format_spread

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, Stream, make_stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.methods.wann import Wann, WannState
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.lexicase import Ties, Tolerance
from wannsearch.ranking.nsga2 import nsga2_order
from wannsearch.ranking.parent_rule import ParentRuleSettings, SelectionRule
from wannsearch.ranking.tournament import sample_tournament_winners
from wannsearch.variation.add_node import add_node_in_place
from wannsearch.variation.remove_connection import remove_connection_in_place
from wannsearch.variation.remove_dead_nodes import remove_dead_nodes_in_place

POPULATION, NUM_BRED = 960, 96
NUM_CHILDREN = 192
REPEATS = 30


@dataclass(frozen=True)
class PopulationKind:
    """A population to breed until its genomes have `min_mean_nodes` nodes on average."""

    name: str
    ports: Ports
    min_mean_nodes: int
    enabled_share: float  # share of the first genes
    num_first_genes: int | None  # how many of them each genome keeps; None: all
    limit_ms: float | None


KINDS = (
    PopulationKind("champion size", Ports(5, 1, CONTROL_ACTIVATIONS), 29, 0.5, None, 3.0),
    PopulationKind("367 nodes", Ports(256, 10, CONTROL_ACTIVATIONS), 367, 1.0, 325, 25.0),
    PopulationKind("367 nodes, all first genes", Ports(256, 10, CONTROL_ACTIVATIONS), 367, 0.12, None, None),
)

REMOVAL_KIND = PopulationKind("300 genes", Ports(5, 1, CONTROL_ACTIVATIONS), 112, 0.5, None, None)


def make_wann(
    population_size: int, initial_enabled: float = 0.5, complexity_probability: float = 0.8
) -> Wann:
    """Return WANN with the settings of `conf/method/wann.yaml`, except for these arguments."""
    return Wann(
        population_size=population_size,
        initial_enabled=initial_enabled,
        complexity_ranking_probability=complexity_probability,
        cull=0.2,
        elite=0.2,
        elites_per_weight=0,
        parent_selection=ParentRuleSettings(
            rule=SelectionRule.TOURNAMENT,
            tournament_size=16,
            cases=3,
            tolerance=Tolerance.DYNAMIC,
            ties=Ties.FEWEST_CONNECTIONS,
        ),
        add_connection=0.20,
        add_node=0.25,
        enable_connection=0.05,
        mutate_activation=0.50,
        remove_connection=0.0,
        simplify_children=False,
        split_keeps_hidden_edge=True,
        disabled_gene_blocks_connection=True,
        crowding_scale=CrowdingScale.RANGE,
        output_activation="linear",
    )


def sample_scores(num_networks: int, seed: int) -> Scores:
    """Return random scores (P, 6, 4), normal with mean 100 and deviation 30, of one step each."""
    returns = np.random.default_rng(seed).normal(100.0, 30.0, (num_networks, 6, 4))
    return Scores(returns, np.ones(returns.shape, np.int64))


def thin_genes(genomes: Genomes, num_genes: int) -> Genomes:
    """Return the genomes with `num_genes` random genes each, in their order; each genome has its own."""
    rng = np.random.default_rng(0)
    columns = genomes.source.shape[1]
    indices = np.sort([rng.permutation(columns)[:num_genes] for _ in range(len(genomes))], axis=1)
    names = ("source", "target", "weight", "enabled", "innovation")
    arrays = {name: np.take_along_axis(getattr(genomes, name), indices, axis=1) for name in names}
    return replace(genomes, edges=np.full(len(genomes), num_genes, np.int32), **arrays)


def breed_population(kind: PopulationKind) -> WannState:
    """Return a state of 960 genomes of this kind: 96 bred ones, ten times over."""
    breeder = make_wann(
        NUM_BRED, kind.enabled_share, complexity_probability=0.0
    )  # few connections would keep them small
    state = breeder.start(kind.ports, make_stream(0, Role.START))
    if kind.num_first_genes is not None:
        state = replace(state, genomes=thin_genes(state.genomes, kind.num_first_genes))
    while state.genomes.nodes.mean() < kind.min_mean_nodes:
        candidates, candidate_scores = breeder.ask(state), sample_scores(NUM_BRED, state.generation)
        state = breeder.tell(state, candidates, candidate_scores, make_stream(0, Role.TELL, state.generation))
    return replace(
        state,
        genomes=state.genomes.take(np.arange(POPULATION) % NUM_BRED),
        ids=np.arange(POPULATION, dtype=np.int64),
        parent_ids=np.full((POPULATION, 2), -1, np.int64),
        rank=np.zeros(POPULATION, np.int32),
        next_node=POPULATION * state.next_node,
        next_innovation=POPULATION * state.next_innovation,
    )


def order_and_select(objectives: np.ndarray, rng: Stream, breeder: Wann) -> None:
    """Run the part of `tell` that is no breeding: sorting, crowding, tournaments."""
    nsga2_order(objectives, breeder.crowding_scale)
    sample_tournament_winners(np.full(POPULATION, POPULATION), breeder.parent_selection.tournament_size, rng)


def time_ms(work: Callable[[], object]) -> float:
    """Return the wall time of one call in milliseconds."""
    start_s = time.perf_counter()
    work()
    return (time.perf_counter() - start_s) * 1e3


def time_generation(state: WannState, repeats: int) -> dict[str, Spread]:
    """Return the milliseconds of breeding, tell, ask and order, over `repeats` turns from one state.

    The turns differ by their scores and draws alone; a first one is not counted.
    """
    breeder = make_wann(POPULATION)
    candidates = breeder.ask(state)
    samples: dict[str, list[float]] = {name: [] for name in ("tell", "ask", "order")}
    for repeat in range(repeats + 1):  # the first warms up
        candidate_scores, rng, next_states = (
            sample_scores(POPULATION, repeat),
            make_stream(repeat, Role.TELL),
            [state],
        )
        tell_ms = time_ms(lambda: next_states.append(breeder.tell(state, candidates, candidate_scores, rng)))  # noqa: B023
        ask_ms = time_ms(lambda: breeder.ask(next_states[-1]))  # noqa: B023
        objectives = np.column_stack([candidate_scores.mean, 1.0 / np.maximum(candidates.edges, 1)])
        order_ms = time_ms(lambda: order_and_select(objectives, rng, breeder))  # noqa: B023
        if repeat:
            for name, value in zip(samples, (tell_ms, ask_ms, order_ms), strict=True):
                samples[name].append(value)
    median_order_ms = summarize(samples["order"]).median
    breeding_ms = [
        tell_ms + ask_ms - median_order_ms
        for tell_ms, ask_ms in zip(samples["tell"], samples["ask"], strict=True)
    ]
    return {name: summarize(values) for name, values in ({"breeding": breeding_ms} | samples).items()}


def measure_kind(kind: PopulationKind, repeats: int) -> list[BenchmarkRow]:
    """Return a row for each piece of one population: breeding, tell, ask and order."""
    state = breed_population(kind)
    genomes, connections = state.genomes, make_wann(POPULATION).ask(state).edges.mean()
    work = (
        f"{POPULATION} genomes of {genomes.nodes.mean():.0f} nodes and {genomes.edges.mean():.0f} genes, "
        f"{connections:.0f} connections"
    )
    limit = Target("<=", kind.limit_ms, "result") if kind.limit_ms is not None else None
    return [
        BenchmarkRow(
            name=f"{piece}, {kind.name}",
            work=work,
            unit="ms",
            result=figure,
            target=limit if piece == "breeding" else None,
        )
        for piece, figure in time_generation(state, repeats).items()
    ]


def measure_operators(repeats: int) -> list[BenchmarkRow]:
    """Return a row for each operator that is measured alone, on 192 children of about 300 genes."""
    ports = REMOVAL_KIND.ports
    genomes = breed_population(REMOVAL_KIND).genomes.take(np.arange(NUM_CHILDREN) % NUM_BRED)
    rows, rng = np.arange(NUM_CHILDREN), make_stream(0, Role.TELL)
    is_enabled = np.random.default_rng(0).random((NUM_CHILDREN, genomes.source.shape[1] + 2)) < 0.5
    operators: dict[str, Callable[[Genomes], None]] = {
        "add_node": lambda children: add_node_in_place(children, rows, ports, 10**6, 10**9, rng),
        "remove_connection": lambda children: remove_connection_in_place(children, rows, ports, True, rng),
        "remove_dead_nodes, none dead": lambda children: remove_dead_nodes_in_place(
            children, rows, ports, True
        ),
        "remove_dead_nodes, genes enabled at random": lambda children: remove_dead_nodes_in_place(
            replace(children, enabled=is_enabled), rows, ports, False
        ),
    }
    work = (
        f"{NUM_CHILDREN} genomes of {genomes.nodes.mean():.0f} nodes and {genomes.edges.mean():.0f} genes, "
        "in place, without the copy"
    )
    collected = []
    for name, operator in operators.items():
        samples = []
        for _ in range(repeats + 1):  # the first warms up
            children = genomes.copy(extra_nodes=1, extra_genes=2)
            samples.append(time_ms(lambda: operator(children)))  # noqa: B023
        collected.append(
            BenchmarkRow(name=f"operator {name}", work=work, unit="ms", result=summarize(samples[1:]))
        )
    return collected


def measure_all(repeats: int = REPEATS) -> list[BenchmarkRow]:
    """Return the rows of every piece of every population and of single operators, in milliseconds."""
    return [row for kind in KINDS for row in measure_kind(kind, repeats)] + measure_operators(repeats)


def main() -> int:
    """Measure breeding and print its figures; return 0 even where a target is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    for row in measure_all(options.repeats):
        target = f"  {row.target.sense} {row.target.value:g} ms: {row.verdict()}" if row.target else ""
        print(f"{row.name:53s} {format_spread(row.result, row.unit):32s}{target:24s} {row.work}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
