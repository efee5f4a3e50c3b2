"""Valid networks drawn from a numpy generator, for tests that compare players of networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, CONTROL_ACTIVATIONS
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network

CONTROL_IDS = [ACTIVATION_IDS[name] for name in CONTROL_ACTIVATIONS]


def network(rng: Any, ports: Ports, hidden: int, density: float = 0.5) -> Population:
    """One network; each edge that may exist does so with probability `density`, weights in (-2, 2)."""
    nodes = ports.first_hidden + hidden + ports.outputs
    possible = np.array(
        [
            (source, target)
            for target in range(ports.first_hidden, nodes)
            for source in range(min(target, nodes - ports.outputs))
        ]
    )
    edges = possible[rng.random(len(possible)) < density]
    return one_network.from_arrays(
        rng.choice(CONTROL_IDS, nodes), edges[:, 0], edges[:, 1], rng.uniform(-2, 2, len(edges))
    )


def population(rng: Any, ports: Ports, count: int, most_hidden: int = 8) -> Population:
    """So many networks of all sizes, padded to the widest; the first has no edge at all."""
    sizes = rng.integers(0, most_hidden + 1, count)
    densities = [0.0, *rng.uniform(0.2, 0.8, count - 1)]
    return Population.concatenate(
        [network(rng, ports, int(h), d) for h, d in zip(sizes, densities, strict=True)]
    )
