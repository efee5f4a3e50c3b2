"""The runs of each rule on each task, and their samples.

The settings name tasks and rules, and every pair of them is looked for among the runs. A block is one task:
runs whose tasks differ in a setting that decides rewards, or in the name of their score, are in blocks of
their own and never meet. A line is one setting of a rule in a block; a rule with several settings has several
lines, named by what they differ in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.records.run_status import RunState
from wannsearch.reporting.plots.style import one_line
from wannsearch.reporting.statistics.sample import Sample, build_sample
from wannsearch.reporting.tables.groups import Group, RunGroups
from wannsearch.reporting.tables.score_levels import ScoreLevels
from wannsearch.reporting.tables.selection.measures import SharedWeightMeasures, read_measures
from wannsearch.reporting.tables.swept_keys import find_differing_keys, format_values, shorten_keys
from wannsearch.reporting.tables.tuning import Tuning
from wannsearch.reporting.tables.tuning_choice import select_tuning
from wannsearch.reporting.tables.wann_control import PaperScore

OWN_WEIGHTS_COLUMN = "tuned_weights"  # of a tuning
_MAX_LABEL_KEYS = 4
_MAX_VALUE_LENGTH = 24


@dataclass(frozen=True, kw_only=True)
class PublishedNetwork:
    """One network of a paper, which a block shows beside the runs if its scores have the same name."""

    label: str
    score_name: str
    shared_weights: float | None  # mean over the shared weights of the search
    sweep_mean: PaperScore | None
    best_shared_weight: PaperScore | None
    own_weights: PaperScore | None
    connections: int | None

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class SelectionTask:
    """A task of the table: its class or environment, and settings that its runs must have."""

    name: str
    task: str  # module of the task's class, or id of the environment
    match: Any  # dotted key -> value, a list of values, or null
    published: tuple[PublishedNetwork, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        _check_match("table.tasks", self.match)


@dataclass(frozen=True, kw_only=True)
class SelectionRuleRow:
    """A rule of the table: its method, and settings that its runs must have."""

    label: str
    method: str  # module of the method's class
    match: Any  # dotted key -> value, a list of values, or null

    def __post_init__(self) -> None:
        convert_fields(self)
        _check_match("table.rules", self.match)


def _check_match(key: str, match: Any) -> None:
    if not isinstance(match, dict):
        raise ConfigError(f"{key}: match is {str(match)[:60]!r}; it must map keys to values.")


@dataclass(frozen=True)
class TunedRuns:
    """The own weights of the runs of one line that were tuned with the same settings."""

    description: str
    max_search_episodes: int
    tunings: tuple[Tuning | None, ...]  # by run
    sample: Sample
    num_omitted_failures: int  # failed runs that do not count here


@dataclass(frozen=True)
class RuleLine:
    """One setting of a rule on a task: its runs by rising seed, and what they measured."""

    rule: SelectionRuleRow
    label: str
    group: Group
    measures: tuple[SharedWeightMeasures | None, ...]  # by run; None where it is not done
    solved: tuple[bool, ...] | None  # by run; None where nothing says what solves the task
    tuned: tuple[TunedRuns, ...]  # those of most runs first

    @cached_property
    def evaluations(self) -> tuple[int, ...]:
        """The numbers of networks that its finished runs evaluated, each once, rising."""
        return tuple(sorted({run.evaluations for run in self.group.runs if run.state is RunState.DONE}))

    @cached_property
    def sweep_mean(self) -> Sample | None:
        """The means over the sweep; None where no run has a sweep."""
        return _collect_sample(
            self.group, [None if part is None else part.sweep_mean for part in self.measures]
        )

    @cached_property
    def best_shared_weight(self) -> Sample | None:
        """The means at the best weight of the sweep; None where no run has a sweep."""
        return _collect_sample(
            self.group, [None if part is None else part.best_sweep_mean for part in self.measures]
        )

    @property
    def connections(self) -> float | None:
        """The median over runs of the connections of the best; None where they are not known."""
        return _median([run.sizes.get("connections", math.nan) for run in self.group.runs])

    @property
    def seconds(self) -> float | None:
        """The median over finished runs of the seconds of the search; None where they are not known."""
        return _median([math.nan if part is None else part.seconds for part in self.measures])


@dataclass(frozen=True)
class TaskBlock:
    """One task with at least one line; all its scores have the same name."""

    task: SelectionTask
    name: str
    lines: tuple[RuleLine, ...]  # in the order of the rules

    @property
    def unit(self) -> str:
        """The name of the scores, which all its runs share."""
        return self.lines[0].group.unit

    @property
    def published(self) -> list[PublishedNetwork]:
        """The published networks of the task whose scores have the name of the runs' scores."""
        return [network for network in self.task.published if network.score_name == self.unit]


def build_blocks(
    task: SelectionTask,
    rules: Sequence[SelectionRuleRow],
    run_groups: RunGroups,
    tunings: Sequence[Tuning],
    solved_scores: ScoreLevels,
) -> list[TaskBlock]:
    """Return the blocks of a task; none where it has no run, several where its runs play different tasks.

    `tunings` are in the order of `largest_first`. Raise DamagedFile where a run's final test cannot be read,
    and ConfigError where a network failed and the worst score of the task is not known.
    """
    parts: list[list[tuple[SelectionRuleRow, Group]]] = []
    for rule in rules:
        for group in run_groups.groups:
            if not (
                group.matches(task.task, rule.method, rule.match)
                and group.matches(task.task, None, task.match)
            ):
                continue
            part = next((p for p in parts if p[0][1].task_settings == group.task_settings), None)
            if part is None:
                parts.append([(rule, group)])
            else:
                part.append((rule, group))
    names = _name_parts(task.name, [part[0][1] for part in parts])
    blocks = []
    for name, part in zip(names, parts, strict=True):
        lines = []
        for rule in rules:
            groups = [group for row, group in part if row is rule]
            lines += [
                _build_line(rule, label, group, tunings, solved_scores)
                for label, group in zip(_label_groups(rule.label, groups), groups, strict=True)
            ]
        blocks.append(TaskBlock(task, name, tuple(lines)))
    return blocks


def _name_parts(name: str, first_groups: Sequence[Group]) -> list[str]:
    """Return the name of each part of a task, with the settings in which they differ if there are several."""
    if len(first_groups) < 2:
        return [name] * len(first_groups)
    keys = find_differing_keys([group.task_settings for group in first_groups])
    short = shorten_keys(keys)
    names = []
    for group in first_groups:
        values = (one_line(str(group.task_settings.get(key)), _MAX_VALUE_LENGTH) for key in keys)
        details = [f"{text}={value}" for text, value in zip(short, values, strict=True)]
        names.append(f"{name} ({', '.join(details[:_MAX_LABEL_KEYS])})")
    return names


def _label_groups(label: str, groups: Sequence[Group]) -> list[str]:
    """Return the label of each setting of a rule, with the keys in which they differ if there are several."""
    if len(groups) < 2:
        return [label] * len(groups)
    runs = [group.runs[0] for group in groups]
    keys = find_differing_keys([run.settings for run in runs])
    columns = [format_values(runs, key) for key in keys]
    labels = []
    for row, run in enumerate(runs):
        details = [f"{name}={texts[row]}" for name, texts in zip(shorten_keys(keys), columns, strict=True)]
        if len(details) > _MAX_LABEL_KEYS:
            details = [*details[:_MAX_LABEL_KEYS], f"… {run.digest[:6]}"]
        labels.append(f"{label} ({', '.join(details)})")
    return labels


def _build_line(
    rule: SelectionRuleRow, label: str, group: Group, tunings: Sequence[Tuning], solved_scores: ScoreLevels
) -> RuleLine:
    measures = tuple(read_measures(run) for run in group.runs)
    solved_score = solved_scores.level_for(group.task_module, group.settings, group.score_name)
    outcomes = [None if part is None else part.solves(solved_score) for part in measures]
    is_defined = any(outcome is not None for outcome in outcomes)
    return RuleLine(
        rule=rule,
        label=label,
        group=group,
        measures=measures,
        solved=tuple(outcome is True for outcome in outcomes) if is_defined else None,
        tuned=tuple(_collect_tuned_runs(group, tunings)),
    )


def _collect_tuned_runs(group: Group, tunings: Sequence[Tuning]) -> list[TunedRuns]:
    """Return the tuned runs by the settings of their tuning, those of most runs first, then the largest."""
    kinds: dict[str, list[Tuning]] = {}
    for tuning in tunings:
        if OWN_WEIGHTS_COLUMN in tuning.columns:
            kinds.setdefault(tuning.settings_digest, []).append(tuning)
    collected = []
    for members in kinds.values():
        run_tunings = tuple(select_tuning(run, members) for run in group.runs)
        values = [
            None if tuning is None else tuning.columns[OWN_WEIGHTS_COLUMN].mean for tuning in run_tunings
        ]
        sample = _collect_sample(group, values)
        if sample is not None:
            first = members[0]
            num_omitted = _count_omitted_failures(group, values)
            collected.append(
                TunedRuns(first.description, first.max_search_episodes, run_tunings, sample, num_omitted)
            )
    return sorted(
        collected, key=lambda tuned: (-tuned.sample.n, -tuned.max_search_episodes, tuned.description)
    )


def _collect_sample(group: Group, values: Sequence[float | None]) -> Sample | None:
    """Return the sample of the values that were measured, by run; None where there is none.

    A network that failed (NaN) counts as the floor. So does a run that left none, if all others were
    measured: beside only some of the others, failures would weigh too much. Raise ConfigError where one
    failed and the floor is not known.
    """
    measured = [value for value in values if value is not None]
    if not measured:
        return None
    num_failures, num_absent = _count_absent(group, values)
    if num_failures == num_absent:
        measured += [math.nan] * num_failures
    if group.floor is None and not all(map(math.isfinite, measured)):
        raise ConfigError(
            f"networks of {group.label} failed at a weight, and what the task pays at worst is not known; "
            f"give floor=NUMBER or +floors.{group.task_module}=NUMBER."
        )
    return build_sample(measured, group.floor)


def _count_omitted_failures(group: Group, values: Sequence[float | None]) -> int:
    """Return how many failed runs are not in the sample of these values, since others were not measured."""
    num_failures, num_absent = _count_absent(group, values)
    return num_failures if num_failures < num_absent else 0


def _count_absent(group: Group, values: Sequence[float | None]) -> tuple[int, int]:
    """Return how many of the runs without a value failed, and how many runs have none."""
    absent = [run for run, value in zip(group.runs, values, strict=True) if value is None]
    return sum(run.score != run.score for run in absent), len(absent)


def _median(values: Sequence[float]) -> float | None:
    valid = [value for value in values if value == value]
    return float(np.median(valid)) if valid else None
