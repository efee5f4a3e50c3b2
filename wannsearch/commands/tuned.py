"""What `wannsearch-tune` leaves: the four columns of Table 1 of one network, and its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.commands.running.final_test import accuracy_by_weight, describe_held_out_seeds
from wannsearch.core.measurement import HeldOutSettings, Measurement, TestProtocol
from wannsearch.core.plateau import order_weights
from wannsearch.core.protocols import Evaluator, Task, count_distinct_episodes
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.records import layout
from wannsearch.records.candidate_files import summary_sizes
from wannsearch.records.files import finite_or_none, write_atomically
from wannsearch.records.writer import weight_table
from wannsearch.tuning.random_weights import measure_random_weights
from wannsearch.tuning.shared_weight import SharedWeightResult, shared_weight_grid

if TYPE_CHECKING:
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search


def run_tests(
    evaluator: Evaluator,
    task: Task,
    network: Population,
    tuned_network: Population | None,
    shared_result: SharedWeightResult,
    held_out: HeldOutSettings,
    seed: int,
) -> dict[str, Any]:
    """The final tests; `found` is the network with own weights, if any were looked for.

    Random weights play an episode a draw; everything else plays the held-out episodes, the same for all.
    """
    seeds = task.episode_seeds(seed, Role.HELD_OUT, 0, held_out.episodes)
    distinct_seeds = seeds[: count_distinct_episodes(task, held_out.episodes)]

    def measure(weights: tuple[float, ...] | None, population: Population = network) -> Measurement:
        return evaluator.measure(population, task, TestProtocol(weights, distinct_seeds))

    random_measurements = {
        name: measure_random_weights(
            evaluator, network, task, seeds, seed, shared=name == "random_shared_weight"
        )
        for name in ("random_weights", "random_shared_weight")
    }
    sweep_weights = shared_weight_grid(held_out.sweep_weights)
    sweep_measurement, shared_measurement = (
        measure(tuple(sweep_weights.tolist())),
        measure((shared_result.weight,)),
    )
    best_row = int(order_weights(sweep_weights, sweep_measurement.mean)[0])
    result: dict[str, Any] = {
        **describe_held_out_seeds(seed, len(distinct_seeds)),
        **{
            name: _mean_and_std(measurement) | {"trials": len(seeds)}
            for name, measurement in random_measurements.items()
        },
        "six_weights": {"mean": finite_or_none(measure(SIX_WEIGHTS).mean.mean())},
        "tuned_shared_weight": {
            "weight": shared_result.weight,
            **_mean_and_std(shared_measurement),
            "episodes": len(distinct_seeds),
            "evaluations": shared_result.evaluations,
            "env_steps": shared_result.env_steps,
        },
        "best_of_sweep": {
            "protocol": "the best weight of a sweep on the very episodes reported, as the paper's tool does",
            "weight": float(sweep_measurement.weight_names[best_row]),
            "mean": finite_or_none(sweep_measurement.mean[best_row]),
            "std": finite_or_none(sweep_measurement.std[best_row]),
        },
        "sweep": weight_table(sweep_measurement.weight_names, sweep_measurement.mean, sweep_measurement.std),
        "tuned_weights": None,
    }
    result["random_shared_weight"]["std_within"] = finite_or_none(np.sqrt((sweep_measurement.std**2).mean()))
    result["random_shared_weight"]["sweep_mean"] = finite_or_none(sweep_measurement.mean.mean())
    if tuned_network is not None:
        own_measurement = measure(None, tuned_network)
        accuracy = accuracy_by_weight(evaluator, tuned_network, task, TestProtocol(None, distinct_seeds))
        result["tuned_weights"] = (
            _mean_and_std(own_measurement) | {"episodes": len(distinct_seeds)} | accuracy
        )
    return result


def _mean_and_std(measurement: Measurement) -> dict[str, Any]:
    return {"mean": finite_or_none(measurement.mean[0]), "std": finite_or_none(measurement.std[0])}


def write_results(
    writer: RunWriter,
    task: str,
    search: Search,
    result: dict[str, Any],
    network: Population,
    tuned_network: Population | None,
) -> None:
    """tuning.json, the network with its weights, its test, the summary and the pictures.

    `found` has own weights; where none were looked for, the network gets the best shared one.
    """
    from wannsearch.core.score_names import name_score
    from wannsearch.records.environment import collect_environment
    from wannsearch.reporting.plots.pictures import draw_tuning

    ports, last_generation = search.task.ports, writer.last_generation
    shared_row = result["tuned_shared_weight"]
    if tuned_network is None:
        tuned_network = replace(network, weight=np.full_like(network.weight, shared_row["weight"]))
    if last_generation is None:
        writer.write_best(tuned_network)
    own_row = result["tuned_weights"] or shared_row
    writer.write_json(
        layout.EVALUATION,
        {
            "task": task,
            "network": layout.NETWORK,
            "protocol": "held-out episodes that tuning never saw; std over episodes, ddof 0",
            **{key: result[key] for key in ("episodes", "seeds")},
            "weights": ["own"],
            "mean": [own_row["mean"]],
            "std": [own_row["std"]],
            "mean_over_weights": own_row["mean"],
        },
    )
    writer.write_json(layout.TUNING, result)
    writer.write_json(
        layout.SUMMARY,
        {
            "task": task,
            "method": "tune",
            "seed": search.seed,
            "generations": last_generation.number if last_generation else 0,
            "evaluations": last_generation.next_state.evaluations if last_generation else 0,
            "env_steps": last_generation.next_state.env_steps if last_generation else 0,
            "best": {
                **summary_sizes(tuned_network, ports),
                "score_name": name_score(search.task, search.evaluator),
            },
            "held_out": {"weights": ["own"], "mean": [own_row["mean"]], "std": [own_row["std"]]}
            | {"mean_over_weights": own_row["mean"], "episodes": result["episodes"]},
            "environment": collect_environment(),
        },
    )
    for name, content in draw_tuning(writer.folder).items():
        write_atomically(writer.folder / name, content)
