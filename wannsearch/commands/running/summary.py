"""`summary.json`: the result of a search and how it was measured; the same bytes for the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wannsearch.core.candidates import Candidates
    from wannsearch.search import Generation, Search


def summary(
    choices: dict[str, str],
    search: Search,
    last: Generation,
    network: Candidates,
    evaluation: dict[str, Any],
) -> dict[str, Any]:
    """What became of the last generation's champion; `network` is it, as its final test left it."""
    from wannsearch.core.score_names import name_fitness, name_score, name_steps
    from wannsearch.records.candidate_files import size
    from wannsearch.records.environment import environment
    from wannsearch.records.files import strict_number

    champion = last.champion
    record = champion.record
    assert record is not None  # a generation of nothing but failures has stopped the run
    held_out = {key: evaluation[key] for key in ("mean_over_weights", "weights", "mean", "std", "episodes")}
    held_out |= {key: evaluation[key] for key in ("accuracy", "solved_at") if key in evaluation}
    task, evaluator = search.task, search.evaluator
    held_out["score_name"] = name_score(task, evaluator)
    return {
        "task": choices["task"],
        "method": choices["method"],
        "seed": search.seed,
        "generations": last.number,
        "evaluations": last.then.evaluations,
        "env_steps": last.then.env_steps,
        "steps_name": name_steps(evaluator),
        "best": {
            "id": record.id,
            "generation": record.generation,
            **size(network, task.ports),
            "score_name": name_fitness(task, evaluator),
            "recorded_mean": strict_number(record.score),
            "recorded_max": strict_number(record.max),
            "retested": record.retested,
        },
        "retests": {
            "rule": search.retest.rule.value,
            "episodes_each": search.retest_episodes,
            "count": champion.retests,
            "env_steps": champion.retest_env_steps,
        },
        "held_out": held_out,
        "environment": environment(),
    }
