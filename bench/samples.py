"""Several figures of the same work, and what may be said about them: median, lowest, highest.

What is compared is sampled in turns, ours, theirs, ours, theirs, in one process, so that both meet the
same machine; the ratio is taken turn by turn and only then its median. The first turn warms up and
is thrown away.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Sample = Callable[[], float]
"""Does the work once; gives a figure, such as a rate or seconds."""


@dataclass(frozen=True)
class Spread:
    """Median and range of n samples; n = 0 is a figure that was cited, not measured."""

    median: float
    low: float
    high: float
    n: int

    def scaled(self, factor: float) -> Spread:
        """In another unit."""
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.n)


def spread(samples: Sequence[float]) -> Spread:
    """Of these."""
    return Spread(statistics.median(samples), min(samples), max(samples), len(samples))


def cited(value: float) -> Spread:
    """A figure from elsewhere."""
    return Spread(value, value, value, 0)


@dataclass(frozen=True)
class Pace:
    """How long to go on: at least so many samples, and at least so many seconds unless that is enough."""

    least: int = 7
    seconds: float = 1.5
    most: int = 25


QUICK = Pace(least=3, seconds=0.3, most=5)


def in_turns(samplers: Sequence[Sample], pace: Pace) -> list[list[float]]:
    """A list of samples for each sampler, taken in turns."""
    for sample in samplers:
        sample()
    taken: list[list[float]] = [[] for _ in samplers]
    begin = time.perf_counter()
    while len(taken[0]) < pace.most:
        for sample, into in zip(samplers, taken, strict=True):
            into.append(sample())
        if len(taken[0]) >= pace.least and time.perf_counter() - begin >= pace.seconds:
            break
    return taken


def compared(ours: Sample, theirs: Sample, pace: Pace) -> tuple[Spread, Spread, Spread]:
    """Ours, theirs, and ours ÷ theirs turn by turn."""
    a, b = in_turns([ours, theirs], pace)
    return spread(a), spread(b), spread([x / y for x, y in zip(a, b, strict=True)])


def seconds_of(work: Callable[[], object]) -> Sample:
    """A sampler of the wall seconds of this work."""

    def sample() -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    return sample


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> tuple[float, float]:
    """k and a of seconds = a * size^k, by least squares over the logarithms."""
    x, y = [math.log(size) for size in sizes], [math.log(s) for s in seconds]
    slope, intercept = statistics.linear_regression(x, y)
    return slope, math.exp(intercept)
