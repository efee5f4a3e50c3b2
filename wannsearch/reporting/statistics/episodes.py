"""How sure the mean of one network is, by its episodes: Student's interval, from mean and spread alone.

    mean  +-  t s / sqrt(n - 1),   t = the (1 + level) / 2 quantile of Student's t, n - 1 degrees,

with s the standard deviation over n episodes as run folders hold it (ddof 0). It speaks for other episodes
of the same network. Where runs are one network on one set of draws, it is all that they can say, and
their number adds nothing to it.
"""

from __future__ import annotations

import math

from wannsearch.reporting.statistics.interval import LEVEL, Interval
from wannsearch.reporting.statistics.sample import ROUNDING


def estimate_by_episodes(mean: float, std: float, episodes: int, level: float = LEVEL) -> Interval:
    """The interval of a mean over episodes; without ends for one episode, or where all are the same."""
    from scipy.stats import t

    if episodes < 2:
        return Interval(mean, None, None, episodes, level=level, by_episodes=True)
    if not std > ROUNDING * abs(mean):
        return Interval(mean, None, None, episodes, level=level, without_spread=True, by_episodes=True)
    half_width = float(t.ppf((1 + level) / 2, episodes - 1)) * std / math.sqrt(episodes - 1)
    return Interval(mean, mean - half_width, mean + half_width, episodes, level=level, by_episodes=True)
