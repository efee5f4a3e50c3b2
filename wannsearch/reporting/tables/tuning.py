"""The result of `wannsearch-tune` for one network: `tuning.json`, read and checked.

It belongs to the runs whose `best/network.json` has the same bytes, wherever both folders lie now, and that
have the same protocol (task and episodes of the final test): a network may have been tuned for another task.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.core.untrusted import (
    MAX_EXACT_INTEGER,
    damaged_file_error,
    is_finite_number,
    is_integer,
)
from wannsearch.records import layout
from wannsearch.records.claim import flatten_keys, may_change_on_resume
from wannsearch.records.reader import RunFolder
from wannsearch.reporting.plots.style import one_line
from wannsearch.reporting.tables.run import MAX_SCORE, read_budget, task_settings

TUNING_FILE = layout.TUNING
TUNING_COLUMNS = ("random_weights", "random_shared_weight", "tuned_shared_weight", "tuned_weights")
_IGNORED_KEYS = ("seed", "network", "network_sha256", "task", "evaluator", "generations")
"""Keys of a config that do not describe how it was tuned; `generations` is taken from the status instead."""


@dataclass(frozen=True)
class TuningMeasurement:
    """Mean and std of one column for one network, over trials or episodes; NaN where an episode failed."""

    mean: float
    std: float
    std_within: float = math.nan  # root mean square of the stds by weight
    episodes: int = 0  # trials or episodes behind mean and std; 0 where the file lacks the number


@dataclass(frozen=True)
class Tuning:
    """One finished run of `wannsearch-tune`, as its folder holds it."""

    folder: Path
    network_sha256: str
    columns: dict[str, TuningMeasurement]  # those that were measured
    config: dict[str, Any]
    generations: int | None
    sha256: str  # of tuning.json

    @property
    def protocol(self) -> dict[str, Any]:
        """The settings that it must share with the run: those of the task, and the final test's episodes."""
        return protocol(self.config)

    @property
    def max_search_episodes(self) -> int:
        """Generations x networks x episodes of its search for own weights; 0 where there was none.

        It is 0 too where the config lacks one of the three.
        """
        parts = (self.generations, self.config.get("population_size"), self.config.get("episodes"))
        if self.config.get("weights") == "shared_only":
            return 0
        return math.prod(part if is_integer(part) and part > 0 else 0 for part in parts)

    @property
    def description(self) -> str:
        """The settings of the search for weights in words; `?` for a missing one.

        Generations, networks and episodes come first: `64 x 128 x 4, evolve from shared`.
        """
        names = ("population_size", "episodes", "weights", "initial_weights")
        size, episodes, *choices = (one_line(str(self.config.get(name, "?")), 20) for name in names)
        generations = "?" if self.generations is None else str(self.generations)
        if choices[0] == "shared_only":
            return "shared weight only"
        return f"{generations} x {size} x {episodes}, {choices[0]} from {choices[1]}"

    @property
    def settings_digest(self) -> str:
        """The SHA-256 of its settings but network, task, evaluator, seed and keys that change no result."""
        settings = {
            key: value
            for key, value in flatten_keys(self.config).items()
            if value is not None and key.split(".")[0] not in _IGNORED_KEYS and not may_change_on_resume(key)
        }
        text = json.dumps(settings | {"generations": self.generations}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def protocol(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings that a search and the tuning of its network must share, under dotted keys.

    They are those that decide the task's rewards, and `held_out.episodes`.
    """
    held_out = config.get("held_out")
    episodes = held_out.get("episodes") if isinstance(held_out, dict) else None
    return task_settings(config) | ({} if episodes is None else {"held_out.episodes": episodes})


def is_tuning(config: dict[str, Any]) -> bool:
    """Return whether this is the config of a tuning: it names a network and no method."""
    return "network" in config and "method" not in config


def read_tuning(folder: Path, config: dict[str, Any], generations: int | None) -> Tuning:
    """Return the tuning in a folder that is done; `generations` is the number in its status, if any.

    A column that is null or missing was not measured. Raise DamagedFile where `tuning.json` lacks the digest
    of the network, or a column has no finite mean and std of magnitude at most MAX_SCORE.
    """
    path, tuning = folder / TUNING_FILE, RunFolder(folder).read_tuning()
    document = tuning.document
    if not isinstance(document.get("network_sha256"), str):
        raise damaged_file_error(str(path), "it has no network_sha256", "a tuning names it")
    columns = {
        key: _parse_measurement(path, key, document[key])
        for key in TUNING_COLUMNS
        if document.get(key) is not None
    }
    return Tuning(
        folder,
        document["network_sha256"],
        columns,
        config,
        read_budget(config, generations),
        tuning.sha256,
    )


def _parse_measurement(path: Path, key: str, part: Any) -> TuningMeasurement:
    numbers: dict[str, Any] = {"mean": "missing"}
    if isinstance(part, dict):
        numbers = {name: part.get(name, "missing") for name in ("mean", "std")}
    if all(value is None for value in numbers.values()):  # an episode failed, so there is no mean
        return TuningMeasurement(math.nan, math.nan)
    if not all(is_finite_number(value) for value in numbers.values()):
        raise damaged_file_error(
            str(path), f"{key} has no mean and std", "both are finite numbers, or null if it failed"
        )
    if any(abs(value) > MAX_SCORE for value in numbers.values()):
        raise damaged_file_error(str(path), f"{key} is too large", f"no score is beyond {MAX_SCORE:g}")
    std_within = part.get("std_within")
    episodes = part.get("trials", part.get("episodes"))
    return TuningMeasurement(
        float(part["mean"]),
        float(part["std"]),
        float(std_within) if is_finite_number(std_within) else math.nan,
        episodes if is_integer(episodes) and 0 < episodes <= MAX_EXACT_INTEGER else 0,
    )


def largest_first(tunings: Iterable[Tuning]) -> list[Tuning]:
    """Return the tunings by falling `max_search_episodes`.

    Of equal ones, the digest of `tuning.json` decides, then the path, so the order is always the same.
    """
    return sorted(
        tunings, key=lambda tuning: (-tuning.max_search_episodes, tuning.sha256, str(tuning.folder))
    )
