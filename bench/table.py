"""The rows of the benchmark: kept in `speed.json`, shown as `speed.md` and `speed.csv`.

A row holds its work in words, what was measured, what stands beside it and how many times as fast ours
is (a ratio of rates, or theirs ÷ ours where the figures are seconds). A target is judged by the
median, and one that is not met reads "missed". Parts that are not measured now keep their old figures
and their date.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from samples import Spread


@dataclass(frozen=True)
class Target:
    """The bound on the median of our figure, or of the ratio, as `judged_figure` names."""

    sense: str  # ">=" or "<="
    value: float
    judged_figure: str = "ratio"  # or "result"

    def is_met(self, figure: float) -> bool:
        """Return whether this figure meets the target."""
        return figure >= self.value if self.sense == ">=" else figure <= self.value


@dataclass(frozen=True, kw_only=True)
class BenchmarkRow:
    """One line of the table; `result` is None where it could not be measured, and `note` gives the reason."""

    name: str
    work: str
    unit: str
    result: Spread | None
    peer_result: Spread | None = None
    peer: str = ""
    ratio: Spread | None = None
    target: Target | None = None
    note: str = ""

    def verdict(self) -> str:
        """Return holds, missed or not measurable; nothing for a measured row without a target."""
        if self.target is None:
            return "" if self.result else "not measurable"
        figure = self.result if self.target.judged_figure == "result" else self.ratio
        if figure is None:
            return "not measurable"
        return "holds" if self.target.is_met(figure.median) else "missed"


def parse_row(values: dict[str, Any]) -> BenchmarkRow:
    """Return a row from its JSON object, the inverse of `asdict`."""
    values = dict(values)
    for name in ("result", "peer_result", "ratio"):
        values[name] = Spread(**values[name]) if values[name] else None
    values["target"] = Target(**values["target"]) if values["target"] else None
    return BenchmarkRow(**values)


def format_number(value: float) -> str:
    """Return two or three significant digits; from 1000 on all whole digits, with commas.

    Below 0.0001 there is an exponent.
    """
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{digits}f}" if abs(value) >= 1 else f"{value:.{2 if abs(value) >= 0.1 else 3}g}"


def format_spread(spread: Spread | None, unit: str = "") -> str:
    """Return such as `57.5 (55.5..58.8) M/s`; a single or cited figure has no range, None no text."""
    if spread is None:
        return ""
    range_text = f" ({format_number(spread.low)}..{format_number(spread.high)})" if spread.n > 1 else ""
    return f"{format_number(spread.median)}{range_text} {unit}".rstrip()


@dataclass
class BenchmarkPart:
    """The rows of one part of the benchmark, how they were measured and when."""

    title: str
    date: str
    circumstances: str  # processor, quick or not, load before
    rows: list[BenchmarkRow]
    curves: dict[str, Any] = field(default_factory=dict)


def read_parts(path: Path) -> dict[str, BenchmarkPart]:
    """Return the parts of an earlier run by name; none if there is no such file."""
    if not path.is_file():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: BenchmarkPart(**values | {"rows": [parse_row(row) for row in values["rows"]]})
        for name, values in stored.items()
    }


def format_json(parts: dict[str, BenchmarkPart]) -> str:
    """Return the JSON text that `read_parts` reads, curves included."""
    return json.dumps({name: asdict(part) for name, part in parts.items()}, indent=1) + "\n"


def format_markdown(parts: Sequence[BenchmarkPart], header: str) -> str:
    """Return the Markdown text: `header`, then a table for each part."""
    lines = ["# Speed", "", header, ""]
    for part in parts:
        lines += [f"## {part.title}", "", f"{part.date}; {part.circumstances}", ""]
        lines += ["| | ours | beside | times as fast | target | |", "|---|---|---|---|---|---|"]
        for row in part.rows:
            target = ""
            if row.target:
                unit = f" {row.unit}" if row.target.judged_figure == "result" else " x"
                target = f"{row.target.sense} {format_number(row.target.value)}{unit}".rstrip()
            peer_text = (
                f"{row.peer}: {format_spread(row.peer_result, row.unit)}" if row.peer_result else row.peer
            )
            verdict = f"**{row.verdict()}**" if row.verdict() == "missed" else row.verdict()
            work = f"**{row.name}**: {row.work}" + (f" ({row.note})" if row.note else "")
            result_text = format_spread(row.result, row.unit)
            lines.append(
                f"| {work} | {result_text} | {peer_text} | {format_spread(row.ratio)} | {target} | "
                f"{verdict} |"
            )
        lines.append("")
    return "\n".join(lines)


CSV_COLUMNS = (
    "part row work unit result result_min result_max n peer peer_result peer_result_min peer_result_max "
    "ratio ratio_min ratio_max target_of target verdict note date"
).split()


def format_csv(parts: Sequence[BenchmarkPart]) -> str:
    """Return the same rows as CSV text; a missing figure is an empty cell."""

    def spread_cells(spread: Spread | None) -> list[Any]:
        return [spread.median, spread.low, spread.high] if spread else ["", "", ""]

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for part in parts:
        for row in part.rows:
            target = f"{row.target.sense} {row.target.value}" if row.target else ""
            judged_figure = row.target.judged_figure if row.target else ""
            n = row.result.n if row.result else 0
            figures = [
                *spread_cells(row.result),
                n,
                row.peer,
                *spread_cells(row.peer_result),
                *spread_cells(row.ratio),
            ]
            verdict = [judged_figure, target, row.verdict(), row.note, part.date]
            writer.writerow([part.title, row.name, row.work, row.unit, *figures, *verdict])
    return buffer.getvalue()
