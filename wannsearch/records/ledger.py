"""The ledger of a sweep: every job of its last command, and the state of each.

`sweep.json` is written whole before and after each job. Jobs may run in several processes; whoever
changes the ledger waits for its turn, a lock of a moment.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from wannsearch.core.errors import DamagedFile
from wannsearch.core.untrusted import damaged_file_error, is_integer, parse_json, read_text, short_repr
from wannsearch.records import layout
from wannsearch.records.files import encode_json, write_atomically

_MAX_BYTES = 2**26


class JobState(str, Enum):
    """The state of a job in a sweep."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    REFUSED = "refused"  # wrong input: it would be refused again

    @property
    def is_failure(self) -> bool:
        """Return whether a job in this state, failed or refused, makes the exit code of the sweep 1."""
        return self in (JobState.FAILED, JobState.REFUSED)


@dataclass(frozen=True)
class SweepJob:
    """A job of a sweep: its overrides, its folder, and its state with exit code and reason once it ended."""

    overrides: tuple[str, ...]
    folder: str  # inside the sweep's; empty for a job that could not be composed
    state: JobState = JobState.PENDING
    exit_code: int | None = None
    why: str | None = None


@dataclass(frozen=True)
class LedgerEntries:
    """The entries of a ledger: the command, its error rule and its jobs."""

    command: tuple[str, ...]
    stop_at_failure: bool
    jobs: tuple[SweepJob, ...]


@dataclass(frozen=True)
class Ledger:
    """The file `sweep.json` in the folder of a sweep."""

    folder: Path

    def write(self, entries: LedgerEntries) -> None:
        """Write all entries at once, in place of the old ones, without the lock; StorageError if it fails."""
        jobs = [
            {
                "overrides": list(job.overrides),
                "folder": job.folder,
                "state": job.state.value,
                "code": job.exit_code,
                "why": job.why,
            }
            for job in entries.jobs
        ]
        on_error = "stop" if entries.stop_at_failure else "continue"
        document = {"command": list(entries.command), "on_error": on_error, "jobs": jobs}
        write_atomically(self.folder / layout.SWEEP, encode_json(document))

    def read(self) -> LedgerEntries:
        """Return all entries; DamagedFile where the file cannot be a ledger, ConfigError if it is missing."""
        path = self.folder / layout.SWEEP
        document = parse_json(read_text(path, _MAX_BYTES), str(path))
        try:
            command, jobs = document["command"], document["jobs"]
            if not isinstance(jobs, list):
                raise TypeError
            return LedgerEntries(
                _parse_strings(command),
                document["on_error"] == "stop",
                tuple(_parse_job(job) for job in jobs),
            )
        except (KeyError, TypeError, ValueError):
            raise damaged_file_error(
                str(path), "it is no sweep's ledger", "it has a command, on_error and jobs"
            ) from None

    def add_job(self, job: SweepJob) -> None:
        """Add a job at the end, in place of a job that has the same folder, under the ledger's lock."""
        with self._exclusive_access():
            entries = self.read()
            other_jobs = [other_job for other_job in entries.jobs if other_job.folder != job.folder]
            self.write(replace(entries, jobs=(*other_jobs, job)))

    def update_job(self, folder: str, update: Callable[[SweepJob, LedgerEntries], SweepJob]) -> SweepJob:
        """Replace the job of this folder by `update(job, entries)` under the ledger's lock, and return it.

        Raise StopIteration where the ledger has no such job.
        """
        with self._exclusive_access():
            entries = self.read()
            updated_jobs = [update(job, entries) if job.folder == folder else job for job in entries.jobs]
            self.write(replace(entries, jobs=tuple(updated_jobs)))
        return next(job for job in updated_jobs if job.folder == folder)

    @contextmanager
    def _exclusive_access(self) -> Iterator[None]:
        handle = os.open(self.folder / layout.SWEEP_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _parse_strings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError
    return tuple(value)


def _parse_job(value: Any) -> SweepJob:
    folder, exit_code, why = value["folder"], value["code"], value["why"]
    if not isinstance(folder, str) or not (exit_code is None or is_integer(exit_code)):
        raise TypeError
    if not (why is None or isinstance(why, str)):
        raise TypeError
    if folder and not is_inside(folder):
        raise DamagedFile(f"a sweep's ledger names {short_repr(folder)}; its runs lie inside its folder.")
    return SweepJob(_parse_strings(value["overrides"]), folder, JobState(value["state"]), exit_code, why)


def is_inside(name: str) -> bool:
    """Return whether a name is relative and stays inside its folder: without `..`, NUL or an empty path."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\0" not in name


def format_state_counts(states: Sequence[str]) -> str:
    """Return a text such as `3 done, 1 failed`, in the order of first appearance."""
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
