"""Comparison of each two settings of a task: probability of improvement, difference by seed, equivalence.

A task is its class, the settings that decide its rewards, and the unit of its scores: scores of two gates are
not compared, nor an accuracy with a loss. Runs of the same seed have the same start states, so their
differences are also taken seed by seed.
"""

from __future__ import annotations

from itertools import combinations

from wannsearch.reporting.statistics.comparison import holm_correction, probability_of_improvement
from wannsearch.reporting.statistics.equivalence import Equivalence, equivalence_test
from wannsearch.reporting.statistics.paired import compare_paired
from wannsearch.reporting.tables.document import (
    Column,
    Record,
    Section,
    TextOnly,
    format_number,
    format_with_bounds,
    number_column,
    refuse_verdict,
    value_column,
)
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.units import add_units

MAX_SETTINGS = 12
"""A task with more settings is not compared, since the number of pairs grows with their square."""


def _format_improvement(record: Record) -> str:
    return format_with_bounds(record["probability_of_improvement"], record["low"], record["high"])


def _format_difference(record: Record) -> str:
    if "difference" not in record:
        return "-"
    return format_with_bounds(record["difference"], record["difference_low"], record["difference_high"])


def _format_win_counts(record: Record) -> str:
    if "difference" not in record:
        return "-"
    return f"{record['wins']}, {record['ties']}, {record['losses']}"


def _format_equivalence(value: TextOnly) -> str:
    result: Equivalence = value.value
    if result.p_value is None:
        return refuse_verdict("no spread between runs")
    return f"{'yes' if result.is_equivalent else 'not shown'}, p = {format_number(result.p_value)}"


_COLUMNS = (
    value_column("setting", "setting"),
    value_column("over", "over"),
    Column("probability of improvement [95 %]", "probability_of_improvement", _format_improvement),
    number_column("p (Holm)", "p_holm"),
    Column("n", "n", lambda record: f"{record['n']}, {record['n_over']}"),
    Column("mean difference by seed [95 %]", "difference", _format_difference),
    Column("won, tied, lost", "wins", _format_win_counts),
)


def compare_settings(groups: list[Group], margin: float | None) -> Section | None:
    """Return one row per pair of settings of the same task; None where there is no pair.

    Tasks with more than `MAX_SETTINGS` settings are left out. p-values are corrected (Holm) over all rows.
    Means that differ by less than `margin`, above 0, count as equal; None: equivalence is not tested.
    """
    pairs = [
        pair
        for task_groups in _group_by_task(groups)
        if len(task_groups) <= MAX_SETTINGS
        for pair in combinations(task_groups, 2)
    ]
    if not pairs:
        return None
    improvements = [probability_of_improvement(a.scores, b.scores) for a, b in pairs]
    corrected_p_values = holm_correction([improvement.p_value for improvement in improvements])
    records = []
    for (a, b), improvement, p_value in zip(pairs, improvements, corrected_p_values, strict=True):
        record: Record = {
            "setting": a.label,
            "over": b.label,
            "probability_of_improvement": improvement.probability,
            "low": improvement.low,
            "high": improvement.high,
            "p_value": improvement.p_value,
            "p_holm": float(p_value),
            "n": improvement.n[0],
            "n_over": improvement.n[1],
        }
        record |= _compare_by_seed(a, b)
        if margin is not None:
            record |= _test_equivalence(a, b, margin)
        records.append(record)
    columns = list(_COLUMNS)
    if margin is not None:
        title = f"equal within {format_number(margin)}"
        columns.append(value_column(title, "equivalence", _format_equivalence))
    heading = "Probability that a run of one beats a run of the other"
    return add_units(Section("comparisons", heading, columns, records), [a.unit for a, _ in pairs])


def list_not_compared(groups: list[Group]) -> list[str]:
    """Return a note for each task with more than `MAX_SETTINGS` settings."""
    return [
        f"{task_groups[0].task_label}: its {len(task_groups)} settings are not compared with each other; at "
        f"most {MAX_SETTINGS} are. Name fewer runs."
        for task_groups in _group_by_task(groups)
        if len(task_groups) > MAX_SETTINGS
    ]


def _group_by_task(groups: list[Group]) -> list[list[Group]]:
    tasks: list[list[Group]] = []
    for group in groups:
        task_groups = next(
            (members for members in tasks if members[0].task_settings == group.task_settings), None
        )
        if task_groups is None:
            tasks.append([group])
        else:
            task_groups.append(group)
    return tasks


def _compare_by_seed(a: Group, b: Group) -> Record:
    left, right = ({run.seed: run.score for run in group.runs} for group in (a, b))
    if not set(left) & set(right):
        return {}
    comparison = compare_paired(left, right, a.floor)
    difference = comparison.difference
    return {
        "difference": difference.estimate,
        "difference_low": difference.low,
        "difference_high": difference.high,
        "pairs": difference.n,
        "wins": comparison.wins,
        "ties": comparison.ties,
        "losses": comparison.losses,
    }


def _test_equivalence(a: Group, b: Group, margin: float) -> Record:
    if min(len(a.runs), len(b.runs)) < 2:
        return {"margin": margin, "p_equivalence": None}
    result = equivalence_test(a.scores, b.scores, margin)
    return {"margin": margin, "p_equivalence": result.p_value, "equivalence": TextOnly(result)}
