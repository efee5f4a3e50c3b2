"""The rows of the benchmark: kept in `speed.json`, shown as `speed.md` and `speed.csv`.

A row says its work in words, what was measured, what stands beside it and how many times as fast ours
is (a ratio of rates, or theirs ÷ ours where the figures are seconds). A target is judged by the
median, and one that is not met reads "missed". Rows that were not measured now keep their old figures
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
    """What the median of ours, or of the ratio, should be."""

    sense: str  # ">=" or "<="
    value: float
    of: str = "ratio"  # or "ours"

    def met(self, figure: float) -> bool:
        """Does it hold?"""
        return figure >= self.value if self.sense == ">=" else figure <= self.value


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line; `ours` is None where it could not be measured, and `note` says why."""

    name: str
    work: str
    unit: str
    ours: Spread | None
    beside: Spread | None = None
    peer: str = ""
    ratio: Spread | None = None
    target: Target | None = None
    note: str = ""

    def verdict(self) -> str:
        """holds, missed, not measurable, or nothing where there is no target."""
        if self.target is None:
            return "" if self.ours else "not measurable"
        figure = self.ours if self.target.of == "ours" else self.ratio
        if figure is None:
            return "not measurable"
        return "holds" if self.target.met(figure.median) else "missed"


def row_from(values: dict[str, Any]) -> Row:
    """A row out of JSON."""
    values = dict(values)
    for name in ("ours", "beside", "ratio"):
        values[name] = Spread(**values[name]) if values[name] else None
    values["target"] = Target(**values["target"]) if values["target"] else None
    return Row(**values)


def number(value: float) -> str:
    """Three digits, never an exponent."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    places = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{value:.{places}f}" if abs(value) >= 1 else f"{value:.{2 if abs(value) >= 0.1 else 3}g}"


def shown(spread: Spread | None, unit: str = "") -> str:
    """`57.5 (55.5..58.8) M/s`; a single figure or a cited one has no range."""
    if spread is None:
        return ""
    many = f" ({number(spread.low)}..{number(spread.high)})" if spread.n > 1 else ""
    return f"{number(spread.median)}{many} {unit}".rstrip()


@dataclass
class Part:
    """The rows of one part of the benchmark, how they were measured and when."""

    title: str
    date: str
    circumstances: str  # processor, quick or not, load before
    rows: list[Row]
    curves: dict[str, Any] = field(default_factory=dict)


def read(path: Path) -> dict[str, Part]:
    """The parts of an earlier run; none if there was none."""
    if not path.is_file():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Part(**values | {"rows": [row_from(row) for row in values["rows"]]})
        for name, values in kept.items()
    }


def written(parts: dict[str, Part]) -> str:
    """What `read` reads."""
    return json.dumps({name: asdict(part) for name, part in parts.items()}, indent=1) + "\n"


def markdown(parts: Sequence[Part], head: str) -> str:
    """The file for people."""
    lines = ["# Speed", "", head, ""]
    for part in parts:
        lines += [f"## {part.title}", "", f"{part.date}; {part.circumstances}", ""]
        lines += ["| | ours | beside | times as fast | target | |", "|---|---|---|---|---|---|"]
        for row in part.rows:
            target = ""
            if row.target:
                unit = f" {row.unit}" if row.target.of == "ours" else " x"
                target = f"{row.target.sense} {number(row.target.value)}{unit}".rstrip()
            beside = f"{row.peer}: {shown(row.beside, row.unit)}" if row.beside else row.peer
            verdict = f"**{row.verdict()}**" if row.verdict() == "missed" else row.verdict()
            work = f"**{row.name}**: {row.work}" + (f" ({row.note})" if row.note else "")
            ours = shown(row.ours, row.unit)
            lines.append(f"| {work} | {ours} | {beside} | {shown(row.ratio)} | {target} | {verdict} |")
        lines.append("")
    return "\n".join(lines)


CSV_COLUMNS = (
    "part row work unit ours ours_min ours_max n peer beside beside_min beside_max "
    "ratio ratio_min ratio_max target_of target verdict note date"
).split()


def comma_separated(parts: Sequence[Part]) -> str:
    """The same rows for programs."""

    def three(spread: Spread | None) -> list[Any]:
        return [spread.median, spread.low, spread.high] if spread else ["", "", ""]

    out = io.StringIO()
    file = csv.writer(out, lineterminator="\n")
    file.writerow(CSV_COLUMNS)
    for part in parts:
        for row in part.rows:
            target = f"{row.target.sense} {row.target.value}" if row.target else ""
            of = row.target.of if row.target else ""
            n = row.ours.n if row.ours else 0
            figures = [*three(row.ours), n, row.peer, *three(row.beside), *three(row.ratio)]
            verdict = [of, target, row.verdict(), row.note, part.date]
            file.writerow([part.title, row.name, row.work, row.unit, *figures, *verdict])
    return out.getvalue()
