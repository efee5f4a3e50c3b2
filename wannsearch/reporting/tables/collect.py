"""The runs and tunings below some folders; an unreadable folder is named and skipped."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from wannsearch.core.errors import ConfigError, WannsearchError
from wannsearch.records.reader import RunFolder
from wannsearch.records.run_folders import find_run_folders
from wannsearch.records.run_status import RunState, RunStatus, read_status
from wannsearch.reporting.tables.run import Run, read_run
from wannsearch.reporting.tables.tuning import Tuning, is_tuning, read_tuning


@dataclass(frozen=True)
class CollectedRuns:
    """Runs in any state but damaged, and finished tunings, in order of path.

    `skipped` has a line for each folder that could not be read, and for each tuning that is not done.
    """

    runs: tuple[Run, ...]
    tunings: tuple[Tuning, ...]
    skipped: tuple[str, ...]


def collect_runs(
    patterns: Sequence[str], report_progress: Callable[[int, int], None] = lambda number, total: None
) -> CollectedRuns:
    """Return every run and every finished tuning at or below the folders that the patterns name.

    A folder that several patterns or links reach is read once. A folder that cannot be read becomes a line
    of `skipped`; raise ConfigError only where a pattern names no folder. `report_progress` is called with the
    number of folders done, and of all, before each.
    """
    folders: dict[Path, None] = {}
    skipped = []
    for root in _find_roots(patterns):
        listing = find_run_folders(root)
        folders |= dict.fromkeys(listing.runs)
        skipped += [f"{folder}: {reason}" for folder, reason in listing.unreadable_folders]
    runs, tunings = [], []
    resolved = set()
    for number, folder in enumerate(sorted(folders)):
        report_progress(number, len(folders))
        if folder.resolve() in resolved:
            continue
        resolved.add(folder.resolve())
        try:
            config = RunFolder(folder).read_config()
            if not is_tuning(config):
                runs.append(read_run(folder, config))
                continue
            status = read_status(folder)
            if status.state is RunState.DONE:
                tunings.append(read_tuning(folder, config, status.generations))
            else:
                skipped.append(f"{folder}: a tuning that {_describe_state(status)}")
        except (WannsearchError, OSError) as error:
            skipped.append(_name_folder(folder, error))
    return CollectedRuns(tuple(runs), tuple(tunings), tuple(sorted(set(skipped))))


_STATE_PHRASES = {
    RunState.RUNNING: "is still running",
    RunState.STOPPED: "was stopped",
    RunState.FAILED: "failed",
    RunState.KILLED: "was killed",
    RunState.NOT_STARTED: "has not started",
    RunState.DAMAGED: "cannot be read",
}


def _describe_state(status: RunStatus) -> str:
    reason = " ".join((status.why or "").split())
    return _STATE_PHRASES[status.state] + (f": {reason}" if reason else "")


def _find_roots(patterns: Sequence[str]) -> list[Path]:
    roots: list[Path] = []
    for pattern in patterns:
        try:
            paths = sorted(glob.glob(pattern)) if pattern else []  # noqa: PTH207  # it may be absolute
        except (ValueError, RecursionError):  # a NUL
            paths = []
        folders = [Path(name) for name in paths if Path(name).is_dir()]
        if not folders and pattern and Path(pattern).is_dir():  # a name that is no pattern, such as `[a]`
            folders = [Path(pattern)]
        if not folders:
            raise ConfigError(
                f"runs has {pattern[:200]!r}, which names no folder; name folders that hold runs."
            )
        roots += folders
    return roots


def _name_folder(folder: Path, error: Exception) -> str:
    """Return the text of the error on one line, with the folder in front unless the text names it."""
    text = " ".join(str(error).split())
    return text if str(folder) in text else f"{folder}: {text}"
