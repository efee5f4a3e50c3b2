"""The search for run folders: every run and every sweep below a folder.

No symbolic link is followed and the depth is bounded, so the walk ends and stays inside. A folder
inside a run is not searched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wannsearch.records import layout

_MAX_DEPTH = 12
_EVALUATION_FILE = "evaluation.json"  # of wannsearch-evaluate: no search, though it has a status


@dataclass
class RunFolders:
    """Run and sweep folders below a folder, in order of name, and unreadable folders with the reason."""

    runs: list[Path] = field(default_factory=list)
    sweeps: list[Path] = field(default_factory=list)
    unreadable_folders: list[tuple[Path, str]] = field(default_factory=list)


def find_run_folders(root: Path) -> RunFolders:
    """Return all runs and sweeps up to 12 levels below this folder, itself included.

    A folder that cannot be listed is one of `unreadable_folders`, and no error.
    """
    folders = RunFolders()
    for folder, names in _walk_folders(root, _MAX_DEPTH, folders):
        if layout.SWEEP in names:
            folders.sweeps.append(folder)
        if _is_run(folder, names):
            folders.runs.append(folder)
    return folders


def _is_run(folder: Path, names: set[str]) -> bool:
    """Return whether the folder has a config and a status, history or lock, or status and history alone.

    A folder of `wannsearch-evaluate` is no run.
    """
    if _EVALUATION_FILE in names:
        return False
    if (folder / layout.CONFIG).is_file():
        return bool(names & {layout.STATUS, layout.HISTORY, layout.LOCK})
    return {layout.STATUS, layout.HISTORY} <= names


def _walk_folders(folder: Path, depth_left: int, folders: RunFolders) -> Iterator[tuple[Path, set[str]]]:
    try:
        with os.scandir(folder) as entries:
            sorted_entries = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        folders.unreadable_folders.append((folder, error.strerror or "cannot be read"))
        return
    names = {entry.name for entry in sorted_entries}
    yield folder, names
    if depth_left == 0 or _is_run(folder, names):
        return
    for entry in sorted_entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk_folders(folder / entry.name, depth_left - 1, folders)
