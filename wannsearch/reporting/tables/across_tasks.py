"""Methods over several tasks at once: normalised scores, their IQM, the optimality gap, the profile.

Agarwal et al. (2021). A score is 0 at the task's floor and 1 where the task is solved, both of which are
settings. A task is its class and what decides what it pays: two gates are two tasks. Methods are
compared on the tasks that all of them have runs of, and the others are named; of each method there
must be one setting a task, for what a mixture of settings would say belongs to none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.settings import convert_fields
from wannsearch.records.reader import Origin
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.across_tasks import Scale, Tasks, aggregate, mean_improvement, normalised
from wannsearch.reporting.statistics.profiles import profile
from wannsearch.reporting.statistics.sample import Sample
from wannsearch.reporting.tables.document import (
    Document,
    Record,
    Section,
    interval_record,
    number,
    with_interval,
)
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.score_levels import levels
from wannsearch.reporting.tables.table import Material

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = ("method", "tasks", "n", "failed", "IQM [95 %]", "mean [95 %]", "optimality gap [95 %]")
_AGGREGATES = ("iqm", "mean", "optimality_gap")
_COLOURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
_MOST_REASONS = 3
_THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True, kw_only=True)
class AcrossTasks:
    """When a task is solved, by the module of its class (`levels`); what it pays at worst is its floor."""

    title: str
    solved: Any

    def __post_init__(self) -> None:
        convert_fields(self)
        levels("table.solved", self.solved)

    def made(self, material: Material) -> Document:
        """MissingData where no task is left that all methods have runs of."""
        groups = material.grouped.groups
        levels("table.solved", self.solved).refuse_mixed_units(
            "table.solved", ((group.task, group.settings, group.score_name) for group in groups)
        )
        scales = {group.task_label: self._scale(group) for group in groups}
        methods = self._normalised(groups, scales)
        common = sorted(set.intersection(*(set(tasks) for tasks in methods.values()))) if methods else []
        if not common:
            missing = _missing(groups, scales, methods, common)[:_MOST_REASONS]
            raise MissingData(
                " ".join(["there is no task with a known scale that every method has runs of.", *missing])
            )
        shared: dict[str, Tasks] = {
            method: {task: tasks[task] for task in common} for method, tasks in methods.items()
        }
        rows, records = [], []
        for method, tasks in shared.items():
            found = {name: aggregate(tasks, name) for name in _AGGREGATES}
            runs, failed = (sum(getattr(one, name) for one in tasks.values()) for name in ("n", "failed"))
            shown = [with_interval(one, one.estimate) for one in found.values()]
            rows.append([method, str(len(common)), str(runs), str(failed), *shown])
            record: Record = {"method": method, "tasks": len(common), "n": runs, "failed": failed}
            for name, one in found.items():
                record |= interval_record(one, name)
            records.append(record)
        sections = [Section("table", "", _COLUMNS, rows, records)]
        if len(shared) > 1:
            sections.append(_improvements(shared))
        solved = ", ".join(
            f"{task} {number(scale.solved)}" for task, scale in _known(scales) if task in common
        )
        notes = [
            f"Tasks: {solved} is solved, and counts as 1; the task's floor counts as 0.",
            "Intervals: nominal 95 %, expanded percentile bootstrap, runs resampled within each task. "
            "Optimality gap: the mean of what is missing to 1; less is better.",
            *_missing(groups, scales, methods, common),
        ]
        return Document(self.title, sections, notes, self._picture(shared))

    def _scale(self, group: Group) -> Scale | str:
        """Of the group's task, or which end of it is not known."""
        solved = levels("table.solved", self.solved).of(group.task, group.settings, group.score_name)
        if solved is None:
            return f"table.solved says nothing of it; give +table.solved.{group.task}=NUMBER"
        if group.floor is None:
            return f"its floor is not known; give +floors.{group.task}=NUMBER"
        try:
            return Scale(group.floor, solved)
        except ValueError as error:
            raise ConfigError(f"table.solved.{group.task}: {error}.") from None

    def _normalised(self, groups: Sequence[Group], scales: Mapping[str, Scale | str]) -> dict[str, Tasks]:
        """Method -> task -> runs, of the tasks whose scale is known."""
        found: dict[str, dict[str, Sample]] = {}
        for group in groups:
            scale, task = scales[group.task_label], group.task_label
            if isinstance(scale, str):
                continue
            tasks = found.setdefault(group.method, {})
            if task in tasks:
                raise ConfigError(
                    f"{group.method} has several settings of {task}, such as {group.label!r}; "
                    "name the runs of one."
                )
            tasks[task] = normalised(group.scores, scale)
        return dict(sorted(found.items()))

    def _picture(self, methods: dict[str, Tasks]) -> style.Picture:
        def fill(figure: Figure) -> None:
            axes = figure.subplots()
            for place, (method, tasks) in enumerate(methods.items()):
                found, colour = profile(tasks, _THRESHOLDS), _COLOURS[place % len(_COLOURS)]
                axes.step(_THRESHOLDS, found.share, where="post", color=colour, label=style.plain(method))
                axes.fill_between(
                    _THRESHOLDS, found.low, found.high, step="post", color=colour, alpha=0.18, lw=0
                )
            axes.set_ylim(-0.02, 1.02)
            axes.set_xlabel("normalised score tau")
            axes.set_ylabel("share of runs above tau")
            axes.legend(loc="best")
            style.headed(figure, Origin(), self.title, "performance profiles with their 95 % bands")

        return style.rendered(fill)


def _known(scales: Mapping[str, Scale | str]) -> list[tuple[str, Scale]]:
    return [(task, scale) for task, scale in sorted(scales.items()) if isinstance(scale, Scale)]


def _missing(
    groups: Sequence[Group],
    scales: Mapping[str, Scale | str],
    methods: Mapping[str, Tasks],
    common: Sequence[str],
) -> list[str]:
    """A line for each task that is no part of the table, and for each method that is none."""
    notes = [f"Left out, {task}: {why}." for task, why in sorted(scales.items()) if isinstance(why, str)]
    for task, _ in _known(scales):
        if task not in common:
            without = [method for method, tasks in methods.items() if task not in tasks]
            notes.append(f"Left out, {task}: there is no run of {', '.join(without)}.")
    gone = sorted({group.method for group in groups} - set(methods))
    return notes + [f"Left out, {method}: it has no task with a known scale." for method in gone]


def _improvements(methods: dict[str, Tasks]) -> Section:
    rows, records = [], []
    for a, b in combinations(methods, 2):
        found = mean_improvement(methods[a], methods[b])
        rows.append([a, b, with_interval(found, found.estimate)])
        records.append({"method": a, "over": b, **interval_record(found, "probability_of_improvement")})
    columns = ("method", "over", "probability of improvement [95 %]")
    heading = "Probability that a run of one beats a run of the other, averaged over tasks"
    return Section("comparisons", heading, columns, rows, records)
