"""Two settings run with the same seeds, or over the same tasks: differences pair by pair.

Where both sides of a pair share what they have by chance (start states, a data split), that part
cancels in the difference, and fewer runs suffice. Wins, ties and losses count the pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample


@dataclass(frozen=True)
class PairedComparison:
    """The differences x - y."""

    difference: Interval  # of their mean
    wins: int
    ties: int
    losses: int
    num_unpaired: int  # keys that only one side has


def compare_paired(
    x: Mapping[int, float], y: Mapping[int, float], floor: float | None = None
) -> PairedComparison:
    """Compare by key, such as the seed; a failed run (NaN) counts as the floor.

    ValueError where no key is on both sides, or a run failed and there is no floor.
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
