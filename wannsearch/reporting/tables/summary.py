"""One row a setting: how many runs, how many failed, where their held-out scores lie, what they cost.

What reliability asks of a table of runs: every run counted, interquartile mean, mean and median, the
interval and what it is worth, minimum and maximum, and how each two settings of a task compare,
and where each stood on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.curves import BUDGET_SHARES, anytime_scores
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import (
    INTERVAL_NOTE,
    Document,
    Record,
    Section,
    describe_coverage,
    format_number,
    format_with_interval,
    interval_record,
)
from wannsearch.reporting.tables.group_curves import GroupCurves, load_curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.pairwise import compare_settings, list_not_compared
from wannsearch.reporting.tables.run import MAX_SCORE
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.units import add_units, explain_units, name_steps_column

_COLUMNS = (
    "setting", "n", "failed", "IQM [95 %]", "coverage", "mean", "median", "min", "max", "evaluations",
    "hidden", "connections",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The table of whatever runs there are."""

    title: str
    margin: float | None  # means that differ by less count as equal; None: that is not asked

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("table.margin", self.margin, 0, MAX_SCORE)
        if self.margin == 0:
            raise ConfigError(f"table.margin is {self.margin}; it must be above 0, or null.")

    def build(self, table_input: TableInput) -> Document:
        """Rows in the order of task, method and config."""
        groups = [group for group in table_input.run_groups.groups if group.runs]
        rows, records = [], []
        panels: dict[str, list[strip_plot.Strip]] = {}
        for group in groups:
            row, record, strip = _build_row(group)
            rows.append(row)
            records.append(record)
            panels.setdefault(group.task_label, []).append(strip)
        units = [group.unit for group in groups]
        sections = [add_units(Section("table", "", _COLUMNS, rows, records), units)]
        comparison_section = compare_settings(groups, self.margin)
        if comparison_section is not None:
            sections.append(comparison_section)
        curves_by_group = [load_curves(group) for group in groups]
        sections.append(
            add_units(_build_anytime_section(groups, curves_by_group), [group.best_unit for group in groups])
        )
        notes = [
            "Scores: held-out mean of each run's recorded best, over weights, on episodes that selection "
            "never saw. Evaluations, hidden nodes and connections of the best: medians over runs.",
            "A failed run is counted and has the task's floor as its score.",
            "On the way: IQM of the best so far, as each search tested it, when it had spent a share of its "
            "evaluations.",
            *explain_units(groups),
            *list_not_compared(groups),
            *(note for group_curves in curves_by_group for note in group_curves.notes()),
            INTERVAL_NOTE,
        ]
        picture = strip_plot.draw_strip_plot(
            panels,
            self.title,
            {group.task_label: f"held-out mean, {group.unit}" for group in groups},
            "dots: runs",
            "x: failed",
            "diamond: IQM with its 95 % interval",
        )
        return Document(self.title, sections, notes, picture)


def _build_row(group: Group) -> tuple[list[str], Record, strip_plot.Strip]:
    scores = group.scores
    intervals = {center: bootstrap_interval(scores, center) for center in ("iqm", "mean", "median")}
    sizes = {
        "evaluations": _median([run.evaluations for run in group.runs]),
        "hidden": _median([run.hidden for run in group.runs]),
        "connections": _median([run.connections for run in group.runs]),
    }
    low, high = float(scores.scores[0]), float(scores.scores[-1])
    row = [
        group.label,
        str(scores.n),
        str(scores.num_failed),
        format_with_interval(intervals["iqm"], intervals["iqm"].estimate),
        describe_coverage(intervals["iqm"]),
        format_number(intervals["mean"].estimate),
        format_number(intervals["median"].estimate),
        format_number(low),
        format_number(high),
        *(format_number(value) for value in sizes.values()),
    ]
    record: Record = {"setting": group.label, "task": group.task_label, "method": group.method}
    record |= {"n": scores.n, "failed": scores.num_failed}
    for center, center_interval in intervals.items():
        record |= interval_record(center_interval, center)
    record |= {"min": low, "max": high, **sizes, "config_sha256": group.runs[0].digest}
    record |= {"seeds": " ".join(str(run.seed) for run in group.runs)}
    num_failed = strip_plot.count_marked_failed(scores.scores.tolist(), group.floor, scores.num_failed)
    return (
        row,
        record,
        strip_plot.Strip(
            group.label.removeprefix(f"{group.task} · "), scores.scores.tolist(), num_failed, intervals["iqm"]
        ),
    )


def _median(values: list[float] | list[int]) -> float | None:
    valid = [float(value) for value in values if value == value]
    return float(np.median(valid)) if valid else None


def _build_anytime_section(groups: list[Group], curves_by_group: list[GroupCurves]) -> Section:
    """Where each setting stood when a tenth, a quarter, a half and all of its evaluations were spent."""
    rows, records = [], []
    names = sorted({group.steps_name for group in groups})
    steps_column = name_steps_column(names[0]).replace("_", " ") if len(names) == 1 else "spent"
    suffixes = {name: "" if len(names) == 1 else f" {name}" for name in names}
    for group, group_curves in zip(groups, curves_by_group, strict=True):
        budget = max(run.evaluations for run in group.runs)
        intervals = anytime_scores(group_curves.curves, budget, group.floor)
        cells = [
            "-" if share_interval is None else format_with_interval(share_interval, share_interval.estimate)
            for share_interval in intervals.values()
        ]
        steps = _median([run.env_steps for run in group.runs])
        rows.append(
            [
                group.label,
                format_number(budget),
                *cells,
                f"{format_number(steps)}{suffixes[group.steps_name]}",
            ]
        )
        record: Record = {"setting": group.label, "evaluations": budget}
        record |= {name_steps_column(group.steps_name): steps}
        for share, share_interval in intervals.items():
            if share_interval is not None:
                record |= interval_record(share_interval, f"iqm_at_{100 * share:.0f}_percent")
        records.append(record)
    columns = ("setting", "evaluations", *(f"{100 * share:.0f} %" for share in BUDGET_SHARES), steps_column)
    return Section("anytime", "On the way", columns, rows, records)
