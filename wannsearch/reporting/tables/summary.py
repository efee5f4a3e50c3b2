"""One row per setting: its runs, its failures, the distribution of its held-out scores, and its cost.

The table follows what reliable reports of few runs contain: every run counted, interquartile mean, mean and
median, the interval and its coverage, minimum and maximum. A second part compares each two settings of a
task, and a third gives the score of each setting at shares of its evaluations.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.curves import BUDGET_SHARES, anytime_scores
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import (
    INTERVAL_NOTE,
    Column,
    Document,
    Record,
    Section,
    TextOnly,
    describe_coverage,
    drop_none,
    estimate_column,
    format_number,
    interval_column,
    number_column,
    value_column,
)
from wannsearch.reporting.tables.group_curves import GroupCurves, load_curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.pairwise import compare_settings, list_not_compared
from wannsearch.reporting.tables.run import MAX_SCORE
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.units import add_units, explain_units, name_steps_column

_COLUMNS = (
    value_column("setting", "setting"),
    value_column("n", "n"),
    value_column("failed", "failed"),
    interval_column("IQM [95 %]", "iqm"),
    value_column("coverage", "iqm", describe_coverage),
    estimate_column("mean", "mean"),
    estimate_column("median", "median"),
    number_column("min", "min"),
    number_column("max", "max"),
    number_column("evaluations", "evaluations"),
)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The table of any runs, one row per setting."""

    title: str
    margin: float | None  # means that differ by less count as equal; None: that is not asked

    def __post_init__(self) -> None:
        convert_fields(self)
        check_between("table.margin", self.margin, 0, MAX_SCORE)
        if self.margin == 0:
            raise ConfigError(f"table.margin is {self.margin}; it must be above 0, or null.")

    def build(self, table_input: TableInput) -> Document:
        """Return the document: the table, the comparisons if there are any, and scores on the way.

        Rows are ordered by task, method and config. Every group with a failed run must have a floor.
        """
        groups = [group for group in table_input.run_groups.groups if group.runs]
        size_names = list(dict.fromkeys(name for group in groups for run in group.runs for name in run.sizes))
        records = [_build_record(group, size_names) for group in groups]
        panels: dict[str, list[strip_plot.Strip]] = {}
        for group, record in zip(groups, records, strict=True):
            panels.setdefault(group.task_label, []).append(_build_strip(group, record["iqm"]))
        units = [group.unit for group in groups]
        columns = [*_COLUMNS, *(number_column(name.replace("_", " "), name) for name in size_names)]
        sections = [add_units(Section("table", "", columns, records), units)]
        comparison_section = compare_settings(groups, self.margin)
        if comparison_section is not None:
            sections.append(comparison_section)
        curves_by_group = [load_curves(group) for group in groups]
        sections.append(
            add_units(_build_anytime_section(groups, curves_by_group), [group.best_unit for group in groups])
        )
        notes = [
            "Scores: held-out mean of each run's recorded best, over weights, on episodes that selection "
            "never saw. Evaluations, and sizes of the best: medians over runs.",
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
        return Document(self.title, sections, notes, {"picture": picture})


def _build_record(group: Group, size_names: Sequence[str]) -> Record:
    sample = group.scores
    record: Record = {"setting": group.label, "task": group.task_label, "method": group.method}
    record |= {"n": sample.n, "failed": sample.num_failed}
    record |= {center: bootstrap_interval(sample, center) for center in ("iqm", "mean", "median")}
    record |= {
        "min": float(sample.scores[0]),
        "max": float(sample.scores[-1]),
        "evaluations": _median([run.evaluations for run in group.runs]),
        **{name: _median([run.sizes.get(name, math.nan) for run in group.runs]) for name in size_names},
        "config_sha256": group.runs[0].digest,
    }
    return record | {"seeds": " ".join(str(run.seed) for run in group.runs)}


def _build_strip(group: Group, iqm: Interval) -> strip_plot.Strip:
    values = group.scores.scores.tolist()
    num_failed = strip_plot.count_marked_failed(values, group.floor, group.scores.num_failed)
    return strip_plot.Strip(group.label.removeprefix(f"{group.task} · "), values, num_failed, iqm)


def _median(values: list[float] | list[int]) -> float | None:
    valid = [float(value) for value in values if value == value]
    return float(np.median(valid)) if valid else None


def _build_anytime_section(groups: list[Group], curves_by_group: list[GroupCurves]) -> Section:
    """Return the score of each setting after a tenth, a quarter, a half and all of its evaluations.

    All means the evaluations of its longest run. A share at which some run had no score has no value.
    """
    records = []
    for group, group_curves in zip(groups, curves_by_group, strict=True):
        budget = max(run.evaluations for run in group.runs)
        record: Record = {"setting": group.label, "evaluations": budget}
        record |= {name_steps_column(group.steps_name): _median([run.env_steps for run in group.runs])}
        record |= {"steps_name": TextOnly(group.steps_name)}
        intervals = anytime_scores(group_curves.curves, budget, group.floor)
        record |= drop_none({_share_key(share): interval for share, interval in intervals.items()})
        records.append(record)
    columns = [
        value_column("setting", "setting"),
        number_column("evaluations", "evaluations"),
        *(interval_column(f"{100 * share:.0f} %", _share_key(share)) for share in BUDGET_SHARES),
        _make_steps_column(sorted({group.steps_name for group in groups})),
    ]
    return Section("anytime", "On the way", columns, records)


def _share_key(share: float) -> str:
    return f"iqm_at_{100 * share:.0f}_percent"


def _make_steps_column(names: list[str]) -> Column:
    """Return the column of steps; each cell names its steps where the rows count steps of several names."""
    is_mixed = len(names) > 1

    def format_steps(record: Record) -> str:
        name = record["steps_name"].value
        steps = format_number(record[name_steps_column(name)])
        return f"{steps} {name}" if is_mixed else steps

    title = "spent" if is_mixed else name_steps_column(names[0]).replace("_", " ")
    return Column(title, name_steps_column(names[0]), format_steps)
