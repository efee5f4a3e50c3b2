"""A table before it is written in any form: what is shown, what is calculated with, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wannsearch.reporting.plots.style import Picture
from wannsearch.reporting.statistics.comparison import Improvement
from wannsearch.reporting.statistics.interval import MIN_CLAIM_RUNS, MIN_CONFIRMATORY_RUNS, Interval

Record = dict[str, Any]
"""A row for other programs: column -> number in full precision, text, or None."""

NOT_RUN = "not run"


@dataclass(frozen=True)
class Section:
    """One table: rows as they are read, and records as they are calculated with."""

    name: str  # of its CSV file; sections of the same name share one
    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    records: Sequence[Record]


@dataclass(frozen=True)
class Document:
    """Sections, of which the first is the table; what has to be said about it; pictures by file name."""

    title: str
    sections: Sequence[Section]
    notes: Sequence[str] = ()
    picture: Picture | None = None
    extra_pictures: Mapping[str, Picture] = field(default_factory=dict)
    extra_provenance: Record = field(default_factory=dict)


def format_number(value: float | None) -> str:
    """About four digits; a dash where there is none."""
    if value is None or value != value:
        return "-"
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "-∞"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def format_with_interval(interval: Interval | Improvement, estimate: float) -> str:
    """Estimate and interval, `515 [480, 550]`; the estimate alone where there is no interval."""
    if interval.low is None or interval.high is None:
        return format_number(estimate)
    return f"{format_number(estimate)} [{format_number(interval.low)}, {format_number(interval.high)}]"


def judge_inside(interval: Interval, value: float) -> str:
    """Whether the interval contains the value; where there is no interval, why nothing is judged."""
    if interval.refusal is not None:
        return refuse_verdict(interval.refusal)
    return "inside" if interval.contains(value) else "outside"


def refuse_verdict(reason: str) -> str:
    """What stands where a verdict would."""
    return f"{reason}: no verdict"


def describe_coverage(interval: Interval) -> str:
    """What to think of the interval, in words."""
    if interval.refusal is not None:
        return f"{interval.refusal}, no interval"
    if interval.by_episodes:
        return f"over {interval.n} episodes of one network"
    if interval.coverage is None:
        return "95 %"
    shares = f"{100 * interval.coverage.normal:.0f} / {100 * interval.coverage.solve_or_fail:.0f} %"
    return f"{shares}, exploratory" if interval.is_exploratory else shares


def interval_record(interval: Interval, name: str) -> Record:
    """The numbers of an interval, for a record."""
    coverage = interval.coverage
    return {
        name: interval.estimate,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
        f"{name}_coverage_normal": coverage and coverage.normal,
        f"{name}_coverage_solve_or_fail": coverage and coverage.solve_or_fail,
    }


INTERVAL_NOTE = (
    "Intervals: nominal 95 %, expanded percentile bootstrap over runs. Where two shares are given, so often "
    "does such an interval contain the truth with so few runs, by simulation: normal / solve-or-fail scores. "
    f"Fewer than {MIN_CONFIRMATORY_RUNS} runs are exploratory; {MIN_CLAIM_RUNS} are the least for a claim. "
    "Runs that "
    "do not differ have no interval, and nothing is judged by them."
)
