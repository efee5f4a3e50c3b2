"""Our learning curves over published ones, at equal evaluations.

A curve is the best so far against networks proposed. Published ones are logs where they are at hand,
and else the medians that a sheet gives for them. At each count the medians over runs are compared:
inside means that ours differs by no more than the tolerance. A count that our runs did not spend is
not filled in with their last value: what more search would have found is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError
from wannsearch.reporting import style
from wannsearch.reporting.folder import Origin
from wannsearch.reporting.statistics.curves import Curve, at, common_grid, together
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.sample import sample
from wannsearch.reporting.tables.document import (
    HOW_INTERVALS_ARE_MADE,
    NOT_RUN,
    Document,
    Record,
    Section,
    interval_record,
    number,
    trust,
    with_interval,
)
from wannsearch.reporting.tables.group_curves import curves
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.material import Material
from wannsearch.reporting.tables.published_logs import is_pattern, read_logs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
_COLUMNS = (
    "evaluations", "ours", "n", "median [95 %]", "covers", "published", "runs", "median", "from",
    "difference", "verdict",
)  # fmt: skip
_OURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.BLACK)
_THEIRS = (style.ORANGE, style.SKY, style.GREY)


@dataclass(frozen=True, kw_only=True)
class Median:
    """A figure of the sheet."""

    evaluations: int
    score: float


@dataclass(frozen=True, kw_only=True)
class Series:
    """Published runs of one setting."""

    label: str
    method: str  # ours that it is compared with
    logs: str  # pattern below the reference folder
    source: str
    medians: tuple[Median, ...]  # for where the logs are not at hand
    runs: int  # that the medians are of

    def __post_init__(self) -> None:
        if not is_pattern(self.logs):
            raise ConfigError(f"table.published has logs {self.logs[:80]!r}; they are named like a/b_*.out.")


@dataclass(frozen=True, kw_only=True)
class LearningCurves:
    """One task; each of our settings beside each published series of its method."""

    title: str
    task: str
    match: Any  # dotted key -> value: which of our settings
    at: tuple[int, ...]  # evaluations
    tolerance: float
    published: tuple[Series, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.match is {str(self.match)[:60]!r}; it must map keys to values.")

    def made(self, material: Material) -> Document:
        """Rows by evaluations; series for which we have no run say so."""
        groups = [one for one in material.grouped.groups if one.fits(self.task, None, self.match)]
        methods = {series.method for series in self.published}
        ours = [(group, curves(group)) for group in groups if group.method in methods]
        theirs = {series.label: read_logs(material.reference, series.logs) for series in self.published}
        rows, records = [], []
        for series in self.published:
            rivals: list[tuple[Group | None, list[Curve]]] = [
                (group, mine) for group, mine in ours if group.method == series.method
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
            "Scores: best so far, as each program tested it in its search. inside: the medians differ by no "
            f"more than {number(self.tolerance)}. Ours has no value where its runs ended before.",
            HOW_INTERVALS_ARE_MADE,
        ]
        picture = _picture(self.title, ours, theirs)
        return Document(self.title, [Section("table", "", _COLUMNS, rows, records)], notes, picture)

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
        if not any(len(curve.spent) and curve.spent[-1] >= evaluations for curve in mine):
            most = max((int(curve.spent[-1]) for curve in mine if len(curve.spent)), default=0)
            return _without_value(group, mine, evaluations, theirs, record, f"ours ended at {most:,}")
        first = max((int(curve.spent[0]) for curve in mine if len(curve.spent)), default=0)
        if first > evaluations:
            return _without_value(group, mine, evaluations, theirs, record, f"ours began at {first:,}")
        values = [float(at(curve, np.array([float(evaluations)]))[0]) for curve in mine]
        found = interval(sample(values, group.floor), "median")
        difference = None if published is None else found.estimate - published
        verdict = "no figure"
        if difference is not None:
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


def _picture(
    title: str, ours: list[tuple[Group, list[Curve]]], theirs: dict[str, list[Curve]]
) -> style.Picture:
    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for place, (label, logs) in enumerate(theirs.items()):
            if logs:
                colour = _THEIRS[place % len(_THEIRS)]
                _quartiles(axes, logs, None, colour, f"published, {label} (n = {len(logs)})", "--")
        for place, (group, mine) in enumerate(ours):
            if any(len(curve.spent) for curve in mine):
                colour = _OURS[place % len(_OURS)]
                name = f"ours, {style.plain(group.label, 60)} (n = {len(mine)})"
                _quartiles(axes, mine, group.floor, colour, name, "-")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("evaluations (networks proposed)")
        axes.set_ylabel("best so far")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="lower right", fontsize=9)
        style.headed(figure, Origin(), title, "median over runs, quartiles shaded")

    return style.rendered(fill, (9.0, 5.6))


def _quartiles(
    axes: Any, found: list[Curve], floor: float | None, colour: str, label: str, line: str
) -> None:
    grid = common_grid(found)
    low, middle, high = np.quantile(together(found, grid, floor), [0.25, 0.5, 0.75], axis=0)
    if len(found) > 1:
        axes.fill_between(grid, low, high, color=colour, alpha=0.18, lw=0)
    axes.plot(grid, middle, line, color=colour, label=label)
