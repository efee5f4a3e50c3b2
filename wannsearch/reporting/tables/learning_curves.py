"""Our learning curves over published ones, at equal evaluations.

A curve is the best so far against networks proposed. Published curves are logs where the reference folder
has them, else the medians that a sheet gives. At each number of evaluations the medians over runs are
compared: inside means that ours differs by no more than the tolerance. A number that one of our runs ended
before, without a failure, has no median of ours, since the result of a longer search is not known.

A second part counts the evaluations that runs needed to reach some scores. A second picture has our curves by
simulated steps, since evaluations cost different numbers of steps.
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
    Column,
    Document,
    Record,
    Section,
    describe_coverage,
    format_number,
    interval_column,
    number_column,
    refuse_verdict,
    value_column,
)
from wannsearch.reporting.tables.evaluations_to_target import build_targets_section
from wannsearch.reporting.tables.group_curves import load_curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.published_logs import is_pattern, read_logs
from wannsearch.reporting.tables.run import MAX_SCORE
from wannsearch.reporting.tables.table import TableInput

_COLUMNS = (
    value_column("evaluations", "evaluations", lambda evaluations: f"{evaluations:,}"),
    Column("ours", "ours", lambda record: record["ours"] or NOT_RUN),
    value_column("n", "n"),
    interval_column("median [95 %]", "median"),
    value_column("coverage", "median", describe_coverage),
    value_column("published", "published"),
    value_column("runs", "published_runs"),
    number_column("median", "published_median"),
    value_column("from", "published_from"),
    number_column("difference", "difference"),
    value_column("verdict", "verdict"),
)


@dataclass(frozen=True, kw_only=True)
class PublishedMedian:
    """One published median: the score after a number of evaluations."""

    evaluations: int
    score: float

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class PublishedSeries:
    """Published runs of one setting, and the settings of ours to compare them with."""

    label: str
    method: str  # module of the method of ours that it is compared with
    match: Any  # and the settings that ours must have; null in both means that neither has the key
    logs: str  # pattern below the reference folder
    source: str
    medians: tuple[PublishedMedian, ...]  # used where the logs are not there
    runs: int  # behind the medians

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            text = str(self.match)[:60]
            raise ConfigError(f"table.published has match {text!r}; it must map keys to values.")
        if not is_pattern(self.logs):
            raise ConfigError(f"table.published has logs {self.logs[:80]!r}; they are named like a/b_*.out.")


@dataclass(frozen=True, kw_only=True)
class LearningCurves:
    """The table of one task: each of our settings beside each published series that it matches."""

    title: str
    task: str
    match: Any  # dotted key -> value: which of our settings
    score_name: str  # of the published scores; settings of ours with another score are not compared
    evaluation_counts: tuple[int, ...]  # evaluations
    scores: tuple[float, ...]  # for which the evaluations that runs needed are counted
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
        """Return the document; a series for which we have no run has rows with the verdict `not run`.

        Its pictures are `picture` and, where some runs count environment steps, `env_steps`. Raise
        DamagedFile where a history or a published log cannot be read.
        """
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
        records = []
        for series in self.published:
            matching_curves: list[tuple[Group | None, list[Curve]]] = [
                (group, run_curves)
                for group, run_curves in our_curves
                if group.matches(self.task, series.method, series.match)
            ]
            for group, run_curves in matching_curves or [(None, [])]:
                for evaluations in self.evaluation_counts:
                    logs = published_curves[series.label]
                    records.append(self._build_record(series, logs, group, run_curves, evaluations))
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
        sections = [Section("table", "", _COLUMNS, records)]
        named_curves = [(f"ours, {group.label}", run_curves) for group, run_curves in our_curves]
        named_curves += [(f"published, {label}", logs) for label, logs in published_curves.items()]
        targets = build_targets_section(named_curves, self.scores, self.evaluation_counts)
        if targets is not None:
            sections.append(targets)
            notes.append(
                "Runs that never reached a score count in the shares and in the median. Expected running "
                "time: evaluations of all runs until it was reached or given up, by the runs that got there."
            )
        pictures = {"picture": draw_by_evaluations(self.title, self.score_name, our_curves, published_curves)}
        step_curves = [(group, load_curves(group, "env_steps")) for group, _ in our_curves]
        for (_, entry), (_, group_step_curves) in zip(curves_by_group, step_curves, strict=True):
            notes += group_step_curves.notes("env_steps", named_folders=entry.runs_without)
        steps_picture = draw_by_env_steps(
            self.title, self.score_name, [(group, entry.curves) for group, entry in step_curves]
        )
        if steps_picture is not None:
            pictures["env_steps"] = steps_picture
        return Document(self.title, sections, notes, pictures)

    def _list_without_series(self, groups: list[Group]) -> list[str]:
        """Return a note for each of our settings that no published series matches."""
        return [
            f"{group.label}: nothing published is of these settings, so it has no row."
            for group in groups
            if not any(group.matches(self.task, series.method, series.match) for series in self.published)
        ]

    def _build_record(
        self,
        series: PublishedSeries,
        logs: list[Curve],
        group: Group | None,
        run_curves: list[Curve],
        evaluations: int,
    ) -> Record:
        published, runs, source = _find_published_median(series, logs, evaluations)
        record: Record = {"evaluations": evaluations, "published": series.label}
        record |= {"published_runs": runs, "published_median": published, "published_from": source}
        if group is None:
            return record | {"ours": None, "n": 0, "verdict": NOT_RUN}
        record |= {"ours": group.label, "n": len(run_curves)}
        reason = _explain_missing_median(run_curves, evaluations)
        if reason is not None:
            return record | {"verdict": reason}
        values = [float(value_at(curve, np.array([float(evaluations)]))[0]) for curve in run_curves]
        median_interval = bootstrap_interval(build_sample(values, group.floor), "median")
        difference = None if published is None else median_interval.estimate - published
        verdict = "no figure"
        if difference is not None and median_interval.refusal is not None:
            verdict = refuse_verdict(median_interval.refusal)
        elif difference is not None:
            verdict = "inside" if abs(difference) <= self.tolerance else "outside"
        return record | {"median": median_interval, "difference": difference, "verdict": verdict}


def _explain_missing_median(run_curves: list[Curve], evaluations: int) -> str | None:
    """Return why our runs have no median at this number of evaluations; None where they have one."""
    completed = [curve for curve in run_curves if not curve.has_failed]
    min_evaluations = min((int(curve.cost[-1]) for curve in completed), default=0)
    if min_evaluations < evaluations:
        if completed:
            return f"ours ended at {min_evaluations:,}"
        return "ours all failed" if run_curves else "ours have no curve"
    max_first_evaluations = max((int(curve.cost[0]) for curve in run_curves if len(curve.cost)), default=0)
    if max_first_evaluations > evaluations:
        return f"ours began at {max_first_evaluations:,}"
    return None


def _find_published_median(
    series: PublishedSeries, logs: list[Curve], evaluations: int
) -> tuple[float | None, int | None, str]:
    """Return the published median, its number of runs, and its source: `logs` or `sheet`.

    The median is None where a log does not cover this number of evaluations, or the sheet does not have it.
    """
    covering = [curve for curve in logs if curve.cost[0] <= evaluations <= curve.cost[-1]]
    if logs:
        if len(covering) < len(logs):
            return None, len(logs), "logs end before"
        values = [float(value_at(curve, np.array([float(evaluations)]))[0]) for curve in logs]
        return float(np.median(values)), len(logs), "logs"
    sheet_medians = {median.evaluations: median.score for median in series.medians}
    return sheet_medians.get(evaluations), series.runs, "sheet"
