"""The final test: the recorded best on held-out episodes, which selection has never used."""

from __future__ import annotations

from typing import Any

from wannsearch.core.candidates import Candidates
from wannsearch.core.measurement import HeldOutSettings, TestProtocol
from wannsearch.core.protocols import Evaluator, HasAccuracy, HasSolvedScore, Task, count_distinct_episodes
from wannsearch.core.score_names import name_score
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


def count_test_episodes(
    task: Task, shared_weights: tuple[float, ...] | None, held_out: HeldOutSettings
) -> int:
    """Return the number of episodes that `run_final_test` plays, over all weights and the sweep."""
    weights = 1 if shared_weights is None else len(shared_weights)
    if isinstance(task, HasAccuracy):
        weights *= 2  # the accuracy is measured in a test of its own
    sweep_weights = 0 if shared_weights is None else held_out.sweep_weights
    return (weights + sweep_weights) * count_distinct_episodes(task, held_out.episodes)


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


def describe_result(evaluation: dict[str, Any], task: Task, evaluator: Evaluator) -> str:
    """Return the line that sums up an evaluation of `run_final_test` for the user.

    It says whether the task is solved where that is defined (`HasSolvedScore`), and the accuracy of a
    classification.
    """
    mean, weights, episodes = (evaluation[key] for key in ("mean_over_weights", "weights", "episodes"))
    mean_text = "failed" if mean is None else f"{mean:.4g}"
    if len(weights) > 1:
        weights_text = f"mean of {len(weights)} weights"
    else:
        weights_text = "own weights" if weights == ["own"] else f"weight {weights[0]:g}"
    episodes_text = f"{episodes} episode{'s' * (episodes != 1)}" + " each" * (len(weights) > 1)
    parts = [f"held-out {name_score(task, evaluator)} {mean_text}, {weights_text}, {episodes_text}"]
    accuracies = evaluation.get("accuracy", [])
    if accuracies and None not in accuracies:
        parts.append(f"accuracy {sum(accuracies) / len(accuracies):.4f}")
    return "; ".join([*parts, *describe_solved(evaluation, task)])


def describe_solved(evaluation: dict[str, Any], task: Task) -> list[str]:
    """Return a phrase that says whether, and at how many weights, an evaluation solves the task.

    `evaluation` has `mean`, a list by weight, and `solved_at` for a classification. The list is empty where
    no score is known from which the task counts as solved.
    """
    means = evaluation["mean"]
    solved_score = task.solved_score if isinstance(task, HasSolvedScore) else None
    if solved_score is not None:
        num_solved = sum(mean is not None and mean >= solved_score for mean in means)
        return [_count_solved(num_solved, len(means), f" ({solved_score:g} or more)")]
    if evaluation.get("solved_at"):
        return [_count_solved(len(evaluation["solved_at"]), len(means), " (all rows right)")]
    return []


def _count_solved(num_solved: int, num_weights: int, condition: str) -> str:
    if num_solved in (0, num_weights):
        return f"{'solved' if num_solved else 'not solved'}{condition}"
    return f"solved{condition} at {num_solved} of {num_weights} weights"
