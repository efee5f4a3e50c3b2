"""Scores that mean something on a task: what it pays at worst, and from where it counts as solved.

Settings give them by the module of the task's class: one number, or a list of numbers that each hold
for some settings of the task, of which the first that fits counts.

    logic: 0.0
    logic: [{match: {task.reward: closeness}, score: 1.0}, {match: {}, score: 16.0}]

A level has the unit of the scores it is for: `match` may ask for a `score_name` too, and one number is not
taken for scores of two names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wannsearch.core.errors import ConfigError, between
from wannsearch.reporting.tables.run import MOST_SCORE

_KEYS = ("match", "score")


@dataclass(frozen=True)
class Levels:
    """Task -> (match, score) pairs in order."""

    by_task: Mapping[str, tuple[tuple[dict[str, Any], float], ...]]

    def of(self, task: str, settings: Mapping[str, Any], score_name: str | None = None) -> float | None:
        """The score for a task of these settings; None where none is given."""
        place = self._place(task, settings, score_name)
        return None if place is None else self.by_task[task][place][1]

    def refuse_mixed_units(
        self, where: str, scored: Iterable[tuple[str, Mapping[str, Any], str | None]]
    ) -> None:
        """ConfigError where a level is for tasks, by settings and name, whose scores have different names."""
        units: dict[tuple[str, int], set[str]] = defaultdict(set)
        for task, settings, unit in scored:
            place = self._place(task, settings, unit)
            if place is not None and unit is not None:
                units[task, place].add(unit)
        for (task, place), mixed in units.items():
            if len(mixed) > 1:
                raise ConfigError(
                    f"{where}.{task} is {self.by_task[task][place][1]:g} for scores in "
                    f"{', in '.join(sorted(mixed))}; give one for each: "
                    f"{where}.{task}=[{{match:{{score_name:NAME}},score:NUMBER}},...]."
                )

    def _place(self, task: str, settings: Mapping[str, Any], score_name: str | None) -> int | None:
        known = {**settings, "score_name": score_name}
        pairs = enumerate(self.by_task.get(task, ()))
        return next(
            (place for place, (match, _) in pairs if all(known.get(key) == match[key] for key in match)), None
        )


def levels(where: str, given: Any) -> Levels:
    """From the settings under `where`; ConfigError where a score is no finite number."""
    if not isinstance(given, dict):
        raise ConfigError(f"{where} is {str(given)[:60]!r}; it must map tasks to numbers.")
    return Levels({str(task): _of_task(f"{where}.{task}", value) for task, value in given.items()})


def _of_task(where: str, given: Any) -> tuple[tuple[dict[str, Any], float], ...]:
    if not isinstance(given, list):
        return (({}, score(where, given)),)
    pairs = []
    for place, part in enumerate(given):
        here = f"{where}[{place}]"
        if not isinstance(part, dict) or set(part) != set(_KEYS) or not isinstance(part["match"], dict):
            raise ConfigError(
                f"{here} is {str(part)[:60]!r}; it must be {{match: {{key: value}}, score: x}}."
            )
        pairs.append((part["match"], score(f"{here}.score", part["score"])))
    return tuple(pairs)


def score(where: str, value: Any) -> float:
    """A number that a task may pay."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"{where} is {str(value)[:60]!r}; it must be a number.")
    between(where, value, -MOST_SCORE, MOST_SCORE)
    return float(value)
