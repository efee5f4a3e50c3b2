"""Two settings compared pair by pair, with runs of the same seeds or scores on the same tasks.

Both sides of a pair share their random draws (start states, a data split). The shared part cancels in the
difference, so fewer runs suffice. Wins, ties and losses count the pairs. Wilcoxon's (1945) signed-rank test
compares how often and how far differences lie below 0 and above it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample


@dataclass(frozen=True)
class PairedComparison:
    """The mean difference x - y of the pairs, and the counts of its signs."""

    difference: Interval  # of their mean
    wins: int  # pairs with x above y
    ties: int
    losses: int
    num_unpaired: int  # keys that only one side has


def compare_paired(
    x: Mapping[int, float], y: Mapping[int, float], floor: float | None = None
) -> PairedComparison:
    """Compare scores by key, such as the seed; a failed run (NaN or infinite) counts as the floor.

    Pairs are the keys that both sides have. The interval is the bootstrap's over the n differences.

    Raise ValueError where no key is on both sides, or a run failed and there is no floor.
    """
    keys = sorted(set(x) & set(y))
    if not keys:
        raise ValueError("no pair has a run on both sides")
    left, right = ([float(build_sample([side[key]], floor).scores[0]) for key in keys] for side in (x, y))
    differences = build_sample([a - b for a, b in zip(left, right, strict=True)])
    scale = max(map(abs, [*left, *right]))
    wins, losses = int((differences.scores > 0).sum()), int((differences.scores < 0).sum())
    return PairedComparison(
        bootstrap_interval(differences, "mean", scale=scale),
        wins,
        len(keys) - wins - losses,
        losses,
        len(set(x) ^ set(y)),
    )


def signed_rank_p_value(differences: Iterable[float]) -> float:
    """Return the two-sided p-value of (n,) differences, 1 where all are 0 or there are none.

    Differences of 0 favour neither sign and are left out, as in the paper.
    """
    from scipy.stats import wilcoxon

    values = np.sort(np.array(list(differences), np.float64))
    values = values[values != 0]
    return float(wilcoxon(values).pvalue) if len(values) else 1.0
