"""The fixed work of the lane rows: networks, task and evaluator.

192 networks of a kind x 24 lanes (6 shared weights x 4 episodes) x 1000 steps of the swing-up. The kinds
and their draws are the yardstick's (`limit.py`), network for network: 0 hidden nodes and 3 connections,
copies of the published champion (29 nodes, 52 connections), and random ones of 50 nodes and 80, 106 nodes
and 245 connections. The outputs of the drawn ones are tanh.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, CONTROL_ACTIVATIONS
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS, Trials
from wannsearch.evaluators.compiled import Compiled, LanePrecision
from wannsearch.formats import networks
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.starts import StartStates

POPULATION, EPISODES, STEPS = 192, 4, 1000
SIZES = {"minimal": (0, 3), "random_50n_80c": (43, 80), "random_106n_245c": (99, 245)}
KINDS = ("minimal", "champion", "random_50n_80c", "random_106n_245c")
REFERENCE = Path(__file__).resolve().parents[1] / os.environ.get(
    "WANNSEARCH_REFERENCE", "../shared/reference"
)


@dataclass(frozen=True, kw_only=True)
class EndlessSwingUp(CartPoleSwingUp):
    """The swing-up whose episodes never end early, so that every program runs the same lane-steps."""

    def lane_step(self, m: Any, state: Any, outputs: Any) -> Any:
        """Return the next state and reward of the swing-up, and False for done."""
        next_state, reward, _ = super().lane_step(m, state, outputs)
        return next_state, reward, False


def make_swingup(task_class: type[CartPoleSwingUp] = EndlessSwingUp, horizon: int = STEPS) -> CartPoleSwingUp:
    """Return the swing-up task with this horizon; by default its episodes never end early."""
    return task_class(
        episodes=EPISODES, horizon=horizon, start_states=StartStates.PHILOX, activations=CONTROL_ACTIVATIONS
    )


def make_trials(episodes: int = EPISODES) -> Trials:
    """Return trials of the six shared weights, with these episodes for each."""
    return Trials(shared_weights=SIX_WEIGHTS, episodes=episodes)


def make_seeds(task: Any, episodes: int = EPISODES) -> Any:
    """Return the episode seeds (R,) uint64 of the first generation of seed 0."""
    return task.episode_seeds(0, Role.EPISODES, 1, episodes)


def make_compiled(
    precision: LanePrecision = LanePrecision.FLOAT64, threads: int = 1, simplify: bool = False
) -> Compiled:
    """Return the evaluator under test, all else as in `conf/evaluator/compiled.yaml`."""
    return Compiled(
        precision=precision,
        threads=threads,
        chunk=None,
        max_memory=None,
        vector_bits=None,
        simplify=simplify,
    )


def sample_network(rng: np.random.Generator, num_hidden: int, num_connections: int) -> Population:
    """Return a swing-up network of this size with random edges from lower to higher slots.

    Its output is tanh; all weights are 1.
    """
    num_nodes = 7 + num_hidden
    pairs: set[tuple[int, int]] = set()
    while len(pairs) < num_connections:
        source, target = int(rng.integers(0, num_nodes - 1)), int(rng.integers(6, num_nodes))
        if source < target:
            pairs.add((target, source))
    edges = np.array(sorted(pairs), np.int32)
    activation = np.r_[np.ones(6), rng.integers(1, 11, num_hidden), ACTIVATION_IDS["tanh"]].astype(np.int8)
    return Population(
        np.array([num_nodes], np.int32),
        activation[None],
        np.array([num_connections], np.int32),
        edges[None, :, 1].copy(),
        edges[None, :, 0].copy(),
        np.ones((1, num_connections)),
    )


def sample_networks(num_networks: int, num_hidden: int, num_connections: int) -> Population:
    """Return `num_networks` random networks of this size, the same at every call."""
    rng = np.random.default_rng(0)
    samples = [sample_network(rng, num_hidden, num_connections) for _ in range(num_networks)]
    names = [field.name for field in fields(Population)]
    return Population(*(np.concatenate([getattr(network, name) for network in samples]) for name in names))


@cache
def load_population(kind: str) -> Population | None:
    """Return 192 networks of a kind; None where the published network is not at hand."""
    if kind != "champion":
        return sample_networks(POPULATION, *SIZES[kind])
    path = REFERENCE / "wann" / "swing.out"
    if not path.is_file():
        return None
    return networks.read(path, make_swingup().ports).take(np.zeros(POPULATION, int))
