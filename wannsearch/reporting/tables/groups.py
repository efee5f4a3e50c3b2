"""Groups of runs that differ in nothing but their seed, and the labels of the groups.

A seed counts once: the same seed and config give the same bytes, so a copy of a run is no new run. Of two
runs of one seed the one that is done counts before the one that failed. Runs that are neither done nor failed
are left out and named; runs that failed are counted.

A task is its class with all settings that decide its rewards, and the unit of its scores. Only runs of the
same task are compared. The unit of a failed run is taken from other runs of its task and evaluator, if these
have one unit. Where the split seed of several runs is the seed of each, the split is no setting.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wannsearch.records.run_status import RunState
from wannsearch.reporting.statistics.sample import Sample, build_sample
from wannsearch.reporting.tables.run import SPLIT_SEED_KEY, Run
from wannsearch.reporting.tables.swept_keys import find_differing_keys, format_values, shorten_keys

_MAX_LABEL_KEYS = 4


@dataclass(frozen=True)
class Group:
    """The runs of one setting by rising seed, and the floor of its task, its worst score."""

    label: str
    runs: tuple[Run, ...]
    floor: float | None
    task_label: str  # with the settings in which tasks of the same class differ

    @property
    def task(self) -> str:
        """The name of the task, which all runs share: the id of an environment, or the task's module."""
        return self.runs[0].task

    @property
    def task_module(self) -> str:
        """The module of the task's class, by which score levels and the settings of tables name it."""
        return self.runs[0].task_module

    @property
    def method(self) -> str:
        """The name of the method's module, which all runs share."""
        return self.runs[0].method

    @property
    def task_settings(self) -> dict[str, Any]:
        """The settings and the unit of its task, the latter as `score_name`; equal ones are compared."""
        return self.runs[0].task_settings | {"score_name": self.unit}

    @property
    def score_name(self) -> str | None:
        """The name of its held-out scores; None where its run folders have none."""
        return _first_name(run.score_name for run in self.runs)

    @property
    def unit(self) -> str:
        """The name of its scores, or a name of its own where its run folders have none."""
        return self.score_name or _make_anonymous_unit(self.runs[0])

    @property
    def best_unit(self) -> str:
        """The name of the scores during its searches, or a name of its own."""
        return _first_name(run.best_score_name for run in self.runs) or _make_anonymous_unit(self.runs[0])

    @property
    def steps_name(self) -> str:
        """The name of the steps that its `env_steps` count."""
        return self.runs[0].steps_name

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that its runs have in common, under dotted keys (`Run.settings`)."""
        return self.runs[0].settings

    @property
    def num_failed(self) -> int:
        """The number of runs without a held-out score, whether they failed or their best did."""
        return sum(run.score != run.score for run in self.runs)

    @property
    def scores(self) -> Sample:
        """The held-out means of its runs; a failed run counts as the floor.

        Raise ValueError where a run failed and the floor is not known.
        """
        return build_sample([run.score for run in self.runs], self.floor)

    @property
    def search_unit(self) -> str:
        """The name of its search scores, or a name of its own where its run folders have none."""
        return _first_name(run.search_score_name for run in self.runs) or _make_anonymous_unit(self.runs[0])

    @property
    def search_scores(self) -> Sample:
        """The scores of its runs by which settings may be chosen; a failed run counts as the floor.

        A run that is done and left no such score is not in the sample, which may be empty. Raise ValueError
        where a run failed and the floor is not known.
        """
        scored = [
            run.search_score
            for run in self.runs
            if run.state is RunState.FAILED or run.search_score == run.search_score
        ]
        return build_sample(scored, self.floor)

    def matches(self, task: str, method: str | None, match: Mapping[str, Any]) -> bool:
        """Return whether the group has this task, method (any for None) and these settings.

        `task` is the task's name or its module. `match` maps dotted keys to values; a value of None asks that
        the group lacks the key. A list that is not the value itself is a choice of values.
        """
        settings = self.settings
        return (
            task in (self.task, self.task_module)
            and method in (None, self.method)
            and all(_matches_value(settings.get(key), allowed) for key, allowed in match.items())
        )


def _matches_value(value: Any, allowed: Any) -> bool:
    return bool(value == allowed) or (isinstance(allowed, list) and value in allowed)


def _first_name(names: Iterable[str | None]) -> str | None:
    return next((name for name in names if name), None)


def _make_anonymous_unit(run: Run) -> str:
    return f"a score without a name ({run.digest[:6]})"


@dataclass(frozen=True)
class RunGroups:
    """All groups in order, and the runs that are in none of them, each with a reason."""

    groups: tuple[Group, ...]
    excluded: tuple[tuple[Run, str], ...]


def group_runs(runs: Iterable[Run], floor_of: Callable[[Run], float | None]) -> RunGroups:
    """Return the groups of these runs, whose order does not matter.

    Groups are ordered by task, method and config. Excluded are runs that are neither done nor failed, and
    further runs of a seed. `floor_of` gives the worst score of a run's task; None where it is not known.
    """
    runs_by_setting: dict[tuple[str, str | None], list[Run]] = defaultdict(list)
    excluded = []
    for run in sorted(_name_failed_runs(_mark_split_by_seed(runs)), key=_sort_key):
        kept_runs = runs_by_setting[run.digest, run.score_name]
        if run.state not in (RunState.DONE, RunState.FAILED):
            excluded.append((run, f"{run.state.value}, not finished"))
        elif kept_runs and kept_runs[-1].seed == run.seed:
            excluded.append((run, f"the same config and seed as {kept_runs[-1].folder}"))
        else:
            kept_runs.append(run)
    member_lists = [members for members in runs_by_setting.values() if members]
    member_lists.sort(key=lambda members: (members[0].task, members[0].method, members[0].digest))
    first_runs = [members[0] for members in member_lists]
    labels_and_members = zip(
        _make_labels(first_runs), _make_task_labels(first_runs), member_lists, strict=True
    )
    groups = [
        Group(label, tuple(members), floor_of(members[0]), task_label)
        for label, task_label, members in labels_and_members
    ]
    return RunGroups(tuple(_add_distinguishing_units(groups)), tuple(excluded))


def _name_failed_runs(runs: Iterable[Run]) -> list[Run]:
    """Return the runs; those not done get the score names of finished runs of their task and evaluator.

    Where finished runs disagree or there are none, the names stay as they are.
    """
    runs = list(runs)
    names: dict[str, set[tuple[str | None, str | None, str]]] = defaultdict(set)
    for run in runs:
        if run.state is RunState.DONE:
            names[_scoring_key(run)].add((run.score_name, run.best_score_name, run.steps_name))
    named_runs = []
    for run in runs:
        score_names = names.get(_scoring_key(run), set())
        if run.state is not RunState.DONE and len(score_names) == 1:
            score, best, steps = next(iter(score_names))
            run = replace(run, score_name=score, best_score_name=best, steps_name=steps)
        named_runs.append(run)
    return named_runs


def _scoring_key(run: Run) -> str:
    """Return a key of the settings that decide the names of a run's scores."""
    evaluator = [run.settings.get(f"evaluator.{key}") for key in ("_target_", "fitness")]
    return json.dumps([run.task_settings, evaluator], sort_keys=True, default=str)


def _add_distinguishing_units(groups: Sequence[Group]) -> list[Group]:
    """Return the groups, with the unit in their labels where nothing else distinguishes two of them."""
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


def _mark_split_by_seed(runs: Iterable[Run]) -> list[Run]:
    """Return the runs; those whose splits differ only because their seeds differ are marked."""
    families: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        families[replace(run, split_by_seed=True).digest].append(run)
    marked = []
    for family in families.values():
        splits = {run.seed: run.settings.get(SPLIT_SEED_KEY) for run in family}
        is_split_by_seed = len(splits) > 1 and all(
            run.settings.get(SPLIT_SEED_KEY) == run.seed for run in family
        )
        marked += [replace(run, split_by_seed=True) for run in family] if is_split_by_seed else family
    return marked


def _sort_key(run: Run) -> tuple[int, bool, str]:
    return run.seed, run.state is not RunState.DONE, str(run.folder)


def _make_labels(first_runs: Sequence[Run]) -> list[str]:
    """Return a label for each group: task, method, and settings in which groups of the same two differ."""
    runs_by_method: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in first_runs:
        runs_by_method[run.task, run.method].append(run)
    labels_by_digest = {}
    for runs in runs_by_method.values():
        keys = find_differing_keys([run.settings for run in runs])
        columns = [format_values(runs, key) for key in keys]
        for row, run in enumerate(runs):
            details = [
                f"{name}={texts[row]}" for name, texts in zip(shorten_keys(keys), columns, strict=True)
            ]
            if len(details) > _MAX_LABEL_KEYS:
                details = [*details[:_MAX_LABEL_KEYS], f"… {run.digest[:6]}"]
            labels_by_digest[run.digest] = " ".join([f"{run.task} · {run.method}", *details])
    labels = [labels_by_digest[run.digest] for run in first_runs]
    label_counts = Counter(labels)
    return [
        label if label_counts[label] == 1 else f"{label} {run.digest[:6]}"
        for label, run in zip(labels, first_runs, strict=True)
    ]


def _make_task_labels(first_runs: Sequence[Run]) -> list[str]:
    runs_by_task: dict[str, list[Run]] = defaultdict(list)
    for run in first_runs:
        runs_by_task[run.task].append(run)
    labels_by_digest = {}
    for task, runs in runs_by_task.items():
        keys = find_differing_keys([run.task_settings for run in runs])
        columns = [format_values(runs, key) for key in keys]
        for row, run in enumerate(runs):
            details = [
                f"{key.removeprefix('task.')}={texts[row]}" for key, texts in zip(keys, columns, strict=True)
            ]
            labels_by_digest[run.digest] = " ".join([task, *details])
    return [labels_by_digest[run.digest] for run in first_runs]
