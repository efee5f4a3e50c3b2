"""Cache files that can be rebuilt, each closed by a SHA-256 digest of its name and content.

A file that a power cut, a full disk or anything else has truncated, emptied, changed or moved to another
name does not have the right digest: it counts as missing, and is rebuilt and replaced. The digest stands
at the end, since readers of pickles and of object files ignore trailing bytes.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_SEAL_BYTES = hashlib.sha256().digest_size
_WARNED_LOCATIONS: list[str] = []


def _compute_seal(name: str, content: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\0" + content).digest()


def unseal_content(name: str, sealed_content: bytes) -> bytes | None:
    """Return the content of a sealed file of this name; None if the digest does not match."""
    content, seal = sealed_content[:-_SEAL_BYTES], sealed_content[-_SEAL_BYTES:]
    return content if seal == _compute_seal(name, content) else None


def read_sealed_file(path: Path) -> bytes | None:
    """Return the content before the digest; None if the file is missing, unreadable or damaged."""
    try:
        # If a pipe stands in the file's place, a blocking open would wait forever.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return unseal_content(path.name, file.read())
    except OSError:
        return None


def write_sealed_file(path: Path, content: bytes) -> None:
    """Write content and digest atomically, since several processes may write the same file.

    A missing folder is made, for this user alone. Raises OSError if the folder or the disk refuses the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary_name = tempfile.mkstemp(dir=path.parent)
    try:
        try:
            remaining_bytes = memoryview(content + _compute_seal(path.name, content))
            while remaining_bytes:  # a nearly full disk writes a part only; the next call raises the error
                remaining_bytes = remaining_bytes[os.write(descriptor, remaining_bytes) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        Path(temporary_name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(temporary_name).unlink()
        raise


def warn_cache_unusable(location: str, reason: str) -> None:
    """Print to stderr, at the first call only, that compiled code cannot be kept; it only costs time."""
    if not _WARNED_LOCATIONS:
        _WARNED_LOCATIONS.append(location)
        print(
            f"wannsearch: compiled code cannot be kept{location} ({reason}); compiling anew", file=sys.stderr
        )
