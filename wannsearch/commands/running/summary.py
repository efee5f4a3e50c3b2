"""The content of `summary.json`: the result of a search and how it was measured.

Equal runs have equal bytes, since the summary holds no times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.core.candidates import Candidates
    from wannsearch.kinds.candidate_kind import CandidateKind
    from wannsearch.search import Generation, Search


def summarize_search(
    request: Request,
    search: Search,
    last_generation: Generation,
    kind: CandidateKind,
    network: Candidates,
    evaluation: dict[str, Any],
) -> dict[str, Any]:
    """Return the content of `summary.json`: sizes, scores, cost and environment of a finished search.

    `network` is the champion of the last generation as its final test left it, and `kind` its kind.
    `evaluation` is the content of its `evaluation.json`.
    """
    from wannsearch.core.score_names import name_fitness, name_score, name_steps
    from wannsearch.records import layout
    from wannsearch.records.environment import collect_environment
    from wannsearch.records.files import finite_or_none

    champion = last_generation.champion
    record = champion.record
    assert record is not None  # a search without a champion has raised AllEvaluationsFailed
    held_out = {key: evaluation[key] for key in ("mean_over_weights", "weights", "mean", "std", "episodes")}
    held_out |= {key: evaluation[key] for key in ("accuracy", "solved_at") if key in evaluation}
    task, evaluator = search.task, search.evaluator
    held_out["score_name"] = name_score(task, evaluator)
    return {
        "format": layout.FORMAT,
        "task": request.task_name,
        "method": request.choices["method"],
        "seed": search.seed,
        "generations": last_generation.number,
        "evaluations": last_generation.next_state.evaluations,
        "env_steps": last_generation.next_state.env_steps,
        "steps_name": name_steps(evaluator),
        "best": {
            "id": record.id,
            "generation": record.generation,
            **kind.describe_sizes(network, task.ports),
            "score_name": name_fitness(task, evaluator),
            "recorded_mean": finite_or_none(record.score),
            "recorded_max": finite_or_none(record.max),
            "retested": record.retested,
        },
        "retests": {
            "rule": search.retest.rule.value,
            "episodes_each": search.retest_episodes,
            "count": champion.retests,
            "env_steps": champion.retest_env_steps,
        },
        "held_out": held_out,
        "environment": collect_environment(),
    }
