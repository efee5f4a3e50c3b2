"""Breeding: from told scores to the children that an evaluator may play, one thread.

    python bench/breeding.py [--repeats 30]

A generation of WANN at population 960 is `tell` and then `ask`. Ranking and tournaments (the order) have
a target of their own in `ordering.py`; breeding is tell + ask of each turn, less the median order.
Populations are bred by the method itself under random scores, 96 genomes ten times over: as large as
the published champion, and 367 nodes with about 500 connections, once from genomes that start with
some of the genes between inputs and outputs and once, not judged, with all 2570 of them, as
`Wann.start` makes them.

Bound: a child is one copy of its parent (5 bytes a node, 25 a gene) and its network one copy of what
is enabled (1 and 16 bytes), each read and written once. At 20 GB/s that is 0.3 ms for the champion's
size and 2.5 ms for 367 nodes; memory that the system hands out anew costs as much again, a page at a time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from samples import Spread, spread
from table import Row, Target, shown

from wannsearch.core.activations import CONTROL
from wannsearch.core.ports import Ports
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, Stream, stream
from wannsearch.core.topologies.genomes import Genomes
from wannsearch.methods.wann import Wann, WannState
from wannsearch.ranking.crowding import CrowdingScale
from wannsearch.ranking.nsga2 import ranked
from wannsearch.ranking.tournament import winners

POPULATION, BRED = 960, 96
REPEATS = 30


@dataclass(frozen=True)
class Kind:
    """How a population is bred, until its genomes have so many nodes on average."""

    name: str
    ports: Ports
    nodes: int
    enabled: float  # share of the first genes
    first_genes: int | None  # how many of them each genome keeps; None: all
    limit_ms: float | None


KINDS = (
    Kind("champion size", Ports(5, 1, CONTROL), 29, 0.5, None, 3.0),
    Kind("367 nodes", Ports(256, 10, CONTROL), 367, 1.0, 325, 25.0),
    Kind("367 nodes, all first genes", Ports(256, 10, CONTROL), 367, 0.12, None, None),
)


def method(size: int, enabled: float = 0.5, by_complexity: float = 0.8) -> Wann:
    """WANN as its YAML has it, but for these."""
    return Wann(
        population_size=size,
        initial_enabled=enabled,
        probability_complexity=by_complexity,
        cull=0.2,
        elite=0.2,
        effective_tournament_size=16,
        add_connection=0.20,
        add_node=0.25,
        enable=0.05,
        set_activation=0.50,
        split_keeps_hidden_edge=True,
        disabled_gene_blocks_connection=True,
        crowding_scale=CrowdingScale.RANGE,
        output_activation="linear",
    )


def scores(size: int, seed: int) -> Scores:
    """Random ones: six weights, four episodes."""
    returns = np.random.default_rng(seed).normal(100.0, 30.0, (size, 6, 4))
    return Scores(returns, np.ones(returns.shape, np.int64))


def thinned(genomes: Genomes, kept: int) -> Genomes:
    """So many genes of each, in their order, each genome its own."""
    random = np.random.default_rng(0)
    columns = genomes.source.shape[1]
    chosen = np.sort([random.permutation(columns)[:kept] for _ in range(len(genomes))], axis=1)
    names = ("source", "target", "weight", "enabled", "innovation")
    parts = {name: np.take_along_axis(getattr(genomes, name), chosen, axis=1) for name in names}
    return replace(genomes, edges=np.full(len(genomes), kept, np.int32), **parts)


def bred(kind: Kind) -> WannState:
    """A state of 960 such genomes."""
    growing = method(BRED, kind.enabled, by_complexity=0.0)  # few connections would keep them small
    state = growing.start(kind.ports, stream(0, Role.START))
    if kind.first_genes is not None:
        state = replace(state, genomes=thinned(state.genomes, kind.first_genes))
    while state.genomes.nodes.mean() < kind.nodes:
        asked, told = growing.ask(state), scores(BRED, state.generation)
        state = growing.tell(state, asked, told, stream(0, Role.TELL, state.generation))
    return replace(
        state,
        genomes=state.genomes.take(np.arange(POPULATION) % BRED),
        id=np.arange(POPULATION, dtype=np.int64),
        parents=np.full((POPULATION, 2), -1, np.int64),
        order=np.zeros(POPULATION, np.int32),
        next_node=POPULATION * state.next_node,
        next_innovation=POPULATION * state.next_innovation,
    )


def ordered(objectives: np.ndarray, rng: Stream, breeder: Wann) -> None:
    """What of `tell` is no breeding: sorting, crowding, tournaments."""
    ranked(objectives, breeder.crowding_scale)
    winners(POPULATION, breeder.effective_tournament_size, POPULATION, rng)


def milliseconds(work: Callable[[], object]) -> float:
    """Of one call."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1e3


def timed(state: WannState, repeats: int) -> dict[str, Spread]:
    """Milliseconds of each piece of one generation, over generations that differ by their draws alone."""
    breeder = method(POPULATION)
    asked = breeder.ask(state)
    taken: dict[str, list[float]] = {name: [] for name in ("tell", "ask", "order")}
    for repeat in range(repeats + 1):  # the first warms up
        told, rng, after = scores(POPULATION, repeat), stream(repeat, Role.TELL), [state]
        tell = milliseconds(lambda: after.append(breeder.tell(state, asked, told, rng)))  # noqa: B023
        ask = milliseconds(lambda: breeder.ask(after[-1]))  # noqa: B023
        objectives = np.column_stack([told.mean, 1.0 / np.maximum(asked.edges, 1)])
        order = milliseconds(lambda: ordered(objectives, rng, breeder))  # noqa: B023
        if repeat:
            for name, value in zip(taken, (tell, ask, order), strict=True):
                taken[name].append(value)
    no_breeding = spread(taken["order"]).median
    breeding = [tell + ask - no_breeding for tell, ask in zip(taken["tell"], taken["ask"], strict=True)]
    return {name: spread(values) for name, values in ({"breeding": breeding} | taken).items()}


def rows(kind: Kind, repeats: int) -> list[Row]:
    """A row for each piece of one population."""
    state = bred(kind)
    genomes, connections = state.genomes, method(POPULATION).ask(state).edges.mean()
    work = (
        f"{POPULATION} genomes of {genomes.nodes.mean():.0f} nodes and {genomes.edges.mean():.0f} genes, "
        f"{connections:.0f} connections"
    )
    limit = Target("<=", kind.limit_ms, "ours") if kind.limit_ms is not None else None
    return [
        Row(
            name=f"{piece}, {kind.name}",
            work=work,
            unit="ms",
            ours=figure,
            target=limit if piece == "breeding" else None,
        )
        for piece, figure in timed(state, repeats).items()
    ]


def measured(repeats: int = REPEATS) -> list[Row]:
    """Every piece of every population, in milliseconds."""
    return [row for kind in KINDS for row in rows(kind, repeats)]


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    for row in measured(options.repeats):
        target = f"  {row.target.sense} {row.target.value:g} ms: {row.verdict()}" if row.target else ""
        print(f"{row.name:38s} {shown(row.ours, row.unit):32s}{target:24s} {row.work}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
