"""The final test: the recorded best on held-out episodes, which selection has never used."""

from __future__ import annotations

from typing import Any

from wannsearch.core.candidates import Candidates
from wannsearch.core.measurement import HeldOutSettings, TestProtocol
from wannsearch.core.protocols import Evaluator, HasAccuracy, Task, count_distinct_episodes
from wannsearch.core.streams import Role
from wannsearch.core.trials import shared_weight_grid
from wannsearch.records.files import finite_or_none
from wannsearch.records.writer import weight_table, weight_values


def run_final_test(
    network: Candidates,
    task: Task,
    evaluator: Evaluator,
    shared_weights: tuple[float, ...] | None,
    held_out: HeldOutSettings,
    seed: int,
) -> dict[str, Any]:
    """Measure the network on held-out episodes and return the content of `best/evaluation.json`.

    The caller adds the names of task and network. For shared weights the result also has a sweep of
    `held_out.sweep_weights` weights on the same episodes. A mean or std that is not finite is None.
    """
    episodes = count_distinct_episodes(task, held_out.episodes)
    seeds = task.episode_seeds(seed, Role.HELD_OUT, 0, episodes)
    measurement = evaluator.measure(network, task, TestProtocol(shared_weights, seeds))
    result: dict[str, Any] = {
        "protocol": "held-out episodes that selection never saw; std over episodes, ddof 0",
        **describe_held_out_seeds(seed, episodes),
        **weight_table(measurement.weight_names, measurement.mean, measurement.std),
        "mean_over_weights": finite_or_none(measurement.mean.mean()),
        **accuracy_by_weight(evaluator, network, task, TestProtocol(shared_weights, seeds)),
    }
    if shared_weights is not None:
        protocol = TestProtocol(tuple(shared_weight_grid(held_out.sweep_weights).tolist()), seeds)
        sweep_measurement = evaluator.measure(network, task, protocol)
        result["sweep"] = weight_table(
            sweep_measurement.weight_names, sweep_measurement.mean, sweep_measurement.std
        )
    return result


def describe_held_out_seeds(seed: int, episodes: int) -> dict[str, Any]:
    """Return the number of held-out episodes and the origin of their seeds, for a JSON file."""
    seeds = {"seed": seed, "stream": "held_out", "first": 0, "count": episodes}
    return {"episodes": episodes, "seeds": seeds}


def accuracy_by_weight(
    evaluator: Evaluator, network: Candidates, task: Task, protocol: TestProtocol
) -> dict[str, Any]:
    """Return lists: `accuracy` at each weight of the protocol, and `solved_at`, the weights where it is 1.

    The result is empty for a task without an accuracy (`HasAccuracy`).
    """
    if not isinstance(task, HasAccuracy):
        return {}
    accuracy = evaluator.measure(network, task.accuracy(), protocol)
    accuracies = zip(weight_values(accuracy.weight_names), accuracy.mean, strict=True)
    return {
        "accuracy": [finite_or_none(value) for value in accuracy.mean],
        "solved_at": [weight for weight, value in accuracies if value == 1.0],
    }


def describe_result(evaluation: dict[str, Any]) -> str:
    """Return the line that sums up an evaluation of `run_final_test` for the user."""
    mean = evaluation["mean_over_weights"]
    mean_text = "failed" if mean is None else f"{mean:.4g}"
    episodes, count = evaluation["episodes"], len(evaluation["weights"])
    return f"held-out mean {mean_text} over {count} weight(s), {episodes} episode(s)"
