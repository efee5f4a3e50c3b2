"""A sweep's ledger: every job of its last command, and what became of it.

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
from wannsearch.formats.untrusted import damaged, is_integer, parse_json, read_text, shown
from wannsearch.records import layout
from wannsearch.records.files import json_bytes, write_whole

_MOST_BYTES = 2**26


class JobState(str, Enum):
    """What became of a job."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    REFUSED = "refused"  # wrong input: it would be refused again

    @property
    def bad(self) -> bool:
        """It makes the sweep's exit code 1."""
        return self in (JobState.FAILED, JobState.REFUSED)


@dataclass(frozen=True)
class Job:
    """One line of the ledger."""

    overrides: tuple[str, ...]
    folder: str  # inside the sweep's; empty for a job that could not be composed
    state: JobState = JobState.PENDING
    code: int | None = None
    why: str | None = None


@dataclass(frozen=True)
class Entries:
    """What a ledger holds."""

    command: tuple[str, ...]
    stop_at_failure: bool
    jobs: tuple[Job, ...]


@dataclass(frozen=True)
class Ledger:
    """The ledger in a sweep's folder."""

    sweep: Path

    def write(self, entries: Entries) -> None:
        """The whole ledger."""
        jobs = [
            {
                "overrides": list(job.overrides),
                "folder": job.folder,
                "state": job.state.value,
                "code": job.code,
                "why": job.why,
            }
            for job in entries.jobs
        ]
        on_error = "stop" if entries.stop_at_failure else "continue"
        value = {"command": list(entries.command), "on_error": on_error, "jobs": jobs}
        write_whole(self.sweep / layout.SWEEP, json_bytes(value))

    def read(self) -> Entries:
        """The whole ledger; DamagedFile where it is none."""
        path = self.sweep / layout.SWEEP
        value = parse_json(read_text(path, _MOST_BYTES), str(path))
        try:
            words, jobs = value["command"], value["jobs"]
            if not isinstance(jobs, list):
                raise TypeError
            return Entries(_words(words), value["on_error"] == "stop", tuple(_job(job) for job in jobs))
        except (KeyError, TypeError, ValueError):
            raise damaged(
                str(path), "it is no sweep's ledger", "it has a command, on_error and jobs"
            ) from None

    def enter(self, job: Job) -> None:
        """Add a job, or put it in the place of the one with its folder."""
        with self._turn():
            entries = self.read()
            others = [other for other in entries.jobs if other.folder != job.folder]
            self.write(replace(entries, jobs=(*others, job)))

    def change(self, folder: str, change: Callable[[Job, Entries], Job]) -> Job:
        """Change the job of this folder, while nobody else changes another; gives what it became."""
        with self._turn():
            entries = self.read()
            changed = [change(job, entries) if job.folder == folder else job for job in entries.jobs]
            self.write(replace(entries, jobs=tuple(changed)))
        return next(job for job in changed if job.folder == folder)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        handle = os.open(self.sweep / layout.SWEEP_TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError
    return tuple(value)


def _job(value: Any) -> Job:
    folder, code, why = value["folder"], value["code"], value["why"]
    if not isinstance(folder, str) or not (code is None or is_integer(code)):
        raise TypeError
    if not (why is None or isinstance(why, str)):
        raise TypeError
    if folder and not is_inside(folder):
        raise DamagedFile(f"a sweep's ledger names {shown(folder)}; its runs lie inside its folder.")
    return Job(_words(value["overrides"]), folder, JobState(value["state"]), code, why)


def is_inside(name: str) -> bool:
    """Whether a name leads into a folder, and not out of it."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not name.startswith("/") and ".." not in parts and "\0" not in name


def counted(states: Sequence[str]) -> str:
    """`3 done, 1 failed`, in the order of the states' first appearance."""
    return ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
