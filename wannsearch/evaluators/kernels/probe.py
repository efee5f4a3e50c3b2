"""How fast this machine will be: a moment of real work before the search begins."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from wannsearch.core.activations import IDS
from wannsearch.core.kernels.compiling import say_what_takes_long
from wannsearch.core.ports import Ports
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials

_HIDDEN, _CONNECTIONS, _NETWORKS, _REPEATS = 20, 50, 128, 2


@dataclass(frozen=True)
class Rate:
    """What was measured, and on what."""

    lane_steps: float  # a second
    hidden: int
    connections: int

    def __str__(self) -> str:
        millions = self.lane_steps / 1e6
        shown = f"{millions:.0f}" if millions >= 10 else f"{millions:.2g}"
        return (
            f"about {shown} M lane-steps/s with networks of {self.hidden} hidden nodes, "
            f"{self.connections} connections"
        )


def some_networks(ports: Ports, count: int, hidden: int, connections: int) -> Population:
    """So many networks of one size whose connections climb anywhere; the same each time."""
    rng = np.random.Generator(np.random.Philox(0))
    nodes = ports.first_hidden + hidden + ports.outputs
    source, target = np.triu_indices(nodes, 1)
    possible = np.flatnonzero((target >= ports.first_hidden) & (source < nodes - ports.outputs))
    connections = min(connections, len(possible))
    chosen = np.stack([rng.choice(possible, connections, replace=False) for _ in range(count)])
    chosen = np.take_along_axis(chosen, np.argsort(target[chosen], axis=1, kind="stable"), axis=1)
    ids = np.array([IDS[name] for name in ports.activations], np.int8)
    return Population(
        np.full(count, nodes, np.int32),
        rng.choice(ids, (count, nodes)),
        np.full(count, connections, np.int32),
        source[chosen].astype(np.int32),
        target[chosen].astype(np.int32),
        np.ones((count, connections)),
    )


def probed(evaluator: Evaluator, task: Task, trials: Trials) -> Rate:
    """The rate on networks of a middling size; the first play, which may compile, does not count."""
    say_what_takes_long()
    networks = some_networks(task.ports, _NETWORKS, _HIDDEN, _CONNECTIONS)
    seeds = task.episode_seeds(0, Role.EPISODES, 1, trials.episodes)
    samples = np.shape(task.reset(seeds)[0])[1]
    best = 0.0
    for repeat in range(_REPEATS + 1):
        begin = time.perf_counter()
        scores, _ = evaluator.evaluate(networks, task, trials, seeds, learn=False)
        steps = int(scores.steps.sum()) * samples
        if repeat:
            best = max(best, steps / (time.perf_counter() - begin))
    return Rate(best, _HIDDEN, int(networks.edges[0]))
