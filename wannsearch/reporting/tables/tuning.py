"""What `wannsearch-tune` found for one network: `tuning.json`, read and checked.

It belongs to the run whose `best/network.json` has the same bytes, wherever both folders lie now.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.formats.untrusted import damaged, is_finite_number, parse_json, read_text
from wannsearch.records.claim import stored_status
from wannsearch.reporting.tables.run import MOST_SCORE

FILE = "tuning.json"
COLUMNS = ("random_weights", "random_shared_weight", "tuned_shared_weight", "tuned_weights")
_MOST_BYTES = 2**24


@dataclass(frozen=True)
class Measured:
    """One column for one network: over trials or episodes."""

    mean: float
    std: float
    std_within: float = math.nan  # root mean square of the stds by weight


@dataclass(frozen=True)
class Tuning:
    """A finished tuning."""

    folder: Path
    task: str
    network_sha256: str
    columns: dict[str, Measured]  # those that were measured
    written: float  # seconds since 1970: which of two is newer


def read_tuning(folder: Path) -> Tuning | None:
    """None where it is not finished; DamagedFile where it cannot be what it should be."""
    path = folder / FILE
    if stored_status(folder).get("state") != "done" or not path.is_file():
        return None
    found = parse_json(read_text(path, _MOST_BYTES), str(path))
    if not isinstance(found, dict) or found.get("format") != 1:
        raise damaged(str(path), "its format is not 1", "this version reads format 1")
    for key in ("task", "network_sha256"):
        if not isinstance(found.get(key), str):
            raise damaged(str(path), f"it has no {key}", "a tuning names it")
    columns = {key: _measured(path, key, found[key]) for key in COLUMNS if found.get(key) is not None}
    return Tuning(folder, found["task"], found["network_sha256"], columns, path.stat().st_mtime)


def _measured(path: Path, key: str, part: Any) -> Measured:
    numbers: dict[str, Any] = {}
    if isinstance(part, dict):
        numbers = {name: part.get(name) for name in ("mean", "std")}
    if not numbers or not all(is_finite_number(value) for value in numbers.values()):
        raise damaged(str(path), f"{key} has no mean and std", "both are finite numbers")
    if any(abs(value) > MOST_SCORE for value in numbers.values()):
        raise damaged(str(path), f"{key} is too large", f"no score is beyond {MOST_SCORE:g}")
    within = part.get("std_within")
    return Measured(
        float(part["mean"]), float(part["std"]), float(within) if is_finite_number(within) else math.nan
    )


def newest(tunings: Iterable[Tuning]) -> dict[str, Tuning]:
    """One for each network: the one written last; of two written at once, the last by folder."""
    chosen: dict[str, Tuning] = {}
    for tuning in sorted(tunings, key=lambda one: (one.written, str(one.folder))):
        chosen[tuning.network_sha256] = tuning
    return chosen
