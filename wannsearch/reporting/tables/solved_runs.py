"""What runs needed until they solved it, and what they found, by a stated rule of "solved".

Evaluations are counted to the network that solved it: with P networks a generation, the one in row r
of generation g is number

    P (g - 1) + r + 1  =  id - P + 1,

since its id is P g + r.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.records.run_status import RunState
from wannsearch.reporting.statistics.targets import build_run_times
from wannsearch.reporting.tables.run import Run, read_history

_BEST_COLUMNS = ("best_so_far_id", "best_so_far_hidden", "best_so_far_connections")
_MAX_EARLY_GENERATIONS = 100  # generations: the cap for which the release's share is known


@dataclass(frozen=True, kw_only=True)
class SolvedRule:
    """When a run has solved it: this column of its history is at least so much."""

    match: Any  # dotted key -> value: the settings that the rule is for
    label: str | None  # of the runs that it is for, where one setting is; None for all they differ in
    column: str
    at_least: float
    starts: int | None  # of an exam that pays -(failed starts) / (starts + 1), as `double_pole` has it
    description: str

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.solved: match is {str(self.match)[:60]!r}; it must map keys to values.")


@dataclass(frozen=True)
class SolvedRun:
    """What a run needed; infinite, and NaN for the solution, where it did not solve it."""

    evaluations: float
    generation: float
    hidden: float
    connections: float
    starts_passed: float  # starts of the exam that the solution passed; NaN where there is none
    is_exact: bool = True


def find_solution(run: Run, rule: SolvedRule) -> SolvedRun | None:
    """From the first row of the history that the rule is true for.

    None where a run is done and its history does not say: that is not the same as unsolved.
    """
    history = read_history(run.folder, rule.column, *_BEST_COLUMNS)
    column = history.get(rule.column)
    has_values = column is not None and np.isfinite(column).any()
    if run.state is RunState.DONE and not has_values:
        return None
    solved_rows = np.flatnonzero(column >= rule.at_least) if column is not None else np.empty(0, int)
    if column is None or not len(solved_rows):
        return SolvedRun(math.inf, math.inf, math.nan, math.nan, math.nan)
    row = int(solved_rows[0])
    no_values = np.full(len(history["generation"]), math.nan)
    best_id, hidden, connections = (float(history.get(name, no_values)[row]) for name in _BEST_COLUMNS)
    if best_id == run.best_id:  # what an older history does not say, the summary says of the last best
        hidden = run.hidden if hidden != hidden else hidden
        connections = run.connections if connections != connections else connections
    generation = float(history["generation"][row])
    starts_passed = math.nan if rule.starts is None else rule.starts + (rule.starts + 1) * float(column[row])
    population_size = float(history["evaluations"][0] / history["generation"][0])
    if best_id != best_id:
        return SolvedRun(
            float(history["evaluations"][row]), generation, hidden, connections, starts_passed, is_exact=False
        )
    evaluations = best_id - population_size + 1
    return SolvedRun(
        evaluations, math.ceil(evaluations / population_size), hidden, connections, starts_passed
    )


QUANTITIES = (
    "solved", "solved_within_100_generations", "evaluations", "hidden", "single_hidden_share", "connections",
    "starts_passed",
)  # fmt: skip


def collect_values(solved_runs: list[SolvedRun]) -> dict[str, list[float]]:
    """One number a run that solved it, for each quantity that is a mean over them."""
    solutions = [solved_run for solved_run in solved_runs if math.isfinite(solved_run.evaluations)]
    names = ("evaluations", "hidden", "connections", "starts_passed")
    values_by_name = {name: [float(getattr(solved_run, name)) for solved_run in solutions] for name in names}
    return {name: [value for value in values if value == value] for name, values in values_by_name.items()}


def compute_quantities(solved_runs: list[SolvedRun]) -> dict[str, float]:
    """What the table shows of a setting; NaN or infinite where it does not exist."""
    run_times = build_run_times(solved_run.evaluations for solved_run in solved_runs)
    solutions = [solved_run for solved_run in solved_runs if math.isfinite(solved_run.evaluations)]
    mean, std = run_times.mean_of_solved
    share, low, high = run_times.share
    hidden, connections = (
        [getattr(solved_run, name) for solved_run in solutions] for name in ("hidden", "connections")
    )
    valid = [value for value in hidden if value == value]
    single_hidden_share = float(np.mean([value == 1 for value in valid])) if valid else math.nan
    early_share = float(
        np.mean([solved_run.generation <= _MAX_EARLY_GENERATIONS for solved_run in solved_runs])
    )
    return {
        "n": len(solved_runs),
        "solved": share,
        "solved_low": low,
        "solved_high": high,
        "solved_within_100_generations": early_share,
        "evaluations": mean,
        "evaluations_std": std,
        "evaluations_median": run_times.median,
        "evaluations_quartile_1": run_times.quantile(0.25),
        "evaluations_quartile_3": run_times.quantile(0.75),
        "generations": _mean_std([solved_run.generation for solved_run in solutions])[0],
        "hidden": _mean_std(hidden)[0],
        "hidden_std": _mean_std(hidden)[1],
        "single_hidden_share": single_hidden_share,
        "connections": _mean_std(connections)[0],
        "connections_std": _mean_std(connections)[1],
        "starts_passed": _mean_std([solved_run.starts_passed for solved_run in solutions])[0],
    }


def _mean_std(values: list[float]) -> tuple[float, float]:
    valid = sorted(value for value in values if value == value)
    return (float(np.mean(valid)), float(np.std(valid))) if valid else (math.nan, math.nan)
