"""Whole files of a data set, plain or gzipped, with a limit on their size.

A few kilobytes of gzip can hold gigabytes, so `read_contents` unpacks no file beyond its limit. Callers of
`open_unpacked` set a limit of their own.
"""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from wannsearch.core.errors import StorageError
from wannsearch.core.untrusted import damaged_file_error

MAX_BYTES = 64 * 2**20
"""MNIST's 60,000 images are 45 MiB, a batch of CIFAR-10 is 30 MiB."""

TRUNCATION_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
"""Errors of unpacking where the bytes are no whole gzip."""


def is_present(path: Path) -> bool:
    """Return whether the path, or the target of a link, exists; raise StorageError where that is unknown."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        return False
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    return True


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    """Open the file for reading, unpacked if its name ends in `.gz`; every read error becomes one line.

    Raise DamagedFile for a file that is not regular or no whole gzip, StorageError for an input/output error
    or a missing file. Errors inside the `with` block are converted too.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise damaged_file_error(path, "it is not a plain file", "data are read from plain files")
        with path.open("rb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=file) as gzip_file:
                    yield gzip_file  # type: ignore[misc]  # it reads as files do
            else:
                yield file
    except TRUNCATION_ERRORS as error:
        reason = " ".join(str(error).split())
        raise damaged_file_error(path, f"it is no whole gzip ({reason})", "fetch it again") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None


def read_contents(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return all bytes of a file, unpacked; raise DamagedFile beyond `max_bytes`, else as `open_unpacked`."""
    with open_unpacked(path) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise damaged_file_error(path, f"it has over {max_bytes} bytes", "no file of this kind has as many")
    return data
