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
from wannsearch.records.reader import Origin
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.comparison import holm, probability_of_improvement
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import (
    HOW_INTERVALS_ARE_MADE,
    NOT_RUN,
    Document,
    Record,
    Section,
    interval_record,
    judge_inside,
    number,
    refuse_verdict,
    trust,
    with_interval,
)
from wannsearch.reporting.tables.table import Material
from wannsearch.reporting.tables.tuning import COLUMNS, largest_first
from wannsearch.reporting.tables.tuning_choice import not_used
from wannsearch.reporting.tables.units import explain_units
from wannsearch.reporting.tables.wann_control_rows import Line, Row, found_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BELOW_SCALE = "†"
_MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class WannControl:
    """The rows, and the paper's figures where it has them."""

    title: str
    source: str
    reference_row: str  # the method that all others are compared with
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]  # on the paper's figures, to stand under the table

    def __post_init__(self) -> None:
        convert_fields(self)

    def made(self, material: Material) -> Document:
        """One line for each of our settings; one that says so where there is none."""
        tunings = largest_first(material.tunings)
        lines = [line for row in self.rows for line in found_lines(row, material, tunings)]
        rows = [_shown(line) for line in lines]
        records = [record for line in lines for record in _records(line)]
        columns = ("task", "network", "n", *(column.replace("_", " ") for column in COLUMNS), "tuning")
        sections = [Section("table", "", columns, rows, records)]
        notes_on_units = explain_units([line.group for line in lines if line.group is not None])
        comparisons = self._comparisons(lines)
        if comparisons is not None:
            sections.append(comparisons)
        used = [tuning for line in lines for tuning in line.tuned]
        runs = [run for line in lines if line.group is not None for run in line.group.runs]
        others = not_used(tunings, runs, used)
        notes = [
            f"Paper: {self.source}",
            "ours: IQM over runs [95 % interval] ± the std over trials or episodes, averaged over runs. In "
            "the column of one random weight also the root mean square of the stds by weight, which is what "
            "the paper's ± is there. paper: mean ± std of one network.",
            "inside, outside: the paper's mean lies in our interval, or does not. Where all runs are one "
            "network on the same draws, the interval is over its episodes, and they are compared as one.",
            "tuning: generations x networks x episodes of the search for own weights, and where it began.",
            *notes_on_units,
            *_unlike(lines),
            *(f"Not used, {tuning.folder}: {why}." for tuning, why in others[:_MOST_NAMED]),
            *([f"{len(others) - _MOST_NAMED} more tunings are not used."] if others[_MOST_NAMED:] else []),
            *self.remarks,
            f"{_BELOW_SCALE}: a search of ours proposed fewer networks than the paper's.",
            HOW_INTERVALS_ARE_MADE,
        ]
        more = {
            "tunings_used": sorted(str(tuning.folder) for tuning in used),
            "tunings_not_used": [{"folder": str(tuning.folder), "why": why} for tuning, why in others],
        }
        return Document(self.title, sections, notes, _picture(self.title, lines), more_provenance=more)

    def _comparisons(self, lines: list[Line]) -> Section | None:
        """The reference row over each other of the same task, column by column."""
        pairs = [
            (line, other, column)
            for line in lines
            for other in lines
            for column in COLUMNS
            if line.row.label == self.reference_row
            and other.row.label != self.reference_row
            and line.row.name == other.row.name
            and line.group is not None
            and other.group is not None
            and line.group.paid == other.group.paid
            and line.cells[column].values is not None
            and other.cells[column].values is not None
        ]
        if not pairs:
            return None
        found = []
        for line, other, column in pairs:
            mine, theirs = line.cells[column].independent, other.cells[column].independent
            assert mine is not None
            assert theirs is not None
            found.append(probability_of_improvement(mine, theirs))
        corrected = holm([one.p_value for one in found])
        rows, records = [], []
        for (line, other, column), one, p_value in zip(pairs, found, corrected, strict=True):
            shown = with_interval(one, one.probability)
            name = column.replace("_", " ")
            counts = f"{one.n[0]}, {one.n[1]}"
            rows.append([line.row.name, name, line.label, other.label, shown, number(float(p_value)), counts])
            records.append(
                {
                    "task": line.row.name,
                    "column": column,
                    "network": line.label,
                    "over": other.label,
                    "probability_of_improvement": one.probability,
                    "low": one.low,
                    "high": one.high,
                    "p_value": one.p_value,
                    "p_holm": float(p_value),
                    "n": one.n[0],
                    "n_over": one.n[1],
                }
            )
        columns = ("task", "column", "network", "over", "probability of improvement [95 %]", "p (Holm)", "n")
        heading = f"Probability that a run of {self.reference_row} beats a run of another"
        return Section("comparisons", heading, columns, rows, records)


def _unlike(lines: list[Line]) -> list[str]:
    """What has to be said where figures of different tunings meet."""
    notes = []
    for line in lines:
        if len(line.how_tuned) > 1:
            notes.append(
                f"{line.row.name}, {line.label}: its networks were tuned in {len(line.how_tuned)} ways, "
                f"which its figures mix: {'; '.join(line.how_tuned)}."
            )
    for task in dict.fromkeys(line.row.name for line in lines):
        sizes = {tuning.scale for line in lines if line.row.name == task for tuning in line.tuned}
        if len(sizes) > 1:
            notes.append(
                f"{task}: networks were tuned with {min(sizes):,} to {max(sizes):,} episodes; rows of "
                "different tunings do not compare searches alone."
            )
    return notes


def _shown(line: Line) -> list[str]:
    counts = "0"
    if line.group is not None:
        counts = str(len(line.group.runs)) + (f" ({line.group.failed} failed)" if line.group.failed else "")
    tuning = "; ".join(line.how_tuned) or "-"
    return [line.row.name, line.label, counts, *(_text(line, column) for column in COLUMNS), tuning]


def _text(line: Line, column: str) -> str:
    cell, paper = line.cells[column], line.row.published(column)
    theirs = "" if paper is None else f"; paper {number(paper.mean)} ± {number(paper.std)}"
    if cell.found is None:
        return (NOT_RUN if line.group is None else "not tuned") + theirs
    spread = f" ± {number(cell.std)}" + (
        f" (within {number(cell.std_within)})" if cell.std_within == cell.std_within else ""
    )
    mark = _BELOW_SCALE if line.below_scale else ""
    runs = 0 if cell.values is None else cell.values.n
    ours = f"{with_interval(cell.found, cell.found.estimate)}{mark}{spread}, n = {runs}"
    if cell.found.exploratory or cell.found.by_episodes:
        ours += f", {trust(cell.found)}"
    verdict = _verdict(line, column)
    return ours + theirs + (f", {verdict}" if verdict else "")


def _verdict(line: Line, column: str) -> str | None:
    """Of a cell; the paper's figures are returns, and nothing else is held against them."""
    cell, paper = line.cells[column], line.row.published(column)
    if line.group is None or paper is None or cell.found is None:
        return None
    if line.group.score_name not in (None, RETURN):
        return refuse_verdict(f"ours is in {line.group.score_name}, the paper's a {RETURN}")
    return judge_inside(cell.found, paper.mean)


def _records(line: Line) -> list[Record]:
    records = []
    for column in COLUMNS:
        cell, paper = line.cells[column], line.row.published(column)
        record: Record = {"task": line.row.name, "network": line.label, "column": column}
        record |= {"searched": 0 if line.group is None else len(line.group.runs)}
        record |= {"tuned": len(line.tuned), "tuning": "; ".join(line.how_tuned) or None}
        record |= {"n": 0 if cell.values is None else cell.values.n}
        record |= {"failed": 0 if cell.values is None else cell.values.failed}
        if cell.found is not None and cell.values is not None:
            scores = cell.values.scores
            record |= interval_record(cell.found, "iqm")
            record |= {"mean": float(scores.mean()), "median": float(np.median(scores))}
            record |= {"min": float(scores[0]), "max": float(scores[-1])}
            record |= {"std_over_trials": cell.std, "std_within_weights": cell.std_within}
            if cell.found.by_episodes:
                record |= {"interval_over": "episodes", "episodes": cell.found.n}
        record |= {"paper_mean": paper and paper.mean, "paper_std": paper and paper.std}
        verdict = _verdict(line, column)
        if cell.found is None:
            verdict = NOT_RUN if line.group is None else "not tuned"
        records.append(record | {"verdict": verdict, "below_paper_scale": line.below_scale})
    return records


def _picture(title: str, lines: list[Line]) -> style.Picture:
    """A panel a column, and a row of them a task: scores of two tasks share no axis.

    Tasks without a run are left out, if any has one, and lines with neither runs nor a figure of the paper.
    """
    run = {line.row.name for line in lines if line.group is not None}
    shown = [
        line
        for line in lines
        if line.group is not None or (line.row.paper is not None and (not run or line.row.name in run))
    ]
    tasks: dict[tuple[str, str], list[Line]] = {}
    for line in shown[: strip_plot.MOST_STRIPS]:
        unit = RETURN if line.group is None else line.group.unit
        tasks.setdefault((line.row.name, unit), []).append(line)
    heights = [1 + len(of_task) for of_task in tasks.values()] or [1]

    def fill(figure: Figure) -> None:
        panels = figure.subplots(
            len(heights), len(COLUMNS), squeeze=False, sharey="row", height_ratios=heights
        )
        for ((name, unit), of_task), row in zip(tasks.items(), panels, strict=False):
            for panel, column in zip(row, COLUMNS, strict=True):
                for place, line in enumerate(of_task):
                    strip_plot.one(panel, _strip(line, column), place)
                strip_plot.finish(panel, [line.label for line in of_task], unit)
                panel.set_title(f"{name}: {column.replace('_', ' ')}", loc="left", size=10)
        said = ("dots: runs", "diamond: IQM with its 95 % interval", "orange bar: the paper's mean")
        style.headed(figure, Origin(), title, *said)

    return style.rendered(fill, (13.0, 0.9 + sum(0.5 + 0.46 * height for height in heights)))


def _strip(line: Line, column: str) -> strip_plot.Strip:
    cell, paper = line.cells[column], line.row.published(column)
    values = [] if cell.values is None else cell.values.scores.tolist()
    failed = 0
    if cell.values is not None and line.group is not None:
        failed = strip_plot.lowest_failed(values, line.group.floor, cell.values.failed)
    return strip_plot.Strip(line.label, values, failed, cell.found, None if paper is None else paper.mean)
