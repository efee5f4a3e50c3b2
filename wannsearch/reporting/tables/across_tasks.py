"""Methods over several tasks at once: normalised scores, their IQM, the optimality gap, the profile.

Agarwal et al. (2021). A score is 0 at the task's floor and 1 where the task is solved, both of which are
settings. A task is its class with the settings that decide its rewards: two gates are two tasks. Methods are
compared on the tasks that all of them have runs of, and the others are named. Each method must have one
setting per task, since a mixture of settings would describe none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.core.settings import convert_fields
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.across_tasks import (
    SamplesByTask,
    ScoreScale,
    aggregate,
    mean_improvement,
    normalize,
)
from wannsearch.reporting.statistics.profiles import performance_profile
from wannsearch.reporting.statistics.sample import Sample
from wannsearch.reporting.tables.document import (
    Document,
    Record,
    Section,
    format_number,
    interval_column,
    value_column,
)
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.score_levels import parse_levels
from wannsearch.reporting.tables.table import TableInput

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = (
    value_column("method", "method"),
    value_column("tasks", "tasks"),
    value_column("n", "n"),
    value_column("failed", "failed"),
    interval_column("IQM [95 %]", "iqm"),
    interval_column("mean [95 %]", "mean"),
    interval_column("optimality gap [95 %]", "optimality_gap"),
)
_COMPARISON_COLUMNS = (
    value_column("method", "method"),
    value_column("over", "over"),
    interval_column("probability of improvement [95 %]", "probability_of_improvement"),
)
_AGGREGATES = ("iqm", "mean", "optimality_gap")
_COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
_MAX_REASONS = 3
_THRESHOLDS = np.linspace(0, 1, 101)


@dataclass(frozen=True, kw_only=True)
class AcrossTasks:
    """The table of methods over several tasks.

    `solved` maps the module of a task's class to the score at which it is solved, in the form that
    `score_levels` reads. Raise ConfigError where it has another form.
    """

    title: str
    solved: Any

    def __post_init__(self) -> None:
        convert_fields(self)
        parse_levels("table.solved", self.solved)

    def build(self, table_input: TableInput) -> Document:
        """Return the document, with the performance profiles as its picture.

        Raise MissingData where no task is left that all methods have runs of. Raise ConfigError where a level
        of `solved` is for scores of two names or not above the floor, or a method has two settings of a task.
        """
        groups = table_input.run_groups.groups
        parse_levels("table.solved", self.solved).refuse_mixed_units(
            "table.solved", ((group.task_module, group.settings, group.score_name) for group in groups)
        )
        scales = {group.task_label: self._scale(group) for group in groups}
        methods = self._normalize(groups, scales)
        common = sorted(set.intersection(*(set(tasks) for tasks in methods.values()))) if methods else []
        if not common:
            missing = _list_missing(groups, scales, methods, common)[:_MAX_REASONS]
            raise MissingData(
                " ".join(["there is no task with a known scale that every method has runs of.", *missing])
            )
        common_samples: dict[str, SamplesByTask] = {
            method: {task: tasks[task] for task in common} for method, tasks in methods.items()
        }
        records = []
        for method, tasks in common_samples.items():
            record: Record = {"method": method, "tasks": len(common)}
            record |= {"n": sum(sample.n for sample in tasks.values())}
            record |= {"failed": sum(sample.num_failed for sample in tasks.values())}
            records.append(record | {name: aggregate(tasks, name) for name in _AGGREGATES})
        sections = [Section("table", "", _COLUMNS, records)]
        if len(common_samples) > 1:
            sections.append(_compare_methods(common_samples))
        solved = ", ".join(
            f"{task} {format_number(scale.solved)}" for task, scale in _known_scales(scales) if task in common
        )
        notes = [
            f"Tasks: {solved} is solved, and counts as 1; the task's floor counts as 0.",
            "Intervals: nominal 95 %, expanded percentile bootstrap, runs resampled within each task. "
            "Optimality gap: the mean of what is missing to 1; less is better.",
            *_list_missing(groups, scales, methods, common),
        ]
        return Document(self.title, sections, notes, {"picture": self._draw_profiles(common_samples)})

    def _scale(self, group: Group) -> ScoreScale | str:
        """Return the scale of the group's task, or a text that names the end of it that is not known.

        Raise ConfigError where the task is solved at or below its floor.
        """
        solved = parse_levels("table.solved", self.solved).level_for(
            group.task_module, group.settings, group.score_name
        )
        if solved is None:
            return f"table.solved says nothing of it; give +table.solved.{group.task_module}=NUMBER"
        if group.floor is None:
            return f"its floor is not known; give +floors.{group.task_module}=NUMBER"
        try:
            return ScoreScale(group.floor, solved)
        except ValueError as error:
            raise ConfigError(f"table.solved.{group.task_module}: {error}.") from None

    def _normalize(
        self, groups: Sequence[Group], scales: Mapping[str, ScoreScale | str]
    ) -> dict[str, SamplesByTask]:
        """Return method -> task -> normalized scores, for the tasks whose scale is known.

        Raise ConfigError where a method has several settings of one task.
        """
        samples: dict[str, dict[str, Sample]] = {}
        for group in groups:
            scale, task = scales[group.task_label], group.task_label
            if isinstance(scale, str):
                continue
            tasks = samples.setdefault(group.method, {})
            if task in tasks:
                raise ConfigError(
                    f"{group.method} has several settings of {task}, such as {group.label!r}; "
                    "name the runs of one."
                )
            tasks[task] = normalize(group.scores, scale)
        return dict(sorted(samples.items()))

    def _draw_profiles(self, methods: dict[str, SamplesByTask]) -> style.Picture:
        def fill(figure: Figure) -> None:
            axes = figure.subplots()
            for position, (method, tasks) in enumerate(methods.items()):
                method_profile, color = (
                    performance_profile(tasks, _THRESHOLDS),
                    _COLORS[position % len(_COLORS)],
                )
                axes.step(
                    _THRESHOLDS, method_profile.share, where="post", color=color, label=style.one_line(method)
                )
                axes.fill_between(
                    _THRESHOLDS,
                    method_profile.low,
                    method_profile.high,
                    step="post",
                    color=color,
                    alpha=0.18,
                    lw=0,
                )
            axes.set_ylim(-0.02, 1.02)
            axes.set_xlabel("normalized score")
            axes.set_ylabel("share of runs above it")
            style.add_legend(figure, axes)
            style.add_header(figure, RunLabel(), self.title, "performance profiles with their 95 % bands")

        return style.render(fill, style.PLOT_WITH_LEGEND_IN)


def _known_scales(scales: Mapping[str, ScoreScale | str]) -> list[tuple[str, ScoreScale]]:
    return [(task, scale) for task, scale in sorted(scales.items()) if isinstance(scale, ScoreScale)]


def _list_missing(
    groups: Sequence[Group],
    scales: Mapping[str, ScoreScale | str],
    methods: Mapping[str, SamplesByTask],
    common: Sequence[str],
) -> list[str]:
    """Return a note for each task and each method that the table leaves out."""
    notes = [
        f"Left out, {task}: {reason}." for task, reason in sorted(scales.items()) if isinstance(reason, str)
    ]
    for task, _ in _known_scales(scales):
        if task not in common:
            methods_without = [method for method, tasks in methods.items() if task not in tasks]
            notes.append(f"Left out, {task}: there is no run of {', '.join(methods_without)}.")
    missing_methods = sorted({group.method for group in groups} - set(methods))
    return notes + [f"Left out, {method}: it has no task with a known scale." for method in missing_methods]


def _compare_methods(methods: dict[str, SamplesByTask]) -> Section:
    records = [
        {"method": a, "over": b, "probability_of_improvement": mean_improvement(methods[a], methods[b])}
        for a, b in combinations(methods, 2)
    ]
    heading = "Probability that a run of one beats a run of the other, averaged over tasks"
    return Section("comparisons", heading, _COMPARISON_COLUMNS, records)
