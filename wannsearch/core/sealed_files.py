"""Files that can be made again, each closed by a digest of its name and content.

What a power cut, a full disk or anything else has cut, emptied, changed or put in another's place does
not bear the right digest: it counts as not there, is made anew and replaced. The digest stands at the
end, since readers of pickles and of object files are content with what stands before it.
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
    """What a file of this name holds; None where it is not what was written under it."""
    content, seal = sealed_content[:-_SEAL_BYTES], sealed_content[-_SEAL_BYTES:]
    return content if seal == _compute_seal(name, content) else None


def read_sealed_file(path: Path) -> bytes | None:
    """The content; None where there is none, or not the one that was written under this name."""
    try:
        # A pipe in the file's place would keep a plain open waiting.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return unseal_content(path.name, file.read())
    except OSError:
        return None


def write_sealed_file(path: Path, content: bytes) -> None:
    """Whole or not at all, since several processes may write the same; OSError where it cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary_name = tempfile.mkstemp(dir=path.parent)
    try:
        try:
            remaining_bytes = memoryview(content + _compute_seal(path.name, content))
            while (
                remaining_bytes
            ):  # a disk that is nearly full takes a part, and says so only when asked again
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
    """Say once that nothing can be kept there: it costs time, and nothing else."""
    if not _WARNED_LOCATIONS:
        _WARNED_LOCATIONS.append(location)
        print(
            f"wannsearch: compiled code cannot be kept{location} ({reason}); compiling anew", file=sys.stderr
        )
