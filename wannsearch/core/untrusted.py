"""Files from other programs: limited in size, parsed strictly, and rejected with one line.

Python's JSON reader is laxer than a record should be. It accepts NaN, reads 1e999 as infinity, uses the last
of two equal keys, and fails on deep nesting or on an integer with too many digits. All of that raises
DamagedFile here. Every message names the place, the problem and the allowed values.
"""

from __future__ import annotations

import json
import math
import stat
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, TypeGuard

from wannsearch.core.errors import ConfigError, DamagedFile, StorageError

_CHUNK_BYTES = 2**20

_MAX_NUMBER_CHARS = 40

MAX_NETWORK_BYTES = 64 * 2**20
"""Limit for the text of a single network."""

MAX_EXACT_INTEGER = 2**53
"""A larger whole number may not be exact as float64."""


def damaged_file_error(where: str | Path, problem: str, allowed: str) -> DamagedFile:
    """Return the error for a damaged file: where it is, its fault, and what is allowed, in one line."""
    return DamagedFile(f"{where}: {problem}; {allowed}.")


def short_repr(value: object) -> str:
    """Return a short, printable text for any value that came from a file."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return repr(value[:40]) + ("..." if len(value) > 40 else "")
    if isinstance(value, int) and abs(value) >= 10**40:
        return "an integer of more than 40 digits"
    return repr(value)


def is_integer(value: object) -> TypeGuard[int]:
    """Return whether a value read from JSON is a whole number; true, false and 1.0 are not."""
    return type(value) is int


def is_finite_number(value: object) -> bool:
    """Return whether a value read from JSON is a finite float or an integer of at most 2^53 in magnitude."""
    if type(value) is int:
        return abs(value) <= MAX_EXACT_INTEGER
    return type(value) is float and math.isfinite(value)


def regular_file_size(path: Path) -> int:
    """Return the size in bytes of the regular file at this path or link; ConfigError where there is none.

    Raises StorageError where the disk refuses to report it.
    """
    try:
        file_stat = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        raise ConfigError(
            f"{str(path)!r} does not exist; give the path of a file or of a run folder."
        ) from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    if not stat.S_ISREG(file_stat.st_mode):
        raise ConfigError(f"{path} is not a plain file; give the path of one.")
    return file_stat.st_size


def read_text(path: Path, max_bytes: int = MAX_NETWORK_BYTES) -> str:
    """Return the text of a UTF-8 file of at most this many bytes.

    Raises DamagedFile for a larger file or another encoding, ConfigError where no regular file exists, and
    StorageError where it cannot be read.
    """
    size = regular_file_size(path)
    try:
        with path.open("rb") as file:
            data = _read_bounded(file, max_bytes) if size <= max_bytes else b""  # it may grow after `stat`
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    if size > max_bytes or len(data) > max_bytes:
        raise damaged_file_error(
            str(path), f"it has {max(size, len(data))} bytes", f"at most {max_bytes} are read"
        )
    return decode_utf8(data, str(path))


def _read_bounded(file: BinaryIO, max_bytes: int) -> bytes:
    """Return the bytes of a file, or a little more than `max_bytes` of them; nothing larger is allocated."""
    data = bytearray()
    while len(data) <= max_bytes and (chunk := file.read(_CHUNK_BYTES)):
        data += chunk
    return bytes(data)


def decode_utf8(data: bytes, where: str) -> str:
    """Decode bytes as UTF-8; DamagedFile where they are no text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"byte {data[error.start]:#04x} at position {error.start} is not UTF-8"
        raise damaged_file_error(where, problem, "the text must be UTF-8") from None


class _RefusedJson(ValueError):
    """The fault of a text that Python's JSON reader accepts and this one refuses."""


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        repeated_key, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise _RefusedJson(
            f"the key {short_repr(repeated_key)} stands twice in one object; each key stands once"
        )
    return result


def _refuse_constant(constant: str) -> NoReturn:
    raise _RefusedJson(f"it holds {constant}; numbers must be finite")


def _parse_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        excerpt = text if len(text) <= _MAX_NUMBER_CHARS else f"{text[:_MAX_NUMBER_CHARS]}..."
        raise _RefusedJson(f"it holds {excerpt}; numbers must be finite")
    return number


def parse_json(text: str, where: str) -> Any:
    """Parse a JSON text strictly.

    Raises DamagedFile, which names `where`, for text that is no JSON, a key twice, the constants NaN and
    Infinity, a number beyond float64 such as 1e999, too deep nesting or an integer of thousands of digits.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_build_object,
            parse_float=_parse_float,
            parse_constant=_refuse_constant,
        )
    except _RefusedJson as error:
        raise DamagedFile(f"{where}: {error}.") from None
    except json.JSONDecodeError as error:
        problem = f"it is not JSON at line {error.lineno}, column {error.colno} ({error.msg})"
        raise damaged_file_error(where, problem, "it must be one whole JSON text") from None
    except RecursionError:
        raise damaged_file_error(
            where, "its lists and objects nest too deeply", "a network needs four levels"
        ) from None
    except ValueError:
        raise damaged_file_error(
            where, "it holds an integer of thousands of digits", "numbers must be exact"
        ) from None
