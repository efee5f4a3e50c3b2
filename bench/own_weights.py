"""Lane-steps per second with own weights, one episode or few a network, beside six shared weights.

NEAT plays each network with one set of weights, so a network brings as many lanes as episodes: 2 in its
published swing-up settings, where WANN's 6 weights x 3 episodes bring 18. A vector of 512 bits holds 8.
Bound: with 2 of 8 lanes filled a quarter of the work counts, with 3 three eighths, less what packing and
dispatch cost a network, which 18 lanes share and 2 do not. Packing the lanes of several networks of the
same shape into one vector would lift it; populations that differ in every network rarely have any.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import played
from samples import Pace, Sample, compared
from table import Row, Target

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp

M = 1e-6
FEW = (2, 3)
TARGET = 0.2
SHARED_EPISODES = 3


def rate(networks: Population, trials: Trials) -> Sample:
    """A sampler of steps of living lanes a second, deaths as they come."""
    task = played.swingup(CartPoleSwingUp)
    seeds, evaluator = played.seeds(task, trials.episodes), played.compiled()

    def sample() -> float:
        begin = time.perf_counter()
        steps = evaluator.evaluate(networks, task, trials, seeds)[0].steps.sum()
        return float(steps) / (time.perf_counter() - begin)

    return sample


def rows(pace: Pace) -> list[Row]:
    """Every kind with 2 and 3 episodes a network."""
    made = []
    for kind in played.KINDS:
        networks = played.population(kind)
        if networks is None:
            continue
        drawn = np.random.default_rng(0).uniform(-2, 2, networks.weight.shape)
        own = replace(networks, weight=drawn)
        for episodes in FEW:
            few = rate(own, Trials(shared_weights=None, episodes=episodes))
            rates = compared(few, rate(networks, played.trials(SHARED_EPISODES)), pace)
            made.append(
                Row(
                    name=f"{kind}, own weights, {episodes} episodes",
                    work="192 networks, float64, steps of living lanes",
                    unit="M/s",
                    ours=rates[0].scaled(M),
                    beside=rates[1].scaled(M),
                    peer=f"six shared weights, {SHARED_EPISODES} episodes",
                    ratio=rates[2],
                    target=Target(">=", TARGET),
                )
            )
    return made
