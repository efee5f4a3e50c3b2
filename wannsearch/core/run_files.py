"""Files of a run folder as every reader opens them: plain, of bounded size, strict, and of one format number.

`records.reader` has a function for each file. What both it and a method need is here, since a method may not
import `records`: the number that the folder's format has, the opening, and the columns of a CSV file.
"""

from __future__ import annotations

import stat
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import DamagedFile, StorageError, WannsearchError
from wannsearch.core.untrusted import damaged_file_error, is_integer, parse_json, read_text, short_repr

Columns = dict[str, FloatArray]
"""Columns of a CSV file by name, all of one length."""

RUN_FORMAT = 3
"""The number in `status.json`, `summary.json` and `tuning.json`; a folder without a number has format 1.

It rises whenever a change makes older folders unreadable: a file, a key or a column is renamed or means
something else. Older folders are then refused instead of being misread.
"""

STATUS = "status.json"
MAX_STATUS_BYTES = 2**16
HISTORY = "history.csv"
MAX_CSV_BYTES = 2**28  # about two million generations


def check_plain_file(path: Path) -> None:
    """Raise DamagedFile unless a regular file is here: a link, a pipe and a folder are refused.

    Raises StorageError where the disk refuses to report it.
    """
    mode = _read_mode(path)
    if mode is None:
        raise DamagedFile(f"{path} is missing.")
    if not stat.S_ISREG(mode):
        raise _unexpected_kind_error(path, mode, "plain files")


def check_plain_entry(path: Path) -> None:
    """Raise DamagedFile where a link, a device or a pipe, which could block, is in place of a file or folder.

    Nothing there is fine. Raises StorageError where the disk refuses to report it.
    """
    mode = _read_mode(path)
    if mode is not None and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise _unexpected_kind_error(path, mode, "plain files and folders")


def _read_mode(path: Path) -> int | None:
    """Return the mode of what is here, of a link itself; None where there is nothing."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        return None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None


def _unexpected_kind_error(path: Path, mode: int, allowed: str) -> DamagedFile:
    kind = "a symbolic link" if stat.S_ISLNK(mode) else "not a plain file"
    return damaged_file_error(str(path), f"it is {kind}", f"a run writes {allowed}")


def read_plain_text(path: Path, max_bytes: int) -> str:
    """Return the UTF-8 text of a regular file of at most `max_bytes`.

    Raises DamagedFile where it is missing, no regular file, too large or no UTF-8, and StorageError where it
    cannot be read.
    """
    check_plain_file(path)
    return read_text(path, max_bytes)


def read_object(path: Path, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object that a plain file holds; DamagedFile where it holds anything else.

    Raises the errors of `read_plain_text`, too.
    """
    document = parse_json(read_plain_text(path, max_bytes), str(path))
    if not isinstance(document, dict):
        raise damaged_file_error(
            str(path), f"it holds {short_repr(document)}", "a run writes a JSON object there"
        )
    return document


def check_format(folder: Path, document: Mapping[str, Any]) -> None:
    """Raise DamagedFile unless this document of a run folder carries the format number that is read here."""
    number = document.get("format", 1)
    if not is_integer(number) or number != RUN_FORMAT:
        raise damaged_file_error(
            str(folder),
            f"this run folder has format {short_repr(number)}",
            f"this wannsearch reads format {RUN_FORMAT}",
        )


def read_intact_status(folder: Path) -> dict[str, Any]:
    """Return the status of a run, or {} where the file is missing, damaged or unreadable.

    Raises DamagedFile where the status is intact and the run folder has another format.
    """
    try:
        status = read_object(folder / STATUS, MAX_STATUS_BYTES)
    except WannsearchError:
        return {}
    check_format(folder, status)
    return status


def read_columns(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), may_be_empty: bool = False
) -> Columns:
    """Return columns of a CSV file without quotes as float64; an empty or infinite cell becomes NaN.

    The result lacks optional columns that the file lacks. Raises the errors of `read_plain_text`, and
    DamagedFile where a required column is missing, a name stands twice, a row has the wrong length, a cell of
    these columns is not a number, or there are no rows (allowed with `may_be_empty`). The file is parsed row
    by row, so it costs little more memory than its text.
    """
    lines = _split_lines(read_plain_text(path, MAX_CSV_BYTES))
    header = next(lines, "").split(",")
    if len(set(header)) < len(header):
        raise DamagedFile(f"{path} has two columns of the same name.")
    for name in required:
        if name not in header:
            raise DamagedFile(f"{path} lacks the column {name!r}.")
    columns = {name: array("d") for name in (*required, *optional) if name in header}
    positions = [(name, header.index(name), column) for name, column in columns.items()]
    number = 1
    for number, line in enumerate(lines, start=2):
        cells = line.split(",")
        if len(cells) != len(header):
            raise DamagedFile(f"{path}, line {number}, has {len(cells)} cells instead of {len(header)}.")
        for name, position, column in positions:
            try:
                column.append(float(cells[position] or "nan"))
            except ValueError:
                cell = short_repr(cells[position])
                raise DamagedFile(f"{path}, column {name!r}, has {cell} instead of a number.") from None
    if number == 1 and not may_be_empty:
        raise DamagedFile(f"{path} has no rows.")
    return {name: _mask_infinite(np.array(column, np.float64)) for name, column in columns.items()}


def _mask_infinite(column: FloatArray) -> FloatArray:
    column[~np.isfinite(column)] = np.nan
    return column


def _split_lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end].removesuffix("\r")
        start = end + 1
