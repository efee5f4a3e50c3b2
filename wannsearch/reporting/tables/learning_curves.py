"""Our learning curves over published ones, at equal evaluations.

A curve is the best so far against networks proposed. Published ones are logs where they are at hand,
and else the medians that a sheet gives for them. At each count the medians over runs are compared:
inside means that ours differs by no more than the tolerance. A count that one of our runs did not spend
is not filled in with its last value: what more search would have found is not known.

Below, how many evaluations runs needed to some scores. A second picture has our curves by simulated
steps, which evaluations of different length cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.errors import ConfigError, check_between
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.curves import Curve, value_at
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.curve_pictures import draw_by_env_steps, draw_by_evaluations
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
    refuse_verdict,
)
from wannsearch.reporting.tables.evaluations_to_target import build_targets_section
from wannsearch.reporting.tables.group_curves import load_curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.published_logs import is_pattern, read_logs
from wannsearch.reporting.tables.run import MAX_SCORE
from wannsearch.reporting.tables.table import TableInput

_COLUMNS = (
    "evaluations", "ours", "n", "median [95 %]", "coverage", "published", "runs", "median", "from",
    "difference", "verdict",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PublishedMedian:
    """A figure of the sheet."""

    evaluations: int
    score: float

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class PublishedSeries:
    """Published runs of one setting."""

    label: str
    method: str  # ours that it is compared with
    match: Any  # and the settings these must have; null in both says that neither has it
    logs: str  # pattern below the reference folder
    source: str
    medians: tuple[PublishedMedian, ...]  # for where the logs are not at hand
    runs: int  # that the medians are of

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            text = str(self.match)[:60]
            raise ConfigError(f"table.published has match {text!r}; it must map keys to values.")
        if not is_pattern(self.logs):
            raise ConfigError(f"table.published has logs {self.logs[:80]!r}; they are named like a/b_*.out.")


@dataclass(frozen=True, kw_only=True)
class LearningCurves:
    """One task; each of our settings beside each published series of its method."""

    title: str
    task: str
    match: Any  # dotted key -> value: which of our settings
    score_name: str  # what published scores are: ours that are something else are not held against them
    evaluation_counts: tuple[int, ...]  # evaluations
    scores: tuple[float, ...]  # until which evaluations are counted
    tolerance: float
    published: tuple[PublishedSeries, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.match is {str(self.match)[:60]!r}; it must map keys to values.")
        check_between("table.tolerance", self.tolerance, 0, MAX_SCORE)
        for position, score in enumerate(self.scores):
            check_between(f"table.scores[{position}]", score, -MAX_SCORE, MAX_SCORE)

    def build(self, table_input: TableInput) -> Document:
        """Rows by evaluations; series for which we have no run say so."""
        task_groups = [
            entry for entry in table_input.run_groups.groups if entry.matches(self.task, None, self.match)
        ]
        groups = [entry for entry in task_groups if entry.best_unit == self.score_name]
        methods = {series.method for series in self.published}
        curves_by_group = [(group, load_curves(group)) for group in groups if group.method in methods]
        our_curves = [(group, entry.curves) for group, entry in curves_by_group]
        published_curves = {
            series.label: read_logs(table_input.reference_folder, series.logs) for series in self.published
        }
        rows, records = [], []
        for series in self.published:
            matching_curves: list[tuple[Group | None, list[Curve]]] = [
                (group, run_curves)
                for group, run_curves in our_curves
                if group.matches(self.task, series.method, series.match)
            ]
            for group, run_curves in matching_curves or [(None, [])]:
                for evaluations in self.evaluation_counts:
                    row, record = self._build_row(
                        series, published_curves[series.label], group, run_curves, evaluations
                    )
                    rows.append(row)
                    records.append(record)
        notes = [f"{series.label}: {series.source}" for series in self.published]
        missing = [series.label for series in self.published if not published_curves[series.label]]
        if missing:
            notes.append(
                f"No logs at hand for {', '.join(missing)}: their figures are the sheet's, and the picture "
                "lacks them. WANNSEARCH_REFERENCE names the folder of published logs."
            )
        notes += [
            "Scores: best so far, as each program tested it in its search; it falls where a later test found "
            "that it had been luck.",
            f"inside: the medians differ by no more than {format_number(self.tolerance)}. Ours has no value "
            "where one of its runs ended before.",
            *self._list_without_series([group for group, _ in our_curves]),
            *(
                f"{group.label}: its searches saw {group.best_unit}, and published curves are of "
                f"{self.score_name}, so it has no row and no curve."
                for group in task_groups
                if group not in groups
            ),
            *(note for _, entry in curves_by_group for note in entry.notes()),
            INTERVAL_NOTE,
        ]
        sections = [Section("table", "", _COLUMNS, rows, records)]
        named_curves = [(f"ours, {group.label}", run_curves) for group, run_curves in our_curves]
        named_curves += [(f"published, {label}", logs) for label, logs in published_curves.items()]
        targets = build_targets_section(named_curves, self.scores, self.evaluation_counts)
        if targets is not None:
            sections.append(targets)
            notes.append(
                "Runs that never reached a score count in the shares and in the median. Expected running "
                "time: evaluations of all runs until it was reached or given up, by the runs that got there."
            )
        picture = draw_by_evaluations(self.title, self.score_name, our_curves, published_curves)
        step_curves = [(group, load_curves(group, "env_steps")) for group, _ in our_curves]
        for (_, entry), (_, group_step_curves) in zip(curves_by_group, step_curves, strict=True):
            notes += group_step_curves.notes("env_steps", named_folders=entry.runs_without)
        steps_picture = draw_by_env_steps(
            self.title, self.score_name, [(group, entry.curves) for group, entry in step_curves]
        )
        extra_pictures = {} if steps_picture is None else {"env_steps": steps_picture}
        return Document(self.title, sections, notes, picture, extra_pictures)

    def _list_without_series(self, groups: list[Group]) -> list[str]:
        """A line for each of our settings that nothing published is of."""
        return [
            f"{group.label}: nothing published is of these settings, so it has no row."
            for group in groups
            if not any(group.matches(self.task, series.method, series.match) for series in self.published)
        ]

    def _build_row(
        self,
        series: PublishedSeries,
        logs: list[Curve],
        group: Group | None,
        run_curves: list[Curve],
        evaluations: int,
    ) -> tuple[list[str], Record]:
        published, runs, source = _find_published_median(series, logs, evaluations)
        record: Record = {"evaluations": evaluations, "published": series.label}
        record |= {"published_runs": runs, "published_median": published, "published_from": source}
        published_cells = [series.label, "-" if runs is None else str(runs), format_number(published), source]
        if group is None:
            row = [f"{evaluations:,}", NOT_RUN, "0", "-", "-", *published_cells, "-", NOT_RUN]
            return row, record | {"ours": None, "n": 0, "verdict": NOT_RUN}
        record |= {"ours": group.label, "n": len(run_curves)}
        completed = [curve for curve in run_curves if not curve.has_failed]
        min_evaluations = min((int(curve.cost[-1]) for curve in completed), default=0)
        if min_evaluations < evaluations:
            reason = (
                f"ours ended at {min_evaluations:,}"
                if completed
                else "ours all failed"
                if run_curves
                else "ours have no curve"
            )
            return _build_row_without_value(group, run_curves, evaluations, published_cells, record, reason)
        max_first_evaluations = max(
            (int(curve.cost[0]) for curve in run_curves if len(curve.cost)), default=0
        )
        if max_first_evaluations > evaluations:
            return _build_row_without_value(
                group,
                run_curves,
                evaluations,
                published_cells,
                record,
                f"ours began at {max_first_evaluations:,}",
            )
        values = [float(value_at(curve, np.array([float(evaluations)]))[0]) for curve in run_curves]
        median_interval = bootstrap_interval(build_sample(values, group.floor), "median")
        difference = None if published is None else median_interval.estimate - published
        verdict = "no figure"
        if difference is not None and median_interval.refusal is not None:
            verdict = refuse_verdict(median_interval.refusal)
        elif difference is not None:
            verdict = "inside" if abs(difference) <= self.tolerance else "outside"
        record |= interval_record(median_interval, "median") | {"difference": difference, "verdict": verdict}
        interval_cells = [
            format_with_interval(median_interval, median_interval.estimate),
            describe_coverage(median_interval),
        ]
        verdict_cells = [format_number(difference), verdict]
        return [
            f"{evaluations:,}",
            group.label,
            str(median_interval.n),
            *interval_cells,
            *published_cells,
            *verdict_cells,
        ], record


def _build_row_without_value(
    group: Group,
    run_curves: list[Curve],
    evaluations: int,
    published_cells: list[str],
    record: Record,
    reason: str,
) -> tuple[list[str], Record]:
    row = [f"{evaluations:,}", group.label, str(len(run_curves)), "-", "-", *published_cells, "-", reason]
    return row, record | {"verdict": reason}


def _find_published_median(
    series: PublishedSeries, logs: list[Curve], evaluations: int
) -> tuple[float | None, int | None, str]:
    """Median, runs, and where it is from."""
    covering = [curve for curve in logs if curve.cost[0] <= evaluations <= curve.cost[-1]]
    if logs:
        if len(covering) < len(logs):
            return None, len(logs), "logs end before"
        values = [float(value_at(curve, np.array([float(evaluations)]))[0]) for curve in logs]
        return float(np.median(values)), len(logs), "logs"
    sheet_medians = {median.evaluations: median.score for median in series.medians}
    return sheet_medians.get(evaluations), series.runs, "sheet"
