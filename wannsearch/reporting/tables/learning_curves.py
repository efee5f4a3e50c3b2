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

from wannsearch.core.errors import ConfigError, between
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.curves import Curve, at
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.sample import sample
from wannsearch.reporting.tables.curve_pictures import by_env_steps, by_evaluations
from wannsearch.reporting.tables.document import (
    HOW_INTERVALS_ARE_MADE,
    NOT_RUN,
    Document,
    Record,
    Section,
    interval_record,
    number,
    refuse_verdict,
    trust,
    with_interval,
)
from wannsearch.reporting.tables.evaluations_to_target import to_scores
from wannsearch.reporting.tables.group_curves import curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.published_logs import is_pattern, read_logs
from wannsearch.reporting.tables.run import MOST_SCORE
from wannsearch.reporting.tables.table import Material

_COLUMNS = (
    "evaluations", "ours", "n", "median [95 %]", "covers", "published", "runs", "median", "from",
    "difference", "verdict",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Median:
    """A figure of the sheet."""

    evaluations: int
    score: float

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class Series:
    """Published runs of one setting."""

    label: str
    method: str  # ours that it is compared with
    match: Any  # and the settings these must have; null in both says that neither has it
    logs: str  # pattern below the reference folder
    source: str
    medians: tuple[Median, ...]  # for where the logs are not at hand
    runs: int  # that the medians are of

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            given = str(self.match)[:60]
            raise ConfigError(f"table.published has match {given!r}; it must map keys to values.")
        if not is_pattern(self.logs):
            raise ConfigError(f"table.published has logs {self.logs[:80]!r}; they are named like a/b_*.out.")


@dataclass(frozen=True, kw_only=True)
class LearningCurves:
    """One task; each of our settings beside each published series of its method."""

    title: str
    task: str
    match: Any  # dotted key -> value: which of our settings
    score_name: str  # what published scores are: ours that are something else are not held against them
    at: tuple[int, ...]  # evaluations
    scores: tuple[float, ...]  # until which evaluations are counted
    tolerance: float
    published: tuple[Series, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.match is {str(self.match)[:60]!r}; it must map keys to values.")
        between("table.tolerance", self.tolerance, 0, MOST_SCORE)
        for place, score in enumerate(self.scores):
            between(f"table.scores[{place}]", score, -MOST_SCORE, MOST_SCORE)

    def made(self, material: Material) -> Document:
        """Rows by evaluations; series for which we have no run say so."""
        of_task = [one for one in material.grouped.groups if one.fits(self.task, None, self.match)]
        groups = [one for one in of_task if one.best_unit == self.score_name]
        methods = {series.method for series in self.published}
        found = [(group, curves(group)) for group in groups if group.method in methods]
        ours = [(group, one.curves) for group, one in found]
        theirs = {series.label: read_logs(material.reference, series.logs) for series in self.published}
        rows, records = [], []
        for series in self.published:
            rivals: list[tuple[Group | None, list[Curve]]] = [
                (group, mine) for group, mine in ours if group.fits(self.task, series.method, series.match)
            ]
            for group, mine in rivals or [(None, [])]:
                for evaluations in self.at:
                    row, record = self._row(series, theirs[series.label], group, mine, evaluations)
                    rows.append(row)
                    records.append(record)
        notes = [f"{series.label}: {series.source}" for series in self.published]
        missing = [series.label for series in self.published if not theirs[series.label]]
        if missing:
            notes.append(
                f"No logs at hand for {', '.join(missing)}: their figures are the sheet's, and the picture "
                "lacks them. WANNSEARCH_REFERENCE names the folder of published logs."
            )
        notes += [
            "Scores: best so far, as each program tested it in its search; it falls where a later test found "
            "that it had been luck.",
            f"inside: the medians differ by no more than {number(self.tolerance)}. Ours has no value where "
            "one of its runs ended before.",
            *self._without_series([group for group, _ in ours]),
            *(
                f"{group.label}: its searches saw {group.best_unit}, and published curves are of "
                f"{self.score_name}, so it has no row and no curve."
                for group in of_task
                if group not in groups
            ),
            *(note for _, one in found for note in one.notes()),
            HOW_INTERVALS_ARE_MADE,
        ]
        sections = [Section("table", "", _COLUMNS, rows, records)]
        named = [(f"ours, {group.label}", mine) for group, mine in ours]
        named += [(f"published, {label}", logs) for label, logs in theirs.items()]
        targets = to_scores(named, self.scores, self.at)
        if targets is not None:
            sections.append(targets)
            notes.append(
                "Runs that never reached a score count in the shares and in the median. Expected running "
                "time: evaluations of all runs until it was reached or given up, by the runs that got there."
            )
        picture = by_evaluations(self.title, self.score_name, ours, theirs)
        by_steps = [(group, curves(group, "env_steps")) for group, _ in ours]
        for (_, one), (_, by_step) in zip(found, by_steps, strict=True):
            notes += by_step.notes("env_steps", but=one.without)
        steps = by_env_steps(self.title, self.score_name, [(group, one.curves) for group, one in by_steps])
        more = {} if steps is None else {"env_steps": steps}
        return Document(self.title, sections, notes, picture, more)

    def _without_series(self, groups: list[Group]) -> list[str]:
        """A line for each of our settings that nothing published is of."""
        return [
            f"{group.label}: nothing published is of these settings, so it has no row."
            for group in groups
            if not any(group.fits(self.task, one.method, one.match) for one in self.published)
        ]

    def _row(
        self, series: Series, logs: list[Curve], group: Group | None, mine: list[Curve], evaluations: int
    ) -> tuple[list[str], Record]:
        published, runs, source = _published(series, logs, evaluations)
        record: Record = {"evaluations": evaluations, "published": series.label}
        record |= {"published_runs": runs, "published_median": published, "published_from": source}
        theirs = [series.label, "-" if runs is None else str(runs), number(published), source]
        if group is None:
            row = [f"{evaluations:,}", NOT_RUN, "0", "-", "-", *theirs, "-", NOT_RUN]
            return row, record | {"ours": None, "n": 0, "verdict": NOT_RUN}
        record |= {"ours": group.label, "n": len(mine)}
        sound = [curve for curve in mine if not curve.failed]
        least = min((int(curve.spent[-1]) for curve in sound), default=0)
        if least < evaluations:
            why = f"ours ended at {least:,}" if sound else "ours all failed" if mine else "ours have no curve"
            return _without_value(group, mine, evaluations, theirs, record, why)
        first = max((int(curve.spent[0]) for curve in mine if len(curve.spent)), default=0)
        if first > evaluations:
            return _without_value(group, mine, evaluations, theirs, record, f"ours began at {first:,}")
        values = [float(at(curve, np.array([float(evaluations)]))[0]) for curve in mine]
        found = interval(sample(values, group.floor), "median")
        difference = None if published is None else found.estimate - published
        verdict = "no figure"
        if difference is not None and found.refusal is not None:
            verdict = refuse_verdict(found.refusal)
        elif difference is not None:
            verdict = "inside" if abs(difference) <= self.tolerance else "outside"
        record |= interval_record(found, "median") | {"difference": difference, "verdict": verdict}
        shown = [with_interval(found, found.estimate), trust(found)]
        ends = [number(difference), verdict]
        return [f"{evaluations:,}", group.label, str(found.n), *shown, *theirs, *ends], record


def _without_value(
    group: Group, mine: list[Curve], evaluations: int, theirs: list[str], record: Record, why: str
) -> tuple[list[str], Record]:
    row = [f"{evaluations:,}", group.label, str(len(mine)), "-", "-", *theirs, "-", why]
    return row, record | {"verdict": why}


def _published(series: Series, logs: list[Curve], evaluations: int) -> tuple[float | None, int | None, str]:
    """Median, runs, and where it is from."""
    reaching = [curve for curve in logs if curve.spent[0] <= evaluations <= curve.spent[-1]]
    if logs:
        if len(reaching) < len(logs):
            return None, len(logs), "logs end before"
        values = [float(at(curve, np.array([float(evaluations)]))[0]) for curve in logs]
        return float(np.median(values)), len(logs), "logs"
    told = {median.evaluations: median.score for median in series.medians}
    return told.get(evaluations), series.runs, "sheet"
