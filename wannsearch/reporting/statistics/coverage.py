"""How often our nominal 95 % intervals contain the truth, as measured by simulation.

`coverage.csv` beside this file was written by

    python bench/interval_coverage.py

and holds, for a statistic, a kind of sample and n runs, the share of simulated samples whose interval
contained the true value. Two kinds stand for all: `normal`, and `solve-or-fail`, where a run ends at 1
with some probability and at 0 else, plus a little noise; of the probabilities tried it is the worst.
Between the sizes that were simulated, the next smaller one speaks.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MIN_NOMINAL_RUNS = 30
"""Runs from which on an interval is within 2 points of what it promises, for either kind of sample."""


@dataclass(frozen=True)
class Coverage:
    """Shares of simulated intervals that contained the truth."""

    normal: float
    solve_or_fail: float


@lru_cache(maxsize=1)
def load_coverage() -> dict[tuple[str, int], Coverage]:
    """(statistic, n) -> what was measured."""
    text = Path(__file__).with_name("coverage.csv").read_text(encoding="utf-8")
    shares = {
        (row["statistic"], int(row["n"]), row["sample"]): float(row["covered"])
        for row in csv.DictReader(text.splitlines())
    }
    return {
        (statistic, n): Coverage(shares[statistic, n, "normal"], shares[statistic, n, "solve-or-fail"])
        for statistic, n, kind in shares
        if kind == "normal"
    }


def coverage_of(statistic: str, n: int) -> Coverage | None:
    """What an interval of n runs covers; None where it covers what it promises, or n < 2."""
    sizes = [size for name, size in load_coverage() if name == statistic and size <= n]
    if n >= MIN_NOMINAL_RUNS or not sizes:
        return None
    return load_coverage()[statistic, max(sizes)]
