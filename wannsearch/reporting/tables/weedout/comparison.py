"""What the Weedout experiment is about at one sparsity, in numbers.

For each repeat i, d_i = found_i - mean of the random masks_i, in points of test accuracy: d_i says what the
search was worth after training. The early lead is the same difference of validation accuracies after a
few epochs of the full training, where both have the same order of batches; the early fitness that the
search saw is no lead, since the best of many is flattered by its choice.

If early fitness has the rank correlation r with the final accuracy, whose sd over masks is s, the best
of n candidates is expected to gain r s E_n (statistics/best_of.py). So the upper end of d's interval
bounds r, and the upper end of r's bounds what the search can gain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.expected_maximum import expected_largest
from wannsearch.reporting.statistics.interval import Interval, interval
from wannsearch.reporting.statistics.rank_correlation import rank_correlation, together
from wannsearch.reporting.statistics.sample import sample
from wannsearch.reporting.tables.weedout.arms import Arm, Arms, Key, Role
from wannsearch.reporting.tables.weedout.experiments import Block, Cell
from wannsearch.reporting.tables.weedout.paired_differences import Pairs, pairs
from wannsearch.reporting.tables.weedout.repeats import Repeat

Figure = Callable[[Repeat], float]


def by_seed(cell: Cell, figure: Figure) -> dict[Key, float]:
    """One number a repeat, where it has one."""
    found = {key: figure(repeat) for key, repeat in cell.repeats.items()}
    return {key: value for key, value in found.items() if value == value}


def mean_of(cell: Cell, figure: Figure) -> Interval | None:
    """Over repeats; None where there is none."""
    found = by_seed(cell, figure)
    return interval(sample(found.values()), "mean") if found else None


def standard_error(cell: Cell, figure: Figure) -> float | None:
    """Of that mean; None for fewer than two repeats."""
    found = sorted(by_seed(cell, figure).values())
    return float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else None


def final_accuracy(repeat: Repeat) -> float:
    """In %, mean over the repeat's networks."""
    return repeat.accuracy


@dataclass(frozen=True)
class Correlation:
    """How early fitness and final accuracy of random masks go together."""

    within: Interval | None  # rank correlation in each repeat, mean over repeats
    together: float | None  # over all masks, each by its distance from its repeat's means
    masks: int
    candidates: int  # that the search chose from: median over repeats
    sd: float | None  # of the final accuracy over masks, points
    bound: float | None  # of the correlation, by the interval of d
    gain: float | None  # points that the search can expect, by the correlation's interval


@dataclass(frozen=True)
class Figures:
    """One sparsity of a block."""

    sparsity: float
    found: Cell
    random: Cell
    dense: Cell
    sd_over_masks: float | None  # within a repeat, ddof 1, mean over repeats, points
    final: Pairs | None  # found - random, points of test accuracy
    loss: Pairs | None  # dense - found
    leads: Mapping[int, Pairs | None]  # epoch -> found - random, points of validation accuracy
    epochs: Pairs | None  # to the threshold, found - random
    never: tuple[int, int, int, int]  # found networks that never reached it, of so many; random ones
    correlation: Correlation


def figures(block: Block, arms: Arms, sparsity: float, leads: tuple[int, ...], threshold: float) -> Figures:
    """At this sparsity; `threshold` in % of validation accuracy."""
    found, random, dense = (
        block.cell(arms.the(role), sparsity) for role in (Role.FOUND, Role.RANDOM, Role.DENSE)
    )
    sd = _mean([float(one.test.std(ddof=1)) for one in random.repeats.values() if len(one.test) > 1])
    final = pairs(by_seed(found, final_accuracy), by_seed(random, final_accuracy))

    def epochs(repeat: Repeat) -> float:
        return float(repeat.epochs_to(threshold).mean())

    return Figures(
        sparsity=sparsity,
        found=found,
        random=random,
        dense=dense,
        sd_over_masks=sd,
        final=final,
        loss=pairs(by_seed(dense, final_accuracy), by_seed(found, final_accuracy)),
        leads={
            epoch: pairs(by_seed(found, _after(epoch)), by_seed(random, _after(epoch))) for epoch in leads
        },
        epochs=pairs(by_seed(found, epochs), by_seed(random, epochs)),
        never=(*_never(found, threshold), *_never(random, threshold)),
        correlation=_correlation(found, random, sd, final),
    )


def against(block: Block, x: Arm, y: Arm, sparsity: float) -> Pairs | None:
    """Test accuracy of arm x over arm y."""
    cells = block.cell(x, sparsity), block.cell(y, sparsity)
    return pairs(by_seed(cells[0], final_accuracy), by_seed(cells[1], final_accuracy))


def _after(epoch: int) -> Figure:
    def figure(repeat: Repeat) -> float:
        curve = repeat.curve
        return float(curve[epoch - 1]) if epoch <= len(curve) else float("nan")

    return figure


def _never(cell: Cell, threshold: float) -> tuple[int, int]:
    late = [(one.epochs_to(threshold) > one.curves.shape[1]) for one in cell.repeats.values()]
    return sum(int(rows.sum()) for rows in late), sum(len(rows) for rows in late)


def _correlation(found: Cell, random: Cell, sd: float | None, final: Pairs | None) -> Correlation:
    sets = [(one.early, one.test) for one in random.repeats.values()]
    each = [rank_correlation(*one) for one in sets]
    known = [value for value in each if value is not None]
    within = interval(sample(known), "mean") if known else None
    counts = [one.candidates for one in found.repeats.values()]
    candidates = int(np.median(counts)) if counts else 0
    bound = gain = None
    if candidates > 1 and sd:
        reach = sd * expected_largest(candidates)
        if final is not None and final.mean.high is not None:
            bound = min(1.0, max(-1.0, final.mean.high / reach))
        if within is not None and within.high is not None:
            gain = within.high * reach
    masks = sum(len(early) for early, _ in sets)
    return Correlation(within, together(sets), masks, candidates, sd, bound, gain)


def _mean(values: list[float]) -> float | None:
    return float(np.mean(sorted(values))) if values else None
