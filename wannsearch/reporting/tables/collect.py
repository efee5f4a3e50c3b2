"""Find runs and tunings below some folders; name what cannot be read and go on."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wannsearch.core.errors import ConfigError, WannsearchError
from wannsearch.records.run_folders import run_folders
from wannsearch.reporting.tables.run import Run, read_run
from wannsearch.reporting.tables.tuning import FILE as TUNING
from wannsearch.reporting.tables.tuning import Tuning, read_tuning


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
            if (folder / TUNING).exists():
                tuning = read_tuning(folder)
                if tuning is None:
                    skipped.append(f"{folder}: a tuning that is not finished")
                else:
                    tunings.append(tuning)
            else:
                runs.append(read_run(folder))
        except (WannsearchError, OSError) as error:
            skipped.append(_named(folder, error))
    return Collected(tuple(runs), tuple(tunings), tuple(sorted(set(skipped))))


def _roots(patterns: Sequence[str]) -> list[Path]:
    roots: list[Path] = []
    for pattern in patterns:
        try:
            found = sorted(glob.glob(pattern)) if pattern else []  # noqa: PTH207  # it may be absolute
        except (ValueError, RecursionError):  # a NUL
            found = []
        folders = [Path(name) for name in found if Path(name).is_dir()]
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
