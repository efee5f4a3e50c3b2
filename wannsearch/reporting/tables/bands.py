"""Bands in which quantities of ours are accepted, and whether they lie there.

A share is judged as it is. A mean over runs is judged where runs differ: of one run, or of runs that all came
to the same, nothing is known of how far others would lie from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import Section, format_number, refuse_verdict
from wannsearch.reporting.tables.groups import Group


@dataclass(frozen=True, kw_only=True)
class AcceptanceBand:
    """Where a quantity of ours is accepted."""

    match: Any  # dotted key -> value: the settings that it is for
    quantity: str
    low: float
    high: float
    min_generations: int  # it is asked only of runs that had so many

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True)
class AcceptanceCheck:
    """What bands are asked of."""

    name: str
    group: Group
    quantities: dict[str, float]
    values: dict[str, list[float]]  # by run, where the quantity is a mean over runs; shares have none

    def judge(self, band: AcceptanceBand) -> str:
        """Whether the quantity lies in the band; a mean over values that do not differ is not judged."""
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


def build_acceptance_section(
    task: str, bands: Sequence[AcceptanceBand], checks: Sequence[AcceptanceCheck]
) -> Section:
    """A row for each band that is for what was run."""
    rows, records = [], []
    for check in checks:
        for band in bands:
            if not check.group.matches(task, None, band.match):
                continue
            value, verdict = check.quantities[band.quantity], check.judge(band)
            limits = f"{format_number(band.low)} to {format_number(band.high)}"
            rows.append([check.name, band.quantity.replace("_", " "), format_number(value), limits, verdict])
            records.append(
                {
                    "runs_of": check.name,
                    "quantity": band.quantity,
                    "value": value,
                    "low": band.low,
                    "high": band.high,
                    "verdict": verdict,
                }
            )
    columns = ("runs of", "quantity", "ours", "accepted", "verdict")
    return Section("comparisons", "Acceptance", columns, rows, records)
