"""The time that a search is expected to take at most, told before its first generation.

The evaluator measures the speed of the task (`MeasuresSpeed`), which takes a third of a second. The time is
an upper bound: every episode lasts the whole horizon, every generation has a re-test, no network equals
another one, and no `stop_at` is reached. Nothing is told where a run ends within a minute, or where the speed
is not known. Once generations are recorded, the display estimates the rest from them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wannsearch.commands.activity import set_activity
from wannsearch.core.protocols import MeasuresSpeed

if TYPE_CHECKING:
    from wannsearch.core.measurement import HeldOutSettings
    from wannsearch.search import Search, SearchState

_MIN_TOLD_S = 60.0
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400
_QUICK_SUFFIX = "_quick"
_QUICK_ENVIRONMENT = "gym_quick"
_NO_OPTION = "None"  # as Hydra writes a group without a choice


def describe_expected_time(
    search: Search,
    state: SearchState | None,
    num_candidates: int,
    num_test_episodes: int,
    held_out: HeldOutSettings,
    quick_experiment: str | None,
) -> list[str]:
    """Measure the speed of the task and return lines about the time that search and final test take at most.

    `state` is where a search goes on, and `num_test_episodes` the number of all episodes of the final test.
    """
    evaluator = search.evaluator
    if not isinstance(evaluator, MeasuresSpeed):
        return []
    set_activity("measuring the speed of the task")
    rate = evaluator.measure_step_rate(search.task, search.draw_trials(1))
    if not rate > 0:
        return []
    generations_left = search.generations - (state.next_generation if state is not None else 1) + 1
    search_s = generations_left * count_generation_steps(search, num_candidates) / rate
    test_s = num_test_episodes * search.task.horizon / rate
    if search_s + test_s < _MIN_TOLD_S:
        return []
    generations_text = f"{generations_left:,} generation{'s' * (generations_left > 1)}"
    lines = [
        f"expected  at most {format_bound(search_s)} for {generations_text}, if episodes last "
        f"{search.task.horizon:,} steps"
    ]
    if search.stop_at is not None:
        lines.append(f"{'':10}less where the champion reaches {search.stop_at:g} before (stop_at)")
    lines.append(
        f"{'':10}at most {format_bound(test_s)} for the final test of {num_test_episodes:,} episodes"
    )
    if test_s >= _MIN_TOLD_S:
        lines.append(
            f"{'':10}held_out.episodes={held_out.episodes} held_out.sweep_weights={held_out.sweep_weights} "
            "set its size"
        )
    if quick_experiment is not None:
        lines.append(f"quick     experiment={quick_experiment} is a small search")
    return lines


def count_generation_steps(search: Search, num_candidates: int) -> int:
    """Return the steps of a generation in which every episode lasts the whole horizon, with a re-test."""
    retest_episodes = search.retest_episodes if search.retest.has_retests else 0
    num_weights, drawn_weights = search.trials.num_weights, search.trials.drawn_weights
    lanes = num_candidates * search.trials.episodes * (num_weights + drawn_weights)
    return (lanes + retest_episodes * num_weights) * search.task.horizon


def find_quick_experiment(choices: Mapping[str, str], experiments: list[str]) -> str | None:
    """Return the small form of the chosen experiment, or the experiment that is small for any environment.

    `choices` maps a config group to its option. The result is None where there is no such experiment.
    """
    option = choices.get("experiment", _NO_OPTION)
    small = _QUICK_ENVIRONMENT if option == _NO_OPTION else f"{option}{_QUICK_SUFFIX}"
    return small if small in experiments else None


def format_bound(seconds: float) -> str:
    """Return a time that is not below this one, in words: `45 s`, `38 min`, `2 h 40 min`, `3 days`."""
    if seconds <= _MINUTE_S:
        return f"{math.ceil(seconds)} s"
    if seconds <= _HOUR_S:
        return f"{math.ceil(seconds / _MINUTE_S)} min"
    if seconds <= 2 * _DAY_S:
        hours, minutes = divmod(math.ceil(seconds / _MINUTE_S), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{math.ceil(seconds / _DAY_S):,} days"
