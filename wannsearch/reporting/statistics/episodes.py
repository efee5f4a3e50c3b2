"""Student's interval of one network's mean over its episodes, from mean and standard deviation alone.

    mean  +-  t s / sqrt(n - 1),   t = the (1 + level) / 2 quantile of Student's t, n - 1 degrees,

with s the standard deviation over n episodes as run folders hold it (ddof 0). The interval is about other
episodes of the same network. Where all runs are one network on one set of draws, only this interval can be
computed, and the number of runs adds nothing to it.
"""

from __future__ import annotations

import math

from wannsearch.reporting.statistics.interval import LEVEL, Interval
from wannsearch.reporting.statistics.sample import ROUNDING


def estimate_by_episodes(mean: float, std: float, episodes: int, level: float = LEVEL) -> Interval:
    """Return the interval of a mean over episodes, whose `n` counts episodes; `std` has ddof 0.

    It has no bounds for a single episode, or where all episodes have the same score up to rounding.
    """
    from scipy.stats import t

    if episodes < 2:
        return Interval(mean, None, None, episodes, level=level, by_episodes=True)
    if not std > ROUNDING * abs(mean):
        return Interval(mean, None, None, episodes, level=level, without_spread=True, by_episodes=True)
    half_width = float(t.ppf((1 + level) / 2, episodes - 1)) * std / math.sqrt(episodes - 1)
    return Interval(mean, mean - half_width, mean + half_width, episodes, level=level, by_episodes=True)
