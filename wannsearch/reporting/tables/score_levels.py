"""Score levels of a task: its worst score (the floor), or the score from which it counts as solved.

Settings give a level by the module of the task's class: one number, or a list of numbers that each hold
for some settings of the task, of which the first that fits counts.

    logic: 0.0
    logic: [{match: {task.reward: closeness}, score: 1.0}, {match: {}, score: 16.0}]

A level has the unit of the scores it is for: `match` may ask for a `score_name` too, and one number for
scores of two names is refused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from wannsearch.core.errors import ConfigError, check_between
from wannsearch.reporting.tables.run import MAX_SCORE

_LEVEL_KEYS = ("match", "score")


@dataclass(frozen=True)
class ScoreLevels:
    """Module of a task's class -> (match, score) pairs, in the order in which they are tried.

    `match` maps dotted keys to the values that the settings must have; {} fits all settings.
    """

    by_task: Mapping[str, tuple[tuple[dict[str, Any], float], ...]]

    def level_for(
        self, task: str, settings: Mapping[str, Any], score_name: str | None = None
    ) -> float | None:
        """Return the score of the first pair that fits a task of these settings; None where none fits."""
        position = self._find_match(task, settings, score_name)
        return None if position is None else self.by_task[task][position][1]

    def refuse_mixed_units(
        self, key: str, scored_tasks: Iterable[tuple[str, Mapping[str, Any], str | None]]
    ) -> None:
        """Raise ConfigError where one level is for scores of different names.

        `scored_tasks` are (task, settings, score name) triples; those without a name are ignored. `key` names
        the setting of the levels in the message.
        """
        units: dict[tuple[str, int], set[str]] = defaultdict(set)
        for task, settings, unit in scored_tasks:
            position = self._find_match(task, settings, unit)
            if position is not None and unit is not None:
                units[task, position].add(unit)
        for (task, position), unit_names in units.items():
            if len(unit_names) > 1:
                raise ConfigError(
                    f"{key}.{task} is {self.by_task[task][position][1]:g} for scores in "
                    f"{', in '.join(sorted(unit_names))}; give one for each: "
                    f"{key}.{task}=[{{match:{{score_name:NAME}},score:NUMBER}},...]."
                )

    def _find_match(self, task: str, settings: Mapping[str, Any], score_name: str | None) -> int | None:
        values = {**settings, "score_name": score_name}
        pairs = enumerate(self.by_task.get(task, ()))
        return next(
            (
                position
                for position, (match, _) in pairs
                if all(values.get(key) == match[key] for key in match)
            ),
            None,
        )


def parse_levels(key: str, settings: Any) -> ScoreLevels:
    """Return the levels in the settings, a map from task to a number or to a list of matches.

    `key` names the settings in messages. Raise ConfigError where they have another structure, or a score is
    no number of magnitude at most MAX_SCORE.
    """
    if not isinstance(settings, dict):
        raise ConfigError(f"{key} is {str(settings)[:60]!r}; it must map tasks to numbers.")
    return ScoreLevels(
        {str(task): _parse_task_levels(f"{key}.{task}", value) for task, value in settings.items()}
    )


def _parse_task_levels(key: str, setting: Any) -> tuple[tuple[dict[str, Any], float], ...]:
    if not isinstance(setting, list):
        return (({}, parse_score(key, setting)),)
    pairs = []
    for position, part in enumerate(setting):
        part_key = f"{key}[{position}]"
        if not isinstance(part, dict) or set(part) != set(_LEVEL_KEYS) or not isinstance(part["match"], dict):
            raise ConfigError(
                f"{part_key} is {str(part)[:60]!r}; it must be {{match: {{key: value}}, score: x}}."
            )
        pairs.append((part["match"], parse_score(f"{part_key}.score", part["score"])))
    return tuple(pairs)


def parse_score(key: str, value: Any) -> float:
    """Return the value as a float; ConfigError, with `key`, unless it is a number in ±MAX_SCORE."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"{key} is {str(value)[:60]!r}; it must be a number.")
    check_between(key, value, -MAX_SCORE, MAX_SCORE)
    return float(value)
