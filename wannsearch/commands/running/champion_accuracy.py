"""The accuracy of the champion of a classification that is searched by another score, for the display.

A loss says little to a person. So the recorded best is evaluated once more, on the episodes of the re-tests
and with accuracy as the reward. Nothing of it is recorded, and no search depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wannsearch.core.champion import Champion
from wannsearch.core.errors import WannsearchError
from wannsearch.core.protocols import HasAccuracy, NamesOwnScores, SupervisesWorkers, Task
from wannsearch.core.score_names import name_fitness
from wannsearch.core.streams import Role
from wannsearch.search import Search

_ACCURACY = "accuracy"


@dataclass
class ChampionAccuracy:
    """Measures the accuracy of each new champion of one search."""

    search: Search
    _accuracy_task: Task | None = field(init=False)
    _champion_id: int | None = field(default=None, init=False)
    _accuracy: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        task, evaluator = self.search.task, self.search.evaluator
        has_own_scores = isinstance(evaluator, NamesOwnScores) or name_fitness(task, evaluator) == _ACCURACY
        self._accuracy_task = (
            task.accuracy() if isinstance(task, HasAccuracy) and not has_own_scores else None
        )

    def measure(self, champion: Champion) -> float | None:
        """Return the accuracy of the recorded best, its mean over weights and episodes.

        None stands for a task without an accuracy of its own, for no record, and for a failed evaluation.
        """
        record, task = champion.record, self._accuracy_task
        if task is None or record is None:
            return None
        if record.id != self._champion_id:
            self._champion_id, self._accuracy = record.id, self._evaluate(champion, task)
        return self._accuracy

    def _evaluate(self, champion: Champion, task: Task) -> float | None:
        assert champion.record is not None  # the caller has checked it
        search = self.search
        seeds = search.task.episode_seeds(search.seed, Role.RETEST, 0, search.retest_episodes)
        try:
            scores, _ = search.evaluator.evaluate(
                champion.record.network, task, search.trials, seeds, learn=False
            )
        except WannsearchError:  # what is only shown ends no search
            return None
        finally:
            if isinstance(search.evaluator, SupervisesWorkers):
                search.evaluator.failures.clear()
        mean = float(scores.mean[0])
        return None if mean != mean else mean
