"""A lock that dies with its owner, and a note of who that is.

`flock` belongs to an open file: however its owner ends, the system lets go. A forked child closes its
copy at once, or it would keep the lock alive after its parent's death.

To look whether a lock is held, a reader takes it shared for an instant. Whoever wants it exclusively
and meets only such readers, to whom a shared lock is given beside theirs, asks again: a reader never
makes a claim fail.

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

_HELD: set[int] = set()
_OPEN = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_READERS_PAUSE_S = 0.002
_PATIENCE = 200
_MOST_NOTE_BYTES = 1024
_WORD = re.compile(r"[A-Za-z0-9._:+-]{1,80}")


def _forget() -> None:
    for handle in _HELD:
        with suppress(OSError):
            os.close(handle)
    _HELD.clear()


os.register_at_fork(after_in_child=_forget)


def take(path: Path) -> int | None:
    """The handle of the lock, ours until `release` or our end; None where somebody else holds it."""
    handle = None
    while handle is None:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | _OPEN, 0o644)
        try:
            if not _exclusive(opened):
                return None
            if _is_named(opened, path):
                handle = opened
        finally:
            if handle is None:
                os.close(opened)
    _HELD.add(handle)
    with suppress(OSError):  # a full disk: the note is a courtesy
        since = time.strftime("%Y-%m-%dT%H:%M:%S%z")
        note = json.dumps({"pid": os.getpid(), "host": platform.node(), "since": since}) + "\n"
        os.ftruncate(handle, 0)
        os.pwrite(handle, note.encode(), 0)
    return handle


def _is_named(handle: int, path: Path) -> bool:
    """Whether the open file is the one that has this name now."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(handle), path.lstat())
    return False


def _exclusive(handle: int) -> bool:
    for _ in range(_PATIENCE):
        if _tried(handle, fcntl.LOCK_EX):
            return True
        if not _tried(handle, fcntl.LOCK_SH):
            return False
        fcntl.flock(handle, fcntl.LOCK_UN)
        time.sleep(_READERS_PAUSE_S)
    return False


def _tried(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def release(handle: int) -> None:
    """Let others have it; the note goes, so that a folder that was only looked at is as it was."""
    _HELD.discard(handle)
    with suppress(OSError):
        os.ftruncate(handle, 0)
    os.close(handle)


def is_held(path: Path) -> bool:
    """Whether somebody who lives holds this lock."""
    try:
        handle = os.open(path, os.O_RDONLY | _OPEN)
    except FileNotFoundError:
        return False
    try:
        return not _tried(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def owner(path: Path) -> str:
    """Who holds it, as its note says, for a message."""
    note: object = None
    with suppress(OSError, ValueError, RecursionError), path.open("rb") as file:
        note = json.loads(file.read(_MOST_NOTE_BYTES))
    keys = ("pid", "host", "since")
    words = [str(note.get(key, "")) for key in keys] if isinstance(note, dict) else []
    if not words or not all(_WORD.fullmatch(word) for word in words):
        return "a process"
    return f"process {words[0]} on {words[1]} since {words[2]}"
