"""The owner of a run folder, and the state of the run that the folder already holds.

A run claims its folder by an exclusive `flock` on `.lock` before it writes anything else; the lock
ends with its owner. Where a folder that is named by the clock is not empty or is taken, `_2`, `_3`, … is
appended to its name. A folder that the user named is refused when another process owns it, when it holds
another run's config, or files that are no run's.
"""

from __future__ import annotations

import logging
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from wannsearch.core.errors import ConfigError, StorageError
from wannsearch.core.run_files import check_plain_entry
from wannsearch.records import layout, lock
from wannsearch.records.files import sync_folder, write_atomically
from wannsearch.records.reader import RunFolder

RESUMABLE_KEYS = (
    "generations", "display", "plots", "on_error", "checkpoint", "require_same_environment", "sweep",
    "evaluator.threads", "evaluator.workers", "evaluator.chunk",
    "evaluator.inner.threads", "evaluator.inner.chunk",
)  # fmt: skip
"""Config keys that may differ between a run and its continuation."""


class FolderContent(Enum):
    """The content of a folder before it was claimed."""

    EMPTY = "empty"
    UNFINISHED = "unfinished"
    FINISHED = "finished"


@dataclass(frozen=True)
class Claim:
    """A folder that this process owns until `release` or its end, and the content that it had before."""

    folder: Path
    content: FolderContent
    _handle: int

    def release(self) -> None:
        """Release the lock, so that another process can claim the folder."""
        lock.release(self._handle)


_PARTIAL = re.compile(r"\.[A-Za-z0-9._-]+\.[a-z0-9_]{8}")

RESULTS = (
    layout.STATUS, layout.HISTORY, layout.TIMING, layout.RANKING, layout.FRONT, layout.POPULATION,
    layout.SUMMARY, layout.TUNING, layout.FAILURES, layout.CHECKPOINT, "best", "plots",
)  # fmt: skip
"""Files that a run writes besides config, log and lock; a run that starts again removes them first."""


def remove_results(folder: Path) -> None:
    """Remove the results that an unfinished run left, but not its config and log; links are not followed."""
    for name in RESULTS:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def remove_partial_files(folder: Path) -> None:
    """Remove the temporary files of a killed run, which never got their final name."""
    for subfolder in (folder, *(folder / name for name in (".hydra", "best", "plots", layout.CHECKPOINT))):
        if subfolder.is_dir():
            for path in subfolder.iterdir():
                if _PARTIAL.fullmatch(path.name) and path.is_file() and not path.is_symlink():
                    path.unlink()


def write_config(folder: Path, config_text: str, overrides: list[str]) -> None:
    """Write overrides and config once; a continuation leaves the first config in place.

    The config is written last, so where it exists the overrides exist too. Then the names of the folder and
    of the folders above it, which may be new, are synced to survive a power cut.
    """
    if not (folder / layout.CONFIG).is_file():
        write_atomically(
            folder / layout.OVERRIDES, "".join(f"- {override}\n" for override in overrides).encode()
        )
        write_atomically(folder / layout.CONFIG, config_text.encode())
        for outer_folder in folder.absolute().parents:
            with suppress(OSError):  # it is not ours, or its file system syncs no folders
                sync_folder(outer_folder)


def _lock_folder(folder: Path) -> int | None:
    """Make the folder, and return the handle of its lock, or None where another process holds it.

    Raise StorageError where the folder or the lock cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return lock.acquire(folder / layout.LOCK)
    except OSError as error:
        raise StorageError(f"{folder}: the run folder cannot be made: {error.strerror}.") from error


def flatten_keys(config: Any, prefix: str = "") -> dict[str, Any]:
    """Return the values of a nested config under their dotted keys; an empty group leaves no key."""
    if not isinstance(config, dict):
        return {prefix: config}
    return {
        key: value
        for name, nested in config.items()
        for key, value in flatten_keys(nested, f"{prefix}.{name}" if prefix else str(name)).items()
    }


def find_differing_keys(old_config: Any, new_config: Any) -> list[str]:
    """Return the sorted dotted keys whose values differ although a continuation may not change them."""
    old_values, new_values = flatten_keys(old_config), flatten_keys(new_config)
    keys = (
        key
        for key in sorted({*old_values, *new_values})
        if old_values.get(key, ...) != new_values.get(key, ...)
    )
    return [key for key in keys if not may_change_on_resume(key)]


def may_change_on_resume(key: str) -> bool:
    """Return whether a continuation may give this dotted key another value."""
    return any(key == resumable or key.startswith(f"{resumable}.") for resumable in RESUMABLE_KEYS)


def list_open_logs(folder: Path) -> set[str]:
    """Return names of files here that Python's logging writes, as `hydra/job_logging=default` asks for."""
    handlers = [
        handler for handler in logging.getLogger().handlers if isinstance(handler, logging.FileHandler)
    ]
    paths = [Path(handler.baseFilename) for handler in handlers]
    return {path.name for path in paths if path.parent.resolve() == folder.resolve()}


def inspect_folder(folder: Path, config: dict[str, Any]) -> FolderContent:
    """Return how far the run of this config has come in the folder.

    Raises ConfigError where the folder holds something else or a run of another config. Raises DamagedFile
    where it has another format number, a damaged config, or a link, a pipe or a device in place of a run's
    file.
    """
    entries = {entry.name for entry in folder.iterdir()} - {layout.LOCK} - list_open_logs(folder)
    if not entries:
        return FolderContent.EMPTY
    if not (folder / layout.CONFIG).is_file():
        if _is_only_begun(folder, entries):
            return FolderContent.UNFINISHED
        raise ConfigError(f"{folder} holds files of something else ({min(entries)}); name another folder.")
    for name in (*RESULTS, layout.LOG, Path(layout.CONFIG).parent.name):
        check_plain_entry(folder / name)
    run = RunFolder(folder)
    status = run.read_intact_status()  # an older config has other keys, so the format comes first
    different_keys = find_differing_keys(run.read_config(), config)
    if different_keys:
        raise ConfigError(
            f"{folder} holds a run of another config; it differs in {', '.join(different_keys[:6])}. "
            "Name another folder."
        )
    num_generations = status.get("generations", 0)
    is_finished = status.get("state") == "done" and isinstance(num_generations, int)
    is_finished = is_finished and (
        status.get("final") is True or num_generations >= config.get("generations", 0)
    )
    return FolderContent.FINISHED if is_finished else FolderContent.UNFINISHED


def _is_only_begun(folder: Path, entries: set[str]) -> bool:
    """Return whether a run ended here before its config was written."""
    hydra_folder = (folder / layout.CONFIG).parent
    if entries != {hydra_folder.name} or hydra_folder.is_symlink() or not hydra_folder.is_dir():
        return False
    overrides = Path(layout.OVERRIDES).name
    return all(path.name == overrides or _PARTIAL.fullmatch(path.name) for path in hydra_folder.iterdir())


def claim_folder(folder: Path, is_user_named: bool, config: dict[str, Any]) -> Claim:
    """Claim this folder or, if the user did not name it, the next free one beside it.

    `config` is resolved. A free folder is empty; it is made where it is missing. Raises ConfigError where a
    named folder has a living owner, StorageError where it cannot be made, and the errors of `inspect_folder`;
    a refused folder stays as it was.
    """
    if not is_user_named:
        suffix = 1
        while True:
            numbered_folder = folder if suffix == 1 else folder.with_name(f"{folder.name}_{suffix}")
            handle = _lock_folder(numbered_folder)
            if handle is not None:
                if {entry.name for entry in numbered_folder.iterdir()} - list_open_logs(numbered_folder) == {
                    layout.LOCK
                }:
                    return Claim(numbered_folder, FolderContent.EMPTY, handle)
                lock.release(handle)
            suffix += 1
    is_new = not (folder / layout.LOCK).exists()
    handle = _lock_folder(folder)
    if handle is None:
        owner = lock.describe_owner(folder / layout.LOCK)
        raise ConfigError(f"{folder} is owned by a run that is still alive, {owner}; name another or wait.")
    try:
        return Claim(folder, inspect_folder(folder, config), handle)
    except BaseException:
        if is_new:
            with suppress(OSError):  # a folder that lets nothing go keeps it; nobody holds it
                (folder / layout.LOCK).unlink()
        lock.release(handle)
        raise
