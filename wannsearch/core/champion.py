"""The recorded best of a search, and the re-tests that confirm it.

The best mean of a generation is the highest of many noisy ones, so it is biased upwards. With the rule
`every_new_best` the best candidate, if it beats the record, is re-tested in `repeats` times the episodes
of a trial, with seeds that never change and that no selection used. The mean of that re-test is recorded,
and it must beat the record too. No candidate is re-tested twice, and at most one in a generation. With
`prefer_simpler` the simplest of those with the highest mean is re-tested. If no mean beats the record, the
simplest candidate whose mean equals it is re-tested, if it is simpler than the record's network; a re-test
that equals the record's wins if its network is simpler.

The rule `published_interval` is the published code's (quirk Q10): a new best is recorded with its biased
mean. Only in every `interval`-th generation, and only if the best is new in that very generation (and not
the first of the run), it is re-tested. If the re-test does not beat the record, the record of
`interval - 1` generations ago returns. With `never` nothing is re-tested and the best of all generations
stands; with `latest_generation` the best of the newest generation stands. Nothing here influences what a
method proposes; the record only ends a search that has a `stop_at`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from wannsearch.core.arrays import FloatArray, IntArray
from wannsearch.core.candidates import Candidates
from wannsearch.core.errors import check_at_least
from wannsearch.core.scores import Scores
from wannsearch.core.settings import convert_fields


class RetestRule(str, Enum):
    """A retest rule decides when a new best is re-tested, and which record stands."""

    EVERY_NEW_BEST = "every_new_best"
    PUBLISHED_INTERVAL = "published_interval"
    NEVER = "never"
    LATEST_GENERATION = "latest_generation"


@dataclass(frozen=True, kw_only=True)
class RetestSettings:
    """These settings define when a new best is re-tested, and in how many episodes.

    ConfigError if `repeats` or `interval` is below 1.
    """

    repeats: int  # times the episodes of a trial
    rule: RetestRule
    interval: int  # generations between re-tests for `published_interval`; records kept for any rule
    prefer_simpler: bool  # of equals, for `every_new_best`

    def __post_init__(self) -> None:
        convert_fields(self)
        for name in ("repeats", "interval"):
            check_at_least(f"retest.{name}", getattr(self, name), 1)

    @property
    def has_retests(self) -> bool:
        """Return whether the rule ever re-tests a network."""
        return self.rule not in (RetestRule.NEVER, RetestRule.LATEST_GENERATION)


@dataclass(frozen=True)
class ChampionRecord:
    """A record is one network that was once the best, with its score."""

    network: Candidates  # a batch of one
    id: int
    generation: int
    score: float  # mean over weights and episodes: of the re-test if `retested`, else of the search
    max: float  # mean at its best weight
    retested: bool


@dataclass(frozen=True)
class Champion:
    """A champion holds the records after each of the last `interval` generations, and counts re-tests."""

    history: tuple[ChampionRecord, ...] = ()  # newest last
    retested_ids: tuple[int, ...] = ()  # re-tested ids of the population at the latest re-test
    retests: int = 0
    retest_env_steps: int = 0

    @property
    def record(self) -> ChampionRecord | None:
        """Return the recorded best; None before any evaluation succeeded."""
        return self.history[-1] if self.history else None


def update_champion(
    champion: Champion,
    settings: RetestSettings,
    generation: int,
    candidates: Candidates,
    ids: IntArray,
    scores: Scores,
    run_retest: Callable[[Candidates], Scores],
    complexity: Callable[[Candidates], IntArray],
) -> Champion:
    """Return the champion after this generation.

    `ids` is (P,), `scores` are those of the search. `run_retest` returns the scores of the re-test of a batch
    of one, and is called at most once. `complexity` returns (P,) numbers, smaller for the simpler network. A
    generation without a new best repeats the record; one before any success returns `champion` itself.
    """
    previous_best = champion.record
    means = np.where(scores.failed_mask, -np.inf, scores.mean)
    if settings.rule is RetestRule.EVERY_NEW_BEST:
        means = np.where(np.isin(ids, champion.retested_ids), -np.inf, means)
    if settings.rule is RetestRule.LATEST_GENERATION:
        previous_best = None
    prefers_simpler = settings.prefer_simpler and settings.rule is RetestRule.EVERY_NEW_BEST
    row = _find_challenger(means, previous_best, candidates, complexity if prefers_simpler else None)
    if row is None:
        return champion if previous_best is None else _append_record(champion, settings, previous_best)
    challenger = ChampionRecord(
        candidates.take([row]),
        int(ids[row]),
        generation,
        float(scores.mean[row]),
        float(scores.max[row]),
        False,
    )
    is_published_interval = settings.rule is RetestRule.PUBLISHED_INTERVAL and previous_best is not None
    is_due = settings.rule is RetestRule.EVERY_NEW_BEST or (
        is_published_interval and generation % settings.interval == 0
    )
    if not is_due:
        return _append_record(champion, settings, challenger)
    retest_scores = run_retest(challenger.network)
    retested_ids = tuple(
        candidate_id for candidate_id in (*champion.retested_ids, challenger.id) if candidate_id in ids
    )
    champion = replace(
        champion,
        retested_ids=retested_ids,
        retests=champion.retests + 1,
        retest_env_steps=champion.retest_env_steps + int(retest_scores.steps.sum()),
    )
    retested_record = replace(
        challenger, score=float(retest_scores.mean[0]), max=float(retest_scores.max[0]), retested=True
    )
    is_better = previous_best is None or retested_record.score > previous_best.score
    if prefers_simpler and previous_best is not None and retested_record.score == previous_best.score:
        is_better = bool(complexity(retested_record.network)[0] < complexity(previous_best.network)[0])
    if is_better and not retest_scores.failed_mask[0]:
        return _append_record(champion, settings, retested_record)
    if previous_best is None:
        return champion
    if settings.rule is RetestRule.EVERY_NEW_BEST:
        return _append_record(champion, settings, previous_best)
    return _append_record(
        champion, settings, champion.history[-min(max(settings.interval - 1, 1), len(champion.history))]
    )


def _find_challenger(
    means: FloatArray,
    previous_best: ChampionRecord | None,
    candidates: Candidates,
    complexity: Callable[[Candidates], IntArray] | None,
) -> int | None:
    """Return the row with the highest mean if it beats the record; the first such row without `complexity`.

    With one, return the simplest of the rows with that mean, which may equal the record if it is simpler.
    Return None if there is no such row.
    """
    max_mean = means.max(initial=-np.inf)
    record_score = -np.inf if previous_best is None else previous_best.score
    if max_mean == -np.inf or max_mean < record_score or (max_mean == record_score and complexity is None):
        return None
    rows = np.flatnonzero(means == max_mean)
    if complexity is None:
        return int(rows[0])
    sizes = complexity(candidates.take(rows))
    simplest_index = int(np.argmin(sizes))
    if (
        previous_best is not None
        and max_mean == record_score
        and sizes[simplest_index] >= complexity(previous_best.network)[0]
    ):
        return None
    return int(rows[simplest_index])


def _append_record(champion: Champion, settings: RetestSettings, record: ChampionRecord) -> Champion:
    return replace(champion, history=(*champion.history, record)[-settings.interval :])
