"""One run as a table needs it, read as what a stranger may have written.

Its score is the held-out mean of its recorded best, from `summary.json` or, in folders of old, from
`best/evaluation.json`. A run that failed, or whose best failed its test, has the score NaN. Its budget is
what `status.json` says: the config keeps the one that it began with, and a run may have gone on.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from array import array
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import DamagedFile
from wannsearch.core.score_names import ENVIRONMENT_STEPS
from wannsearch.formats.untrusted import (
    EXACT_INTEGERS,
    damaged,
    is_finite_number,
    is_integer,
    parse_json,
    read_text,
)
from wannsearch.records import layout
from wannsearch.records.claim import flat, may_differ
from wannsearch.records.run_status import State, observed
from wannsearch.records.stored_config import read_config
from wannsearch.reporting.plots.style import plain

Floats = npt.NDArray[np.float64]

_MOST_BYTES = 2**24
_MOST_HISTORY_BYTES = 2**24  # a hundred thousand generations
_MOST_WORDS = 1000
_LONGEST_NAME = 40
MOST_SCORE = 1e100
"""No task pays more; sums of squares of such scores are still numbers."""
_BUDGET = "generations"  # a run may go on with more of them, but a longer search is another experiment
_NEEDED = ("generation", "evaluations", "best_so_far")
_PROTOCOL = ("task.episodes", "task.activations")
"""What a search asks of its task, and not what the task pays: how often it is played, by which nodes."""
SPLIT = "task.split_seed"
_PLACES = ("task.root", "data.root")
"""Folders: that there is one says which images, its name does not."""


@dataclass(frozen=True)
class Run:
    """What became of one search."""

    folder: Path
    state: State
    why: str | None
    task: str  # the module of the task's class, and of the method's
    method: str
    seed: int
    config: dict[str, Any]
    generations: int | None  # its budget; None where it is no whole number
    score: float  # held-out mean; NaN where it failed
    evaluations: int
    env_steps: int
    hidden: float  # of the recorded best; NaN where it is not known
    connections: float
    best_id: int | None
    overrides: tuple[str, ...]
    packages: dict[str, str]
    network_sha256: str | None
    score_name: str | None = None  # what its score is, and its unit; None where the folder does not say
    best_score_name: str | None = None  # the same of what its search saw: history and recorded best
    steps_name: str = ENVIRONMENT_STEPS  # what `env_steps` counts
    split_by_seed: bool = False  # its data are split by its seed, which makes the split no setting

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The config under dotted keys, without the seed and what may change nothing.

        A key that is null says what an older config says by its absence: neither is a setting.
        """
        told = {
            key: _told(key, value)
            for key, value in flat(self.config).items()
            if key != "seed" and value is not None and not may_differ(key)
        }
        if self.split_by_seed:
            told.pop(SPLIT, None)
        return told if self.generations is None else told | {_BUDGET: self.generations}

    @cached_property
    def paid(self) -> dict[str, Any]:
        """The settings of the task that make up what it pays: runs compare where these are equal."""
        told = paid(self.config)
        if self.split_by_seed:
            told.pop(SPLIT, None)
        return told

    @cached_property
    def digest(self) -> str:
        """The same for runs that differ in nothing but their seed."""
        text = json.dumps(self.settings, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _told(key: str, value: Any) -> Any:
    return "given" if key in _PLACES else value


def paid(config: dict[str, Any]) -> dict[str, Any]:
    """Of a search's or a tuning's config, under dotted keys; null is no setting."""
    return {
        key: _told(key, value)
        for key, value in flat({"task": config.get("task")}).items()
        if value is not None and not any(key == part or key.startswith(f"{part}.") for part in _PROTOCOL)
    }


def read_run(folder: Path, config: dict[str, Any] | None = None) -> Run:
    """The run in this folder; DamagedFile, ConfigError or StorageError, in one line, where it is none.

    `config` is the folder's, if it has been read.
    """
    seen = observed(folder)
    if seen.state is State.DAMAGED:
        raise DamagedFile(seen.why or f"{folder} cannot be read.")
    path = folder / layout.CONFIG
    config = read_config(path) if config is None else config
    seed = config.get("seed")
    if not is_integer(seed):
        raise damaged(str(path), "it has no whole number as seed", "every run has one")
    row = last_counts(folder)
    told: dict[str, Any] = {}
    score = math.nan
    if seen.state is State.DONE:
        told = _document(folder / layout.SUMMARY)
        score = _score(folder, told)
        if abs(score) > MOST_SCORE:
            raise damaged(str(folder), f"its score is {score:g}", f"no score is beyond {MOST_SCORE:g}")
    best = _part(told, "best")
    return Run(
        folder=folder,
        state=seen.state,
        why=seen.why,
        task=module(config, "task", path),
        method=module(config, "method", path),
        seed=seed,
        config=config,
        generations=budget(config, seen.generations),
        score=score,
        evaluations=_count(told.get("evaluations"), row[0]),
        env_steps=_count(told.get("env_steps"), row[1]),
        hidden=_number(best.get("hidden")),
        connections=_number(best.get("connections")),
        best_id=best["id"] if is_integer(best.get("id")) else None,
        overrides=_overrides(folder / layout.OVERRIDES),
        packages=_packages(told),
        network_sha256=sha256_of(folder / layout.NETWORK),
        score_name=_name(_part(told, "held_out").get("score_name")),
        best_score_name=_name(best.get("score_name")),
        steps_name=_name(told.get("steps_name")) or ENVIRONMENT_STEPS,
    )


def budget(config: dict[str, Any], status: int | None) -> int | None:
    """Generations by the status, which knows of continuations, or else by the config."""
    told = config.get(_BUDGET) if status is None else status
    return told if is_integer(told) and told >= 0 else None


def module(config: dict[str, Any], group: str, path: Path) -> str:
    """The module of the class that a group names: what its option is called as a rule."""
    part = config.get(group)
    words = str(part.get("_target_")).split(".") if isinstance(part, dict) else []
    if len(words) < 2:
        raise damaged(str(path), f"it has no {group}", "a search has a task and a method")
    return plain(words[-2], 60)


def sha256_of(path: Path) -> str | None:
    """Of the bytes of a plain file; None where there is none."""
    if path.is_symlink() or not path.is_file():
        return None
    return hashlib.sha256(read_text(path).encode()).hexdigest()


def read_history(folder: Path, *more: str) -> dict[str, Floats]:
    """Columns of `history.csv`: those that every run has, and of `more` whichever are there.

    Empty cells are NaN. Nothing where there is no file; DamagedFile where it is no table of numbers, or
    its generations do not rise.
    """
    path = folder / layout.HISTORY
    if not path.is_file():
        return {}
    history = _columns(path, {*_NEEDED, *more})
    for name in _NEEDED:
        if name not in history:
            raise damaged(str(path), f"it has no column {name!r}", "every run has one")
    for name in ("generation", "evaluations"):
        rising = history[name]
        wrong = np.isnan(rising).any() or (np.diff(rising) <= 0).any() or (rising < 1).any()
        if wrong or (rising > EXACT_INTEGERS).any():
            raise damaged(str(path), f"its column {name!r} does not rise", "it counts")
    if (np.abs(history["best_so_far"]) > MOST_SCORE).any():
        raise damaged(str(path), "a best_so_far is too large", f"no score is beyond {MOST_SCORE:g}")
    return history


def _columns(path: Path, wanted: set[str]) -> dict[str, Floats]:
    """Row by row, so that a file costs a few times its size and not the objects of all its cells."""
    lines = io.StringIO(read_text(path, _MOST_HISTORY_BYTES), newline=None)
    names = lines.readline().rstrip("\n").split(",")
    if len(set(names)) < len(names):
        raise damaged(str(path), "two columns have the same name", "each has its own")
    places = [(place, array("d")) for place, name in enumerate(names) if name in wanted]
    for line in lines:
        cells = line.rstrip("\n").split(",")
        if len(cells) != len(names):
            raise damaged(str(path), "a row has more or fewer cells than there are columns", "they must fit")
        try:
            for place, column in places:
                column.append(float(cells[place] or "nan"))
        except ValueError:
            raise damaged(str(path), "a cell is no number", "a history holds numbers") from None
    return {names[place]: np.array(column, np.float64) for place, column in places}


def last_counts(folder: Path) -> tuple[int, int]:
    """Evaluations and steps by the last row of the history."""
    history = read_history(folder, "env_steps")
    if not history or not len(history["generation"]):
        return 0, 0
    steps = history.get("env_steps", np.zeros(1))[-1]
    return int(history["evaluations"][-1]), int(steps) if math.isfinite(steps) else 0


def _score(folder: Path, told: dict[str, Any]) -> float:
    held_out = _part(told, "held_out")
    if "mean_over_weights" not in held_out:
        held_out = _document(folder / layout.EVALUATION)
    if "mean_over_weights" in held_out:
        return _number(held_out["mean_over_weights"])
    means = held_out.get("mean")
    if not isinstance(means, list) or not means:
        raise damaged(str(folder / layout.EVALUATION), "it has no mean", "a run that is done was tested")
    return float(np.mean([_number(value) for value in means]))


def _document(path: Path) -> dict[str, Any]:
    found = parse_json(read_text(path, _MOST_BYTES), str(path))
    if not isinstance(found, dict):
        raise damaged(str(path), "it is no object", "a run writes one")
    return found


def _part(document: dict[str, Any], key: str) -> dict[str, Any]:
    part = document.get(key)
    return part if isinstance(part, dict) else {}


def _number(value: object) -> float:
    return float(value) if is_finite_number(value) else math.nan  # type: ignore[arg-type]  # it is a number


def _name(value: object) -> str | None:
    return plain(value, _LONGEST_NAME) if isinstance(value, str) and value else None


def _count(value: object, otherwise: int) -> int:
    return value if is_integer(value) and 0 <= value < 2**63 else otherwise


def _packages(told: dict[str, Any]) -> dict[str, str]:
    found = _part(told, "environment")
    return {plain(str(name), 40): plain(str(version), 40) for name, version in sorted(found.items())[:40]}


def _overrides(path: Path) -> tuple[str, ...]:
    if not path.is_file():
        return ()
    lines = read_text(path, 2**18).splitlines()[:_MOST_WORDS]
    return tuple(line.removeprefix("- ") for line in lines)
