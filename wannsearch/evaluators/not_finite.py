"""The cause of a NaN score: one episode of one network is evaluated again, slowly, in float64."""

from __future__ import annotations

import numpy as np

from wannsearch.core.arrays import UInt64Array
from wannsearch.core.protocols import Task
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import forward


def explain_not_finite(network: Population, task: Task, trials: Trials, seeds: UInt64Array) -> str:
    """Return a phrase that names the first number that is not finite, and its step.

    The arguments hold one network, one weight and one seed (1,). The weights are checked first. Each step
    then checks the observation, the outputs for NaN and the sum of the rewards. Where all of them are finite,
    the phrase names the evaluator's own format as the cause.
    """
    has_own_weights = trials.shared_weights is None
    shared_weights = None if has_own_weights else trials.weights()
    weights = network.weight[0, : int(network.edges[0])] if shared_weights is None else shared_weights
    if not np.isfinite(weights).all():
        return f"a weight is {weights[~np.isfinite(weights)][0]}"
    state, total = task.reset(seeds), 0.0
    with np.errstate(all="ignore"):
        for step in range(1, task.horizon + 1):
            observation = task.observe(state)
            if not np.isfinite(observation).all():
                return f"the observation of step {step} holds {observation[~np.isfinite(observation)][0]}"
            weight = (
                None if shared_weights is None else shared_weights.reshape(-1, *[1] * (observation.ndim - 2))
            )
            outputs = forward(network, 0, observation, task.ports.outputs, weight)
            if np.isnan(outputs).any():
                return f"an output of step {step} is nan"
            state, reward, done = task.step(state, outputs)
            total += float(np.asarray(reward, np.float64).reshape(-1)[0])
            if not np.isfinite(total):
                return f"the reward of step {step} is {np.asarray(reward).reshape(-1)[0]}"
            if np.asarray(done).all():
                break
    return "its return is finite in float64, and not in the evaluator's numbers"
