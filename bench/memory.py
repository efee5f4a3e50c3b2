"""Peak memory of a generation of 10,000 networks of 300 nodes: proposed, evaluated and bred again.

    python bench/memory.py

The bound: a genome is 5 bytes a node and 25 a gene, a network 1 and 16; a generation holds parents,
children, and networks as proposed and as evaluated, and 24 lanes are 384 bytes a network and as much again
as scores. Measured is the resident peak of this whole process, Python and compiled code included.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace

import numpy as np
import workload
from breeding import make_wann, sample_scores

from wannsearch.core.streams import Role, make_stream
from wannsearch.methods.wann import Wann, WannState

NUM_NETWORKS, NUM_NODES, NUM_GROWN, MAX_GIB = 10_000, 300, 50, 2.0


def measure_peak_gib() -> float:
    """Return the peak resident memory of this process so far, in GiB; Linux counts it in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def grow_genomes(breeder: Wann) -> WannState:
    """Return a state of 50 genomes of 300 nodes on average, made by the search's own operators."""
    growing_breeder = replace(
        breeder, population_size=NUM_GROWN, add_connection=0.5, add_node=1.0, cull=0.0, elite=0.0
    )
    state = growing_breeder.start(workload.make_swingup().ports, make_stream(0, Role.START))
    while state.genomes.nodes.mean() < NUM_NODES:
        candidates, candidate_scores = growing_breeder.ask(state), sample_scores(NUM_GROWN, state.generation)
        state = growing_breeder.tell(
            state, candidates, candidate_scores, make_stream(0, Role.TELL, state.generation)
        )
    return state


def main() -> int:
    """Print the figure; return 1 where the peak reaches 2 GiB."""
    breeder = make_wann(NUM_NETWORKS)
    grown_state = grow_genomes(breeder)
    state = replace(
        grown_state,
        genomes=grown_state.genomes.take(np.arange(NUM_NETWORKS) % NUM_GROWN),
        ids=np.arange(NUM_NETWORKS, dtype=np.int64),
        parent_ids=np.full((NUM_NETWORKS, 2), -1, np.int64),
        rank=np.zeros(NUM_NETWORKS, np.int32),
    )
    peak_before_gib = measure_peak_gib()
    task = workload.make_swingup(horizon=20)
    candidates = breeder.ask(state)
    candidate_scores = workload.make_compiled(simplify=True).evaluate(
        candidates, task, workload.make_trials(), workload.make_seeds(task)
    )[0]
    next_state = breeder.tell(
        state, candidates, candidate_scores, make_stream(0, Role.TELL, state.generation)
    )
    nodes, genes = next_state.genomes.nodes.mean(), next_state.genomes.edges.mean()
    print(
        f"{NUM_NETWORKS} networks, on average {nodes:.0f} nodes, {genes:.0f} genes, "
        f"{candidates.edges.mean():.0f} connections, 24 lanes: "
        f"peak {measure_peak_gib():.2f} GiB ({peak_before_gib:.2f} before); at most {MAX_GIB:g}"
    )
    return 0 if measure_peak_gib() < MAX_GIB else 1


if __name__ == "__main__":
    sys.exit(main())
