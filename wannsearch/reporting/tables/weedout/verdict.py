"""Whether a block reproduces what Farahani (2024, arXiv 2403.08265) found, in words.

The paper's decimals could not be read, so its claims are asked as four conditions:

    1  accuracy falls slowly: at 80 % sparsity within a few points of the dense parent
    2  the found network leads at the early budget, or the search did nothing
    3  after training it is no better: the interval of found - random contains 0 and two one-sided tests
       place it inside the margin, at every sparsity
    4  it does not get faster to a fixed accuracy, at every sparsity

That a difference is not significant does not show that there is none: where equivalence is not shown, 3
is open, and how many repeats it would take is said. Differences that are the same in every repeat have an
interval of no width: nothing is judged by them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from wannsearch.core.settings import convert_fields
from wannsearch.reporting.tables.weedout.comparison import Figures
from wannsearch.reporting.tables.weedout.number_format import signed, signed_between, told_p
from wannsearch.reporting.tables.weedout.paired_differences import Pairs


class Holds(str, Enum):
    """What the runs say of a condition."""

    YES = "holds"
    NO = "does not hold"
    OPEN = "not decided"
    UNKNOWN = "not judged"


@dataclass(frozen=True)
class Condition:
    """One of the four, and the numbers that decide it."""

    name: str
    claim: str  # the paper's, in words
    holds: Holds
    words: str


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What the paper says, and where; no figures of it are known."""

    source: str
    kept: str
    early: str
    final: str
    speed: str

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What is asked of a reproduction."""

    sparsity: float  # at which `points` are asked
    points: float  # of test accuracy that may be lost there
    repeats: int  # the fewest for a sentence about the paper

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True)
class Judged:
    """A block's figures, and by what they are judged."""

    figures: Sequence[Figures]
    bar: Bar
    epoch: int  # of the early budget
    margin: Callable[[float], float]  # of a sparsity, points
    level: float
    threshold: float  # %

    @property
    def searched(self) -> list[Figures]:
        """Sparsities at which the search or random masks were begun; rivals alone decide nothing."""
        return [one for one in self.figures if one.found.begun or one.random.begun]


_FEW = "fewer than 2 repeats"
_NO_SPREAD = "no spread between repeats"


def conditions(judged: Judged, claims: Claims) -> tuple[Condition, ...]:
    """All four, in order."""
    found, above_none = judged.searched, [one for one in judged.searched if one.sparsity > 0]
    epoch = judged.epoch
    return (
        _kept(judged, claims.kept),
        _at_every(
            "2 leads early",
            claims.early,
            above_none,
            lambda one: _leads(one.leads.get(epoch)),
            f"found - random at epoch {epoch}, points of validation accuracy",
        ),
        _at_every(
            "3 equal after training",
            claims.final,
            found,
            lambda one: _final(one, judged),
            "found - random, points of test accuracy",
        ),
        _at_every(
            "4 not faster",
            claims.speed,
            found,
            lambda one: _speed(one.epochs),
            f"found - random, epochs to {judged.threshold:g} % of validation accuracy",
        ),
    )


def sentence(found: Sequence[Condition], judged: Judged) -> str:
    """What the four come to."""
    by = {outcome: [one.name for one in found if one.holds is outcome] for outcome in Holds}
    counts = [one.final.n if one.final else 0 for one in judged.searched]
    least = min(counts, default=0)
    told = "; ".join(f"{', '.join(names)}: {outcome.value}" for outcome, names in by.items() if names)
    if least < judged.bar.repeats:
        return (
            f"Not decided whether this reproduces the paper's finding: {least} repeats, and "
            f"{judged.bar.repeats} are the least for that. So far {told}."
        )
    if by[Holds.NO]:
        return f"Does not reproduce the paper's finding. {told}."
    if by[Holds.OPEN] or by[Holds.UNKNOWN]:
        return f"Not decided whether this reproduces the paper's finding. {told}."
    return (
        f"Reproduces the paper's finding: all four conditions hold, at {len(counts)} sparsities with at "
        f"least {least} repeats."
    )


def _kept(judged: Judged, claim: str) -> Condition:
    bar = judged.bar
    one = next((one for one in judged.figures if one.sparsity == bar.sparsity), None)
    loss = one.loss if one else None
    if one is None or loss is None or loss.mean.low is None or loss.mean.high is None:
        what = "no pair of found and dense" if loss is None else _refuse(loss)
        words = f"{Holds.UNKNOWN.value}: {what} at sparsity {bar.sparsity:g}"
        return Condition("1 falls slowly", claim, Holds.UNKNOWN, words)
    holds = Holds.OPEN
    if loss.mean.high <= bar.points:
        holds = Holds.YES
    elif loss.mean.low > bar.points:
        holds = Holds.NO
    words = (
        f"dense - found at sparsity {bar.sparsity:g}: {signed_between(loss.mean)} points, n = {loss.n}; at "
        f"most {bar.points:g} are a few"
    )
    return Condition("1 falls slowly", claim, holds, words)


def _refuse(found: Pairs | None) -> str:
    """Why such pairs judge nothing; what is the same in every repeat is told."""
    if found is None or not found.mean.without_spread:
        return _FEW
    return f"{signed(found.mean.estimate)} each time, {_NO_SPREAD}"


def _leads(lead: Pairs | None) -> tuple[Holds, str]:
    if lead is None or lead.mean.low is None or lead.mean.high is None:
        return Holds.UNKNOWN, _refuse(lead)
    holds = Holds.YES if lead.mean.low > 0 else Holds.NO if lead.mean.high <= 0 else Holds.OPEN
    return holds, signed_between(lead.mean)


def _final(one: Figures, judged: Judged) -> tuple[Holds, str]:
    margin = judged.margin(one.sparsity)
    same = one.final.equivalence(margin, judged.level) if one.final else None
    if one.final is None or same is None or same.p_value is None or one.final.mean.refusal is not None:
        return Holds.UNKNOWN, _refuse(one.final)
    shown = signed_between(one.final.mean)
    ends = f"{100 - 200 * judged.level:g} % interval [{signed(same.low)}, {signed(same.high)}]"
    if not one.final.mean.holds(0.0):
        return Holds.NO, f"{shown} is without 0"
    if same.shown:
        return Holds.YES, f"{shown}, {ends} inside ±{margin:g}"
    return (
        Holds.OPEN,
        f"{shown}, {ends} not inside ±{margin:g} ({told_p(same.p_value)}); it would take about "
        f"{same.needed} repeats, not {one.final.n}",
    )


def _speed(epochs: Pairs | None) -> tuple[Holds, str]:
    if epochs is None or epochs.mean.low is None:
        return Holds.UNKNOWN, _refuse(epochs)
    holds = Holds.YES if epochs.mean.holds(0.0) else Holds.NO
    return holds, signed_between(epochs.mean)


def _at_every(
    name: str,
    claim: str,
    figures: Sequence[Figures],
    judge: Callable[[Figures], tuple[Holds, str]],
    what: str,
) -> Condition:
    """One bad sparsity breaks it, one open one leaves it open.

    Where nothing is masked, all arms are the dense parent: that they do not differ there decides nothing.
    """
    each = [(one.sparsity, *judge(one)) for one in figures]
    if not each:
        return Condition(name, claim, Holds.UNKNOWN, f"{Holds.UNKNOWN.value}: no sparsity above 0 was run")
    outcomes = {holds for sparsity, holds, _ in each if sparsity > 0 or holds is not Holds.UNKNOWN}
    outcomes = outcomes or {Holds.UNKNOWN}
    if Holds.NO in outcomes:
        holds = Holds.NO
    elif outcomes == {Holds.UNKNOWN}:
        holds = Holds.UNKNOWN
    else:
        holds = Holds.YES if outcomes == {Holds.YES} else Holds.OPEN
    told = [
        f"{sparsity:g}: {words}" if one is Holds.YES else f"{sparsity:g} ({one.value}): {words}"
        for sparsity, one, words in each
    ]
    return Condition(name, claim, holds, f"{what}. " + "; ".join(told))
