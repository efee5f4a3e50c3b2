"""How often 95 % intervals contain the truth, for few runs: the basis of the package's choice of interval.

python bench/interval_coverage.py    writes bench/results/coverage.md and the package's coverage.csv

Samples are drawn from a normal distribution and from solve-or-fail ones: 1 with probability p, else 0,
plus N(0, 0.1). All seeds are fixed. The intervals are those of the package, called as its tables call
them, and three others that they were chosen against. For the probability of improvement there is the
package's interval alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wannsearch.reporting.statistics.center import CENTERS, Center
from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import LEVEL, bootstrap_interval
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES
from wannsearch.reporting.statistics.sample import build_sample

Floats = npt.NDArray[np.float64]
ROOT = Path(__file__).parents[1]
CSV = ROOT / "wannsearch/reporting/statistics/coverage.csv"
REPORT = ROOT / "bench/results/coverage.md"

SIZES = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50)
COMPARED_SIZES = (3, 5, 10, 20, 30)
NUM_SAMPLES = 4000
NUM_SAMPLES_COMPARED = 1000
NUM_OTHER_RESAMPLES = 1000
NOISE = 0.1
KINDS = ("normal", "half solve", "70 % solve", "90 % solve")
SOLVE_PROBABILITY = {"half solve": 0.5, "70 % solve": 0.7, "90 % solve": 0.9}
PAIRS = (
    ("normal", "normal", 0.0),
    ("normal", "normal", 1.0),
    ("normal", "normal", 2.0),
    ("70 % solve", "half solve", 0.0),
    ("90 % solve", "half solve", 0.0),
)
WORST_KINDS = ("half solve", "70 % solve")


class CoverageRecord(NamedTuple):
    """The share, in 0..1, of samples whose interval of one method contains the truth."""

    statistic: str
    kind: str
    n: int
    method: str
    coverage: float


def sample_runs(kind: str, n: int, num_samples: int, seed: int = 0) -> Floats:
    """Return the scores of simulated runs, (num_samples, n), from a fixed seed."""
    rng = np.random.default_rng([seed, KINDS.index(kind), n])
    noise = rng.normal(size=(num_samples, n))
    return (
        noise
        if kind == "normal"
        else (rng.random((num_samples, n)) < SOLVE_PROBABILITY[kind]) + NOISE * noise
    )


def true_value(kind: str, statistic: str) -> float:
    """Return the statistic of the distribution itself, from its quantiles.

    All distributions but the normal are mixtures of two normal ones.
    """
    from scipy.stats import norm

    if kind == "normal":
        return 0.0
    p = SOLVE_PROBABILITY[kind]
    if statistic == "mean":
        return p
    grid = np.linspace(-1, 2, 300_001)
    cdf = (1 - p) * norm.cdf(grid, 0, NOISE) + p * norm.cdf(grid, 1, NOISE)
    probabilities = np.array([0.5]) if statistic == "median" else np.linspace(0.25, 0.75, 100_001)
    return float(np.interp(probabilities, cdf, grid).mean())


def package_interval(values: Floats, statistic: str) -> tuple[float, float]:
    bounds = bootstrap_interval(build_sample(values), statistic, BAND_RESAMPLES)
    assert bounds.low is not None
    assert bounds.high is not None
    return bounds.low, bounds.high


def percentile_interval(values: Floats, statistic: str) -> tuple[float, float]:
    return _scipy_interval(values, statistic, "percentile")


def bca_interval(values: Floats, statistic: str) -> tuple[float, float]:
    return _scipy_interval(values, statistic, "BCa")


def _scipy_interval(values: Floats, statistic: str, method: str) -> tuple[float, float]:
    from scipy.stats import bootstrap

    centre = CENTERS[statistic]
    bounds = bootstrap(
        (values,),
        lambda x, axis: centre(np.moveaxis(x, axis, -1)),
        n_resamples=NUM_OTHER_RESAMPLES,
        confidence_level=LEVEL,
        method=method,
        vectorized=True,
        rng=np.random.default_rng(1),
    ).confidence_interval
    return float(bounds.low), float(bounds.high)


def studentized_interval(values: Floats, statistic: str) -> tuple[float, float]:
    """Return the bootstrap t interval of the statistic.

    The spread of a trimmed mean comes from Winsorised values (Wilcox 2017). Both bounds are the center
    where no resample has a spread.
    """
    n = len(values)
    resampled = values[np.random.default_rng(1).integers(0, n, (NUM_OTHER_RESAMPLES, n))]
    centre = CENTERS[statistic]
    standard_errors, standard_error = (
        _estimate_standard_error(resampled, statistic),
        _estimate_standard_error(values[None], statistic)[0],
    )
    pivots = (centre(resampled) - centre(values)) / np.where(standard_errors > 0, standard_errors, np.nan)
    pivots = pivots[np.isfinite(pivots)]
    if not len(pivots):
        return float(centre(values)), float(centre(values))
    low, high = np.quantile(pivots, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(centre(values) - high * standard_error), float(centre(values) - low * standard_error)


def _estimate_standard_error(values: Floats, statistic: str) -> Floats:
    n = values.shape[-1]
    num_trimmed = {"mean": 0, "iqm": n // 4, "median": (n - 1) // 2}[statistic]
    clipped = np.sort(values, axis=-1)
    clipped = np.clip(clipped, clipped[:, num_trimmed, None], clipped[:, n - num_trimmed - 1, None])
    result: Floats = clipped.std(axis=-1, ddof=1) / (1 - 2 * num_trimmed / n) / np.sqrt(n)
    return result


OTHER_METHODS: dict[str, Callable[[Floats, str], tuple[float, float]]] = {
    "percentile": percentile_interval,
    "BCa": bca_interval,
    "studentized": studentized_interval,
}


def measure_coverage(
    kind: str,
    statistic: str,
    n: int,
    num_samples: int,
    make_interval: Callable[[Floats, str], tuple[float, float]],
) -> float:
    """Return the share of samples whose interval contains the truth, in 0..1.

    A degenerate interval is NaN and contains nothing.
    """
    import warnings

    expected = true_value(kind, statistic)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # degenerate samples: their interval is NaN, and contains nothing
        intervals = [make_interval(values, statistic) for values in sample_runs(kind, n, num_samples)]
    return float(np.mean([low <= expected <= high for low, high in intervals]))


def main() -> int:
    """Simulate the coverage, write both result files and print the report."""
    statistics: dict[str, Center] = CENTERS
    records = []
    for statistic in statistics:
        for kind in KINDS:
            for n in SIZES:
                records.append(
                    CoverageRecord(
                        statistic,
                        kind,
                        n,
                        "ours",
                        measure_coverage(kind, statistic, n, NUM_SAMPLES, package_interval),
                    )
                )
            for method, make_interval in OTHER_METHODS.items():
                for n in COMPARED_SIZES:
                    coverage = measure_coverage(kind, statistic, n, NUM_SAMPLES_COMPARED, make_interval)
                    records.append(CoverageRecord(statistic, kind, n, method, coverage))
            print(statistic, kind, "done", file=sys.stderr, flush=True)
    CSV.write_text(format_csv(records), encoding="utf-8")
    REPORT.write_text(format_markdown(records) + "\n" + format_comparisons(), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))
    return 0


def format_comparisons() -> str:
    """Return a Markdown table of the coverage of intervals of the probability of improvement.

    Both sides have n runs; the simulation runs here.
    """
    lines = [
        "## probability of improvement\n",
        f"Newcombe's interval, {NUM_SAMPLES_COMPARED:,} pairs of samples a figure, n runs on each side.\n",
        "| samples | truth | " + " | ".join(f"n = {n}" for n in COMPARED_SIZES) + " |",
        "|---|--:|" + "--:|" * len(COMPARED_SIZES),
    ]
    for left, right, shift in PAIRS:
        expected = true_improvement(left, right, shift)
        coverages = [measure_improvement_coverage(left, right, shift, n, expected) for n in COMPARED_SIZES]
        name = f"{left} + {shift:g} / {right}" if left == "normal" else f"{left} / {right}"
        lines.append(
            f"| {name} | {expected:.3f} | "
            + " | ".join(f"{100 * coverage:.1f}" for coverage in coverages)
            + " |"
        )
    return "\n".join(lines) + "\n"


def true_improvement(left: str, right: str, shift: float) -> float:
    """Return P(X > Y) of the distributions themselves; `shift` counts for normal ones alone."""
    from scipy.stats import norm

    if left == "normal":
        return float(norm.cdf(shift / np.sqrt(2)))
    p, q = SOLVE_PROBABILITY[left], SOLVE_PROBABILITY[right]
    win_probability = float(norm.cdf(1 / (NOISE * np.sqrt(2))))
    return (
        p * (1 - q) * win_probability + (1 - p) * q * (1 - win_probability) + (p * q + (1 - p) * (1 - q)) / 2
    )


def measure_improvement_coverage(left: str, right: str, shift: float, n: int, expected: float) -> float:
    """Return the share of pairs of samples whose interval contains `expected`, in 0..1."""
    pairs = zip(
        sample_runs(left, n, NUM_SAMPLES_COMPARED, seed=1) + shift,
        sample_runs(right, n, NUM_SAMPLES_COMPARED, 2),
        strict=True,
    )
    hits = 0
    for x, y in pairs:
        improvement = probability_of_improvement(build_sample(x), build_sample(y))
        assert improvement.low is not None
        assert improvement.high is not None
        hits += improvement.low <= expected <= improvement.high
    return hits / NUM_SAMPLES_COMPARED


def format_csv(records: list[CoverageRecord]) -> str:
    """Return the CSV that the package reads; for solve-or-fail, the worse of two distributions."""
    package_coverage = {
        (record.statistic, record.kind, record.n): record.coverage
        for record in records
        if record.method == "ours"
    }
    lines = ["statistic,sample,n,covered"]
    for statistic, _, n in [key for key in package_coverage if key[1] == "normal"]:
        min_coverage = min(package_coverage[statistic, kind, n] for kind in WORST_KINDS)
        lines.append(f"{statistic},normal,{n},{package_coverage[statistic, 'normal', n]:.3f}")
        lines.append(f"{statistic},solve-or-fail,{n},{min_coverage:.3f}")
    return "\n".join(lines) + "\n"


def format_markdown(records: list[CoverageRecord]) -> str:
    """Return a table a statistic: rows are samples and methods, columns the number of runs."""
    lines = [
        "# Coverage of nominal 95 % intervals\n",
        "Share of simulated samples, in percent, whose interval contains the true value. Made by "
        "`python bench/interval_coverage.py`.\n"
        f"Ours: the expanded percentile interval with {BAND_RESAMPLES:,} resamples, {NUM_SAMPLES:,} samples "
        f"a figure (standard error at most {50 / np.sqrt(NUM_SAMPLES):.1f} points); the others with "
        f"{NUM_OTHER_RESAMPLES:,} resamples, {NUM_SAMPLES_COMPARED:,} samples.\n"
        "Solve-or-fail samples are 1 with the probability named, else 0, plus N(0, 0.1).\n",
    ]
    for statistic in CENTERS:
        lines.append(f"## {statistic}\n")
        lines.append("| sample | interval | " + " | ".join(f"n = {n}" for n in SIZES) + " |")
        lines.append("|---|---|" + "--:|" * len(SIZES))
        for kind in KINDS:
            for method in ("ours", *OTHER_METHODS):
                coverages = {
                    record.n: f"{100 * record.coverage:.1f}"
                    for record in records
                    if (record.statistic, record.kind, record.method) == (statistic, kind, method)
                }
                cells = " | ".join(coverages.get(n, "") for n in SIZES)
                lines.append(f"| {kind} | {method} | {cells} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
