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
from wannsearch.records.run_status import State
from wannsearch.reporting.statistics.targets import to_target
from wannsearch.reporting.tables.run import Run, read_history

_OF_THE_BEST = ("best_so_far_id", "best_so_far_hidden", "best_so_far_connections")
_WITHIN = 100  # generations: the cap for which the release's share is known


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When a run has solved it: this column of its history is at least so much."""

    match: Any  # dotted key -> value: the settings that the rule is for
    label: str | None  # of the runs that it is for, where one setting is; None for all they differ in
    column: str
    at_least: float
    starts: int | None  # of an exam that pays -(failed starts) / (starts + 1), as `double_pole` has it
    words: str

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.solved: match is {str(self.match)[:60]!r}; it must map keys to values.")


@dataclass(frozen=True)
class Solved:
    """What a run needed; infinite, and NaN for the solution, where it did not solve it."""

    evaluations: float
    generation: float
    hidden: float
    connections: float
    stood: float  # starts of the exam that the solution passed; NaN where there is none
    exact: bool = True


def needed(run: Run, rule: Rule) -> Solved | None:
    """From the first row of the history that the rule is true for.

    None where a run is done and its history does not say: that is not the same as unsolved.
    """
    history = read_history(run.folder, rule.column, *_OF_THE_BEST)
    column = history.get(rule.column)
    told = column is not None and np.isfinite(column).any()
    if run.state is State.DONE and not told:
        return None
    there = np.flatnonzero(column >= rule.at_least) if column is not None else np.empty(0, int)
    if column is None or not len(there):
        return Solved(math.inf, math.inf, math.nan, math.nan, math.nan)
    row = int(there[0])
    nothing = np.full(len(history["generation"]), math.nan)
    who, hidden, connections = (float(history.get(name, nothing)[row]) for name in _OF_THE_BEST)
    if who == run.best_id:  # what an older history does not say, the summary says of the last best
        hidden = run.hidden if hidden != hidden else hidden
        connections = run.connections if connections != connections else connections
    generation = float(history["generation"][row])
    stood = math.nan if rule.starts is None else rule.starts + (rule.starts + 1) * float(column[row])
    population = float(history["evaluations"][0] / history["generation"][0])
    if who != who:
        return Solved(float(history["evaluations"][row]), generation, hidden, connections, stood, exact=False)
    which = who - population + 1
    return Solved(which, math.ceil(which / population), hidden, connections, stood)


QUANTITIES = (
    "solved", "solved_within_100_generations", "evaluations", "hidden", "one_hidden", "connections", "stood",
)  # fmt: skip


def collect_values(found: list[Solved]) -> dict[str, list[float]]:
    """One number a run that solved it, for each quantity that is a mean over them."""
    solutions = [one for one in found if math.isfinite(one.evaluations)]
    names = ("evaluations", "hidden", "connections", "stood")
    by_name = {name: [float(getattr(one, name)) for one in solutions] for name in names}
    return {name: [value for value in values if value == value] for name, values in by_name.items()}


def quantities_of(found: list[Solved]) -> dict[str, float]:
    """What the table shows of a setting; NaN or infinite where it does not exist."""
    spent = to_target(one.evaluations for one in found)
    solutions = [one for one in found if math.isfinite(one.evaluations)]
    mean, std = spent.mean_of_solved
    share, low, high = spent.share
    hidden, connections = ([getattr(one, name) for one in solutions] for name in ("hidden", "connections"))
    known = [value for value in hidden if value == value]
    ones = float(np.mean([value == 1 for value in known])) if known else math.nan
    early = float(np.mean([one.generation <= _WITHIN for one in found]))
    return {
        "n": len(found),
        "solved": share,
        "solved_low": low,
        "solved_high": high,
        "solved_within_100_generations": early,
        "evaluations": mean,
        "evaluations_std": std,
        "evaluations_median": spent.median,
        "evaluations_quartile_1": spent.quantile(0.25),
        "evaluations_quartile_3": spent.quantile(0.75),
        "generations": _mean_std([one.generation for one in solutions])[0],
        "hidden": _mean_std(hidden)[0],
        "hidden_std": _mean_std(hidden)[1],
        "one_hidden": ones,
        "connections": _mean_std(connections)[0],
        "connections_std": _mean_std(connections)[1],
        "stood": _mean_std([one.stood for one in solutions])[0],
    }


def _mean_std(values: list[float]) -> tuple[float, float]:
    known = sorted(value for value in values if value == value)
    return (float(np.mean(known)), float(np.std(known))) if known else (math.nan, math.nan)
