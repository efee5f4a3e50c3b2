"""Table 1 of Gaier and Ha (2019): what a topology does without its weights, and with them.

Rows are methods on a control task; the columns, four ways to give the same network weights: each its
own draw from U(-2, 2); one draw for all; the best single weight; own weights, tuned. A cell shows the
interquartile mean over runs, each of which is one whole search and one tuning of its best network,
beside the paper's figure, which is one network's mean and std over 100 trials. inside means that the
paper's mean lies in our interval. Runs that are one network on one set of draws have none between them:
theirs is over episodes.

The paper's +- of the second column is not the std over trials with random weights, but the root mean
square of the stds by weight over a sweep; both are given for ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.score_names import RETURN
from wannsearch.core.settings import convert_fields
from wannsearch.records.reader import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.comparison import holm_correction, probability_of_improvement
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import (
    INTERVAL_NOTE,
    NOT_RUN,
    Document,
    Record,
    Section,
    describe_coverage,
    format_number,
    format_with_interval,
    interval_record,
    judge_inside,
    refuse_verdict,
)
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.tuning import TUNING_COLUMNS, largest_first
from wannsearch.reporting.tables.tuning_choice import list_unused
from wannsearch.reporting.tables.units import explain_units
from wannsearch.reporting.tables.wann_control_rows import ControlLine, ControlRow, build_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BELOW_SCALE_MARK = "†"
_MAX_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class WannControl:
    """The rows, and the paper's figures where it has them."""

    title: str
    source: str
    reference_row: str  # the method that all others are compared with
    rows: tuple[ControlRow, ...]
    remarks: tuple[str, ...]  # on the paper's figures, to stand under the table

    def __post_init__(self) -> None:
        convert_fields(self)

    def build(self, table_input: TableInput) -> Document:
        """One line for each of our settings; one that says so where there is none."""
        tunings = largest_first(table_input.tunings)
        lines = [line for row in self.rows for line in build_lines(row, table_input, tunings)]
        rows = [_build_row(line) for line in lines]
        records = [record for line in lines for record in _build_records(line)]
        columns = ("task", "network", "n", *(column.replace("_", " ") for column in TUNING_COLUMNS), "tuning")
        sections = [Section("table", "", columns, rows, records)]
        unit_notes = explain_units([line.group for line in lines if line.group is not None])
        comparisons = self._build_comparisons(lines)
        if comparisons is not None:
            sections.append(comparisons)
        used_tunings = [tuning for line in lines for tuning in line.available_tunings]
        runs = [run for line in lines if line.group is not None for run in line.group.runs]
        unused_tunings = list_unused(tunings, runs, used_tunings)
        notes = [
            f"Paper: {self.source}",
            "ours: IQM over runs [95 % interval] ± the std over trials or episodes, averaged over runs. In "
            "the column of one random weight also the root mean square of the stds by weight, which is what "
            "the paper's ± is there. paper: mean ± std of one network.",
            "inside, outside: the paper's mean lies in our interval, or does not. Where all runs are one "
            "network on the same draws, the interval is over its episodes, and they are compared as one.",
            "tuning: generations x networks x episodes of the search for own weights, and where it began.",
            *unit_notes,
            *_list_unequal_tunings(lines),
            *(f"Not used, {tuning.folder}: {reason}." for tuning, reason in unused_tunings[:_MAX_NAMED]),
            *(
                [f"{len(unused_tunings) - _MAX_NAMED} more tunings are not used."]
                if unused_tunings[_MAX_NAMED:]
                else []
            ),
            *self.remarks,
            f"{_BELOW_SCALE_MARK}: a search of ours proposed fewer networks than the paper's.",
            INTERVAL_NOTE,
        ]
        extra_provenance = {
            "tunings_used": sorted(str(tuning.folder) for tuning in used_tunings),
            "tunings_not_used": [
                {"folder": str(tuning.folder), "why": reason} for tuning, reason in unused_tunings
            ],
        }
        return Document(
            self.title, sections, notes, _draw_picture(self.title, lines), extra_provenance=extra_provenance
        )

    def _build_comparisons(self, lines: list[ControlLine]) -> Section | None:
        """The reference row over each other of the same task, column by column."""
        pairs = [
            (line, other, column)
            for line in lines
            for other in lines
            for column in TUNING_COLUMNS
            if line.row.label == self.reference_row
            and other.row.label != self.reference_row
            and line.row.name == other.row.name
            and line.group is not None
            and other.group is not None
            and line.group.task_settings == other.group.task_settings
            and line.cells[column].values is not None
            and other.cells[column].values is not None
        ]
        if not pairs:
            return None
        improvements = []
        for line, other, column in pairs:
            reference_values, other_values = (
                line.cells[column].independent_values,
                other.cells[column].independent_values,
            )
            assert reference_values is not None
            assert other_values is not None
            improvements.append(probability_of_improvement(reference_values, other_values))
        corrected_p_values = holm_correction([improvement.p_value for improvement in improvements])
        rows, records = [], []
        for (line, other, column), improvement, p_value in zip(
            pairs, improvements, corrected_p_values, strict=True
        ):
            improvement_cell = format_with_interval(improvement, improvement.probability)
            name = column.replace("_", " ")
            counts = f"{improvement.n[0]}, {improvement.n[1]}"
            rows.append(
                [
                    line.row.name,
                    name,
                    line.label,
                    other.label,
                    improvement_cell,
                    format_number(float(p_value)),
                    counts,
                ]
            )
            records.append(
                {
                    "task": line.row.name,
                    "column": column,
                    "network": line.label,
                    "over": other.label,
                    "probability_of_improvement": improvement.probability,
                    "low": improvement.low,
                    "high": improvement.high,
                    "p_value": improvement.p_value,
                    "p_holm": float(p_value),
                    "n": improvement.n[0],
                    "n_over": improvement.n[1],
                }
            )
        columns = ("task", "column", "network", "over", "probability of improvement [95 %]", "p (Holm)", "n")
        heading = f"Probability that a run of {self.reference_row} beats a run of another"
        return Section("comparisons", heading, columns, rows, records)


def _list_unequal_tunings(lines: list[ControlLine]) -> list[str]:
    """What has to be said where figures of different tunings meet."""
    notes = []
    for line in lines:
        if len(line.tuning_descriptions) > 1:
            notes.append(
                f"{line.row.name}, {line.label}: its networks were tuned in {len(line.tuning_descriptions)} "
                f"ways, which its figures mix: {'; '.join(line.tuning_descriptions)}."
            )
    for task in dict.fromkeys(line.row.name for line in lines):
        sizes = {
            tuning.max_search_episodes
            for line in lines
            if line.row.name == task
            for tuning in line.available_tunings
        }
        if len(sizes) > 1:
            notes.append(
                f"{task}: networks were tuned with {min(sizes):,} to {max(sizes):,} episodes; rows of "
                "different tunings do not compare searches alone."
            )
    return notes


def _build_row(line: ControlLine) -> list[str]:
    counts = "0"
    if line.group is not None:
        counts = str(len(line.group.runs)) + (
            f" ({line.group.num_failed} failed)" if line.group.num_failed else ""
        )
    tuning = "; ".join(line.tuning_descriptions) or "-"
    return [
        line.row.name,
        line.label,
        counts,
        *(_format_cell(line, column) for column in TUNING_COLUMNS),
        tuning,
    ]


def _format_cell(line: ControlLine, column: str) -> str:
    cell, paper = line.cells[column], line.row.paper_score(column)
    paper_text = "" if paper is None else f"; paper {format_number(paper.mean)} ± {format_number(paper.std)}"
    if cell.interval is None:
        return (NOT_RUN if line.group is None else "not tuned") + paper_text
    spread = f" ± {format_number(cell.std)}" + (
        f" (within {format_number(cell.std_within)})" if cell.std_within == cell.std_within else ""
    )
    mark = _BELOW_SCALE_MARK if line.is_below_paper_scale else ""
    runs = 0 if cell.values is None else cell.values.n
    our_text = f"{format_with_interval(cell.interval, cell.interval.estimate)}{mark}{spread}, n = {runs}"
    if cell.interval.is_exploratory or cell.interval.by_episodes:
        our_text += f", {describe_coverage(cell.interval)}"
    verdict = _judge_cell(line, column)
    return our_text + paper_text + (f", {verdict}" if verdict else "")


def _judge_cell(line: ControlLine, column: str) -> str | None:
    """Of a cell; the paper's figures are returns, and nothing else is held against them."""
    cell, paper = line.cells[column], line.row.paper_score(column)
    if line.group is None or paper is None or cell.interval is None:
        return None
    if line.group.score_name not in (None, RETURN):
        return refuse_verdict(f"ours is in {line.group.score_name}, the paper's a {RETURN}")
    return judge_inside(cell.interval, paper.mean)


def _build_records(line: ControlLine) -> list[Record]:
    records = []
    for column in TUNING_COLUMNS:
        cell, paper = line.cells[column], line.row.paper_score(column)
        record: Record = {"task": line.row.name, "network": line.label, "column": column}
        record |= {"searched": 0 if line.group is None else len(line.group.runs)}
        record |= {
            "tuned": len(line.available_tunings),
            "tuning": "; ".join(line.tuning_descriptions) or None,
        }
        record |= {"n": 0 if cell.values is None else cell.values.n}
        record |= {"failed": 0 if cell.values is None else cell.values.num_failed}
        if cell.interval is not None and cell.values is not None:
            scores = cell.values.scores
            record |= interval_record(cell.interval, "iqm")
            record |= {"mean": float(scores.mean()), "median": float(np.median(scores))}
            record |= {"min": float(scores[0]), "max": float(scores[-1])}
            record |= {"std_over_trials": cell.std, "std_within_weights": cell.std_within}
            if cell.interval.by_episodes:
                record |= {"interval_over": "episodes", "episodes": cell.interval.n}
        record |= {"paper_mean": paper and paper.mean, "paper_std": paper and paper.std}
        verdict = _judge_cell(line, column)
        if cell.interval is None:
            verdict = NOT_RUN if line.group is None else "not tuned"
        records.append(record | {"verdict": verdict, "below_paper_scale": line.is_below_paper_scale})
    return records


def _draw_picture(title: str, lines: list[ControlLine]) -> style.Picture:
    """A panel a column, and a row of them a task: scores of two tasks share no axis.

    Tasks without a run are left out, if any has one, and lines with neither runs nor a figure of the paper.
    """
    tasks_run = {line.row.name for line in lines if line.group is not None}
    drawn_lines = [
        line
        for line in lines
        if line.group is not None
        or (line.row.paper is not None and (not tasks_run or line.row.name in tasks_run))
    ]
    tasks: dict[tuple[str, str], list[ControlLine]] = {}
    for line in drawn_lines[: strip_plot.MAX_STRIPS]:
        unit = RETURN if line.group is None else line.group.unit
        tasks.setdefault((line.row.name, unit), []).append(line)
    heights = [1 + len(task_lines) for task_lines in tasks.values()] or [1]

    def fill(figure: Figure) -> None:
        panels = figure.subplots(
            len(heights), len(TUNING_COLUMNS), squeeze=False, sharey="row", height_ratios=heights
        )
        for ((name, unit), task_lines), row in zip(tasks.items(), panels, strict=False):
            for panel, column in zip(row, TUNING_COLUMNS, strict=True):
                for position, line in enumerate(task_lines):
                    strip_plot.draw_strip(panel, _build_strip(line, column), position)
                strip_plot.finish_axes(panel, [line.label for line in task_lines], unit)
                panel.set_title(f"{name}: {column.replace('_', ' ')}", loc="left", size=10)
        remarks = ("dots: runs", "diamond: IQM with its 95 % interval", "orange bar: the paper's mean")
        style.add_header(figure, RunLabel(), title, *remarks)

    return style.render(fill, (13.0, 0.9 + sum(0.5 + 0.46 * height for height in heights)))


def _build_strip(line: ControlLine, column: str) -> strip_plot.Strip:
    cell, paper = line.cells[column], line.row.paper_score(column)
    values = [] if cell.values is None else cell.values.scores.tolist()
    num_failed = 0
    if cell.values is not None and line.group is not None:
        num_failed = strip_plot.count_marked_failed(values, line.group.floor, cell.values.num_failed)
    return strip_plot.Strip(
        line.label, values, num_failed, cell.interval, None if paper is None else paper.mean
    )
