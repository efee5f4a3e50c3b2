"""A lock that ends with its owner, and a note that names the owner.

`flock` belongs to an open file: however its owner ends, the system lets go. A forked child closes its
copy at once, or it would keep the lock alive after its parent's death.

To look whether a lock is held, a reader takes it shared for an instant. Whoever wants it exclusively
and meets only such readers, to whom a shared lock is given beside theirs, tries again, up to 200 times: a
reader that holds it for an instant does not make a claim fail.

Whoever holds the lock may take its file away. Another who opened that file before would then lock what
has no name, beside the owner of a new file: so a lock counts only if the file still has its name.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import re
import time
from contextlib import suppress
from pathlib import Path

_HELD_HANDLES: set[int] = set()
_OPEN_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_RETRY_PAUSE_S = 0.002
_MAX_ATTEMPTS = 200
_MAX_NOTE_BYTES = 1024
_VALUE_PATTERN = re.compile(r"[A-Za-z0-9._:+-]{1,80}")


def _close_inherited_handles() -> None:
    for handle in _HELD_HANDLES:
        with suppress(OSError):
            os.close(handle)
    _HELD_HANDLES.clear()


os.register_at_fork(after_in_child=_close_inherited_handles)


def acquire(path: Path) -> int | None:
    """Return the handle of the lock, held until `release` or the process ends; None where it is taken.

    The file is made where it is missing, and gets a note of the owner. Raise OSError where it cannot be
    opened, also for a symbolic link.
    """
    handle = None
    while handle is None:
        new_handle = os.open(path, os.O_RDWR | os.O_CREAT | _OPEN_FLAGS, 0o644)
        try:
            if not _lock_exclusively(new_handle):
                return None
            if _has_name(new_handle, path):
                handle = new_handle
        finally:
            if handle is None:
                os.close(new_handle)
    _HELD_HANDLES.add(handle)
    with suppress(OSError):  # a full disk: the note is a courtesy
        start_time = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        note = json.dumps({"pid": os.getpid(), "host": platform.node(), "since": start_time}) + "\n"
        os.ftruncate(handle, 0)
        os.pwrite(handle, note.encode(), 0)
    return handle


def _has_name(handle: int, path: Path) -> bool:
    """Return whether the open file is the one that has this name now."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.lstat())
    return False


def _lock_exclusively(handle: int) -> bool:
    for _ in range(_MAX_ATTEMPTS):
        if _try_flock(handle, fcntl.LOCK_EX):
            return True
        if not _try_flock(handle, fcntl.LOCK_SH):
            return False
        fcntl.flock(handle, fcntl.LOCK_UN)
        time.sleep(_RETRY_PAUSE_S)
    return False


def _try_flock(handle: int, operation: int) -> bool:
    try:
        fcntl.flock(handle, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def release(handle: int) -> None:
    """Release the lock and clear its note, so that a folder that was only inspected is as before."""
    _HELD_HANDLES.discard(handle)
    with suppress(OSError):
        os.ftruncate(handle, 0)
    os.close(handle)


def is_held(path: Path) -> bool:
    """Return whether a living process, maybe this one, holds this lock; False where there is no file.

    Raise OSError where the file cannot be opened, also for a symbolic link.
    """
    try:
        handle = os.open(path, os.O_RDONLY | _OPEN_FLAGS)
    except FileNotFoundError:
        return False
    try:
        return not _try_flock(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def describe_owner(path: Path) -> str:
    """Return the process, host and start in the lock's note, for a message.

    A note that is missing or damaged gives the text "a process".
    """
    note: object = None
    with suppress(OSError, ValueError, RecursionError), path.open("rb") as file:
        note = json.loads(file.read(_MAX_NOTE_BYTES))
    keys = ("pid", "host", "since")
    values = [str(note.get(key, "")) for key in keys] if isinstance(note, dict) else []
    if not values or not all(_VALUE_PATTERN.fullmatch(value) for value in values):
        return "a process"
    return f"process {values[0]} on {values[1]} since {values[2]}"
