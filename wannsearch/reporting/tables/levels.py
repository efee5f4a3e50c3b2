"""Scores that mean something on a task: what it pays at worst, and from where it counts as solved.

Settings give them by the module of the task's class: one number, or a list of numbers that each hold
for some settings of the task, of which the first that fits counts.

    logic: 0.0
    logic: [{match: {task.reward: closeness}, score: 1.0}, {match: {}, score: 16.0}]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wannsearch.core.errors import ConfigError, between
from wannsearch.reporting.tables.run import MOST_SCORE

_KEYS = ("match", "score")


@dataclass(frozen=True)
class Levels:
    """Task -> (match, score) pairs in order."""

    by_task: Mapping[str, tuple[tuple[dict[str, Any], float], ...]]

    def of(self, task: str, settings: Mapping[str, Any]) -> float | None:
        """The score for a task of these settings; None where none is given."""
        for match, score in self.by_task.get(task, ()):
            if all(settings.get(key) == value for key, value in match.items()):
                return score
        return None


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
