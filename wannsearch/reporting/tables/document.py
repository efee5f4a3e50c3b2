"""A table before it is written in any form: records, the columns that show them, and pictures.

A record maps keys to values, and one list of columns says which of its values people read, under which title
and in which format. Text, CSV, Markdown and LaTeX all come from the records and the columns. A CSV file has
every key of a record but those of `TextOnly` values, in the record's order; a value that is more than one
number, such as an interval, is expanded into several keys there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Protocol, runtime_checkable

from wannsearch.reporting.plots.style import Picture
from wannsearch.reporting.statistics.interval import MIN_CLAIM_RUNS, MIN_CONFIRMATORY_RUNS, Interval

Record = dict[str, Any]
"""A row of a table: key -> number in full precision, text, None, `Interval` or another `Expandable`."""

NOT_RUN = "not run"
_DIGITS = 4


@runtime_checkable
class Expandable(Protocol):
    """A value that stands under several keys of a CSV file, or under none."""

    def to_record(self, name: str) -> Record:
        """Return the plain values, with keys that begin with `name`, the key of the value."""
        ...


@dataclass(frozen=True)
class TextOnly:
    """A value that a column formats for people and that no CSV file has."""

    value: Any

    def __str__(self) -> str:
        """Return the text of the value alone, for columns without a format of their own."""
        return str(self.value)

    def to_record(self, name: str) -> Record:
        """Return no key at all, so that the value is in no CSV file."""
        return {}


@dataclass(frozen=True)
class MaybeInfinite:
    """A number that may be infinite, as a run time that was never reached is."""

    value: float

    def to_record(self, name: str) -> Record:
        """Return the number; None, an empty cell, where it is not finite."""
        return {name: self.value if isfinite(self.value) else None}


@dataclass(frozen=True)
class Column:
    """A column that people read; its cells are made from records and nothing else."""

    title: str
    key: str  # of the record's value that is shown; the first one where a cell shows several
    format: Callable[[Record], str]  # the record -> its cell
    position: int = 0  # which of a row's records is shown, in a section with `records_per_row`
    is_number: bool = False  # cells are aligned at their right end
    is_detail: bool = False  # left out where the width is short: in LaTeX and on a narrow terminal


def value_column(title: str, key: str, format_value: Callable[[Any], str] = str, position: int = 0) -> Column:
    """Return a column that formats one value of the record, and shows a dash where it is None or absent."""

    def format_cell(record: Record) -> str:
        value = record.get(key)
        return "-" if value is None else format_value(value)

    return Column(title, key, format_cell, position)


def number_column(title: str, key: str) -> Column:
    """Return a column of plain numbers in the format of `format_number`."""
    return replace(value_column(title, key, format_number), is_number=True)


def estimate_column(title: str, key: str, digits: int = _DIGITS) -> Column:
    """Return a column of `Interval` values, each shown as its estimate alone."""
    column = value_column(title, key, lambda interval: format_number(interval.estimate, digits))
    return replace(column, is_number=True)


def as_detail(column: Column) -> Column:
    """Return the column as one that is left out where the width is short."""
    return replace(column, is_detail=True)


def interval_column(title: str, key: str, digits: int = _DIGITS) -> Column:
    """Return a column of `Interval` values, each shown as its estimate and its ends."""
    return value_column(title, key, lambda interval: format_with_interval(interval, digits))


@dataclass(frozen=True)
class Section:
    """One table: its records, and the columns in which people read them.

    A row of the text is one record, or `records_per_row` consecutive ones where a CSV file is longer than the
    text is: each column then shows the record at its `position`. The number of records is a multiple of it.
    """

    name: str  # of its CSV file; sections of the same name share one
    heading: str
    columns: Sequence[Column]
    records: Sequence[Record]
    records_per_row: int = 1
    max_rows: int | None = None  # of the text; the CSV file has all records
    is_csv_only: bool = False

    @property
    def titles(self) -> list[str]:
        """Return the titles of the columns, from left to right."""
        return [column.title for column in self.columns]

    @property
    def rows(self) -> list[list[str]]:
        """Return the text cells, one list a row, in the order of the columns."""
        step = self.records_per_row
        num_shown = len(self.records) if self.max_rows is None else self.max_rows * step
        return [
            [column.format(self.records[start + column.position]) for column in self.columns]
            for start in range(0, min(num_shown, len(self.records)), step)
        ]

    @property
    def rows_left_out(self) -> str | None:
        """Return a sentence that counts the rows which only the CSV file has; None where there are none."""
        num_left = len(self.records) // self.records_per_row - len(self.rows)
        return f"{num_left} more rows are in {self.name}.csv." if num_left else None

    def without_details(self) -> Section:
        """Return the section without the columns of details."""
        return replace(self, columns=[column for column in self.columns if not column.is_detail])

    @property
    def csv_records(self) -> list[Record]:
        """Return the records with plain values only; a record that has none of them is left out."""
        records = [expand_record(record) for record in self.records]
        return [record for record in records if record]


def expand_record(record: Record) -> Record:
    """Return the record with every `Interval` and every `Expandable` replaced by its plain values."""
    plain: Record = {}
    for key, value in record.items():
        if isinstance(value, Interval):
            plain |= expand_interval(value, key)
        elif isinstance(value, Expandable):
            plain |= value.to_record(key)
        else:
            plain[key] = value
    return plain


def drop_none(record: Record) -> Record:
    """Return the record without the keys whose value is None, so that a CSV file has no column for them."""
    return {key: value for key, value in record.items() if value is not None}


@dataclass(frozen=True)
class Document:
    """Sections, of which the first is the table, the notes under them, and the pictures of a table.

    `pictures` are keyed by the stem of their two files: `picture` is written as `picture.svg` and
    `picture.png`. `extra_provenance` holds further keys for `provenance.json`, which replace equal ones.
    """

    title: str
    sections: Sequence[Section]
    notes: Sequence[str] = ()
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    extra_provenance: Record = field(default_factory=dict)
    findings: Sequence[str] = ()  # what the table shows, a sentence or two each, above it

    @property
    def shown_sections(self) -> list[Section]:
        """Return the sections that people read; the others are CSV files alone."""
        return [section for section in self.sections if not section.is_csv_only]


def format_number(value: float | None, digits: int = _DIGITS) -> str:
    """Return the number with `digits` significant digits, from 1000 on as a whole number with commas.

    None and NaN are a dash, an infinity is `∞` or `-∞`.
    """
    if value is None or value != value:
        return "-"
    if abs(value) == float("inf"):
        return "∞" if value > 0 else "-∞"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def format_with_bounds(estimate: float, low: float | None, high: float | None, digits: int = _DIGITS) -> str:
    """Return `515 [480, 550]`, and the estimate alone where an end of its interval is None."""
    if low is None or high is None:
        return format_number(estimate, digits)
    bounds = ", ".join(format_number(bound, digits) for bound in (low, high))
    return f"{format_number(estimate, digits)} [{bounds}]"


def format_with_interval(interval: Interval, digits: int = _DIGITS) -> str:
    """Return the estimate and the ends of an interval, as `format_with_bounds` writes them."""
    return format_with_bounds(interval.estimate, interval.low, interval.high, digits)


def judge_inside(interval: Interval, value: float) -> str:
    """Return `inside` or `outside`, ends included, or why an interval without ends judges nothing."""
    if interval.refusal is not None:
        return refuse_verdict(interval.refusal)
    return "inside" if interval.contains(value) else "outside"


def refuse_verdict(reason: str) -> str:
    """Return `REASON: no verdict`, which stands in place of a verdict that cannot be given."""
    return f"{reason}: no verdict"


def describe_coverage(interval: Interval) -> str:
    """Return the measured coverage of an interval, `94 / 89 %` for normal and solve-or-fail scores.

    It is `95 %` where no coverage is attached. An interval over episodes has their number instead, and one
    without ends the reason.
    """
    if interval.refusal is not None:
        return f"{interval.refusal}, no interval"
    if interval.by_episodes:
        return f"over {interval.n} episodes of one network"
    if interval.coverage is None:
        return "95 %"
    shares = f"{100 * interval.coverage.normal:.0f} / {100 * interval.coverage.solve_or_fail:.0f} %"
    return f"{shares}, exploratory" if interval.is_exploratory else shares


def expand_interval(interval: Interval, name: str) -> Record:
    """Return estimate, ends and measured coverage of an interval under five keys that begin with `name`."""
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
