"""Peak memory of a generation of 10,000 networks of 300 nodes: asked, played and bred again.

    python bench/memory.py

The bound: a genome is 5 bytes a node and 25 a gene, a network 1 and 16; a generation holds parents,
children, and networks as asked and as played, and 24 lanes are 384 bytes a network and as much again
as scores. Measured is the resident peak of this whole process, Python and compiled code included.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import replace

import numpy as np
import played
from breeding import method, scores

from wannsearch.core.streams import Role, stream
from wannsearch.methods.wann import Wann, WannState

COUNT, NODES, GROWN, LIMIT_GIB = 10_000, 300, 50, 2.0


def peak_gib() -> float:
    """Resident peak so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def grown(breeder: Wann) -> WannState:
    """A few genomes of so many nodes, made by the search's own operators."""
    growing = replace(breeder, population_size=GROWN, add_connection=0.5, add_node=1.0, cull=0.0, elite=0.0)
    state = growing.start(played.swingup().ports, stream(0, Role.START))
    while state.genomes.nodes.mean() < NODES:
        asked, told = growing.ask(state), scores(GROWN, state.generation)
        state = growing.tell(state, asked, told, stream(0, Role.TELL, state.generation))
    return state


def main() -> int:
    """Print the figure; 1 where it does not hold."""
    breeder = method(COUNT)
    few = grown(breeder)
    state = replace(
        few,
        genomes=few.genomes.take(np.arange(COUNT) % GROWN),
        id=np.arange(COUNT, dtype=np.int64),
        parents=np.full((COUNT, 2), -1, np.int64),
        order=np.zeros(COUNT, np.int32),
    )
    before = peak_gib()
    task = played.swingup(horizon=20)
    asked = breeder.ask(state)
    told = played.compiled(simplify=True).evaluate(asked, task, played.trials(), played.seeds(task))[0]
    bred = breeder.tell(state, asked, told, stream(0, Role.TELL, state.generation))
    nodes, genes = bred.genomes.nodes.mean(), bred.genomes.edges.mean()
    print(
        f"{COUNT} networks, on average {nodes:.0f} nodes, {genes:.0f} genes, "
        f"{asked.edges.mean():.0f} connections, 24 lanes: "
        f"peak {peak_gib():.2f} GiB ({before:.2f} before); at most {LIMIT_GIB:g}"
    )
    return 0 if peak_gib() < LIMIT_GIB else 1


if __name__ == "__main__":
    sys.exit(main())
