"""Whole files of a data set: plain or gzipped, and no larger than images can be.

A few kilobytes of gzip can hold gigabytes, so no file is unpacked beyond the bound.
"""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from wannsearch.core.errors import DamagedFile, StorageError

MOST_BYTES = 64 * 2**20
"""MNIST's 60,000 images are 45 MiB, a batch of CIFAR-10 is 30."""

CUT_OFF = (EOFError, zlib.error, gzip.BadGzipFile)
"""What unpacking raises where the bytes are no whole gzip."""


def damaged(where: str | Path, found: str, allowed: str) -> DamagedFile:
    """The one line for a file that cannot be what it should be."""
    return DamagedFile(f"{where}: {found}; {allowed}.")


def is_there(path: Path) -> bool:
    """Whether anything has this path; StorageError where that cannot be known."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        return False
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    return True


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked if its name ends in gz; any failure to read them in one line."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise damaged(path, "it is not a plain file", "data are read from plain files")
        with path.open("rb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=file) as unpacked:
                    yield unpacked  # type: ignore[misc]  # it reads as files do
            else:
                yield file
    except CUT_OFF as error:
        why = " ".join(str(error).split())
        raise damaged(path, f"it is no whole gzip ({why})", "fetch it again") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None


def contents(path: Path, at_most: int = MOST_BYTES) -> bytes:
    """All bytes of a file, unpacked."""
    with opened(path) as file:
        data = file.read(at_most + 1)
    if len(data) > at_most:
        raise damaged(path, f"it has over {at_most} bytes", "no file of this kind has as many")
    return data
