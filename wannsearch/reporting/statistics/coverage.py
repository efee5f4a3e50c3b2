"""The measured coverage of our nominal 95 % intervals: how often they contain the true value.

`coverage.csv` beside this file was written by

    python bench/interval_coverage.py

For a statistic, a type of sample and n runs, it holds the share of simulated samples whose interval
contained the true value. Two types represent all others. In `normal`, scores are normally distributed. In
`solve-or-fail`, a run ends at 1 with some probability and at 0 otherwise, plus a little noise; the share is
the worse one of the probabilities 50 % and 70 %. A size between two simulated sizes takes the smaller one.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

MIN_NOMINAL_RUNS = 30
"""From this number of runs on, an interval is within 2 points of 95 % for either type of sample."""


@dataclass(frozen=True)
class Coverage:
    """The shares (0 to 1) of simulated intervals that contained the true value, by type of sample."""

    normal: float
    solve_or_fail: float


@lru_cache(maxsize=1)
def load_coverage() -> dict[tuple[str, int], Coverage]:
    """Read `coverage.csv` and return a map from (statistic, n) to the measured coverage.

    Statistics are `iqm`, `mean` and `median`. The map is cached, so a caller must not change it.
    """
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
    """Return the coverage of an interval of n runs.

    It is None from `MIN_NOMINAL_RUNS` runs on, for n < 2, and for a statistic that was not simulated.
    """
    sizes = [size for name, size in load_coverage() if name == statistic and size <= n]
    if n >= MIN_NOMINAL_RUNS or not sizes:
        return None
    return load_coverage()[statistic, max(sizes)]
