"""Files that are written whole or not at all.

Bytes go to a unique file beside the target, all of them, are synced to the disk, and only then take
the target's name; last the folder is synced, so that the name survives a power cut too.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from wannsearch.core.errors import StorageError


def write_all(handle: int, content: bytes) -> None:
    """Write every byte, or raise OSError.

    A nearly full disk accepts a part first and fails at the next call, so one call is not enough.
    """
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(handle, remaining) :]


def write_atomically(path: Path, content: bytes, verify: bool = False) -> None:
    """Replace the file; its folder is made where it is missing, but no folder above it.

    With `verify` the bytes are read back before they take the file's name. StorageError names path and size.
    """
    try:
        _make_folder(path.parent)
        handle, temporary_name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            try:
                write_all(handle, content)
                os.fsync(handle)
                os.fchmod(handle, 0o644)
            finally:
                os.close(handle)
            if verify and Path(temporary_name).read_bytes() != content:
                raise OSError(errno.EIO, "other bytes came back than were written")
            Path(temporary_name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary_name).unlink()
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path}: {len(content)} bytes could not be written: {error.strerror}.") from error


def _make_folder(folder: Path) -> None:
    """Make this one folder only: a run folder that was removed must not come back by itself."""
    try:
        folder.mkdir()
    except FileExistsError:
        return
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that the names in it survive a power cut; OSError where that fails."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def encode_json(value: Any) -> bytes:
    """Return a value as strict, indented JSON in UTF-8; ValueError where it holds NaN or infinity."""
    return (json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def finite_or_none(value: float) -> float | None:
    """Return a finite number unchanged; None, which JSON has as null, for NaN and infinity."""
    return float(value) if value == value and abs(value) != float("inf") else None
