"""What the package says about its intervals is what a simulation finds."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from wannsearch.reporting.statistics.center import CENTERS
from wannsearch.reporting.statistics.coverage import MIN_NOMINAL_RUNS, coverage_of, load_coverage

BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture
def bench() -> ModuleType:
    """The full simulation's own functions; by its path, for a package is called `coverage` too."""
    spec = spec_from_file_location("bench_coverage", BENCH / "interval_coverage.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("statistic", sorted(CENTERS))
def test_intervals_are_within_two_points_where_they_are_said_to_be(statistic: str) -> None:
    for (name, n), share in load_coverage().items():
        if name == statistic and n >= 10:
            assert share.normal == pytest.approx(0.95, abs=0.02)
        if name == statistic and n >= MIN_NOMINAL_RUNS:
            assert share.solve_or_fail == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("statistic", "kind", "n"),
    [("iqm", "normal", 5), ("iqm", "70 % solve", 10), ("mean", "normal", 10), ("mean", "70 % solve", 3)],
)
def test_a_shorter_simulation_finds_the_shares_that_are_kept(
    bench: ModuleType, statistic: str, kind: str, n: int
) -> None:
    samples = 600
    found = bench.measure_coverage(kind, statistic, n, samples, bench.package_interval)
    kept = load_coverage()[statistic, n]
    expected = kept.normal if kind == "normal" else kept.solve_or_fail
    three_errors = 3 * (expected * (1 - expected) / samples) ** 0.5
    # Of the kinds of solve-or-fail samples the worst is kept.
    assert expected - three_errors <= found <= expected + three_errors + (0 if kind == "normal" else 0.03)


def test_between_the_sizes_that_were_simulated_the_smaller_one_speaks() -> None:
    assert coverage_of("iqm", 12) == coverage_of("iqm", 10) == load_coverage()["iqm", 10]
    assert coverage_of("iqm", 1) is None
    assert coverage_of("iqm", MIN_NOMINAL_RUNS) is None
