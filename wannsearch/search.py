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

from wannsearch.core.champion import Champion, Retest, challenged
from wannsearch.core.errors import NothingSucceeded
from wannsearch.core.population import Population
from wannsearch.core.protocols import Evaluator, Method, Task, distinct_episodes
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

    @property
    def retest_episodes(self) -> int:
        """Episodes per weight that a new best plays again."""
        return distinct_episodes(self.task, self.retest.repeats * self.trials.episodes)


@dataclass(frozen=True)
class Generation:
    """One evaluated population and what became of it."""

    number: int  # from 1
    asked: Population
    ids: npt.NDArray[np.int64]  # (P,)
    parents: npt.NDArray[np.int64]  # (P, 2)
    order: npt.NDArray[np.int32]  # (P,) the method's own rank
    scores: Scores
    champion: Champion
    evaluations: int  # networks proposed so far
    env_steps: int  # steps so far
    seconds: dict[str, float]


def searched(search: Search, record: Callable[[Generation], None]) -> Champion:
    """Run the generations; `record` is called once for each. Gives the champion of the last."""
    task, method, seed = search.task, search.method, search.seed
    champion, evaluations, env_steps = Champion(), 0, 0
    again = task.episode_seeds(seed, Role.RETEST, 0, search.retest_episodes)

    def play_again(network: Population) -> Scores:
        return search.evaluator.evaluate(network, task, search.trials, again)

    state = method.start(task.ports, stream(seed, Role.START))
    for number in range(1, search.generations + 1):
        clock = [time.perf_counter()]
        asked = method.ask(state)
        clock.append(time.perf_counter())
        seeds = task.episode_seeds(seed, Role.EPISODES, number, search.trials.episodes)
        scores = search.evaluator.evaluate(asked, task, search.trials, seeds)
        clock.append(time.perf_counter())
        champion = challenged(champion, search.retest, number, asked, state.id, scores, play_again)
        clock.append(time.perf_counter())
        bred = method.tell(state, asked, scores, stream(seed, Role.TELL, number))
        clock.append(time.perf_counter())
        evaluations += len(asked)
        env_steps += int(scores.steps.sum())
        seconds = dict(
            zip(("ask_s", "evaluate_s", "retest_s", "tell_s"), np.diff(clock).tolist(), strict=True)
        )
        record(
            Generation(
                number,
                asked,
                state.id,
                state.parents,
                bred.order,
                scores,
                champion,
                evaluations,
                env_steps,
                seconds,
            )
        )
        if scores.failed.all():
            raise NothingSucceeded(
                f"generation {number}: every one of {len(asked)} networks failed; the run stops here."
            )
        state = bred
    return champion
