"""Runs that differ in nothing but their seed, and what to call them.

A seed counts once: the same seed and config give the same bytes, and a copy of a run is no new run; one
that is done counts before one that failed, which is what begins it again. Runs that never ended are left
out and named; runs that failed are counted.

A task is its class with all its settings that decide what it pays, and the unit of its scores. Only runs of
the same task compare. What a failed run would have been scored in, sound ones of its task and evaluator say.
Where each of several seeds splits the data in its own way, the split belongs to the seed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wannsearch.records.claim import flat
from wannsearch.records.run_status import State
from wannsearch.reporting.plots.style import plain
from wannsearch.reporting.statistics.sample import Sample, sample
from wannsearch.reporting.tables.run import SPLIT, Run

_MOST_KEYS = 4
_LONGEST_VALUE = 24


@dataclass(frozen=True)
class Group:
    """The runs of one setting by rising seed, and the worst score that its task pays."""

    label: str
    runs: tuple[Run, ...]
    floor: float | None
    task_label: str  # the task, with the settings in which tasks of the same class differ

    @property
    def task(self) -> str:
        """Of all its runs, as the next."""
        return self.runs[0].task

    @property
    def method(self) -> str:
        """The module of the method."""
        return self.runs[0].method

    @property
    def paid(self) -> dict[str, Any]:
        """What makes up its task: groups are compared where this is equal."""
        return self.runs[0].paid | {"score_name": self.unit}

    @property
    def score_name(self) -> str | None:
        """What its scores are; None where its folders do not say."""
        return _first(run.score_name for run in self.runs)

    @property
    def unit(self) -> str:
        """The same; where its folders do not say, a unit of its own."""
        return self.score_name or _unknown_unit(self.runs[0])

    @property
    def best_unit(self) -> str:
        """The same of what its searches saw."""
        return _first(run.best_score_name for run in self.runs) or _unknown_unit(self.runs[0])

    @property
    def steps_name(self) -> str:
        """What its `env_steps` count."""
        return self.runs[0].steps_name

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


def _first(names: Iterable[str | None]) -> str | None:
    return next((name for name in names if name), None)


def _unknown_unit(run: Run) -> str:
    return f"a score without a name ({run.digest[:6]})"


@dataclass(frozen=True)
class Grouped:
    """All groups in order, and the runs that are in none, with a reason."""

    groups: tuple[Group, ...]
    left_out: tuple[tuple[Run, str], ...]


def grouped(runs: Iterable[Run], floor_of: Callable[[Run], float | None]) -> Grouped:
    """Put together what belongs together; the order of the runs does not matter.

    `floor_of` gives the worst that a run's task pays; None where that is not known.
    """
    by_setting: dict[tuple[str, str | None], list[Run]] = defaultdict(list)
    left_out = []
    for run in sorted(_name_failed(_split_by_seed(runs)), key=_order):
        same = by_setting[run.digest, run.score_name]
        if run.state not in (State.DONE, State.FAILED):
            left_out.append((run, f"{run.state.value}, not finished"))
        elif same and same[-1].seed == run.seed:
            left_out.append((run, f"the same config and seed as {same[-1].folder}"))
        else:
            same.append(run)
    several = [found for found in by_setting.values() if found]
    several.sort(key=lambda found: (found[0].task, found[0].method, found[0].digest))
    firsts = [found[0] for found in several]
    named = zip(_labels(firsts), _task_labels(firsts), several, strict=True)
    groups = [
        Group(label, tuple(found), floor_of(found[0]), task_label) for label, task_label, found in named
    ]
    return Grouped(tuple(_tell_units_apart(groups)), tuple(left_out))


def _name_failed(runs: Iterable[Run]) -> list[Run]:
    """The same runs, failed ones with the names that scores of their task and evaluator have elsewhere."""
    runs = list(runs)
    names: dict[str, set[tuple[str | None, str | None, str]]] = defaultdict(set)
    for run in runs:
        if run.state is State.DONE:
            names[_scoring(run)].add((run.score_name, run.best_score_name, run.steps_name))
    named = []
    for run in runs:
        known = names.get(_scoring(run), set())
        if run.state is not State.DONE and len(known) == 1:
            score, best, steps = next(iter(known))
            run = replace(run, score_name=score, best_score_name=best, steps_name=steps)
        named.append(run)
    return named


def _scoring(run: Run) -> str:
    """What decides the names of its scores."""
    evaluator = [run.settings.get(f"evaluator.{key}") for key in ("_target_", "fitness")]
    return json.dumps([run.paid, evaluator], sort_keys=True, default=str)


def _tell_units_apart(groups: Sequence[Group]) -> list[Group]:
    """The same groups, with the unit in what they are called where it alone tells two apart."""
    tasks, settings = defaultdict(set), defaultdict(set)
    for group in groups:
        tasks[group.task_label].add(group.unit)
        settings[group.label].add(group.unit)
    return [
        replace(
            group,
            label=f"{group.label}, {group.unit}" if len(settings[group.label]) > 1 else group.label,
            task_label=f"{group.task_label}, {group.unit}"
            if len(tasks[group.task_label]) > 1
            else group.task_label,
        )
        for group in groups
    ]


def _split_by_seed(runs: Iterable[Run]) -> list[Run]:
    """The same runs, those marked that differ in their splits only because they differ in their seeds."""
    families: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        families[replace(run, split_by_seed=True).digest].append(run)
    found = []
    for family in families.values():
        splits = {run.seed: run.settings.get(SPLIT) for run in family}
        by_seed = len(splits) > 1 and all(run.settings.get(SPLIT) == run.seed for run in family)
        found += [replace(run, split_by_seed=True) for run in family] if by_seed else family
    return found


def _order(run: Run) -> tuple[int, bool, str]:
    return run.seed, run.state is not State.DONE, str(run.folder)


def _labels(firsts: Sequence[Run]) -> list[str]:
    """Task and method, and the settings in which groups of the same two differ."""
    rivals: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for run in firsts:
        rivals[run.task, run.method].append(run.settings)
    keys = {same: _differing(settings) for same, settings in rivals.items()}
    labels = []
    for run in firsts:
        told = [f"{key}={_shown(run, key)}" for key in keys[run.task, run.method]]
        if len(told) > _MOST_KEYS:
            told = [*told[:_MOST_KEYS], f"… {run.digest[:6]}"]
        labels.append(" ".join([f"{run.task} · {run.method}", *told]))
    seen = Counter(labels)
    return [
        label if seen[label] == 1 else f"{label} {run.digest[:6]}"
        for label, run in zip(labels, firsts, strict=True)
    ]


def _task_labels(firsts: Sequence[Run]) -> list[str]:
    rivals: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for run in firsts:
        rivals[run.task].append(run.paid)
    keys = {task: _differing(settings) for task, settings in rivals.items()}
    return [
        " ".join([run.task, *(f"{key.removeprefix('task.')}={_shown(run, key)}" for key in keys[run.task])])
        for run in firsts
    ]


def _differing(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    keys = sorted({key for one in settings for key in one})
    return [key for key in keys if len({repr(one.get(key, ...)) for one in settings}) > 1]


def _shown(run: Run, key: str) -> str:
    """The value; a key that is null is told from one that its config does not have."""
    if key in run.settings:
        return plain(str(run.settings[key]), _LONGEST_VALUE)
    return "null" if key in flat(run.config) else "(absent)"
