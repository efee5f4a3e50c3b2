"""The recorded best's final test, on episodes that selection never saw."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.measurement import HeldOut, TestProtocol
from wannsearch.core.protocols import Evaluator, Graded, Task, distinct_episodes
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.records.files import strict_number
from wannsearch.records.writer import table, weight_values

SWEEP_REACH = 2.0


def sweep(count: int) -> tuple[float, ...]:
    """That many shared weights, evenly from -2 to 2."""
    return tuple(round(float(weight), 12) for weight in np.linspace(-SWEEP_REACH, SWEEP_REACH, count))


def final_test(
    network: Population,
    task: Task,
    evaluator: Evaluator,
    shared_weights: tuple[float, ...] | None,
    held_out: HeldOut,
    seed: int,
) -> dict[str, Any]:
    """What `best/evaluation.json` says, less the names of task and network."""
    episodes = distinct_episodes(task, held_out.episodes)
    seeds = task.episode_seeds(seed, Role.HELD_OUT, 0, episodes)
    measurement = evaluator.measure(network, task, TestProtocol(shared_weights, seeds))
    result: dict[str, Any] = {
        "protocol": "held-out episodes that selection never saw; std over episodes, ddof 0",
        **held_out_seeds(seed, episodes),
        **table(measurement.names, measurement.mean, measurement.std),
        "mean_over_weights": strict_number(measurement.mean.mean()),
        **graded(evaluator, network, task, TestProtocol(shared_weights, seeds)),
    }
    if shared_weights is not None:
        protocol = TestProtocol(sweep(held_out.sweep_weights), seeds)
        swept = evaluator.measure(network, task, protocol)
        result["sweep"] = table(swept.names, swept.mean, swept.std)
    return result


def held_out_seeds(seed: int, episodes: int) -> dict[str, Any]:
    """How many episodes, and which."""
    seeds = {"seed": seed, "stream": "held_out", "first": 0, "count": episodes}
    return {"episodes": episodes, "seeds": seeds}


def graded(evaluator: Evaluator, network: Population, task: Task, protocol: TestProtocol) -> dict[str, Any]:
    """Share of answers right by weight, and the weights at which all are; nothing where none is right."""
    if not isinstance(task, Graded):
        return {}
    accuracy = evaluator.measure(network, task.accuracy(), protocol)
    right = zip(weight_values(accuracy.names), accuracy.mean, strict=True)
    return {
        "accuracy": [strict_number(value) for value in accuracy.mean],
        "solved_at": [weight for weight, value in right if value == 1.0],
    }
