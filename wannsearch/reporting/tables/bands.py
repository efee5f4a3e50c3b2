"""Acceptance bands of quantities, and whether the quantities lie in them.

A share is judged as it is. A mean over runs is judged only where runs differ: one run, or runs that all have
the same value, do not show how far the values of other runs would lie from theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import (
    Column,
    Section,
    format_number,
    number_column,
    refuse_verdict,
    value_column,
)
from wannsearch.reporting.tables.groups import Group


@dataclass(frozen=True, kw_only=True)
class AcceptanceBand:
    """The range in which a quantity of our runs is accepted."""

    match: Any  # dotted key -> value: the settings that the band is for
    quantity: str
    low: float
    high: float
    min_generations: int  # runs with fewer generations are not judged

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True)
class AcceptanceCheck:
    """The quantities of one setting, to be judged by bands."""

    name: str
    group: Group
    quantities: dict[str, float]
    values: dict[str, list[float]]  # by run, for quantities that are means over runs; shares have none

    def judge(self, band: AcceptanceBand) -> str:
        """Return `inside` or `outside`, or a text that explains why the quantity is not judged.

        Not judged are runs of too few generations, NaN, and a mean over values that do not differ.
        """
        if (self.group.runs[0].generations or 0) < band.min_generations:
            return f"asked from {band.min_generations} generations on"
        value, values = self.quantities[band.quantity], self.values.get(band.quantity)
        if value != value:
            return "no value"
        if values is not None:
            refusal = bootstrap_interval(build_sample(values), "mean").refusal
            if refusal is not None:
                return refuse_verdict(refusal)
        return "inside" if band.low <= value <= band.high else "outside"


_COLUMNS = (
    value_column("runs of", "runs_of"),
    value_column("quantity", "quantity", lambda name: name.replace("_", " ")),
    number_column("ours", "value"),
    Column(
        "accepted", "low", lambda record: f"{format_number(record['low'])} to {format_number(record['high'])}"
    ),
    value_column("verdict", "verdict"),
)


def build_acceptance_section(
    task: str, bands: Sequence[AcceptanceBand], checks: Sequence[AcceptanceCheck]
) -> Section:
    """Return a section with a row for each setting and each band whose `match` fits the setting."""
    records = [
        {
            "runs_of": check.name,
            "quantity": band.quantity,
            "value": check.quantities[band.quantity],
            "low": band.low,
            "high": band.high,
            "verdict": check.judge(band),
        }
        for check in checks
        for band in bands
        if check.group.matches(task, None, band.match)
    ]
    return Section("comparisons", "Acceptance", _COLUMNS, records)
