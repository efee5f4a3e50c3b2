"""Several figures of the same work, summarized by median, lowest and highest.

Figures that are compared are sampled in turns, ours, theirs, ours, theirs, in one process, so that both
meet the same machine; the ratio is taken turn by turn and only then its median. The first turn warms up
and is thrown away.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Sampler = Callable[[], float]
"""Does the work once; gives a figure, such as a rate or seconds."""


@dataclass(frozen=True)
class Spread:
    """Median and range of n samples; n = 0 is a figure that was cited, not measured."""

    median: float
    low: float
    high: float
    n: int

    def scale(self, factor: float) -> Spread:
        """Return the same spread in another unit."""
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.n)


def summarize(samples: Sequence[float]) -> Spread:
    """Return median, extremes and number of these samples."""
    return Spread(statistics.median(samples), min(samples), max(samples), len(samples))


def cite(value: float) -> Spread:
    """Return a figure that was measured elsewhere, without spread."""
    return Spread(value, value, value, 0)


@dataclass(frozen=True)
class Pace:
    """The length of sampling: at least `min_samples` and `min_seconds`, but never more than `max_samples`."""

    min_samples: int = 7
    min_seconds: float = 1.5
    max_samples: int = 25


QUICK = Pace(min_samples=3, min_seconds=0.3, max_samples=5)


def sample_in_turns(samplers: Sequence[Sampler], pace: Pace) -> list[list[float]]:
    """Return a list of samples for each sampler, taken in turns after one turn that is not counted."""
    for sample in samplers:
        sample()
    collected: list[list[float]] = [[] for _ in samplers]
    start_s = time.perf_counter()
    while len(collected[0]) < pace.max_samples:
        for sample, samples in zip(samplers, collected, strict=True):
            samples.append(sample())
        if len(collected[0]) >= pace.min_samples and time.perf_counter() - start_s >= pace.min_seconds:
            break
    return collected


def compare(sampler: Sampler, peer_sampler: Sampler, pace: Pace) -> tuple[Spread, Spread, Spread]:
    """Return the spreads of ours, of theirs, and of ours ÷ theirs turn by turn."""
    figures, peer_figures = sample_in_turns([sampler, peer_sampler], pace)
    return (
        summarize(figures),
        summarize(peer_figures),
        summarize([x / y for x, y in zip(figures, peer_figures, strict=True)]),
    )


def make_seconds_sampler(work: Callable[[], object]) -> Sampler:
    """Return a sampler of the wall seconds of one call of `work`."""

    def sample() -> float:
        start_s = time.perf_counter()
        work()
        return time.perf_counter() - start_s

    return sample


def fit_power_law(sizes: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """Return k and a of seconds = a * size^k, by least squares over the logarithms."""
    x, y = [math.log(size) for size in sizes], [math.log(s) for s in seconds]
    slope, intercept = statistics.linear_regression(x, y)
    return slope, math.exp(intercept)
