"""CSV in full precision: floats are written so that reading gives the same bits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from wannsearch.core.errors import StorageError


def cell(value: Any) -> str:
    """One value; floats by repr, which is exact."""
    return repr(float(value)) if isinstance(value, float) else str(value)


def line(values: Iterable[Any]) -> str:
    """One row. Our own columns hold numbers, names of weights and ids: nothing needs quotes."""
    return ",".join(cell(value) for value in values) + "\n"


class GrowingTable:
    """A CSV that gets one row a generation, handed to the system at once."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._path, self._columns = path, tuple(columns)
        try:
            self._file: IO[str] = path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise StorageError(f"{path}: cannot be opened for writing: {error.strerror}.") from error
        self._put(line(columns))

    def _put(self, text: str) -> None:
        try:
            self._file.write(text)
            self._file.flush()
        except OSError as error:
            raise StorageError(
                f"{self._path}: {len(text)} bytes could not be written: {error.strerror}."
            ) from error

    def add(self, row: dict[str, Any]) -> None:
        """Append a row; its keys are the columns."""
        if tuple(row) != self._columns:
            raise ValueError(f"{self._path.name} has columns {self._columns}, not {tuple(row)}")
        self._put(line(row.values()))

    def close(self) -> None:
        """No more rows."""
        self._file.close()
