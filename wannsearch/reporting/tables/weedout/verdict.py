"""The verdict on whether an experiment reproduces the finding of Farahani (2024, arXiv 2403.08265).

The paper's decimals could not be read, so its claims are tested as four conditions:

    1  accuracy falls slowly: at one sparsity (80 % by default) within a few points of the dense network
    2  the found network leads at the early budget, at every sparsity above 0, or the search did nothing
    3  after training it is no better: the interval of found - random contains 0 and two one-sided tests
       place it inside the margin, at every sparsity
    4  it does not get faster to a fixed accuracy: the interval of the difference in epochs contains 0, at
       every sparsity

A difference that is not significant is not shown to be 0: where equivalence is not shown, condition 3 is
open, and the number of repeats that would show it is given. Differences that are the same in every repeat
have an interval of no width, by which nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from wannsearch.core.settings import convert_fields
from wannsearch.reporting.tables.weedout.comparison import PairedDifferences, SparsityResult
from wannsearch.reporting.tables.weedout.number_format import (
    format_p_in_sentence,
    format_signed,
    format_signed_interval,
)


class Verdict(str, Enum):
    """The outcome of a condition by the runs at hand."""

    YES = "holds"
    NO = "does not hold"
    OPEN = "not decided"
    UNKNOWN = "not judged"


@dataclass(frozen=True)
class Condition:
    """One of the four conditions, and the numbers that decide it."""

    name: str
    claim: str  # of the paper
    verdict: Verdict
    evidence: str


@dataclass(frozen=True, kw_only=True)
class PaperClaims:
    """The paper's claims in words, and their source; no figures of it are known."""

    source: str
    retained_accuracy: str
    early: str
    final: str
    speed: str

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """The criteria that a reproduction must fulfil."""

    sparsity: float  # at which the accuracy loss is judged
    max_loss_points: float  # of test accuracy, the largest loss there
    min_repeats: int  # the fewest for a verdict on the paper

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True)
class VerdictInput:
    """The numbers of an experiment, and the settings that judge them."""

    results: Sequence[SparsityResult]
    criteria: Criteria
    early_epoch: int  # of the early budget
    margin_at: Callable[[float], float]  # of a sparsity, points
    alpha: float
    threshold: float  # %

    @property
    def searched_results(self) -> list[SparsityResult]:
        """The results of sparsities where search or random masks were started, not rivals alone."""
        return [result for result in self.results if result.found.num_started or result.random.num_started]


_TOO_FEW_REPEATS = "fewer than 2 repeats"
_NO_SPREAD = "no spread between repeats"


def judge_conditions(verdict_input: VerdictInput, claims: PaperClaims) -> tuple[Condition, ...]:
    """Return the four conditions in their order; condition 2 is judged at sparsities above 0 only."""
    results, sparse_results = (
        verdict_input.searched_results,
        [result for result in verdict_input.searched_results if result.sparsity > 0],
    )
    early_epoch = verdict_input.early_epoch
    return (
        _judge_retained_accuracy(verdict_input, claims.retained_accuracy),
        _judge_every_sparsity(
            "2 leads early",
            claims.early,
            sparse_results,
            lambda result: _judge_lead(result.early_differences.get(early_epoch)),
            f"found - random at epoch {early_epoch}, points of validation accuracy",
        ),
        _judge_every_sparsity(
            "3 equal after training",
            claims.final,
            results,
            lambda result: _judge_final(result, verdict_input),
            "found - random, points of test accuracy",
        ),
        _judge_every_sparsity(
            "4 not faster",
            claims.speed,
            results,
            lambda result: _judge_speed(result.epochs_difference),
            f"found - random, epochs to {verdict_input.threshold:g} % of validation accuracy",
        ),
    )


def summarize_conditions(four_conditions: Sequence[Condition], verdict_input: VerdictInput) -> str:
    """Return a sentence on whether the four conditions reproduce the paper's finding.

    It is not decided with fewer than `min_repeats` pairs of found and random at some sparsity, and where no
    condition fails and one is open or not judged.
    """
    names_by_verdict = {
        verdict: [entry.name for entry in four_conditions if entry.verdict is verdict] for verdict in Verdict
    }
    repeat_counts = [
        entry.final_difference.n if entry.final_difference else 0 for entry in verdict_input.searched_results
    ]
    min_repeats = min(repeat_counts, default=0)
    summary = "; ".join(
        f"{', '.join(names)}: {verdict.value}" for verdict, names in names_by_verdict.items() if names
    )
    if min_repeats < verdict_input.criteria.min_repeats:
        return (
            f"Not decided whether this reproduces the paper's finding: {min_repeats} repeats, and "
            f"{verdict_input.criteria.min_repeats} are the least for that. So far {summary}."
        )
    if names_by_verdict[Verdict.NO]:
        return f"Does not reproduce the paper's finding. {summary}."
    if names_by_verdict[Verdict.OPEN] or names_by_verdict[Verdict.UNKNOWN]:
        return f"Not decided whether this reproduces the paper's finding. {summary}."
    return (
        f"Reproduces the paper's finding: all four conditions hold, at {len(repeat_counts)} sparsities with "
        f"at least {min_repeats} repeats."
    )


def _judge_retained_accuracy(verdict_input: VerdictInput, claim: str) -> Condition:
    criteria = verdict_input.criteria
    result = next((result for result in verdict_input.results if result.sparsity == criteria.sparsity), None)
    accuracy_loss = result.accuracy_loss if result else None
    if (
        result is None
        or accuracy_loss is None
        or accuracy_loss.mean.low is None
        or accuracy_loss.mean.high is None
    ):
        reason = "no pair of found and dense" if accuracy_loss is None else _refusal_reason(accuracy_loss)
        evidence = f"{Verdict.UNKNOWN.value}: {reason} at sparsity {criteria.sparsity:g}"
        return Condition("1 falls slowly", claim, Verdict.UNKNOWN, evidence)
    verdict = Verdict.OPEN
    if accuracy_loss.mean.high <= criteria.max_loss_points:
        verdict = Verdict.YES
    elif accuracy_loss.mean.low > criteria.max_loss_points:
        verdict = Verdict.NO
    evidence = (
        f"dense - found at sparsity {criteria.sparsity:g}: {format_signed_interval(accuracy_loss.mean)} "
        f"points, n = {accuracy_loss.n}; at most {criteria.max_loss_points:g} are a few"
    )
    return Condition("1 falls slowly", claim, verdict, evidence)


def _refusal_reason(differences: PairedDifferences | None) -> str:
    """Return why these differences judge nothing, with the value where all repeats share one."""
    if differences is None or not differences.mean.without_spread:
        return _TOO_FEW_REPEATS
    return f"{format_signed(differences.mean.estimate)} each time, {_NO_SPREAD}"


def _judge_lead(differences: PairedDifferences | None) -> tuple[Verdict, str]:
    if differences is None or differences.mean.low is None or differences.mean.high is None:
        return Verdict.UNKNOWN, _refusal_reason(differences)
    verdict = (
        Verdict.YES
        if differences.mean.low > 0
        else Verdict.NO
        if differences.mean.high <= 0
        else Verdict.OPEN
    )
    return verdict, format_signed_interval(differences.mean)


def _judge_final(result: SparsityResult, verdict_input: VerdictInput) -> tuple[Verdict, str]:
    margin = verdict_input.margin_at(result.sparsity)
    equivalence = (
        result.final_difference.equivalence(margin, verdict_input.alpha) if result.final_difference else None
    )
    if (
        result.final_difference is None
        or equivalence is None
        or equivalence.p_value is None
        or result.final_difference.mean.refusal is not None
    ):
        return Verdict.UNKNOWN, _refusal_reason(result.final_difference)
    interval_text = format_signed_interval(result.final_difference.mean)
    equivalence_text = (
        f"{100 - 200 * verdict_input.alpha:g} % interval [{format_signed(equivalence.low)}, "
        f"{format_signed(equivalence.high)}]"
    )
    if not result.final_difference.mean.contains(0.0):
        return Verdict.NO, f"{interval_text} is without 0"
    if equivalence.is_equivalent:
        return Verdict.YES, f"{interval_text}, {equivalence_text} inside ±{margin:g}"
    return (
        Verdict.OPEN,
        f"{interval_text}, {equivalence_text} not inside ±{margin:g} "
        f"({format_p_in_sentence(equivalence.p_value)}); it would take about "
        f"{equivalence.min_pairs} repeats, not {result.final_difference.n}",
    )


def _judge_speed(differences: PairedDifferences | None) -> tuple[Verdict, str]:
    if differences is None or differences.mean.low is None:
        return Verdict.UNKNOWN, _refusal_reason(differences)
    verdict = Verdict.YES if differences.mean.contains(0.0) else Verdict.NO
    return verdict, format_signed_interval(differences.mean)


def _judge_every_sparsity(
    name: str,
    claim: str,
    results: Sequence[SparsityResult],
    judge: Callable[[SparsityResult], tuple[Verdict, str]],
    quantity: str,
) -> Condition:
    """Return a condition that one failing sparsity breaks and one open sparsity leaves open.

    At sparsity 0 all arms are the dense parent network, so differences without spread there decide nothing.
    """
    judgments = [(entry.sparsity, *judge(entry)) for entry in results]
    if not judgments:
        return Condition(
            name, claim, Verdict.UNKNOWN, f"{Verdict.UNKNOWN.value}: no sparsity above 0 was run"
        )
    verdicts = {
        verdict for sparsity, verdict, _ in judgments if sparsity > 0 or verdict is not Verdict.UNKNOWN
    }
    verdicts = verdicts or {Verdict.UNKNOWN}
    if Verdict.NO in verdicts:
        verdict = Verdict.NO
    elif verdicts == {Verdict.UNKNOWN}:
        verdict = Verdict.UNKNOWN
    else:
        verdict = Verdict.YES if verdicts == {Verdict.YES} else Verdict.OPEN
    details = [
        f"{sparsity:g}: {evidence}" if entry is Verdict.YES else f"{sparsity:g} ({entry.value}): {evidence}"
        for sparsity, entry, evidence in judgments
    ]
    return Condition(name, claim, verdict, f"{quantity}. " + "; ".join(details))
