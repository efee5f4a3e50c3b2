"""The loop of every search: ask, evaluate, update the champion, tell, record.

It depends on the seams (`core.protocols`) alone, not on any one method, task or evaluator.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import Int32Array, IntArray
from wannsearch.core.candidates import Candidates
from wannsearch.core.champion import Champion, RetestSettings, update_champion
from wannsearch.core.errors import AllEvaluationsFailed, ConfigError
from wannsearch.core.failures import describe_first_failure
from wannsearch.core.front import Front, empty_front, extend_front
from wannsearch.core.protocols import Evaluator, Method, SupervisesWorkers, Task, count_distinct_episodes
from wannsearch.core.scores import Scores
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.trials import Trials


@dataclass(frozen=True)
class Search:
    """A search holds all parts and settings that determine a run."""

    task: Task
    method: Method[Any]
    evaluator: Evaluator
    trials: Trials
    retest: RetestSettings
    seed: int
    generations: int
    stop_at: float | None = None  # a score; the search ends when the recorded best reaches it

    def initial_state(self) -> SearchState:
        """Return generation 1, zero counts, no champion, an empty front, and the method's start state.

        The method draws its state from the run's seed. ConfigError if its settings do not fit the task.
        """
        state = self.method.start(self.task.ports, make_stream(self.seed, Role.START))
        return SearchState(1, 0, 0, Champion(), empty_front(), state)

    def is_finished(self, progress: SearchState) -> bool:
        """Return whether all generations have run, or the recorded best reaches `stop_at`.

        Where the retest rule has re-tests, only a record that was re-tested counts.
        """
        record = progress.champion.record
        is_confirmed = record is not None and (record.retested or not self.retest.has_retests)
        has_reached_goal = (
            self.stop_at is not None and is_confirmed and record is not None and record.score >= self.stop_at
        )
        return has_reached_goal or progress.next_generation > self.generations

    def draw_trials(self, generation: int) -> Trials:
        """Return the trials of this generation: the named shared weights, then those drawn for it alone."""
        return self.trials.add_drawn_weights(make_stream(self.seed, Role.SHARED_WEIGHTS, generation))

    @property
    def retest_episodes(self) -> int:
        """Return the episodes per weight of a re-test: `repeats` times a trial's; 1 if all are the same."""
        return count_distinct_episodes(self.task, self.retest.repeats * self.trials.episodes)


@dataclass(frozen=True)
class SearchState:
    """The remaining generations of a search depend on this state and on the `Search` alone."""

    next_generation: int  # number of the next generation, from 1
    evaluations: int  # candidates evaluated so far
    env_steps: int  # steps of all episodes so far, without re-tests
    champion: Champion
    front: Front  # of all generations so far
    method_state: Any  # a MethodState


@dataclass(frozen=True)
class Generation:
    """A generation holds the evaluated candidates, their scores, and the resulting states."""

    number: int  # from 1
    candidates: Candidates  # as evaluation left them
    ids: IntArray  # (P,)
    parent_ids: IntArray  # (P, 2)
    rank: Int32Array  # (P,) rank by the method; 0 is best
    scores: Scores
    champion: Champion
    next_state: SearchState  # the state before the next generation
    is_last: bool  # whether no generation follows
    seconds: dict[str, float]  # `ask_s`, `evaluate_s`, `retest_s` and `tell_s` -> wall time in s


def run_search(
    search: Search, initial_state: SearchState, record_generation: Callable[[Generation], None]
) -> Champion:
    """Run the generations from `initial_state` on, and return the last champion.

    `record_generation` is called once per generation. Raises AllEvaluationsFailed after a generation in
    which every candidate failed; this one is recorded, too. Errors of the parts pass through.
    """
    task, method, seed = search.task, search.method, search.seed
    retest_seeds = task.episode_seeds(seed, Role.RETEST, 0, search.retest_episodes)

    def run_retest(network: Candidates) -> Scores:
        return search.evaluator.evaluate(network, task, search.trials, retest_seeds, learn=False)[0]

    def complexity(evaluated_candidates: Candidates) -> IntArray:
        counts: IntArray = evaluated_candidates.complexity(task.ports)
        return counts

    search_state = initial_state
    while not search.is_finished(search_state):
        generation, method_state = search_state.next_generation, search_state.method_state
        timestamps_s = [time.perf_counter()]
        candidates = method.ask(method_state)
        timestamps_s.append(time.perf_counter())
        seeds = task.episode_seeds(seed, Role.EPISODES, generation, search.trials.episodes)
        trials = search.draw_trials(generation)
        all_scores, evaluated_candidates = search.evaluator.evaluate(candidates, task, trials, seeds)
        all_scores.check_shape(len(candidates), trials.num_weights, len(seeds), search.evaluator)
        scores = all_scores.split_off_extra_weights(search.trials.num_weights)
        timestamps_s.append(time.perf_counter())
        champion = update_champion(
            search_state.champion,
            search.retest,
            generation,
            evaluated_candidates,
            method_state.ids,
            scores,
            run_retest,
            complexity,
        )
        timestamps_s.append(time.perf_counter())
        next_method_state = method.tell(
            method_state, evaluated_candidates, scores, make_stream(seed, Role.TELL, generation)
        )
        _check_rank(next_method_state.rank, len(candidates), method)
        timestamps_s.append(time.perf_counter())
        sizes = next(iter(evaluated_candidates.sizes(task.ports).values()))
        front = extend_front(search_state.front, generation, sizes, scores.mean, method_state.ids)
        seconds = dict(
            zip(("ask_s", "evaluate_s", "retest_s", "tell_s"), np.diff(timestamps_s).tolist(), strict=True)
        )
        search_state = SearchState(
            generation + 1,
            search_state.evaluations + len(evaluated_candidates),
            search_state.env_steps + int(all_scores.steps.sum()),
            champion,
            front,
            next_method_state,
        )
        failures = list(search.evaluator.failures) if isinstance(search.evaluator, SupervisesWorkers) else []
        record_generation(
            Generation(
                generation,
                evaluated_candidates,
                method_state.ids,
                method_state.parent_ids,
                next_method_state.rank,
                scores,
                champion,
                search_state,
                search.is_finished(search_state),
                seconds,
            )
        )
        if scores.failed_mask.all():
            reason = describe_first_failure(
                search.evaluator, candidates, task, trials, seeds, all_scores, failures
            )
            raise AllEvaluationsFailed(
                f"generation {generation}: every one of {len(candidates)} networks failed, first {reason}; "
                "the run stops."
            )
    return search_state.champion


def _check_rank(rank: Int32Array, num_candidates: int, method: object) -> None:
    """Raise ConfigError, which names the class of the method, unless there is one rank for each candidate."""
    if np.shape(rank) != (num_candidates,):
        raise ConfigError(
            f"{type(method).__name__}.tell gives a rank of shape {np.shape(rank)}; it must be "
            f"({num_candidates},), one number for each candidate that was evaluated."
        )
