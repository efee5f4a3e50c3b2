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
from wannsearch.core.run_files import check_plain_file
from wannsearch.core.untrusted import damaged_file_error
from wannsearch.records.files import write_all

_MAX_LINE_BYTES = 2**16


def format_cell(value: Any) -> str:
    """Return the text of one value; a float by its repr, which reads back to the same bits."""
    return repr(float(value)) if isinstance(value, float) else str(value)


def format_line(values: Iterable[Any]) -> str:
    """Return one row as text with its line end; numbers, weight names and ids need no quotes."""
    return ",".join(format_cell(value) for value in values) + "\n"


@dataclass(frozen=True)
class CsvPosition:
    """The first bytes of a table: how many there are, and their SHA-256."""

    num_bytes: int
    sha256: str


class AppendOnlyCsv:
    """A CSV file that gets one row a generation, handed to the operating system at once.

    It starts with the header row, or is cut back to its first `keep_bytes` bytes and continued. Opening,
    writing and syncing raise StorageError where the disk refuses.
    """

    def __init__(self, path: Path, columns: Sequence[str], keep_bytes: int | None = None) -> None:
        self._path, self._columns = path, tuple(columns)
        self._digest, self._bytes = hashlib.sha256(), 0
        try:
            truncate_flag = os.O_TRUNC if keep_bytes is None else 0
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | truncate_flag, 0o644)
            if keep_bytes is not None:
                self._digest.update(path.read_bytes()[:keep_bytes])
                self._bytes = keep_bytes
                os.ftruncate(self._handle, keep_bytes)
                os.lseek(self._handle, keep_bytes, os.SEEK_SET)
        except OSError as error:
            raise StorageError(f"{path}: cannot be opened for writing: {error.strerror}.") from error
        if keep_bytes is None:
            self._append_text(format_line(columns))

    @property
    def position(self) -> CsvPosition:
        """Return the number of bytes so far and their SHA-256."""
        return CsvPosition(self._bytes, self._digest.hexdigest())

    def _append_text(self, text: str) -> None:
        content = text.encode()
        try:
            self._check_same_file()
            write_all(self._handle, content)
        except OSError as error:
            raise StorageError(
                f"{self._path}: {len(content)} bytes could not be written: {error.strerror}."
            ) from error
        self._digest.update(content)
        self._bytes += len(content)

    def _check_same_file(self) -> None:
        """Raise OSError where the open file no longer has its name: its rows would be lost silently."""
        if not os.path.samestat(os.fstat(self._handle), self._path.stat()):
            raise OSError(errno.ENOENT, "another file has taken its place")

    def sync(self) -> None:
        """Sync the rows so far to the disk, so that they survive a power cut."""
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise StorageError(
                f"{self._path}: {self._bytes} bytes could not be synced: {error.strerror}."
            ) from error

    def append_row(self, row: dict[str, Any]) -> None:
        """Append a row, whose keys are the columns in order.

        Raise ValueError where the keys are others, StorageError also where the file was removed or replaced.
        """
        if tuple(row) != self._columns:
            raise ValueError(f"{self._path.name} has columns {self._columns}, not {tuple(row)}")
        self._append_text(format_line(row.values()))

    def close(self) -> None:
        """Close the file, without a sync; no row can follow, and a second call does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
        self._handle = -1


def check_prefix(path: Path, position: CsvPosition) -> None:
    """Raise DamagedFile unless the table can be read and begins with the bytes of this position."""
    try:
        with path.open("rb") as file:
            content = file.read(position.num_bytes)
    except OSError as error:
        raise DamagedFile(f"{path}: {error.strerror}.") from None
    if len(content) != position.num_bytes or hashlib.sha256(content).hexdigest() != position.sha256:
        raise DamagedFile(f"{path}: its first {position.num_bytes} bytes are not those that were recorded.")


def size_before_generation(path: Path, generation: int) -> int:
    """Return the number of bytes of the header and the whole rows before the row of this generation.

    A row that is cut off, or does not begin with a generation, ends the count. Raise DamagedFile where the
    file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedFile(f"{path}: {error.strerror}.") from None
    length = 0
    for line_number, row in enumerate(content.splitlines(keepends=True)):
        first_cell = row.partition(b",")[0]
        if not row.endswith(b"\n") or (
            line_number and not (first_cell.isdigit() and int(first_cell) < generation)
        ):
            break
        length += len(row)
    return length


def read_last_row(path: Path) -> dict[str, str] | None:
    """Return the last whole row of a table as text by column; None before the first row.

    Only the two ends of the file are read, so that its length costs nothing. Raises DamagedFile where the
    file is missing or this row has another number of values than the header.
    """
    check_plain_file(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_MAX_LINE_BYTES)
            file.seek(max(0, size - _MAX_LINE_BYTES))
            tail = file.read(_MAX_LINE_BYTES)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    header, newline, after_header = head.partition(b"\n")
    if not newline or b"\n" not in after_header:
        if len(head) < _MAX_LINE_BYTES:
            return None
        raise damaged_file_error(
            str(path), "its first lines do not end", f"a line has at most {_MAX_LINE_BYTES} bytes"
        )
    row = tail.rpartition(b"\n")[0].rpartition(b"\n")[2]
    columns, values = (text.decode("ascii", "replace").split(",") for text in (header, row))
    if len(columns) != len(values):
        raise damaged_file_error(str(path), "its last row is no row", f"a row has {len(columns)} values")
    return dict(zip(columns, values, strict=True))
