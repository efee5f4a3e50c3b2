"""What `wannsearch-tune` found for one network: `tuning.json`, read and checked.

It belongs to the runs whose `best/network.json` has the same bytes, wherever both folders lie now, and
that searched on the same task: the same network may have been tuned for another.
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
"""Keys that do not say how it was tuned; the last one is taken from the status."""


@dataclass(frozen=True)
class TuningMeasurement:
    """One column for one network, over trials or episodes; NaN where an episode failed."""

    mean: float
    std: float
    std_within: float = math.nan  # root mean square of the stds by weight
    episodes: int = 0  # that mean and std are of; 0 where it is not told


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
        """What it must share with the run: what the task pays, and the episodes of the final tests."""
        return protocol(self.config)

    @property
    def max_search_episodes(self) -> int:
        """Episodes that its search for own weights may play; 0 where there was none."""
        parts = (self.generations, self.config.get("population_size"), self.config.get("episodes"))
        if self.config.get("weights") == "shared_only":
            return 0
        return math.prod(part if is_integer(part) and part > 0 else 0 for part in parts)

    @property
    def description(self) -> str:
        """The settings that decide how good the weights get, in words."""
        names = ("population_size", "episodes", "weights", "initial_weights")
        size, episodes, *choices = (one_line(str(self.config.get(name, "?")), 20) for name in names)
        generations = "?" if self.generations is None else str(self.generations)
        if choices[0] == "shared_only":
            return "shared weight only"
        return f"{generations} x {size} x {episodes}, {choices[0]} from {choices[1]}"

    @property
    def settings_digest(self) -> str:
        """The same for tunings that differ in nothing but network, task and seed."""
        settings = {
            key: value
            for key, value in flatten_keys(self.config).items()
            if value is not None and key.split(".")[0] not in _IGNORED_KEYS and not may_change_on_resume(key)
        }
        text = json.dumps(settings | {"generations": self.generations}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def protocol(config: dict[str, Any]) -> dict[str, Any]:
    """What a search and the tuning of its network must share, under dotted keys."""
    held_out = config.get("held_out")
    episodes = held_out.get("episodes") if isinstance(held_out, dict) else None
    return task_settings(config) | ({} if episodes is None else {"held_out.episodes": episodes})


def is_tuning(config: dict[str, Any]) -> bool:
    """Whether this is the config of a tuning, finished or not."""
    return "network" in config and "method" not in config


def read_tuning(folder: Path, config: dict[str, Any], generations: int | None) -> Tuning:
    """A tuning that is done; `generations` by its status. DamagedFile where it cannot be one."""
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
    """By scale, and of the same scale by the digest of what was found: nothing hangs on place or time."""
    return sorted(
        tunings, key=lambda tuning: (-tuning.max_search_episodes, tuning.sha256, str(tuning.folder))
    )
