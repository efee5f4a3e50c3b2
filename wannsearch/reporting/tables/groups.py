"""Runs that differ in nothing but their seed, and what to call them.

A seed counts once: the same seed and config give the same bytes, and a copy of a run is no new run. Runs
that never ended are left out and named; runs that failed are counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wannsearch.records.observed import State
from wannsearch.reporting.statistics.sample import Sample, sample
from wannsearch.reporting.style import plain
from wannsearch.reporting.tables.run import Run

_MOST_KEYS = 4
_LONGEST_VALUE = 24


@dataclass(frozen=True)
class Group:
    """The runs of one setting by rising seed, and the worst score that its task pays."""

    label: str
    runs: tuple[Run, ...]
    floor: float | None

    @property
    def task(self) -> str:
        """Of all its runs, as the next."""
        return self.runs[0].task

    @property
    def method(self) -> str:
        """The module of the method."""
        return self.runs[0].method

    @property
    def settings(self) -> dict[str, Any]:
        """What they have in common."""
        return self.runs[0].settings

    @property
    def failed(self) -> int:
        """Runs without a score."""
        return sum(run.score != run.score for run in self.runs)

    @property
    def scores(self) -> Sample:
        """Held-out means; a failed run at the floor."""
        return sample([run.score for run in self.runs], self.floor)

    def fits(self, task: str, method: str | None, match: Mapping[str, Any]) -> bool:
        """Whether it is of this task and method, and has these settings."""
        mine = self.settings
        return (
            self.task == task
            and method in (None, self.method)
            and all(mine.get(key) == value for key, value in match.items())
        )


@dataclass(frozen=True)
class Grouped:
    """All groups in order, and the runs that are in none, with a reason."""

    groups: tuple[Group, ...]
    left_out: tuple[tuple[Run, str], ...]


def grouped(runs: Iterable[Run], floor_of: Callable[[str], float | None]) -> Grouped:
    """Put together what belongs together; the order of the runs does not matter."""
    by_setting: dict[str, list[Run]] = defaultdict(list)
    left_out = []
    for run in sorted(runs, key=lambda run: (run.seed, str(run.folder))):
        same = by_setting[run.digest]
        if run.state not in (State.DONE, State.FAILED):
            left_out.append((run, f"{run.state.value}, not finished"))
        elif same and same[-1].seed == run.seed:
            left_out.append((run, f"the same config and seed as {same[-1].folder}"))
        else:
            same.append(run)
    several = [found for found in by_setting.values() if found]
    several.sort(key=lambda found: (found[0].task, found[0].method, found[0].digest))
    labels = _labels([found[0] for found in several])
    groups = [
        Group(label, tuple(found), floor_of(found[0].task))
        for label, found in zip(labels, several, strict=True)
    ]
    return Grouped(tuple(groups), tuple(left_out))


def _labels(firsts: Sequence[Run]) -> list[str]:
    """Task and method, and the settings in which groups of the same two differ."""
    labels = []
    for run in firsts:
        rivals = [other for other in firsts if (other.task, other.method) == (run.task, run.method)]
        told = [f"{key}={_shown(run.settings.get(key))}" for key in _differing(rivals)]
        if len(told) > _MOST_KEYS:
            told = [*told[:_MOST_KEYS], f"… {run.digest[:6]}"]
        labels.append(" ".join([f"{run.task} · {run.method}", *told]))
    return [
        label if labels.count(label) == 1 else f"{label} {run.digest[:6]}"
        for label, run in zip(labels, firsts, strict=True)
    ]


def _differing(runs: Sequence[Run]) -> list[str]:
    settings = [run.settings for run in runs]
    keys = sorted({key for one in settings for key in one})
    return [key for key in keys if len({repr(one.get(key, ...)) for one in settings}) > 1]


def _shown(value: Any) -> str:
    return plain("-" if value is None else str(value), _LONGEST_VALUE)
