"""What our runs gave for a row of the control table, which is a method on a task.

A run is one whole search; its value in a column is what the tuning of its best network measured. A run
that failed has no network to tune and counts as the task's floor; so does a network that failed an
episode of its test.

Runs whose measurements are the same, mean and spread, are one network on one set of draws: a fixed topology
has no weights to differ by where weights are drawn. They are one measurement and not several, and what
it is worth is told by its episodes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields
from wannsearch.reporting.statistics.episodes import estimate_by_episodes
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.sample import Sample, build_sample
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.table import TableInput
from wannsearch.reporting.tables.tuning import TUNING_COLUMNS, Tuning, TuningMeasurement
from wannsearch.reporting.tables.tuning_choice import select_tuning


@dataclass(frozen=True, kw_only=True)
class PaperScore:
    """One figure of the paper: over 100 trials of one network."""

    mean: float
    std: float

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class PaperScores:
    """A row of the paper's table."""

    random_weights: PaperScore | None
    random_shared_weight: PaperScore | None
    tuned_shared_weight: PaperScore | None
    tuned_weights: PaperScore | None

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class ControlRow:
    """A method on a task."""

    name: str  # of the task, as the paper calls it
    label: str
    task: str  # module of the task's class
    method: str  # and of the method's
    match: Any  # dotted key -> value, where the task's name does not say enough
    evaluations: int | None  # of one search of the paper; None where it had none
    paper: PaperScores | None

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.rows: match is {str(self.match)[:60]!r}; it must map keys to values.")

    def paper_score(self, column: str) -> PaperScore | None:
        """The paper's figure for this column."""
        score: PaperScore | None = None if self.paper is None else getattr(self.paper, column)
        return score


@dataclass(frozen=True)
class ControlCell:
    """What our runs gave for one row and column."""

    values: Sample | None  # by run; None where nothing was tuned
    interval: Interval | None  # over runs; over episodes where all runs are one measurement
    std: float  # means over runs
    std_within: float

    @property
    def independent_values(self) -> Sample | None:
        """The values to compare with another row's: a measurement that runs share counts once."""
        if self.values is None or self.interval is None or not self.interval.by_episodes:
            return self.values
        return Sample(self.values.scores[:1])


@dataclass(frozen=True)
class ControlLine:
    """A row of the table with what was found for it."""

    row: ControlRow
    group: Group | None
    label: str
    tunings: tuple[Tuning | None, ...]
    cells: dict[str, ControlCell]

    @property
    def available_tunings(self) -> list[Tuning]:
        """Those that there are."""
        return [tuning for tuning in self.tunings if tuning is not None]

    @property
    def tuning_descriptions(self) -> list[str]:
        """In words, each way once; two ways that have the same words are told apart by a digest."""
        descriptions_by_kind = {
            tuning.settings_digest: tuning.description for tuning in self.available_tunings
        }
        descriptions = list(descriptions_by_kind.values())
        return sorted(
            description if descriptions.count(description) == 1 else f"{description} ({kind[:6]})"
            for kind, description in descriptions_by_kind.items()
        )

    @property
    def is_below_paper_scale(self) -> bool:
        """A search of ours that was smaller than the paper's."""
        paper = self.row.evaluations
        return (
            self.group is not None
            and paper is not None
            and min(run.evaluations for run in self.group.runs) < paper
        )


def build_lines(row: ControlRow, table_input: TableInput, tunings: Sequence[Tuning]) -> list[ControlLine]:
    """One for each of our settings that the row is about; one without runs where there is none.

    `tunings` as `largest_first` orders them.
    """
    groups = [
        group for group in table_input.run_groups.groups if group.matches(row.task, row.method, row.match)
    ]
    if not groups:
        return [
            ControlLine(
                row,
                None,
                row.label,
                (),
                {column: ControlCell(None, None, *_NO_STD) for column in TUNING_COLUMNS},
            )
        ]
    lines = []
    for group in groups:
        details = group.label.partition(group.method)[2].strip()
        label = row.label if len(groups) == 1 or not details else f"{row.label} ({details})"
        run_tunings = tuple(select_tuning(run, tunings) for run in group.runs)
        cells = {column: _build_cell(group, run_tunings, column) for column in TUNING_COLUMNS}
        lines.append(ControlLine(row, group, label, run_tunings, cells))
    return lines


_NO_STD = (math.nan, math.nan)


def _build_cell(group: Group, tunings: tuple[Tuning | None, ...], column: str) -> ControlCell:
    """Over the runs that were tuned, and those that failed and cannot be: they count as the floor."""
    measurements: list[TuningMeasurement] = []
    num_failed = 0
    for run, tuning in zip(group.runs, tunings, strict=True):
        if tuning is not None and column in tuning.columns:
            measurements.append(tuning.columns[column])
        elif run.score != run.score:
            num_failed += 1
    if not measurements:
        return ControlCell(None, None, *_NO_STD)
    means = [*(measurement.mean for measurement in measurements), *[math.nan] * num_failed]
    if group.floor is None and not all(map(math.isfinite, means)):
        raise ConfigError(
            f"networks of {group.label} failed when they were tested after their tuning, and what the task "
            f"pays at worst is not known; give floor=NUMBER or +floors.{group.task}=NUMBER."
        )
    values = build_sample(means, group.floor)
    return ControlCell(
        values,
        _single_network_interval(measurements, num_failed) or bootstrap_interval(values),
        _mean_of_valid([measurement.std for measurement in measurements]),
        _mean_of_valid([measurement.std_within for measurement in measurements]),
    )


def _single_network_interval(measurements: list[TuningMeasurement], num_failed: int) -> Interval | None:
    """The interval over episodes where all runs are one measurement; None where they are not."""
    first = measurements[0]
    distinct = {(measurement.mean, measurement.std, measurement.episodes) for measurement in measurements}
    is_valid = math.isfinite(first.mean) and first.episodes > 1
    if len(measurements) == 1 or num_failed or len(distinct) > 1 or not is_valid:
        return None
    return estimate_by_episodes(first.mean, first.std, first.episodes)


def _mean_of_valid(values: list[float]) -> float:
    valid = sorted(value for value in values if value == value)
    return float(np.mean(valid)) if valid else math.nan
