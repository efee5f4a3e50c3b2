"""The loop of every search: ask, evaluate, tell, champion, record.

It knows neither method nor task nor evaluator, only the seams (`core.protocols`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.candidates import Candidates
from wannsearch.core.champion import Champion, Retest, challenged
from wannsearch.core.errors import NothingSucceeded
from wannsearch.core.failures import first_failure
from wannsearch.core.front import Front, empty_front, extend_front
from wannsearch.core.protocols import Evaluator, Method, Supervising, Task, distinct_episodes
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, stream
from wannsearch.core.trials import Trials


@dataclass(frozen=True)
class Search:
    """Everything that determines a run."""

    task: Task
    method: Method[Any]
    evaluator: Evaluator
    trials: Trials
    retest: Retest
    seed: int
    generations: int
    stop_at: float | None = None  # a return; who is recorded with so much ends the search

    def opening(self) -> Progress:
        """Before the first generation."""
        state = self.method.start(self.task.ports, stream(self.seed, Role.START))
        return Progress(1, 0, 0, Champion(), empty_front(), state)

    def ended(self, progress: Progress) -> bool:
        """Whether no generation is left to ask: the budget is spent, or the recorded best is good enough."""
        record = progress.champion.record
        tested = record is not None and (record.retested or not self.retest.tests)
        good = self.stop_at is not None and tested and record is not None and record.score >= self.stop_at
        return good or progress.next > self.generations

    @property
    def retest_episodes(self) -> int:
        """Episodes per weight that a new best plays again."""
        return distinct_episodes(self.task, self.retest.repeats * self.trials.episodes)


@dataclass(frozen=True)
class Progress:
    """Where a search stands before it asks the next generation: all that the rest of it depends on."""

    next: int  # the generation to ask, from 1
    evaluations: int  # networks proposed so far
    env_steps: int  # steps so far
    champion: Champion
    front: Front  # of all generations so far
    state: Any  # the method's


@dataclass(frozen=True)
class Generation:
    """One evaluated population and what became of it."""

    number: int  # from 1
    candidates: Candidates  # as evaluation left them
    ids: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: npt.NDArray[np.int32]  # (P,) the method's own rank
    scores: Scores
    champion: Champion
    then: Progress  # what the next generation starts from
    last: bool  # no generation follows
    seconds: dict[str, float]


def searched(search: Search, begin: Progress, record: Callable[[Generation], None]) -> Champion:
    """Run the generations from `begin` on; `record` is called once for each. Gives the last champion."""
    task, method, seed = search.task, search.method, search.seed
    again = task.episode_seeds(seed, Role.RETEST, 0, search.retest_episodes)

    def play_again(network: Candidates) -> Scores:
        return search.evaluator.evaluate(network, task, search.trials, again, learn=False)[0]

    def complexity(candidates: Candidates) -> npt.NDArray[np.int64]:
        counts: npt.NDArray[np.int64] = candidates.complexity(task.ports)
        return counts

    at = begin
    while not search.ended(at):
        number, state = at.next, at.state
        clock = [time.perf_counter()]
        asked = method.ask(state)
        clock.append(time.perf_counter())
        seeds = task.episode_seeds(seed, Role.EPISODES, number, search.trials.episodes)
        scores, candidates = search.evaluator.evaluate(asked, task, search.trials, seeds)
        clock.append(time.perf_counter())
        champion = challenged(
            at.champion, search.retest, number, candidates, state.id, scores, play_again, complexity
        )
        clock.append(time.perf_counter())
        bred = method.tell(state, candidates, scores, stream(seed, Role.TELL, number))
        clock.append(time.perf_counter())
        sizes = next(iter(candidates.sizes(task.ports).values()))
        front = extend_front(at.front, number, sizes, scores.mean, state.id)
        seconds = dict(
            zip(("ask_s", "evaluate_s", "retest_s", "tell_s"), np.diff(clock).tolist(), strict=True)
        )
        at = Progress(
            number + 1,
            at.evaluations + len(candidates),
            at.env_steps + int(scores.steps.sum()),
            champion,
            front,
            bred,
        )
        failures = list(search.evaluator.failures) if isinstance(search.evaluator, Supervising) else []
        record(
            Generation(
                number,
                candidates,
                state.id,
                state.parents,
                bred.order,
                scores,
                champion,
                at,
                search.ended(at),
                seconds,
            )
        )
        if scores.failed.all():
            why = first_failure(search.evaluator, asked, task, search.trials, seeds, scores, failures)
            raise NothingSucceeded(
                f"generation {number}: every one of {len(asked)} networks failed, first {why}; the run stops."
            )
    return at.champion
