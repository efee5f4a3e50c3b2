"""Members of a .tar.gz: read one after the other into memory, never written anywhere.

The archive is unpacked as a stream, so what stands before a member costs time and no memory, and the
stream ends at a bound. Links, devices and names that lead out of the archive mean nothing here: only
plain members of the very names asked for are read.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from wannsearch.tasks.image_files.bounded import MOST_BYTES, damaged, opened

_MOST_UNPACKED = 256 * 2**20
"""CIFAR-10 has 176 MiB."""


class _Metered:
    """A stream that ends in an error beyond a bound."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path, self._read = file, path, 0

    def read(self, count: int) -> bytes:
        """The next bytes."""
        data = self._file.read(count)
        self._read += len(data)
        if self._read > _MOST_UNPACKED:
            raise damaged(
                self._path, f"it unpacks to over {_MOST_UNPACKED} bytes", "no archive of images has as many"
            )
        return data


def members(path: Path, names: Collection[str]) -> dict[str, bytes]:
    """The bytes of every member named, in that order; DamagedFile where one is not in the archive."""
    with opened(path) as file:
        stream = _Metered(file, path)
        try:
            found = _plain_members(stream, path, names)
        except (tarfile.TarError, ValueError, RecursionError) as error:
            why = " ".join(str(error).split())[:100]
            raise damaged(path, f"it is no whole tar archive ({why})", "fetch it again") from None
        while stream.read(2**20):  # gzip keeps its checksum at the end
            pass
    missing = [name for name in names if name not in found]
    if missing:
        raise damaged(path, f"it has no member {missing[0]}", f"needed are {', '.join(names)}")
    return {name: found[name] for name in names}


def _plain_members(stream: _Metered, path: Path, names: Collection[str]) -> dict[str, bytes]:
    found = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]  # it only reads
        for member in archive:
            if member.name in names and member.isreg() and not member.issparse():
                data = archive.extractfile(member).read(MOST_BYTES + 1)
                if len(data) > MOST_BYTES:
                    where = f"{path}: {member.name}"
                    raise damaged(where, f"it has over {MOST_BYTES} bytes", "no batch has as many")
                found[member.name] = data
    return found
