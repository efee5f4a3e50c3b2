"""CSV in full precision: floats are written so that reading gives the same bits."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.core.errors import DamagedFile, StorageError
from wannsearch.formats.untrusted import damaged, plain_file
from wannsearch.records.files import write_all

_MOST_LINE_BYTES = 2**16


def cell(value: Any) -> str:
    """One value; floats by repr, which is exact."""
    return repr(float(value)) if isinstance(value, float) else str(value)


def line(values: Iterable[Any]) -> str:
    """One row. Our own columns hold numbers, names of weights and ids: nothing needs quotes."""
    return ",".join(cell(value) for value in values) + "\n"


@dataclass(frozen=True)
class Mark:
    """How far a table reached."""

    bytes: int
    sha256: str


class GrowingTable:
    """A CSV that gets one row a generation, handed to the system at once.

    It is begun anew, or cut back to what it held when it reached `until` and continued.
    """

    def __init__(self, path: Path, columns: Sequence[str], until: int | None = None) -> None:
        self._path, self._columns = path, tuple(columns)
        self._digest, self._bytes = hashlib.sha256(), 0
        try:
            begun = os.O_TRUNC if until is None else 0
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | begun, 0o644)
            if until is not None:
                self._digest.update(path.read_bytes()[:until])
                self._bytes = until
                os.ftruncate(self._handle, until)
                os.lseek(self._handle, until, os.SEEK_SET)
        except OSError as error:
            raise StorageError(f"{path}: cannot be opened for writing: {error.strerror}.") from error
        if until is None:
            self._put(line(columns))

    @property
    def mark(self) -> Mark:
        """How far it reaches now."""
        return Mark(self._bytes, self._digest.hexdigest())

    def _put(self, text: str) -> None:
        content = text.encode()
        try:
            self._still_there()
            write_all(self._handle, content)
        except OSError as error:
            raise StorageError(
                f"{self._path}: {len(content)} bytes could not be written: {error.strerror}."
            ) from error
        self._digest.update(content)
        self._bytes += len(content)

    def _still_there(self) -> None:
        """A file that lost its name takes rows without a word, and nobody will ever find them."""
        if not os.path.samestat(os.fstat(self._handle), self._path.stat()):
            raise OSError(errno.ENOENT, "another file has taken its place")

    def sync(self) -> None:
        """Make sure that the rows so far survive a power cut."""
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise StorageError(
                f"{self._path}: {self._bytes} bytes could not be synced: {error.strerror}."
            ) from error

    def add(self, row: dict[str, Any]) -> None:
        """Append a row; its keys are the columns."""
        if tuple(row) != self._columns:
            raise ValueError(f"{self._path.name} has columns {self._columns}, not {tuple(row)}")
        self._put(line(row.values()))

    def close(self) -> None:
        """No more rows."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1


def fits(path: Path, mark: Mark) -> None:
    """DamagedFile unless the table begins with what it held at this mark."""
    try:
        with path.open("rb") as file:
            content = file.read(mark.bytes)
    except OSError as error:
        raise DamagedFile(f"{path}: {error.strerror}.") from None
    if len(content) != mark.bytes or hashlib.sha256(content).hexdigest() != mark.sha256:
        raise DamagedFile(f"{path}: its first {mark.bytes} bytes are not those that were recorded.")


def bytes_before(path: Path, generation: int) -> int:
    """How long a table is up to, and without, the row of this generation; whole rows only."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedFile(f"{path}: {error.strerror}.") from None
    length = 0
    for number, row in enumerate(content.splitlines(keepends=True)):
        first = row.partition(b",")[0]
        if not row.endswith(b"\n") or (number and not (first.isdigit() and int(first) < generation)):
            break
        length += len(row)
    return length


def last_row(path: Path) -> dict[str, str] | None:
    """The last whole row of a table by its columns, read from the two ends only; None before the first."""
    size = plain_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(_MOST_LINE_BYTES)
            file.seek(max(0, size - _MOST_LINE_BYTES))
            tail = file.read(_MOST_LINE_BYTES)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    first, newline, behind = head.partition(b"\n")
    if not newline or b"\n" not in behind:
        if len(head) < _MOST_LINE_BYTES:
            return None
        raise damaged(str(path), "its first lines do not end", f"a line has at most {_MOST_LINE_BYTES} bytes")
    row = tail.rpartition(b"\n")[0].rpartition(b"\n")[2]
    columns, values = (text.decode("ascii", "replace").split(",") for text in (first, row))
    if len(columns) != len(values):
        raise damaged(str(path), "its last row is no row", f"a row has {len(columns)} values")
    return dict(zip(columns, values, strict=True))
