"""The comparison of found, random and dense networks at one sparsity, repeat by repeat.

For each repeat i, d_i = found_i - mean of the random masks_i, in points of test accuracy, is the gain of
the search after training. The early lead is the same difference of validation accuracies after a few epochs
of the full training, where both have the same order of batches. The early fitness of the search is no lead,
since the best of many is biased by its selection. Both sides of a pair share split, parent network and
order of batches, whose effects cancel in the difference.

If early fitness has the rank correlation r with the final accuracy, whose sd over masks is s, the best of n
candidates is expected to gain r s E_n (`statistics.expected_maximum`). So the upper end of d's interval
bounds r, and the upper end of r's bounds what the search can gain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from wannsearch.reporting.statistics.equivalence import PairedEquivalence, paired_equivalence_test
from wannsearch.reporting.statistics.expected_maximum import expected_maximum
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.paired import signed_rank_p_value
from wannsearch.reporting.statistics.rank_correlation import pooled_correlation, rank_correlation
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import Record
from wannsearch.reporting.tables.weedout.arms import Arm, ArmRole, Arms, RepeatKey
from wannsearch.reporting.tables.weedout.experiments import DesignCell, Experiment, Repeat

Statistic = Callable[[Repeat], float]

_DIGITS = 9
"""Digits behind the point: a mean of equal accuracies is off by rounding, and a tie must stay a tie."""


@dataclass(frozen=True)
class PairedDifferences:
    """The differences x - y of the n repeats that two arms share, and their mean."""

    differences: tuple[float, ...]  # (n,) rising
    mean: Interval

    @property
    def n(self) -> int:
        """The number of repeats that both sides have."""
        return len(self.differences)

    @property
    def sd(self) -> float:
        """The standard deviation of the differences, ddof 1; NaN for one repeat."""
        return float(np.std(self.differences, ddof=1)) if self.n > 1 else math.nan

    @property
    def standard_error(self) -> float:
        """The standard error of the mean difference; NaN for one repeat."""
        return self.sd / math.sqrt(self.n)

    @property
    def won_tied_lost(self) -> tuple[int, int, int]:
        """The numbers of repeats in which x was above, equal to and below y."""
        differences = np.array(self.differences)
        return int((differences > 0).sum()), int((differences == 0).sum()), int((differences < 0).sum())

    @property
    def p_value(self) -> float:
        """The two-sided p-value of Wilcoxon's signed-rank test; 1 where all differences are 0."""
        return signed_rank_p_value(self.differences)

    @property
    def is_above(self) -> bool:
        """Whether the whole interval of the mean lies above 0; False where it has no bounds."""
        return self.mean.low is not None and self.mean.low > 0

    def equivalence(self, margin: float, alpha: float) -> PairedEquivalence | None:
        """Return two one-sided paired t tests within ± `margin`, at level `alpha`; None for one repeat."""
        return paired_equivalence_test(self.differences, margin, alpha) if self.n > 1 else None

    def to_record(self, name: str) -> Record:
        """Return mean, standard error, ends, sd, n, counts and p-value, under keys that begin with `name`."""
        wins, ties, losses = self.won_tied_lost
        return {
            name: self.mean.estimate,
            f"{name}_se": self.standard_error,
            f"{name}_low": self.mean.low,
            f"{name}_high": self.mean.high,
            f"{name}_sd": self.sd,
            f"{name}_n": self.n,
            f"{name}_won": wins,
            f"{name}_tied": ties,
            f"{name}_lost": losses,
            f"{name}_p": self.p_value,
        }


def paired_differences(
    x: Mapping[RepeatKey, float], y: Mapping[RepeatKey, float]
) -> PairedDifferences | None:
    """Return the differences x - y over the keys that both have, rounded to 9 digits behind the point.

    None where they share no key.
    """
    differences = sorted(
        round(x[key] - y[key], _DIGITS) + 0.0 for key in x if key in y
    )  # + 0.0 turns -0.0 into 0.0
    return (
        PairedDifferences(tuple(differences), bootstrap_interval(build_sample(differences), "mean"))
        if differences
        else None
    )


def values_by_repeat(cell: DesignCell, statistic: Statistic) -> dict[RepeatKey, float]:
    """Return the statistic of each repeat, without repeats where it is NaN."""
    values = {key: statistic(repeat) for key, repeat in cell.repeats.items()}
    return {key: value for key, value in values.items() if value == value}


def mean_over_repeats(cell: DesignCell, statistic: Statistic) -> Interval | None:
    """Return the mean of a statistic over repeats, with its interval; None where no repeat has a value."""
    values = values_by_repeat(cell, statistic)
    return bootstrap_interval(build_sample(values.values()), "mean") if values else None


def standard_error(cell: DesignCell, statistic: Statistic) -> float | None:
    """Return the standard error of the mean over repeats; None for fewer than two with a value."""
    values = sorted(values_by_repeat(cell, statistic).values())
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None


def final_accuracy(repeat: Repeat) -> float:
    """Return the test accuracy of a repeat in %, mean over its networks."""
    return repeat.accuracy


@dataclass(frozen=True)
class EarlyFinalCorrelation:
    """The correlation of early fitness with final accuracy over random masks, and its bounds."""

    within_repeats: Interval | None  # rank correlation in each repeat, mean over repeats
    pooled: float | None  # over all masks, each as its difference from its repeat's means
    num_masks: int
    num_candidates: int  # of one search, median over repeats
    final_sd: float | None  # of the final accuracy over masks, points
    max_correlation: float | None  # of the correlation, by the interval of d
    max_gain: float | None  # points that the search can expect, by the correlation's interval


@dataclass(frozen=True)
class SparsityResult:
    """All comparisons of an experiment at one sparsity."""

    sparsity: float
    found: DesignCell
    random: DesignCell
    dense: DesignCell
    sd_over_masks: float | None  # within a repeat, ddof 1, mean over repeats, points
    final_difference: PairedDifferences | None  # found - random, points of test accuracy
    accuracy_loss: PairedDifferences | None  # dense - found
    early_differences: Mapping[int, PairedDifferences | None]  # by epoch, of validation accuracy, points
    epochs_difference: PairedDifferences | None  # epochs to the threshold, found - random
    num_not_reached: tuple[int, int, int, int]  # found networks without it, all found; the same of random
    correlation: EarlyFinalCorrelation


def sparsity_result(
    experiment: Experiment, arms: Arms, sparsity: float, lead_epochs: tuple[int, ...], threshold: float
) -> SparsityResult:
    """Return the comparisons at this sparsity; each is None where its two arms share no repeat.

    `lead_epochs` are the epochs of the early differences, from 1; one beyond the training has none.
    `threshold` is a validation accuracy in %.
    """
    found_cell, random_cell, dense_cell = (
        experiment.get_cell(arms.by_role(role), sparsity)
        for role in (ArmRole.FOUND, ArmRole.RANDOM, ArmRole.DENSE)
    )
    sd_over_masks = _mean_or_none(
        [
            float(repeat.test_accuracy.std(ddof=1))
            for repeat in random_cell.repeats.values()
            if len(repeat.test_accuracy) > 1
        ]
    )
    final_difference = paired_differences(
        values_by_repeat(found_cell, final_accuracy), values_by_repeat(random_cell, final_accuracy)
    )

    def mean_epochs(repeat: Repeat) -> float:
        return float(repeat.epochs_to_accuracy(threshold).mean())

    return SparsityResult(
        sparsity=sparsity,
        found=found_cell,
        random=random_cell,
        dense=dense_cell,
        sd_over_masks=sd_over_masks,
        final_difference=final_difference,
        accuracy_loss=paired_differences(
            values_by_repeat(dense_cell, final_accuracy), values_by_repeat(found_cell, final_accuracy)
        ),
        early_differences={
            epoch: paired_differences(
                values_by_repeat(found_cell, _validation_accuracy_at(epoch)),
                values_by_repeat(random_cell, _validation_accuracy_at(epoch)),
            )
            for epoch in lead_epochs
        },
        epochs_difference=paired_differences(
            values_by_repeat(found_cell, mean_epochs), values_by_repeat(random_cell, mean_epochs)
        ),
        num_not_reached=(
            *_count_not_reached(found_cell, threshold),
            *_count_not_reached(random_cell, threshold),
        ),
        correlation=_correlate_early_with_final(found_cell, random_cell, sd_over_masks, final_difference),
    )


def compare_arms(experiment: Experiment, x: Arm, y: Arm, sparsity: float) -> PairedDifferences | None:
    """Return the differences in test accuracy x - y, in points; None where the arms share no repeat."""
    cells = experiment.get_cell(x, sparsity), experiment.get_cell(y, sparsity)
    return paired_differences(
        values_by_repeat(cells[0], final_accuracy), values_by_repeat(cells[1], final_accuracy)
    )


def _validation_accuracy_at(epoch: int) -> Statistic:
    def accuracy_at_epoch(repeat: Repeat) -> float:
        curve = repeat.mean_curve
        return float(curve[epoch - 1]) if epoch <= len(curve) else float("nan")

    return accuracy_at_epoch


def _count_not_reached(cell: DesignCell, threshold: float) -> tuple[int, int]:
    not_reached = [
        (repeat.epochs_to_accuracy(threshold) > repeat.validation_accuracy.shape[1])
        for repeat in cell.repeats.values()
    ]
    return sum(int(flags.sum()) for flags in not_reached), sum(len(flags) for flags in not_reached)


def _correlate_early_with_final(
    found_cell: DesignCell,
    random_cell: DesignCell,
    final_sd: float | None,
    final_difference: PairedDifferences | None,
) -> EarlyFinalCorrelation:
    early_and_test = [(repeat.early_fitness, repeat.test_accuracy) for repeat in random_cell.repeats.values()]
    correlations = [rank_correlation(*repeat) for repeat in early_and_test]
    defined = [value for value in correlations if value is not None]
    within_repeats = bootstrap_interval(build_sample(defined), "mean") if defined else None
    candidate_counts = [repeat.num_candidates for repeat in found_cell.repeats.values()]
    num_candidates = int(np.median(candidate_counts)) if candidate_counts else 0
    max_correlation = max_gain = None
    if num_candidates > 1 and final_sd:
        gain_per_correlation = final_sd * expected_maximum(num_candidates)
        if final_difference is not None and final_difference.mean.high is not None:
            max_correlation = min(1.0, max(-1.0, final_difference.mean.high / gain_per_correlation))
        if within_repeats is not None and within_repeats.high is not None:
            max_gain = within_repeats.high * gain_per_correlation
    num_masks = sum(len(early) for early, _ in early_and_test)
    return EarlyFinalCorrelation(
        within_repeats,
        pooled_correlation(early_and_test),
        num_masks,
        num_candidates,
        final_sd,
        max_correlation,
        max_gain,
    )


def _mean_or_none(values: list[float]) -> float | None:
    return float(np.mean(sorted(values))) if values else None
