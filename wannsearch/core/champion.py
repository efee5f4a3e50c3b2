"""The recorded best, and what it takes to be believed.

The best mean of a generation is the highest of many noisy ones, so it flatters. With the rule
`every_new_best` whoever beats the record is played again, `repeats` times the episodes of a trial,
always the same ones and none that selection has seen; the mean of that re-test is what is recorded,
and it must beat the record too. With `prefer_simpler` the simplest of those with the highest mean is
played again; where nobody beats the record, the simplest whose mean equals it and that has fewer
connections is; and a re-test that equals the record's wins if its network is simpler. Either way one
network a generation is played again at most.

The rule `at_saves` is the published code's (quirk Q10): a new best is recorded with its flattering
mean; only in every `interval`-th generation, and only if the best is new in that very generation, it is
re-tested, and if it was luck the record of `interval - 1` generations ago returns. With `never` nobody
is played again and the best of all generations stands; with `newest` the best of the newest generation
does. Nothing here influences the search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
import numpy.typing as npt

from wannsearch.core.candidates import Candidates
from wannsearch.core.errors import at_least
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields


class RetestRule(str, Enum):
    """When a new best is played again."""

    EVERY_NEW_BEST = "every_new_best"
    AT_SAVES = "at_saves"
    NEVER = "never"
    NEWEST = "newest"


@dataclass(frozen=True, kw_only=True)
class Retest:
    """How often, and when."""

    repeats: int  # times the episodes of a trial
    rule: RetestRule
    interval: int  # generations between saves, for `at_saves`
    prefer_simpler: bool  # of equals, for `every_new_best`

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("repeats", "interval"):
            at_least(f"retest.{name}", getattr(self, name), 1)

    @property
    def tests(self) -> bool:
        """Whether anybody is ever played again."""
        return self.rule not in (RetestRule.NEVER, RetestRule.NEWEST)


@dataclass(frozen=True)
class Record:
    """One network that was once the best."""

    network: Candidates  # of one
    id: int
    generation: int
    score: float  # mean over the trial's weights
    max: float  # mean at its best weight
    retested: bool


@dataclass(frozen=True)
class Champion:
    """The recorded best of the last generations, newest last; as many as a save may go back."""

    recent: tuple[Record, ...] = ()
    tested: tuple[int, ...] = ()  # ids that had their re-test and are still alive
    retests: int = 0
    retest_env_steps: int = 0

    @property
    def record(self) -> Record | None:
        """The recorded best, if anybody ever succeeded."""
        return self.recent[-1] if self.recent else None


def challenged(
    champion: Champion,
    retest: Retest,
    generation: int,
    asked: Candidates,
    ids: npt.NDArray[np.int64],
    scores: Scores,
    play_again: Callable[[Candidates], Scores],
    complexity: Callable[[Candidates], npt.NDArray[np.int64]],
) -> Champion:
    """The champion after this generation.

    `play_again` gives the scores of a network's re-test, `complexity` (P,) the smaller for the simpler.
    """
    before = champion.record
    means = np.where(scores.failed, -np.inf, scores.mean)
    if retest.rule is RetestRule.EVERY_NEW_BEST:
        means = np.where(np.isin(ids, champion.tested), -np.inf, means)
    if retest.rule is RetestRule.NEWEST:
        before = None
    simpler = retest.prefer_simpler and retest.rule is RetestRule.EVERY_NEW_BEST
    row = _find_challenger(means, before, asked, complexity if simpler else None)
    if row is None:
        return champion if before is None else _followed(champion, retest, before)
    now = Record(
        asked.take([row]), int(ids[row]), generation, float(scores.mean[row]), float(scores.max[row]), False
    )
    saves = retest.rule is RetestRule.AT_SAVES and before is not None
    due = retest.rule is RetestRule.EVERY_NEW_BEST or (saves and generation % retest.interval == 0)
    if not due:
        return _followed(champion, retest, now)
    again = play_again(now.network)
    alive = tuple(known for known in (*champion.tested, now.id) if known in ids)
    champion = replace(
        champion,
        tested=alive,
        retests=champion.retests + 1,
        retest_env_steps=champion.retest_env_steps + int(again.steps.sum()),
    )
    tested = replace(now, score=float(again.mean[0]), max=float(again.max[0]), retested=True)
    wins = before is None or tested.score > before.score
    if simpler and before is not None and tested.score == before.score:
        wins = bool(complexity(tested.network)[0] < complexity(before.network)[0])
    if wins and not again.failed[0]:
        return _followed(champion, retest, tested)
    if before is None:
        return champion
    if retest.rule is RetestRule.EVERY_NEW_BEST:
        return _followed(champion, retest, before)
    return _followed(
        champion, retest, champion.recent[-min(max(retest.interval - 1, 1), len(champion.recent))]
    )


def _find_challenger(
    means: npt.NDArray[np.float64],
    before: Record | None,
    asked: Candidates,
    complexity: Callable[[Candidates], npt.NDArray[np.int64]] | None,
) -> int | None:
    """The row with the highest mean if that beats the record; the first such row without a `complexity`.

    With one, of rows with that mean the simplest, which may equal the record if it is simpler. None if
    there is no such row.
    """
    highest = means.max(initial=-np.inf)
    record = -np.inf if before is None else before.score
    if highest == -np.inf or highest < record or (highest == record and complexity is None):
        return None
    rows = np.flatnonzero(means == highest)
    if complexity is None:
        return int(rows[0])
    sizes = complexity(asked.take(rows))
    simplest = int(np.argmin(sizes))
    if before is not None and highest == record and sizes[simplest] >= complexity(before.network)[0]:
        return None
    return int(rows[simplest])


def _followed(champion: Champion, retest: Retest, record: Record) -> Champion:
    return replace(champion, recent=(*champion.recent, record)[-retest.interval :])
