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
from wannsearch.reporting.statistics.interval import Interval, interval
from wannsearch.reporting.statistics.sample import Sample, sample
from wannsearch.reporting.tables.groups import Group
from wannsearch.reporting.tables.table import Material
from wannsearch.reporting.tables.tuning import COLUMNS, Measured, Tuning
from wannsearch.reporting.tables.tuning_choice import fitting


@dataclass(frozen=True, kw_only=True)
class PaperFigure:
    """One figure of the paper: over 100 trials of one network."""

    mean: float
    std: float

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A row of the paper's table."""

    random_weights: PaperFigure | None
    random_shared_weight: PaperFigure | None
    tuned_shared_weight: PaperFigure | None
    tuned_weights: PaperFigure | None

    def __post_init__(self) -> None:
        convert_fields(self)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A method on a task."""

    name: str  # of the task, as the paper calls it
    label: str
    task: str  # module of the task's class
    method: str  # and of the method's
    match: Any  # dotted key -> value, where the task's name does not say enough
    evaluations: int | None  # of one search of the paper; None where it had none
    paper: Paper | None

    def __post_init__(self) -> None:
        convert_fields(self)
        if not isinstance(self.match, dict):
            raise ConfigError(f"table.rows: match is {str(self.match)[:60]!r}; it must map keys to values.")

    def published(self, column: str) -> PaperFigure | None:
        """The paper's figure for this column."""
        figure: PaperFigure | None = None if self.paper is None else getattr(self.paper, column)
        return figure


@dataclass(frozen=True)
class Cell:
    """What our runs gave for one row and column."""

    values: Sample | None  # by run; None where nothing was tuned
    found: Interval | None  # over runs; over episodes where all runs are one measurement
    std: float  # means over runs
    std_within: float

    @property
    def independent(self) -> Sample | None:
        """The values to compare with another row's: a measurement that runs share counts once."""
        if self.values is None or self.found is None or not self.found.by_episodes:
            return self.values
        return Sample(self.values.scores[:1])


@dataclass(frozen=True)
class Line:
    """A row of the table with what was found for it."""

    row: Row
    group: Group | None
    label: str
    tunings: tuple[Tuning | None, ...]
    cells: dict[str, Cell]

    @property
    def tuned(self) -> list[Tuning]:
        """Those that there are."""
        return [tuning for tuning in self.tunings if tuning is not None]

    @property
    def how_tuned(self) -> list[str]:
        """In words, each way once; two ways that have the same words are told apart by a digest."""
        ways = {tuning.kind: tuning.how for tuning in self.tuned}
        words = list(ways.values())
        return sorted(how if words.count(how) == 1 else f"{how} ({kind[:6]})" for kind, how in ways.items())

    @property
    def below_scale(self) -> bool:
        """A search of ours that was smaller than the paper's."""
        paper = self.row.evaluations
        return (
            self.group is not None
            and paper is not None
            and min(run.evaluations for run in self.group.runs) < paper
        )


def found_lines(row: Row, material: Material, tunings: Sequence[Tuning]) -> list[Line]:
    """One for each of our settings that the row is about; one without runs where there is none.

    `tunings` as `largest_first` orders them.
    """
    groups = [group for group in material.grouped.groups if group.fits(row.task, row.method, row.match)]
    if not groups:
        return [Line(row, None, row.label, (), {column: Cell(None, None, *_NO_STD) for column in COLUMNS})]
    lines = []
    for group in groups:
        details = group.label.partition(group.method)[2].strip()
        label = row.label if len(groups) == 1 or not details else f"{row.label} ({details})"
        tuned = tuple(fitting(run, tunings) for run in group.runs)
        cells = {column: _cell(group, tuned, column) for column in COLUMNS}
        lines.append(Line(row, group, label, tuned, cells))
    return lines


_NO_STD = (math.nan, math.nan)


def _cell(group: Group, tunings: tuple[Tuning | None, ...], column: str) -> Cell:
    """Over the runs that were tuned, and those that failed and cannot be: they count as the floor."""
    measured: list[Measured] = []
    failed = 0
    for run, tuning in zip(group.runs, tunings, strict=True):
        if tuning is not None and column in tuning.columns:
            measured.append(tuning.columns[column])
        elif run.score != run.score:
            failed += 1
    if not measured:
        return Cell(None, None, *_NO_STD)
    means = [*(one.mean for one in measured), *[math.nan] * failed]
    if group.floor is None and not all(map(math.isfinite, means)):
        raise ConfigError(
            f"networks of {group.label} failed when they were tested after their tuning, and what the task "
            f"pays at worst is not known; give floor=NUMBER or +floors.{group.task}=NUMBER."
        )
    values = sample(means, group.floor)
    return Cell(
        values,
        _one_network(measured, failed) or interval(values),
        _mean([one.std for one in measured]),
        _mean([one.std_within for one in measured]),
    )


def _one_network(measured: list[Measured], failed: int) -> Interval | None:
    """The interval over episodes where all runs are one measurement; None where they are not."""
    first = measured[0]
    different = {(one.mean, one.std, one.episodes) for one in measured}
    known = math.isfinite(first.mean) and first.episodes > 1
    if len(measured) == 1 or failed or len(different) > 1 or not known:
        return None
    return estimate_by_episodes(first.mean, first.std, first.episodes)


def _mean(values: list[float]) -> float:
    known = sorted(value for value in values if value == value)
    return float(np.mean(known)) if known else math.nan
