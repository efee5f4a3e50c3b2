"""Members of a .tar.gz, read one after the other into memory and never written to disk.

The archive is unpacked as a stream, so data before a member costs time and no memory. An archive that
unpacks beyond a limit raises DamagedFile. Links, devices and paths that lead out of the archive are ignored:
only plain members with the requested names are read.
"""

from __future__ import annotations

import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from wannsearch.core.untrusted import damaged_file_error
from wannsearch.tasks.image_files.bounded import MAX_BYTES, open_unpacked

_MAX_UNPACKED_BYTES = 256 * 2**20
"""CIFAR-10 has 176 MiB."""


class _BoundedStream:
    """A stream that raises DamagedFile once more than `_MAX_UNPACKED_BYTES` are read."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path, self._read = file, path, 0

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes, or fewer at the end."""
        data = self._file.read(count)
        self._read += len(data)
        if self._read > _MAX_UNPACKED_BYTES:
            raise damaged_file_error(
                self._path,
                f"it unpacks to over {_MAX_UNPACKED_BYTES} bytes",
                "no archive of images has as many",
            )
        return data


def read_members(path: Path, names: Collection[str]) -> dict[str, bytes]:
    """Return the bytes of each named member, in the given order.

    Raise DamagedFile where one is missing or beyond `MAX_BYTES`, or where the archive is broken or too large;
    StorageError where it cannot be read.
    """
    with open_unpacked(path) as file:
        stream = _BoundedStream(file, path)
        try:
            data_by_name = _read_plain_members(stream, path, names)
        except (tarfile.TarError, ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:100]
            raise damaged_file_error(
                path, f"it is no whole tar archive ({reason})", "fetch it again"
            ) from None
        while stream.read(2**20):  # gzip checks its checksum only at the end
            pass
    missing_names = [name for name in names if name not in data_by_name]
    if missing_names:
        raise damaged_file_error(
            path, f"it has no member {missing_names[0]}", f"needed are {', '.join(names)}"
        )
    return {name: data_by_name[name] for name in names}


def _read_plain_members(stream: _BoundedStream, path: Path, names: Collection[str]) -> dict[str, bytes]:
    data_by_name = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]  # it only reads
        for member in archive:
            if member.name in names and member.isreg() and not member.issparse():
                data = archive.extractfile(member).read(MAX_BYTES + 1)
                if len(data) > MAX_BYTES:
                    where = f"{path}: {member.name}"
                    raise damaged_file_error(where, f"it has over {MAX_BYTES} bytes", "no batch has as many")
                data_by_name[member.name] = data
    return data_by_name
