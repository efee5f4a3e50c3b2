"""The rate of this machine, measured with a short piece of real work before the search begins."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.kernels.compiling import announce_compilation
from wannsearch.core.ports import Ports
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials

_NUM_HIDDEN, _NUM_CONNECTIONS, _NUM_NETWORKS, _NUM_REPEATS = 20, 50, 128, 2


@dataclass(frozen=True)
class ProbeRate:
    """The measured rate, and the size of the networks that it was measured with."""

    lane_steps: float  # per second
    hidden: int
    connections: int

    def __str__(self) -> str:
        millions = self.lane_steps / 1e6
        rate_text = f"{millions:.0f}" if millions >= 10 else f"{millions:.2g}"
        return (
            f"about {rate_text} M lane-steps/s with networks of {self.hidden} hidden nodes, "
            f"{self.connections} connections"
        )


def sample_networks(ports: Ports, count: int, hidden: int, connections: int) -> Population:
    """Return `count` random networks of one size, the same at every call; all weights are 1.

    An edge may lead from any slot but an output to any higher hidden or output slot. There are fewer edges
    where too few are possible.
    """
    rng = np.random.Generator(np.random.Philox(0))
    nodes = ports.first_hidden + hidden + ports.outputs
    source, target = np.triu_indices(nodes, 1)
    allowed_edges = np.flatnonzero((target >= ports.first_hidden) & (source < nodes - ports.outputs))
    connections = min(connections, len(allowed_edges))
    edge_ids = np.stack([rng.choice(allowed_edges, connections, replace=False) for _ in range(count)])
    edge_ids = np.take_along_axis(edge_ids, np.argsort(target[edge_ids], axis=1, kind="stable"), axis=1)
    ids = np.array([ACTIVATION_IDS[name] for name in ports.activations], np.int8)
    return Population(
        np.full(count, nodes, np.int32),
        rng.choice(ids, (count, nodes)),
        np.full(count, connections, np.int32),
        source[edge_ids].astype(np.int32),
        target[edge_ids].astype(np.int32),
        np.ones((count, connections)),
    )


def probe_rate(evaluator: Evaluator, task: Task, trials: Trials) -> ProbeRate:
    """Return the better rate of two evaluations of 128 random networks of medium size.

    An evaluation before them, which may compile, is not timed. A row of labelled data counts as a lane-step.
    """
    announce_compilation()
    networks = sample_networks(task.ports, _NUM_NETWORKS, _NUM_HIDDEN, _NUM_CONNECTIONS)
    seeds = task.episode_seeds(0, Role.EPISODES, 1, trials.episodes)
    samples = np.shape(task.reset(seeds)[0])[1]
    max_rate = 0.0
    for repeat in range(_NUM_REPEATS + 1):
        start_s = time.perf_counter()
        scores, _ = evaluator.evaluate(networks, task, trials, seeds, learn=False)
        lane_steps = int(scores.steps.sum()) * samples
        if repeat:
            max_rate = max(max_rate, lane_steps / (time.perf_counter() - start_s))
    return ProbeRate(max_rate, _NUM_HIDDEN, int(networks.edges[0]))
