"""Networks with random weights: draw i of the weights is evaluated in episode i.

The paper's columns are "random weights" (each connection has its own draw) and "random shared weight" (one
draw for all). Draws come from U(-2, 2), a new one every trial (Gaier & Ha 2019, section 4).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from wannsearch.core.arrays import UInt64Array
from wannsearch.core.measurement import Measurement
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import MAX_SHARED_WEIGHT, Trials


def measure_random_weights(
    evaluator: Evaluator,
    network: Population,
    task: Task,
    seeds: UInt64Array,
    seed: int,
    shared: bool,
) -> Measurement:
    """Return returns and steps (1, R) of one network, with a fresh draw of its weights for each seed (R,).

    `shared` draws one weight for all connections, else each connection has its own.
    """
    num_weights = 1 if shared else network.weight.shape[1]
    weights_by_episode = MAX_SHARED_WEIGHT * (
        2.0 * make_stream(seed, Role.RANDOM_WEIGHTS).uniform(len(seeds), num_weights) - 1.0
    )
    trials = Trials(shared_weights=None, episodes=1)
    scores = [
        evaluator.evaluate(
            replace(network, weight=np.broadcast_to(weights, network.weight.shape)),
            task,
            trials,
            seeds[i : i + 1],
            learn=False,
        )[0]
        for i, weights in enumerate(weights_by_episode)
    ]
    return Measurement(
        ("shared_random" if shared else "random",),
        np.array([[score.returns[0, 0, 0] for score in scores]]),
        np.array([[score.steps[0, 0, 0] for score in scores]]),
    )
