"""A person is told the champion's accuracy where a search is judged by another score."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from wannsearch.commands.running.champion_accuracy import ChampionAccuracy
from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.champion import Champion, ChampionRecord, RetestRule, RetestSettings
from wannsearch.core.errors import EvaluationFailed
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.formats import one_network
from wannsearch.methods.wann import Wann
from wannsearch.search import Search
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.logic import Gate, Logic, LogicReward

# Bias 0, inputs 1 and 2, output 3: right in all four rows of `or` with weight 1, in one with weight -1.
OR = one_network.from_arrays([1] * 4, [1, 2], [3, 3], [1.0, 1.0])
TASK = Logic(gate=Gate.OR, bits=2, reward=LogicReward.CLOSENESS, episodes=1, activations=CONTROL_ACTIVATIONS)


@dataclass(frozen=True)
class Counting(Reference):
    """The reference, which counts what it is asked and may fail."""

    calls: list[Any] = field(default_factory=list)
    failures: list[Any] = field(default_factory=list)
    fails: bool = False

    def evaluate(self, candidates: Any, task: Any, trials: Any, seeds: Any, learn: bool = True) -> Any:
        self.calls.append((task.score_name, learn))
        if self.fails:
            self.failures.append("a worker ended")
            raise EvaluationFailed("a worker ended")
        return super().evaluate(candidates, task, trials, seeds, learn)

    def close(self) -> None:
        pass


def search(evaluator: Counting, task: Any = TASK) -> Search:
    retest = RetestSettings(repeats=2, rule=RetestRule.EVERY_NEW_BEST, interval=8, prefer_simpler=True)
    method: Any = Wann
    trials = Trials(shared_weights=(1.0, -1.0), episodes=1)
    return Search(
        task=task, method=method, evaluator=evaluator, trials=trials, retest=retest, seed=0, generations=1
    )


def champion(record_id: int) -> Champion:
    return Champion((ChampionRecord(OR, record_id, 1, 0.5, 0.5, True),))


def test_it_is_the_mean_over_the_weights_and_measured_once_a_champion() -> None:
    evaluator = Counting()
    accuracy = ChampionAccuracy(search(evaluator))
    expected = np.mean([4 / 4, 1 / 4])
    assert [accuracy.measure(champion(number)) for number in (3, 3, 5)] == [expected] * 3
    assert evaluator.calls == [("accuracy", False)] * 2


def test_no_record_has_none_and_neither_has_a_task_without_an_accuracy_of_its_own() -> None:
    evaluator = Counting()
    assert ChampionAccuracy(search(evaluator)).measure(Champion()) is None
    pole = CartPole(episodes=1, horizon=5, start_range=0.05, activations=CONTROL_ACTIVATIONS)
    for task in (pole, TASK.accuracy()):
        assert ChampionAccuracy(search(evaluator, task)).measure(champion(3)) is None
    assert evaluator.calls == []


def test_an_evaluation_that_fails_ends_no_search_and_leaves_no_failure() -> None:
    evaluator = Counting(fails=True)
    assert ChampionAccuracy(search(evaluator)).measure(champion(3)) is None
    assert evaluator.failures == []


def test_a_search_with_a_display_has_the_bytes_of_one_without(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    from wannsearch.commands.search import main

    words = ["task=logic", "debug=fast", "method.population_size=8", "evaluator=reference"]
    for mode in ("off", "plain"):
        assert main([*words, f"display={mode}", f"hydra.run.dir={tmp_path / mode}"]) == 0
    assert "accuracy: champion " in capsys.readouterr().out
    for name in ("history.csv", "ranking.csv", "summary.json", "best/evaluation.json", "population.jsonl.gz"):
        assert (tmp_path / "off" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes(), name
