"""What is told of a run's time before its first generation: a bound, in words, with what makes it shorter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from wannsearch.commands.running.expected_time import (
    count_generation_steps,
    describe_expected_time,
    find_quick_experiment,
    format_bound,
)
from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.core.champion import RetestRule, RetestSettings
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.core.protocols import Task
from wannsearch.core.trials import Trials
from wannsearch.evaluators.reference import Reference
from wannsearch.methods.random_topology import RandomTopology
from wannsearch.search import Search
from wannsearch.tasks.cartpole import CartPole

CONF = Path(__file__).parents[3] / "conf"
HELD_OUT = HeldOutSettings(episodes=30, sweep_weights=17)


@dataclass(frozen=True, kw_only=True)
class Rated(Reference):
    """Plays as the reference does, at a rate that is said to be measured."""

    rate: float

    def measure_step_rate(self, task: Task, trials: Trials) -> float:
        return self.rate


def make_search(rate: float, **changed: object) -> Search:
    method = RandomTopology(
        population_size=9, hidden=(0, 1), connections=(1, 2), output_activation="linear", sizes_from=None
    )
    settings: dict[str, object] = {
        "task": CartPole(episodes=4, horizon=500, start_range=0.05, activations=CONTROL_ACTIVATIONS),
        "method": method,
        "evaluator": Rated(rate=rate),
        "trials": Trials(shared_weights=(-1.0, 1.0), episodes=4),
        "retest": RetestSettings(repeats=5, rule=RetestRule.EVERY_NEW_BEST, interval=1, prefer_simpler=False),
        "seed": 0,
        "generations": 128,
    }
    return Search(**settings | changed)  # type: ignore[arg-type]


def lines(of_search: Search, test_episodes: int = 690, quick: str | None = None) -> list[str]:
    return describe_expected_time(of_search, None, 9, test_episodes, HELD_OUT, quick)


def test_a_generation_has_the_steps_of_all_whole_episodes_and_of_a_re_test() -> None:
    assert count_generation_steps(make_search(1.0), 9) == (9 * 4 + 5 * 4) * 2 * 500
    never = replace(make_search(1.0).retest, rule=RetestRule.NEVER)
    assert count_generation_steps(make_search(1.0, retest=never), 9) == 9 * 4 * 2 * 500
    drawing = Trials(shared_weights=(-1.0, 1.0), episodes=4, drawn_weights=3)
    assert count_generation_steps(make_search(1.0, trials=drawing), 9) == (9 * 4 * 5 + 5 * 4 * 2) * 500


def test_the_speed_is_measured_with_the_drawn_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[Trials] = []

    def record_trials(evaluator: Rated, task: Task, trials: Trials) -> float:
        measured.append(trials)
        return evaluator.rate

    monkeypatch.setattr(Rated, "measure_step_rate", record_trials)
    lines(make_search(5000.0, trials=Trials(shared_weights=(-1.0, 1.0), episodes=4, drawn_weights=3)))
    assert [trials.num_weights for trials in measured] == [5]


def test_the_bound_of_search_and_final_test_is_told_with_what_to_type() -> None:
    assert lines(make_search(5000.0, stop_at=475.0), quick="gym_quick") == [
        "expected  at most 24 min for 128 generations, if episodes last 500 steps",
        "          less where the champion reaches 475 before (stop_at)",
        "          at most 2 min for the final test of 690 episodes",
        "          held_out.episodes=30 held_out.sweep_weights=17 set its size",
        "quick     experiment=gym_quick is a small search",
    ]
    assert all(len(line) < 79 for line in lines(make_search(20.0, generations=2048), 8_700, "gym_quick"))


def test_a_search_that_goes_on_is_told_what_is_left() -> None:
    state = replace(make_search(1.0).initial_state(), next_generation=128)
    (first, *_) = describe_expected_time(make_search(500.0), state, 9, 0, HELD_OUT, None)
    assert first == "expected  at most 2 min for 1 generation, if episodes last 500 steps"


def test_nothing_is_told_of_a_short_run_or_without_a_known_speed() -> None:
    assert lines(make_search(1e9)) == lines(make_search(np.nan)) == lines(make_search(0.0)) == []
    assert lines(make_search(1.0, evaluator=Reference())) == []


def test_a_small_experiment_is_that_of_the_chosen_one_or_else_of_any_environment() -> None:
    experiments = ["gym_quick", "walk", "walk_quick", "swim"]
    assert find_quick_experiment({"experiment": "None"}, experiments) == "gym_quick"
    assert find_quick_experiment({}, experiments) == "gym_quick"
    assert find_quick_experiment({"experiment": "walk"}, experiments) == "walk_quick"
    for chosen in ("walk_quick", "swim"):
        assert find_quick_experiment({"experiment": chosen}, experiments) is None
    assert find_quick_experiment({}, ["walk"]) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"), (59.1, "60 s"), (61, "2 min"), (3600, "60 min"), (3601, "1 h 1 min"),
        (7200, "2 h"), (2 * 86_400 + 1, "3 days"), (1e9, "11,575 days"),
    ],
)  # fmt: skip
def test_a_time_is_rounded_up_to_what_a_person_can_use(seconds: float, text: str) -> None:
    assert format_bound(seconds) == text


def test_a_run_of_environments_says_it_before_its_first_row_and_a_silent_one_measures_nothing(
    search: Callable[..., int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wannsearch.commands.running.expected_time._MIN_TOLD_S", 0.0)
    small = ["task=gymnasium", "task.horizon=5", "generations=1", "method.population_size=4", "debug=fast"]
    small += ["evaluator.workers=1", "retest.repeats=1"]
    assert search(*small, "display=plain", "hydra.run.dir=run") == 0
    said = capsys.readouterr().out.splitlines()
    expected = next(number for number, line in enumerate(said) if line.startswith("expected  at most "))
    assert said[expected].endswith(" for 1 generation, if episodes last 5 steps")
    assert said[expected + 1].endswith(" for the final test of 18 episodes")
    assert expected < next(number for number, line in enumerate(said) if line.startswith("generation 1/1"))
    assert "expected  at most " in Path("run/run.log").read_text()
    assert search(*small, "display=off", "hydra.run.dir=silent") == 0
    assert "expected" not in Path("silent/run.log").read_text()
    for name in ("history.csv", "ranking.csv", "population.jsonl.gz", "best/evaluation.json"):
        assert Path("run", name).read_bytes() == Path("silent", name).read_bytes(), name
