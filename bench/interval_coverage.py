"""How often 95 % intervals contain the truth, for few runs: what our choice of interval rests on.

python bench/interval_coverage.py    writes bench/results/coverage.md and the package's coverage.csv

Samples are drawn from a normal distribution and from solve-or-fail ones: 1 with probability p, else 0,
plus N(0, 0.1). All seeds are fixed. The intervals are those of the package, called as its tables call
them, and three others that they were chosen against.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wannsearch.reporting.statistics.center import CENTRES, Centre
from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import LEVEL, interval
from wannsearch.reporting.statistics.resampling import BAND_RESAMPLES
from wannsearch.reporting.statistics.sample import sample

Floats = npt.NDArray[np.float64]
ROOT = Path(__file__).parents[1]
CSV = ROOT / "wannsearch/reporting/statistics/coverage.csv"
REPORT = ROOT / "bench/results/coverage.md"

SIZES = (2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50)
COMPARED = (3, 5, 10, 20, 30)
SAMPLES = 4000
SAMPLES_COMPARED = 1000
OTHERS_RESAMPLES = 1000
NOISE = 0.1
KINDS = ("normal", "half solve", "70 % solve", "90 % solve")
SOLVING = {"half solve": 0.5, "70 % solve": 0.7, "90 % solve": 0.9}
PAIRS = (
    ("normal", "normal", 0.0),
    ("normal", "normal", 1.0),
    ("normal", "normal", 2.0),
    ("70 % solve", "half solve", 0.0),
    ("90 % solve", "half solve", 0.0),
)
WORST_OF = ("half solve", "70 % solve")


class Share(NamedTuple):
    """How often one interval was right."""

    statistic: str
    kind: str
    n: int
    method: str
    covered: float


def drawn(kind: str, n: int, samples: int, seed: int = 0) -> Floats:
    """(samples, n) runs."""
    rng = np.random.default_rng([seed, KINDS.index(kind), n])
    noise = rng.normal(size=(samples, n))
    return noise if kind == "normal" else (rng.random((samples, n)) < SOLVING[kind]) + NOISE * noise


def truth(kind: str, statistic: str) -> float:
    """Of the distribution itself, from its quantiles; all but the normal are mixtures of two."""
    from scipy.stats import norm

    if kind == "normal":
        return 0.0
    p = SOLVING[kind]
    if statistic == "mean":
        return p
    at = np.linspace(-1, 2, 300_001)
    below = (1 - p) * norm.cdf(at, 0, NOISE) + p * norm.cdf(at, 1, NOISE)
    between = np.array([0.5]) if statistic == "median" else np.linspace(0.25, 0.75, 100_001)
    return float(np.interp(between, below, at).mean())


def ours(values: Floats, statistic: str) -> tuple[float, float]:
    found = interval(sample(values), statistic, BAND_RESAMPLES)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def percentile(values: Floats, statistic: str) -> tuple[float, float]:
    return _scipy(values, statistic, "percentile")


def bca(values: Floats, statistic: str) -> tuple[float, float]:
    return _scipy(values, statistic, "BCa")


def _scipy(values: Floats, statistic: str, method: str) -> tuple[float, float]:
    from scipy.stats import bootstrap

    centre = CENTRES[statistic]
    found = bootstrap(
        (values,),
        lambda x, axis: centre(np.moveaxis(x, axis, -1)),
        n_resamples=OTHERS_RESAMPLES,
        confidence_level=LEVEL,
        method=method,
        vectorized=True,
        rng=np.random.default_rng(1),
    ).confidence_interval
    return float(found.low), float(found.high)


def studentised(values: Floats, statistic: str) -> tuple[float, float]:
    """Bootstrap t; the spread of a trimmed mean from Winsorised values (Wilcox 2017)."""
    n = len(values)
    resampled = values[np.random.default_rng(1).integers(0, n, (OTHERS_RESAMPLES, n))]
    centre = CENTRES[statistic]
    spread, ours = _spread(resampled, statistic), _spread(values[None], statistic)[0]
    pivots = (centre(resampled) - centre(values)) / np.where(spread > 0, spread, np.nan)
    pivots = pivots[np.isfinite(pivots)]
    if not len(pivots):
        return float(centre(values)), float(centre(values))
    low, high = np.quantile(pivots, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(centre(values) - high * ours), float(centre(values) - low * ours)


def _spread(values: Floats, statistic: str) -> Floats:
    n = values.shape[-1]
    aside = {"mean": 0, "iqm": n // 4, "median": (n - 1) // 2}[statistic]
    kept = np.sort(values, axis=-1)
    kept = np.clip(kept, kept[:, aside, None], kept[:, n - aside - 1, None])
    result: Floats = kept.std(axis=-1, ddof=1) / (1 - 2 * aside / n) / np.sqrt(n)
    return result


OTHERS: dict[str, Callable[[Floats, str], tuple[float, float]]] = {
    "percentile": percentile,
    "BCa": bca,
    "studentised": studentised,
}


def covered(
    kind: str, statistic: str, n: int, samples: int, made: Callable[[Floats, str], tuple[float, float]]
) -> float:
    """Share of samples whose interval contains the truth."""
    import warnings

    real = truth(kind, statistic)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # degenerate samples: their interval is NaN, and contains nothing
        ends = [made(values, statistic) for values in drawn(kind, n, samples)]
    return float(np.mean([low <= real <= high for low, high in ends]))


def main() -> int:
    """Simulate, write both files."""
    statistics: dict[str, Centre] = CENTRES
    shares = []
    for statistic in statistics:
        for kind in KINDS:
            for n in SIZES:
                shares.append(Share(statistic, kind, n, "ours", covered(kind, statistic, n, SAMPLES, ours)))
            for method, made in OTHERS.items():
                for n in COMPARED:
                    found = covered(kind, statistic, n, SAMPLES_COMPARED, made)
                    shares.append(Share(statistic, kind, n, method, found))
            print(statistic, kind, "done", file=sys.stderr, flush=True)
    CSV.write_text(as_csv(shares), encoding="utf-8")
    REPORT.write_text(as_markdown(shares) + "\n" + comparisons(), encoding="utf-8")
    print(REPORT.read_text(encoding="utf-8"))
    return 0


def comparisons() -> str:
    """Coverage of the intervals of the probability of improvement, both sides with n runs."""
    parts = [
        "## probability of improvement\n",
        f"Newcombe's interval, {SAMPLES_COMPARED:,} pairs of samples a figure, n runs on each side.\n",
        "| samples | truth | " + " | ".join(f"n = {n}" for n in COMPARED) + " |",
        "|---|--:|" + "--:|" * len(COMPARED),
    ]
    for left, right, shift in PAIRS:
        real = real_improvement(left, right, shift)
        found = [improvement_covered(left, right, shift, n, real) for n in COMPARED]
        name = f"{left} + {shift:g} / {right}" if left == "normal" else f"{left} / {right}"
        parts.append(f"| {name} | {real:.3f} | " + " | ".join(f"{100 * one:.1f}" for one in found) + " |")
    return "\n".join(parts) + "\n"


def real_improvement(left: str, right: str, shift: float) -> float:
    """P(X > Y) of the distributions themselves."""
    from scipy.stats import norm

    if left == "normal":
        return float(norm.cdf(shift / np.sqrt(2)))
    p, q = SOLVING[left], SOLVING[right]
    apart = float(norm.cdf(1 / (NOISE * np.sqrt(2))))
    return p * (1 - q) * apart + (1 - p) * q * (1 - apart) + (p * q + (1 - p) * (1 - q)) / 2


def improvement_covered(left: str, right: str, shift: float, n: int, real: float) -> float:
    """Share of pairs of samples whose interval contains it."""
    pairs = zip(
        drawn(left, n, SAMPLES_COMPARED, seed=1) + shift, drawn(right, n, SAMPLES_COMPARED, 2), strict=True
    )
    hits = 0
    for x, y in pairs:
        found = probability_of_improvement(sample(x), sample(y))
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= real <= found.high
    return hits / SAMPLES_COMPARED


def as_csv(shares: list[Share]) -> str:
    """What the package reads."""
    own = {
        (share.statistic, share.kind, share.n): share.covered for share in shares if share.method == "ours"
    }
    lines = ["statistic,sample,n,covered"]
    for statistic, _, n in [key for key in own if key[1] == "normal"]:
        worst = min(own[statistic, kind, n] for kind in WORST_OF)
        lines.append(f"{statistic},normal,{n},{own[statistic, 'normal', n]:.3f}")
        lines.append(f"{statistic},solve-or-fail,{n},{worst:.3f}")
    return "\n".join(lines) + "\n"


def as_markdown(shares: list[Share]) -> str:
    """A table a statistic: rows are samples and methods, columns the number of runs."""
    parts = [
        "# Coverage of nominal 95 % intervals\n",
        "Share of simulated samples, in percent, whose interval contains the true value. Made by "
        "`python bench/interval_coverage.py`.\n"
        f"Ours: the expanded percentile interval with {BAND_RESAMPLES:,} resamples, {SAMPLES:,} samples a "
        f"figure (standard error at most {50 / np.sqrt(SAMPLES):.1f} points); the others with "
        f"{OTHERS_RESAMPLES:,} resamples, {SAMPLES_COMPARED:,} samples.\n"
        "Solve-or-fail samples are 1 with the probability named, else 0, plus N(0, 0.1).\n",
    ]
    for statistic in CENTRES:
        parts.append(f"## {statistic}\n")
        parts.append("| sample | interval | " + " | ".join(f"n = {n}" for n in SIZES) + " |")
        parts.append("|---|---|" + "--:|" * len(SIZES))
        for kind in KINDS:
            for method in ("ours", *OTHERS):
                found = {
                    share.n: f"{100 * share.covered:.1f}"
                    for share in shares
                    if (share.statistic, share.kind, share.method) == (statistic, kind, method)
                }
                cells = " | ".join(found.get(n, "") for n in SIZES)
                parts.append(f"| {kind} | {method} | {cells} |")
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
