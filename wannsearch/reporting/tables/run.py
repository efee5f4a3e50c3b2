"""One run as a table needs it, read from files that a stranger may have written.

Its score is the held-out mean of its recorded best, from `summary.json` or, in older folders, from
`best/evaluation.json`. A run that is not done, or whose best failed its test, has the score NaN. Its budget
is that of `status.json`: the config keeps the budget at the start, and a run may have been continued.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.errors import DamagedFile
from wannsearch.core.run_files import Columns
from wannsearch.core.score_names import ENVIRONMENT_STEPS
from wannsearch.core.tasks.task_name import name_task
from wannsearch.core.untrusted import (
    damaged_file_error,
    is_finite_number,
    is_integer,
)
from wannsearch.records import layout
from wannsearch.records.claim import flatten_keys, may_change_on_resume
from wannsearch.records.reader import RunFolder
from wannsearch.records.run_status import RunState, read_status
from wannsearch.reporting.plots.style import one_line

_MAX_NAME_LENGTH = 40
_MAX_TASK_LENGTH = 60
MAX_SCORE = 1e100
"""A score of larger magnitude is refused; sums of squares of smaller ones are still finite."""
_BUDGET_KEY = "generations"  # a run may go on with more of them, but a longer search is another experiment
_REQUIRED_COLUMNS = ("generation", "evaluations", "best_so_far")
_PROTOCOL_KEYS = ("task.episodes", "task.activations", "task.input_names", "task.output_names")
"""Settings of a task that do not decide its rewards: episodes, allowed activations, names for pictures."""
SPLIT_SEED_KEY = "task.split_seed"
_FOLDER_KEYS = ("task.root", "data.root")
"""Folders of images: whether one is given is a setting, its name is not."""


@dataclass(frozen=True)
class Run:
    """The result, the cost and the config of one search, in whatever state it is."""

    folder: Path
    state: RunState
    reason: str | None
    task: str  # its name: the id of an environment, or the module of the task's class
    task_module: str  # the module of the task's class, by which score levels and tables know it
    method: str  # the module of its class
    seed: int
    config: dict[str, Any]
    generations: int | None  # its budget; None where it is no whole number
    score: float  # held-out mean; NaN where it failed
    evaluations: int
    env_steps: int
    sizes: dict[str, float]  # of the recorded best, by the column names of its kind; NaN where not known
    best_id: int | None
    overrides: tuple[str, ...]
    packages: dict[str, str]
    network_sha256: str | None
    score_name: str | None = None  # name and unit of its score; None where the folder has no name
    best_score_name: str | None = None  # the same of the scores in the search: history and recorded best
    search_score: float = math.nan  # by which settings may be chosen; NaN where it failed or left none
    search_score_name: str | None = None
    steps_name: str = ENVIRONMENT_STEPS  # unit of `env_steps`
    split_by_seed: bool = False  # its data are split by its seed, which makes the split no setting

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The config under dotted keys, without the seed and without keys that change no result.

        The latter are those that may change on resume, except `generations`, which is the budget. A null key
        is left out like one that an older config lacks. A folder of images has the value `given`.
        """
        settings = {
            key: _setting_value(key, value)
            for key, value in flatten_keys(self.config).items()
            if key != "seed" and value is not None and not may_change_on_resume(key)
        }
        if self.split_by_seed:
            settings.pop(SPLIT_SEED_KEY, None)
        return settings if self.generations is None else settings | {_BUDGET_KEY: self.generations}

    @cached_property
    def task_settings(self) -> dict[str, Any]:
        """The settings that decide the task's rewards; runs are compared where these are equal."""
        settings = task_settings(self.config)
        if self.split_by_seed:
            settings.pop(SPLIT_SEED_KEY, None)
        return settings

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the settings in hexadecimal, which runs that differ only in their seed share."""
        text = json.dumps(self.settings, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _setting_value(key: str, value: Any) -> Any:
    return "given" if key in _FOLDER_KEYS else value


def task_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that decide the task's rewards, from the config of a search or a tuning.

    Keys are dotted, such as `task.reward`. A null key is left out, and a folder of images is `given`.
    """
    return {
        key: _setting_value(key, value)
        for key, value in flatten_keys({"task": config.get("task")}).items()
        if value is not None and not any(key == part or key.startswith(f"{part}.") for part in _PROTOCOL_KEYS)
    }


def read_run(folder: Path, config: dict[str, Any] | None = None) -> Run:
    """Return the run in this folder, in any state; only a run that is done has a score.

    `config` is the folder's, if it has been read. Raise DamagedFile, ConfigError or StorageError, in one
    line, where a file is missing, damaged or not that of a run, or a score exceeds MAX_SCORE.
    """
    status = read_status(folder)
    if status.state is RunState.DAMAGED:
        raise DamagedFile(status.why or f"{folder} cannot be read.")
    path, files = folder / layout.CONFIG, RunFolder(folder)
    config = files.read_config() if config is None else config
    seed = config.get("seed")
    if not is_integer(seed):
        raise damaged_file_error(str(path), "it has no whole number as seed", "every run has one")
    history_counts = read_last_counts(folder)
    summary: dict[str, Any] = {}
    score, search_score, validation_name = math.nan, math.nan, None
    if status.state is RunState.DONE:
        summary = files.read_summary()
        score = _read_score(folder, summary)
        search_score, validation_name = _read_search_score(files, status.best_so_far)
        for value in (score, search_score):
            if abs(value) > MAX_SCORE:
                raise damaged_file_error(
                    str(folder), f"its score is {value:g}", f"no score is beyond {MAX_SCORE:g}"
                )
    best = _get_part(summary, "best")
    task_module = read_module_name(config, "task", path)
    return Run(
        folder=folder,
        state=status.state,
        reason=status.why,
        task=one_line(name_task(config["task"], task_module), _MAX_TASK_LENGTH),
        task_module=task_module,
        method=read_module_name(config, "method", path),
        seed=seed,
        config=config,
        generations=read_budget(config, status.generations),
        score=score,
        evaluations=_to_count(summary.get("evaluations"), history_counts[0]),
        env_steps=_to_count(summary.get("env_steps"), history_counts[1]),
        sizes={
            one_line(name, _MAX_NAME_LENGTH): _to_float(best.get(name)) for name in files.read_size_names()
        },
        best_id=best["id"] if is_integer(best.get("id")) else None,
        overrides=files.read_overrides(),
        packages=_read_packages(summary),
        network_sha256=files.network_sha256(),
        score_name=_to_name(_get_part(summary, "held_out").get("score_name")),
        best_score_name=_to_name(best.get("score_name")),
        search_score=search_score,
        search_score_name=validation_name or _to_name(best.get("score_name")),
        steps_name=_to_name(summary.get("steps_name")) or ENVIRONMENT_STEPS,
    )


def read_budget(config: dict[str, Any], status_generations: int | None) -> int | None:
    """Return the generations in the status, which includes continuations, or else in the config.

    None where that is no whole number of 0 or more.
    """
    generations = config.get(_BUDGET_KEY) if status_generations is None else status_generations
    return generations if is_integer(generations) and generations >= 0 else None


def read_module_name(config: dict[str, Any], group: str, path: Path) -> str:
    """Return the module of the class in the group's `_target_`, which is normally the name of its option.

    Raise DamagedFile, which names `path`, where the group has no such class.
    """
    part = config.get(group)
    names = str(part.get("_target_")).split(".") if isinstance(part, dict) else []
    if len(names) < 2:
        raise damaged_file_error(str(path), f"it has no {group}", "a search has a task and a method")
    return one_line(names[-2], _MAX_TASK_LENGTH)


def read_history(folder: Path, *extra_columns: str) -> Columns:
    """Return `generation`, `evaluations` and `best_so_far` of `history.csv`, and existing `extra_columns`.

    Columns are float64, one row a generation, and an empty cell is NaN. Return {} where there is no file.
    Raise DamagedFile where it is not a table of numbers, lacks one of the three columns, its generations or
    evaluations do not rise, or a best_so_far is beyond MAX_SCORE.
    """
    files = RunFolder(folder)
    if not files.has_file(layout.HISTORY):
        return {}
    history = files.read_history(_REQUIRED_COLUMNS, extra_columns, may_be_empty=True)
    if (np.abs(history["best_so_far"]) > MAX_SCORE).any():
        raise damaged_file_error(
            str(folder / layout.HISTORY), "a best_so_far is too large", f"no score is beyond {MAX_SCORE:g}"
        )
    return history


def read_last_counts(folder: Path) -> tuple[int, int]:
    """Return evaluations and steps in the last row of the history; 0 where there is no such number."""
    history = read_history(folder, "env_steps")
    if not history or not len(history["generation"]):
        return 0, 0
    steps = history.get("env_steps", np.zeros(1))[-1]
    return int(history["evaluations"][-1]), int(steps) if math.isfinite(steps) else 0


def _read_score(folder: Path, summary: dict[str, Any]) -> float:
    held_out = _get_part(summary, "held_out")
    if "mean_over_weights" not in held_out:
        raise damaged_file_error(
            str(folder / layout.SUMMARY), "it has no held-out mean", "a run that is done was tested"
        )
    return _to_float(held_out["mean_over_weights"])


def _read_search_score(files: RunFolder, best_so_far: float | None) -> tuple[float, str | None]:
    """Return the score by which a setting may be chosen, and its name if it is not that of the search.

    It is the validation accuracy after the full training where there was one, else the score of the recorded
    best; never a held-out or a test score, because a choice by those would leave no data unused.
    """
    accuracies = files.read_validation_accuracies()
    if accuracies is None:
        return math.nan if best_so_far is None else best_so_far, None
    mean = sum(accuracies) / len(accuracies) if accuracies else math.nan
    return mean, "validation accuracy"


def _get_part(document: dict[str, Any], key: str) -> dict[str, Any]:
    part = document.get(key)
    return part if isinstance(part, dict) else {}


def _to_float(value: object) -> float:
    return float(value) if is_finite_number(value) else math.nan  # type: ignore[arg-type]  # it is a number


def _to_name(value: object) -> str | None:
    return one_line(value, _MAX_NAME_LENGTH) if isinstance(value, str) and value else None


def _to_count(value: object, default: int) -> int:
    return value if is_integer(value) and 0 <= value < 2**63 else default


def _read_packages(summary: dict[str, Any]) -> dict[str, str]:
    environment = _get_part(summary, "environment")
    return {
        one_line(str(name), 40): one_line(str(version), 40)
        for name, version in sorted(environment.items())[:40]
    }
