"""Files that are written whole or not at all.

Bytes go to a unique file beside the target, all of them, are synced to the disk, and only then take
the target's name; last the folder is synced, so that the name survives a power cut too.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from wannsearch.core.errors import StorageError


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file; makes its folder. StorageError names path and size."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StorageError(f"{path}: {len(content)} bytes could not be written: {error.strerror}.") from error


def json_bytes(value: Any) -> bytes:
    """Strict JSON, readable, floats exact; NaN is an error here and must be null before."""
    return (json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n").encode()


def strict_number(value: float) -> float | None:
    """The number, or null in JSON where it is none."""
    return float(value) if value == value and abs(value) != float("inf") else None
