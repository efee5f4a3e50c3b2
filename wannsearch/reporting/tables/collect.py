"""Find runs and tunings below some folders; name what cannot be read and go on."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wannsearch.core.errors import ConfigError, WannsearchError
from wannsearch.records import layout
from wannsearch.records.run_folders import run_folders
from wannsearch.records.run_status import Observed, State, observed
from wannsearch.records.stored_config import read_config
from wannsearch.reporting.tables.run import Run, read_run
from wannsearch.reporting.tables.tuning import Tuning, is_tuning, read_tuning


@dataclass(frozen=True)
class Collected:
    """What was found; `skipped` has a line for each folder that could not be used."""

    runs: tuple[Run, ...]
    tunings: tuple[Tuning, ...]
    skipped: tuple[str, ...]


def collect(patterns: Sequence[str]) -> Collected:
    """Every run and tuning at or below the folders that the patterns name.

    ConfigError where a pattern names no folder.
    """
    folders: dict[Path, None] = {}
    skipped = []
    for root in _roots(patterns):
        found = run_folders(root)
        folders |= dict.fromkeys(found.runs)
        skipped += [f"{folder}: {why}" for folder, why in found.unreadable]
    runs, tunings = [], []
    seen = set()
    for folder in sorted(folders):
        if folder.resolve() in seen:
            continue
        seen.add(folder.resolve())
        try:
            config = read_config(folder / layout.CONFIG)
            if not is_tuning(config):
                runs.append(read_run(folder, config))
                continue
            tuning = observed(folder)
            if tuning.state is State.DONE:
                tunings.append(read_tuning(folder, config, tuning.generations))
            else:
                skipped.append(f"{folder}: a tuning that {_became(tuning)}")
        except (WannsearchError, OSError) as error:
            skipped.append(_named(folder, error))
    return Collected(tuple(runs), tuple(tunings), tuple(sorted(set(skipped))))


_BECAME = {
    State.RUNNING: "is still running",
    State.STOPPED: "was stopped",
    State.FAILED: "failed",
    State.KILLED: "was killed",
    State.NOT_STARTED: "has not started",
    State.DAMAGED: "cannot be read",
}


def _became(tuning: Observed) -> str:
    why = " ".join((tuning.why or "").split())
    return _BECAME[tuning.state] + (f": {why}" if why else "")


def _roots(patterns: Sequence[str]) -> list[Path]:
    roots: list[Path] = []
    for pattern in patterns:
        try:
            found = sorted(glob.glob(pattern)) if pattern else []  # noqa: PTH207  # it may be absolute
        except (ValueError, RecursionError):  # a NUL
            found = []
        folders = [Path(name) for name in found if Path(name).is_dir()]
        if not folders and pattern and Path(pattern).is_dir():  # a name that is no pattern, such as `[a]`
            folders = [Path(pattern)]
        if not folders:
            raise ConfigError(
                f"runs has {pattern[:200]!r}, which names no folder; name folders that hold runs."
            )
        roots += folders
    return roots


def _named(folder: Path, error: Exception) -> str:
    """The error, which names the folder at least once."""
    text = " ".join(str(error).split())
    return text if str(folder) in text else f"{folder}: {text}"
