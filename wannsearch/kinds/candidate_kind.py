"""A kind of candidates as data: its name, columns, files in the run folder, final test and plots.

The class of the candidates names its kind (`core.candidates.Candidates.kind`), and `find_kind` makes it.
The commands call what a kind offers and never ask which one it is.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from wannsearch.core.candidates import Candidates
from wannsearch.core.champion import ChampionRecord
from wannsearch.core.errors import ConfigError
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.records.candidate_files import CandidateFiles
from wannsearch.reporting.plots.plot_selection import PlotSelection
from wannsearch.search import Generation, Search


@dataclass(frozen=True)
class RecordingFailure:
    """The reason why a final test lacks files that a run can do without, such as those of a picture."""

    line: str  # what failed, and which files are missing
    traceback: str


@dataclass(frozen=True)
class FinalTest:
    """The result of the final test of a search."""

    evaluation: dict[str, Any]  # `best/evaluation.json`, without the names of task and network
    best: Candidates  # one row: the recorded best as the test left it
    line: str  # sums the result up for the user
    files: dict[str, bytes] = field(default_factory=dict)  # further files: path in the run folder -> content
    failures: tuple[RecordingFailure, ...] = ()  # each costs a warning, and some of the further files
    next_commands: tuple[tuple[str, ...], ...] = ()  # commands that may follow; RUN stands for the run folder


class CandidateKind(CandidateFiles, Protocol):
    """What the commands need of one kind of candidates beside its files (`records.candidate_files`)."""

    @property
    def name(self) -> str:
        """Return the plural name of the kind for messages, such as "topologies"."""

    def run_final_test(
        self, search: Search, record: ChampionRecord, last_generation: Generation, held_out: HeldOutSettings
    ) -> FinalTest:
        """Test the recorded best on episodes or data that the search has never used.

        Args:
            search: The finished search: task, evaluator, trials and seed.
            record: The recorded best.
            last_generation: The generation that was evaluated last.
            held_out: Episodes and weights of the final test.

        Returns:
            The evaluation, which needs `mean_over_weights`, `weights`, `mean`, `std` and `episodes`, the best
            and further files. It is the same for the same seed.

        Raises:
            EvaluationFailed: The candidate failed and the settings stop the run.
        """

    def draw_plots(self, run: Path, selection: PlotSelection) -> dict[str, bytes]:
        """Draw the selected plots of a finished run from its folder alone.

        Args:
            run: The run folder, with evaluation and summary.
            selection: All plots, few, or none.

        Returns:
            The content of each picture by path in the run folder; nothing for `PlotSelection.OFF`.

        Raises:
            DamagedFile: A file is missing or lacks a value.
        """

    def measure_objective(self, run: Path, search: Search, recorded_score: float) -> float:
        """Return the score by which a sweeper may choose settings; never a held-out or a test score.

        Args:
            run: The folder of the finished run.
            search: Task and evaluator, for a score that is measured anew.
            recorded_score: The score of the recorded best, for the usual answer.

        Returns:
            The objective, higher is better; NaN for none.
        """


@runtime_checkable
class CountsTestEpisodes(Protocol):
    """Such a kind tests its best in episodes of the task, so that the time of a test can be expected."""

    def count_test_episodes(self, search: Search, held_out: HeldOutSettings) -> int:
        """Return the number of episodes of the final test, over all its weights.

        Args:
            search: The search: task and trials.
            held_out: Episodes and weights of the final test.

        Returns:
            The number of episodes that `run_final_test` plays with these arguments.
        """


def find_kind(candidates: Candidates | type[Any]) -> CandidateKind:
    """Return the kind of these candidates, or of their class, by the dotted name that the class carries.

    Raise ConfigError where there is no such class, or where one of both lacks a part of its protocol.
    """
    candidate_type = candidates if isinstance(candidates, type) else type(candidates)
    _check_members(candidate_type, "a class of candidates", ("kind", *_public_members(Candidates)))
    module_name, _, class_name = candidate_type.kind.rpartition(".")
    if not module_name:
        raise ConfigError(
            f"{candidate_type.__name__}.kind is {candidate_type.kind!r}; it must name a class with its "
            f"module: {candidate_type.__module__}.{class_name}."
        )
    try:
        kind_type = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"{candidate_type.__name__}.kind is {candidate_type.kind!r}; there is no such class ({error})."
        ) from error
    _check_members(
        kind_type, "a kind of candidates", (*_public_members(CandidateFiles), *_public_members(CandidateKind))
    )
    kind: CandidateKind = kind_type()
    return kind


def _public_members(protocol: type[Any]) -> list[str]:
    return [name for name in vars(protocol) if not name.startswith("_")]


def _check_members(cls: type[Any], role: str, names: Iterable[str]) -> None:
    missing_names = [name for name in names if not hasattr(cls, name)]
    if missing_names:
        raise ConfigError(
            f"{cls.__module__}.{cls.__qualname__}: {role} has {missing_names[0]!r}, and this has not."
        )
