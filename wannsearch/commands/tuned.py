"""What `wannsearch-tune` leaves: the four columns of Table 1 of one network, and its weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.commands.running.final_test import graded, held_out_seeds
from wannsearch.core.measurement import HeldOut, Measurement, TestProtocol
from wannsearch.core.plateau import order_weights
from wannsearch.core.protocols import Evaluator, Task, distinct_episodes
from wannsearch.core.streams import Role
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.records import layout
from wannsearch.records.candidate_files import size
from wannsearch.records.files import strict_number, write_whole
from wannsearch.records.writer import table
from wannsearch.tuning.random_weights import measure_drawn
from wannsearch.tuning.shared_weight import Tuned, grid

if TYPE_CHECKING:
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search


def tuning(
    evaluator: Evaluator,
    task: Task,
    network: Population,
    found: Population | None,
    shared: Tuned,
    held_out: HeldOut,
    seed: int,
) -> dict[str, Any]:
    """The final tests; `found` is the network with own weights, if any were looked for.

    Random weights play an episode a draw; everything else plays the held-out episodes, the same for all.
    """
    seeds = task.episode_seeds(seed, Role.HELD_OUT, 0, held_out.episodes)
    few = seeds[: distinct_episodes(task, held_out.episodes)]

    def measured(weights: tuple[float, ...] | None, who: Population = network) -> Measurement:
        return evaluator.measure(who, task, TestProtocol(weights, few))

    drawn = {
        name: measure_drawn(evaluator, network, task, seeds, seed, shared=name == "random_shared_weight")
        for name in ("random_weights", "random_shared_weight")
    }
    sweep = grid(held_out.sweep_weights)
    swept, best = measured(tuple(sweep.tolist())), measured((shared.weight,))
    top = int(order_weights(sweep, swept.mean)[0])
    result: dict[str, Any] = {
        **held_out_seeds(seed, len(few)),
        **{name: _row(test) | {"trials": len(seeds)} for name, test in drawn.items()},
        "six_weights": {"mean": strict_number(measured(SIX_WEIGHTS).mean.mean())},
        "tuned_shared_weight": {
            "weight": shared.weight,
            **_row(best),
            "episodes": len(few),
            "evaluations": shared.evaluations,
            "env_steps": shared.env_steps,
        },
        "best_of_sweep": {
            "protocol": "the best weight of a sweep on the very episodes reported, as the paper's tool does",
            "weight": float(swept.names[top]),
            "mean": strict_number(swept.mean[top]),
            "std": strict_number(swept.std[top]),
        },
        "sweep": table(swept.names, swept.mean, swept.std),
        "tuned_weights": None,
    }
    result["random_shared_weight"]["std_within"] = strict_number(np.sqrt((swept.std**2).mean()))
    result["random_shared_weight"]["sweep_mean"] = strict_number(swept.mean.mean())
    if found is not None:
        own = measured(None, found)
        right = graded(evaluator, found, task, TestProtocol(None, few))
        result["tuned_weights"] = _row(own) | {"episodes": len(few)} | right
    return result


def _row(test: Measurement) -> dict[str, Any]:
    return {"mean": strict_number(test.mean[0]), "std": strict_number(test.std[0])}


def write_tuned(
    writer: RunWriter,
    task: str,
    search: Search,
    result: dict[str, Any],
    network: Population,
    found: Population | None,
) -> None:
    """tuning.json, the network with its weights, its test, the summary and the pictures.

    `found` has own weights; where none were looked for, the network gets the best shared one.
    """
    from wannsearch.core.score_names import name_score
    from wannsearch.records.environment import environment
    from wannsearch.reporting.plots.pictures import draw_tuned

    ports, last = search.task.ports, writer.last
    shared = result["tuned_shared_weight"]
    if found is None:
        found = replace(network, weight=np.full_like(network.weight, shared["weight"]))
    if last is None:
        writer.network(found)
    own = result["tuned_weights"] or shared
    writer.json(
        layout.EVALUATION,
        {
            "task": task,
            "network": layout.NETWORK,
            "protocol": "held-out episodes that tuning never saw; std over episodes, ddof 0",
            **{key: result[key] for key in ("episodes", "seeds")},
            "weights": ["own"],
            "mean": [own["mean"]],
            "std": [own["std"]],
            "mean_over_weights": own["mean"],
        },
    )
    writer.json(layout.TUNING, result)
    writer.json(
        layout.SUMMARY,
        {
            "task": task,
            "method": "tune",
            "seed": search.seed,
            "generations": last.number if last else 0,
            "evaluations": last.then.evaluations if last else 0,
            "env_steps": last.then.env_steps if last else 0,
            "best": {**size(found, ports), "score_name": name_score(search.task, search.evaluator)},
            "held_out": {"weights": ["own"], "mean": [own["mean"]], "std": [own["std"]]}
            | {"mean_over_weights": own["mean"], "episodes": result["episodes"]},
            "environment": environment(),
        },
    )
    for name, content in draw_tuned(writer.folder).items():
        write_whole(writer.folder / name, content)
