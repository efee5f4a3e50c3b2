"""How each two settings of a task compare: who wins, by how much, and whether they are as good as equal.

A task is its class, the settings that decide what it pays, and the unit of its scores: scores of two gates do
not compare, nor an accuracy and a loss.
Runs of the same seed meet the same start states, so their differences are also taken seed by seed.
"""

from __future__ import annotations

from itertools import combinations

from wannsearch.reporting.statistics.comparison import holm, probability_of_improvement
from wannsearch.reporting.statistics.equivalence import equivalence
from wannsearch.reporting.statistics.paired import paired
from wannsearch.reporting.tables.document import Record, Section, number, refuse_verdict, with_interval
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.units import add_units

MOST_SETTINGS = 12
"""Of one task: of more, there would be no end of pairs."""

_COLUMNS = (
    "setting", "over", "probability of improvement [95 %]", "p (Holm)", "n", "mean difference by seed [95 %]",
    "won, tied, lost",
)  # fmt: skip


def comparisons(groups: list[Group], margin: float | None) -> Section | None:
    """One row a pair; None where there is none. `margin`: means closer than that count as equal."""
    pairs = [
        pair for same in _by_task(groups) if len(same) <= MOST_SETTINGS for pair in combinations(same, 2)
    ]
    if not pairs:
        return None
    found = [probability_of_improvement(a.scores, b.scores) for a, b in pairs]
    corrected = holm([one.p_value for one in found])
    rows, records = [], []
    for (a, b), one, p_value in zip(pairs, found, corrected, strict=True):
        record: Record = {"setting": a.label, "over": b.label}
        record |= {"probability_of_improvement": one.probability, "low": one.low, "high": one.high}
        record |= {"p_value": one.p_value, "p_holm": float(p_value), "n": one.n[0], "n_over": one.n[1]}
        row = [a.label, b.label, with_interval(one, one.probability), number(float(p_value))]
        row.append(f"{one.n[0]}, {one.n[1]}")
        by_seed = _by_seed(a, b)
        row += by_seed[0]
        record |= by_seed[1]
        if margin is not None:
            shown, p_equal = _equivalent(a, b, margin)
            row.append(shown)
            record |= {"margin": margin, "p_equivalence": p_equal}
        rows.append(row)
        records.append(record)
    columns = [*_COLUMNS, *([f"equal within {number(margin)}"] if margin is not None else [])]
    heading = "Probability that a run of one beats a run of the other"
    return add_units(Section("comparisons", heading, columns, rows, records), [a.unit for a, _ in pairs])


def not_compared(groups: list[Group]) -> list[str]:
    """A line for each task of which there are too many settings."""
    return [
        f"{same[0].task_label}: its {len(same)} settings are not compared with each other; at most "
        f"{MOST_SETTINGS} are. Name fewer runs."
        for same in _by_task(groups)
        if len(same) > MOST_SETTINGS
    ]


def _by_task(groups: list[Group]) -> list[list[Group]]:
    tasks: list[list[Group]] = []
    for group in groups:
        mine = next((same for same in tasks if same[0].paid == group.paid), None)
        if mine is None:
            tasks.append([group])
        else:
            mine.append(group)
    return tasks


def _by_seed(a: Group, b: Group) -> tuple[list[str], Record]:
    left, right = ({run.seed: run.score for run in group.runs} for group in (a, b))
    if not set(left) & set(right):
        return ["-", "-"], {}
    found = paired(left, right, a.floor)
    difference = found.difference
    shown = [with_interval(difference, difference.estimate), f"{found.wins}, {found.ties}, {found.losses}"]
    record = {"difference": difference.estimate, "difference_low": difference.low}
    record |= {"difference_high": difference.high, "pairs": difference.n}
    return shown, record | {"wins": found.wins, "ties": found.ties, "losses": found.losses}


def _equivalent(a: Group, b: Group, margin: float) -> tuple[str, float | None]:
    if min(len(a.runs), len(b.runs)) < 2:
        return "-", None
    found = equivalence(a.scores, b.scores, margin)
    if found.p_value is None:
        return refuse_verdict("no spread between runs"), None
    return f"{'yes' if found.shown else 'not shown'}, p = {number(found.p_value)}", found.p_value
