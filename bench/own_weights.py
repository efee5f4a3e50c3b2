"""Lane-steps per second with own weights, one episode or few a network, beside six shared weights.

NEAT evaluates each network with one set of weights, so a network brings as many lanes as episodes: 2 in its
published swing-up settings, where WANN's 6 weights x 3 episodes bring 18. A vector of 512 bits holds 8.
Bound: with 2 of 8 lanes filled a quarter of the work counts, with 3 three eighths, less what packing and
dispatch cost a network, which 18 lanes share and 2 do not. Networks of one topology share vectors
(`evaluate_simulation`), as the copies of the champion and the minimal networks do; the random kinds do not.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import workload
from samples import Pace, Sampler, compare
from table import BenchmarkRow, Target

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp

MILLIONTH = 1e-6
EPISODE_COUNTS = (2, 3)
MIN_RATIO = 0.2
SHARED_EPISODES = 3


def make_rate_sampler(networks: Population, trials: Trials) -> Sampler:
    """Return a sampler of steps of active lanes a second; episodes end as the task has it."""
    task = workload.make_swingup(CartPoleSwingUp)
    seeds, evaluator = workload.make_seeds(task, trials.episodes), workload.make_compiled()

    def sample() -> float:
        start_s = time.perf_counter()
        steps = evaluator.evaluate(networks, task, trials, seeds)[0].steps.sum()
        return float(steps) / (time.perf_counter() - start_s)

    return sample


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of every kind at hand with 2 and with 3 episodes a network."""
    results = []
    for kind in workload.KINDS:
        networks = workload.load_population(kind)
        if networks is None:
            continue
        weights = np.random.default_rng(0).uniform(-2, 2, networks.weight.shape)
        own_networks = replace(networks, weight=weights)
        for episodes in EPISODE_COUNTS:
            own_sampler = make_rate_sampler(own_networks, Trials(shared_weights=None, episodes=episodes))
            rates = compare(
                own_sampler, make_rate_sampler(networks, workload.make_trials(SHARED_EPISODES)), pace
            )
            results.append(
                BenchmarkRow(
                    name=f"{kind}, own weights, {episodes} episodes",
                    work="192 networks, float64, steps of living lanes",
                    unit="M/s",
                    result=rates[0].scale(MILLIONTH),
                    peer_result=rates[1].scale(MILLIONTH),
                    peer=f"six shared weights, {SHARED_EPISODES} episodes",
                    ratio=rates[2],
                    target=Target(">=", MIN_RATIO),
                )
            )
    return results
