"""Table 1 of Gaier and Ha (2019): the return of a topology with random, shared and tuned weights.

Rows are methods on a control task; the columns are four ways to give the same network weights: each its own
draw from U(-2, 2); one draw for all; the best single weight; own weights, tuned. A cell shows the
interquartile mean over runs, each of which is one whole search and one tuning of its best network, beside
the paper's figure, which is one network's mean and std over 100 trials. inside means that the paper's mean
lies in our interval.

A run that failed has no network to tune and counts as the task's floor; so does a network that failed an
episode of its test. Runs whose measurements are the same, mean and spread, are one network on one set of
draws: a fixed topology has no weights to differ by where weights are drawn. They count as one measurement,
whose interval is over its episodes.

The paper's +- of the second column is not the std over trials with random weights, but the root mean square
of the stds by weight over a sweep; both are given for ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.score_names import RETURN
from wannsearch.core.settings import convert_fields
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.comparison import holm_correction, probability_of_improvement
from wannsearch.reporting.statistics.episodes import estimate_by_episodes
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.sample import Sample, build_sample
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import (
    INTERVAL_NOTE,
    NOT_RUN,
    Column,
    Document,
    Record,
    Section,
    TextOnly,
    describe_coverage,
    format_number,
    format_with_bounds,
    format_with_interval,
    judge_inside,
    number_column,
    refuse_verdict,
    value_column,
)
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.tuning import TUNING_COLUMNS, Tuning, TuningMeasurement, largest_first
from wannsearch.reporting.tables.tuning_choice import list_unused, select_tuning
from wannsearch.reporting.tables.units import explain_units

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BELOW_SCALE_MARK = "†"
_MAX_NAMED = 5
_NO_STD = (math.nan, math.nan)


@dataclass(frozen=True, kw_only=True)
class PaperScore:
    """One figure of the paper: mean and std over 100 trials of one network.

    For a random shared weight, `std` is the root mean square of the stds by weight.
    """

    mean: float
    std: float

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class PaperScores:
    """One row of the paper's table, a score for each column."""

    random_weights: PaperScore | None
    random_shared_weight: PaperScore | None
    tuned_shared_weight: PaperScore | None
    tuned_weights: PaperScore | None

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class ControlRow:
    """A method on a task: which runs it takes, and the paper's scores."""

    name: str  # of the task, as the paper calls it
    label: str
    task: str  # module of the task's class
    method: str  # module of the method's class
    match: Any  # dotted key -> value: settings that its runs must have
    evaluations: int | None  # of one search of the paper; None where it had none
    paper: PaperScores | None

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.rows: match is {str(self.match)[:60]!r}; it must map keys to values.")

    def paper_score(self, column: str) -> PaperScore | None:
        """Return the paper's score for this column; None where it has none."""
        score: PaperScore | None = None if self.paper is None else getattr(self.paper, column)
        return score


@dataclass(frozen=True)
class ControlCell:
    """The scores of our runs for one row and column; both are None and the stds NaN without a tuning."""

    values: Sample | None  # by run; None where nothing was tuned
    interval: Interval | None  # over runs; over episodes where all runs are one measurement
    std: float  # means over runs
    std_within: float

    @property
    def independent_values(self) -> Sample | None:
        """The values to compare with another row; a measurement that several runs share counts once."""
        if self.values is None or self.interval is None or not self.interval.by_episodes:
            return self.values
        return Sample(self.values.scores[:1])


@dataclass(frozen=True)
class ControlLine:
    """One of our settings in a row of the table, with its tunings and cells."""

    row: ControlRow
    group: Group | None  # None where no setting of ours matches the row
    label: str
    tunings: tuple[Tuning | None, ...]  # by run of the group
    cells: dict[str, ControlCell]  # by column of TUNING_COLUMNS

    @property
    def available_tunings(self) -> list[Tuning]:
        """The tunings of those runs that have one."""
        return [tuning for tuning in self.tunings if tuning is not None]

    @property
    def tuning_descriptions(self) -> list[str]:
        """The descriptions of its tunings, each once.

        Equal descriptions of different settings are distinguished by a digest.
        """
        descriptions_by_kind = {
            tuning.settings_digest: tuning.description for tuning in self.available_tunings
        }
        descriptions = list(descriptions_by_kind.values())
        return sorted(
            description if descriptions.count(description) == 1 else f"{description} ({kind[:6]})"
            for kind, description in descriptions_by_kind.items()
        )

    @property
    def is_below_paper_scale(self) -> bool:
        """Whether a search of ours proposed fewer networks than the paper's; False where one has none."""
        paper = self.row.evaluations
        return (
            self.group is not None
            and paper is not None
            and min(run.evaluations for run in self.group.runs) < paper
        )


def _format_run_count(record: Record) -> str:
    failed = record["searches_failed"].value
    return f"{record['searched']} ({failed} failed)" if failed else str(record["searched"])


def _format_cell(record: Record) -> str:
    mean, std, verdict = record["paper_mean"], record["paper_std"], record["verdict"]
    paper_text = "" if mean is None else f"; paper {format_number(mean)} ± {format_number(std)}"
    if "iqm" not in record:
        return f"{verdict}{paper_text}"
    interval, std_within = record["iqm"], record["std_within_weights"]
    mark = _BELOW_SCALE_MARK if record["below_paper_scale"] else ""
    spread = f" ± {format_number(record['std_over_trials'])}" + (
        f" (within {format_number(std_within)})" if std_within == std_within else ""
    )
    our_text = f"{format_with_interval(interval)}{mark}{spread}, n = {record['n']}"
    if interval.is_exploratory or interval.by_episodes:
        our_text += f", {describe_coverage(interval)}"
    return our_text + paper_text + (f", {verdict}" if verdict else "")


def _format_improvement(record: Record) -> str:
    return format_with_bounds(record["probability_of_improvement"], record["low"], record["high"])


_COLUMNS = (
    value_column("task", "task"),
    value_column("network", "network"),
    Column("n", "searched", _format_run_count),
    *(
        Column(column.replace("_", " "), "iqm", _format_cell, position)
        for position, column in enumerate(TUNING_COLUMNS)
    ),
    value_column("tuning", "tuning"),
)
_COMPARISON_COLUMNS = (
    value_column("task", "task"),
    value_column("column", "column", lambda column: column.replace("_", " ")),
    value_column("network", "network"),
    value_column("over", "over"),
    Column("probability of improvement [95 %]", "probability_of_improvement", _format_improvement),
    number_column("p (Holm)", "p_holm"),
    Column("n", "n", lambda record: f"{record['n']}, {record['n_over']}"),
)


@dataclass(frozen=True, kw_only=True)
class WannControl:
    """The table: its rows, with the paper's figures where it has them."""

    title: str
    source: str
    reference_row: str  # the method that all others are compared with
    rows: tuple[ControlRow, ...]
    remarks: tuple[str, ...]  # on the paper's figures; they stand under the table

    def __post_init__(self) -> None:
        convert_fields(self)

    def build(self, table_input: TableInput) -> Document:
        """Return the document, with one line for each of our settings and `not run` where a row has none.

        Used and unused tunings are in `extra_provenance`. Raise ConfigError where a run or a tested network
        failed, and the floor of its task is not known.
        """
        tunings = largest_first(table_input.tunings)
        lines = [line for row in self.rows for line in _build_lines(row, table_input, tunings)]
        records = [record for line in lines for record in _build_records(line)]
        sections = [Section("table", "", _COLUMNS, records, records_per_row=len(TUNING_COLUMNS))]
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
        pictures = {"picture": _draw_picture(self.title, lines)}
        return Document(self.title, sections, notes, pictures, extra_provenance)

    def _build_comparisons(self, lines: list[ControlLine]) -> Section | None:
        """Return the comparisons of the reference row with each other row of its task, column by column.

        p-values are corrected (Holm) over all of them. None where there is no pair with scores on both sides.
        """
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
        records = [
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
            for (line, other, column), improvement, p_value in zip(
                pairs, improvements, corrected_p_values, strict=True
            )
        ]
        heading = f"Probability that a run of {self.reference_row} beats a run of another"
        return Section("comparisons", heading, _COMPARISON_COLUMNS, records)


def _build_lines(row: ControlRow, table_input: TableInput, tunings: Sequence[Tuning]) -> list[ControlLine]:
    """Return a line for each of our settings that matches the row; one line without runs where none does.

    `tunings` are in the order of `largest_first`.
    """
    groups = [
        group for group in table_input.run_groups.groups if group.matches(row.task, row.method, row.match)
    ]
    if not groups:
        return [
            ControlLine(
                row,
                None,
                row.label,
                (),
                {column: ControlCell(None, None, *_NO_STD) for column in TUNING_COLUMNS},
            )
        ]
    lines = []
    for group in groups:
        details = group.label.partition(group.method)[2].strip()
        label = row.label if len(groups) == 1 or not details else f"{row.label} ({details})"
        run_tunings = tuple(select_tuning(run, tunings) for run in group.runs)
        cells = {column: _build_cell(group, run_tunings, column) for column in TUNING_COLUMNS}
        lines.append(ControlLine(row, group, label, run_tunings, cells))
    return lines


def _build_cell(group: Group, tunings: tuple[Tuning | None, ...], column: str) -> ControlCell:
    """Return the cell of a column over the runs that were tuned; runs that failed count as the floor.

    Raise ConfigError where one failed and the floor is not known.
    """
    measurements: list[TuningMeasurement] = []
    num_failed = 0
    for run, tuning in zip(group.runs, tunings, strict=True):
        if tuning is not None and column in tuning.columns:
            measurements.append(tuning.columns[column])
        elif run.score != run.score:
            num_failed += 1
    if not measurements:
        return ControlCell(None, None, *_NO_STD)
    means = [*(measurement.mean for measurement in measurements), *[math.nan] * num_failed]
    if group.floor is None and not all(map(math.isfinite, means)):
        raise ConfigError(
            f"networks of {group.label} failed when they were tested after their tuning, and what the task "
            f"pays at worst is not known; give floor=NUMBER or +floors.{group.task_module}=NUMBER."
        )
    values = build_sample(means, group.floor)
    return ControlCell(
        values,
        _single_network_interval(measurements, num_failed) or bootstrap_interval(values),
        _mean_of_valid([measurement.std for measurement in measurements]),
        _mean_of_valid([measurement.std_within for measurement in measurements]),
    )


def _single_network_interval(measurements: list[TuningMeasurement], num_failed: int) -> Interval | None:
    """Return the interval over episodes where two or more runs are one measurement, and none failed.

    None in all other cases, and where the measurement failed or its number of episodes is not known.
    """
    first = measurements[0]
    distinct = {(measurement.mean, measurement.std, measurement.episodes) for measurement in measurements}
    is_valid = math.isfinite(first.mean) and first.episodes > 1
    if len(measurements) == 1 or num_failed or len(distinct) > 1 or not is_valid:
        return None
    return estimate_by_episodes(first.mean, first.std, first.episodes)


def _mean_of_valid(values: list[float]) -> float:
    valid = sorted(value for value in values if value == value)
    return float(np.mean(valid)) if valid else math.nan


def _list_unequal_tunings(lines: list[ControlLine]) -> list[str]:
    """Return a note for each row, and each task, in which figures of different tunings meet."""
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


def _judge_cell(line: ControlLine, column: str) -> str | None:
    """Return the verdict on a cell; only returns are compared with the paper's figures, which are returns.

    None where there is no run, no tuning or no figure of the paper.
    """
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
        record |= {"searches_failed": TextOnly(0 if line.group is None else line.group.num_failed)}
        record |= {
            "tuned": len(line.available_tunings),
            "tuning": "; ".join(line.tuning_descriptions) or None,
        }
        record |= {"n": 0 if cell.values is None else cell.values.n}
        record |= {"failed": 0 if cell.values is None else cell.values.num_failed}
        if cell.interval is not None and cell.values is not None:
            scores = cell.values.scores
            record |= {"iqm": cell.interval}
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
    """Draw one panel per column and one row of panels per task and unit, since these share no axis.

    Lines with neither runs nor a figure of the paper are left out; so are tasks without a run, unless no task
    has one. Only the first `MAX_STRIPS` lines are drawn.
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
        remarks = (
            "dots: runs",
            "diamond: interquartile mean with its 95 % interval",
            "orange bar: the paper's mean",
        )
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
