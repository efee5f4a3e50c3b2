"""One row a setting: how many runs, how many failed, where their held-out scores lie, what they cost.

What reliability asks of a table of runs: every run counted, interquartile mean, mean and median, the
interval and what it is worth, minimum and maximum, and how each two settings of a task compare,
and where each stood on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.errors import ConfigError, between
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.curves import SHARES_OF_BUDGET, anytime
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import (
    HOW_INTERVALS_ARE_MADE,
    Document,
    Record,
    Section,
    interval_record,
    number,
    trust,
    with_interval,
)
from wannsearch.reporting.tables.group_curves import GroupCurves, curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.pairwise import comparisons, not_compared
from wannsearch.reporting.tables.run import MOST_SCORE
from wannsearch.reporting.tables.table import Material
from wannsearch.reporting.tables.units import add_units, explain_units, name_steps_column

_COLUMNS = (
    "setting", "n", "failed", "IQM [95 %]", "covers", "mean", "median", "min", "max", "evaluations", "hidden",
    "connections",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The table of whatever runs there are."""

    title: str
    margin: float | None  # means that differ by less count as equal; None: that is not asked

    def __post_init__(self) -> None:
        convert_fields(self)
        between("table.margin", self.margin, 0, MOST_SCORE)
        if self.margin == 0:
            raise ConfigError(f"table.margin is {self.margin}; it must be above 0, or null.")

    def made(self, material: Material) -> Document:
        """Rows in the order of task, method and config."""
        groups = [group for group in material.grouped.groups if group.runs]
        rows, records = [], []
        panels: dict[str, list[strip_plot.Strip]] = {}
        for group in groups:
            row, record, strip = _row(group)
            rows.append(row)
            records.append(record)
            panels.setdefault(group.task_label, []).append(strip)
        units = [group.unit for group in groups]
        sections = [add_units(Section("table", "", _COLUMNS, rows, records), units)]
        compared = comparisons(groups, self.margin)
        if compared is not None:
            sections.append(compared)
        found = [curves(group) for group in groups]
        sections.append(add_units(_anytime(groups, found), [group.best_unit for group in groups]))
        notes = [
            "Scores: held-out mean of each run's recorded best, over weights, on episodes that selection "
            "never saw. Evaluations, hidden nodes and connections of the best: medians over runs.",
            "A failed run is counted and has the task's floor as its score.",
            "On the way: IQM of the best so far, as each search tested it, when it had spent a share of its "
            "evaluations.",
            *explain_units(groups),
            *not_compared(groups),
            *(note for one in found for note in one.notes()),
            HOW_INTERVALS_ARE_MADE,
        ]
        picture = strip_plot.draw(
            panels,
            self.title,
            {group.task_label: f"held-out mean, {group.unit}" for group in groups},
            "dots: runs",
            "x: failed",
            "diamond: IQM with its 95 % interval",
        )
        return Document(self.title, sections, notes, picture)


def _row(group: Group) -> tuple[list[str], Record, strip_plot.Strip]:
    scores = group.scores
    found = {centre: interval(scores, centre) for centre in ("iqm", "mean", "median")}
    sizes = {
        "evaluations": _median([run.evaluations for run in group.runs]),
        "hidden": _median([run.hidden for run in group.runs]),
        "connections": _median([run.connections for run in group.runs]),
    }
    low, high = float(scores.scores[0]), float(scores.scores[-1])
    row = [
        group.label,
        str(scores.n),
        str(scores.failed),
        with_interval(found["iqm"], found["iqm"].estimate),
        trust(found["iqm"]),
        number(found["mean"].estimate),
        number(found["median"].estimate),
        number(low),
        number(high),
        *(number(value) for value in sizes.values()),
    ]
    record: Record = {"setting": group.label, "task": group.task_label, "method": group.method}
    record |= {"n": scores.n, "failed": scores.failed}
    for centre, one in found.items():
        record |= interval_record(one, centre)
    record |= {"min": low, "max": high, **sizes, "config_sha256": group.runs[0].digest}
    record |= {"seeds": " ".join(str(run.seed) for run in group.runs)}
    failed = strip_plot.lowest_failed(scores.scores.tolist(), group.floor, scores.failed)
    return (
        row,
        record,
        strip_plot.Strip(
            group.label.removeprefix(f"{group.task} · "), scores.scores.tolist(), failed, found["iqm"]
        ),
    )


def _median(values: list[float] | list[int]) -> float | None:
    known = [float(value) for value in values if value == value]
    return float(np.median(known)) if known else None


def _anytime(groups: list[Group], by_group: list[GroupCurves]) -> Section:
    """Where each setting stood when a tenth, a quarter, a half and all of its evaluations were spent."""
    rows, records = [], []
    names = sorted({group.steps_name for group in groups})
    counted = name_steps_column(names[0]).replace("_", " ") if len(names) == 1 else "spent"
    told = {name: "" if len(names) == 1 else f" {name}" for name in names}
    for group, known in zip(groups, by_group, strict=True):
        budget = max(run.evaluations for run in group.runs)
        found = anytime(known.curves, budget, group.floor)
        shown = ["-" if one is None else with_interval(one, one.estimate) for one in found.values()]
        steps = _median([run.env_steps for run in group.runs])
        rows.append([group.label, number(budget), *shown, f"{number(steps)}{told[group.steps_name]}"])
        record: Record = {"setting": group.label, "evaluations": budget}
        record |= {name_steps_column(group.steps_name): steps}
        for share, one in found.items():
            if one is not None:
                record |= interval_record(one, f"iqm_at_{100 * share:.0f}_percent")
        records.append(record)
    columns = ("setting", "evaluations", *(f"{100 * share:.0f} %" for share in SHARES_OF_BUDGET), counted)
    return Section("anytime", "On the way", columns, rows, records)
