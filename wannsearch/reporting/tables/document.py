"""A table before it is written in any form: what is shown, what is calculated with, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wannsearch.reporting.plots.style import Picture
from wannsearch.reporting.statistics.comparison import Improvement
from wannsearch.reporting.statistics.interval import CLAIM_FROM, EXPLORATORY_BELOW, Interval

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
    more_pictures: Mapping[str, Picture] = field(default_factory=dict)
    more_provenance: Record = field(default_factory=dict)


def number(value: float | None) -> str:
    """About four digits; a dash where there is none."""
    if value is None or value != value:
        return "-"
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "-∞"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def with_interval(found: Interval | Improvement, estimate: float) -> str:
    """Estimate and interval, `515 [480, 550]`; the estimate alone where there is no interval."""
    if found.low is None or found.high is None:
        return number(estimate)
    return f"{number(estimate)} [{number(found.low)}, {number(found.high)}]"


def judge_inside(found: Interval, value: float) -> str:
    """Whether the interval contains the value; where there is no interval, why nothing is judged."""
    if found.refusal is not None:
        return refuse_verdict(found.refusal)
    return "inside" if found.holds(value) else "outside"


def refuse_verdict(why: str) -> str:
    """What stands where a verdict would."""
    return f"{why}: no verdict"


def trust(found: Interval) -> str:
    """What to think of the interval, in words."""
    if found.refusal is not None:
        return f"{found.refusal}, no interval"
    if found.by_episodes:
        return f"over {found.n} episodes of one network"
    if found.coverage is None:
        return "95 %"
    shares = f"{100 * found.coverage.normal:.0f} / {100 * found.coverage.solve_or_fail:.0f} %"
    return f"{shares}, exploratory" if found.exploratory else shares


def interval_record(found: Interval, name: str) -> Record:
    """The numbers of an interval, for a record."""
    covers = found.coverage
    return {
        name: found.estimate,
        f"{name}_low": found.low,
        f"{name}_high": found.high,
        f"{name}_covers_normal": covers and covers.normal,
        f"{name}_covers_solve_or_fail": covers and covers.solve_or_fail,
    }


HOW_INTERVALS_ARE_MADE = (
    "Intervals: nominal 95 %, expanded percentile bootstrap over runs. Where two shares are given, so often "
    "does such an interval contain the truth with so few runs, by simulation: normal / solve-or-fail scores. "
    f"Fewer than {EXPLORATORY_BELOW} runs are exploratory; {CLAIM_FROM} are the least for a claim. Runs that "
    "do not differ have no interval, and nothing is judged by them."
)
