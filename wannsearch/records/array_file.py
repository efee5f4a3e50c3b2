"""One file of named arrays with a checksum: a header, then the raw numbers.

    magic  version  header length  payload length  sha256 of header and payload   (60 bytes)
    header: strict JSON, {"about": {...}, "arrays": [[name, dtype, shape], ...]}
    payload: the arrays in that order, C order, little-endian, without gaps

No pickle, no code: reading gives arrays of nine known types or a DamagedFile. Every size is checked
before anything of that size is allocated.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.arrays import Array
from wannsearch.core.errors import DamagedFile, StorageError
from wannsearch.core.run_files import check_plain_file
from wannsearch.core.untrusted import (
    damaged_file_error,
    decode_utf8,
    is_integer,
    parse_json,
    short_repr,
)

Arrays = dict[str, Array]

VERSION = 3  # rises whenever a change makes older checkpoints unreadable; those are refused
_MAGIC = b"WANNARR\n"
_PREAMBLE = struct.Struct("<8sIQQ32s")
_DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in ("<i1", "<i4", "<i8", "<u1", "<u4", "<u8", "<f4", "<f8", "|b1")
}
_MAX_HEADER_BYTES = 2**22
_MAX_AXES = 8


def dumps(metadata: dict[str, Any], arrays: Arrays) -> bytes:
    """Return the bytes of the file; `metadata`, stored as "about", is an object of strict JSON.

    Raise TypeError for an array whose dtype is not one of the nine known ones, and ValueError for NaN or
    infinity in the metadata.
    """
    little_endian_arrays = {name: _to_little_endian(array) for name, array in arrays.items()}
    entries = [[name, array.dtype.str, list(array.shape)] for name, array in little_endian_arrays.items()]
    unknown_names = [name for name, dtype, _ in entries if dtype not in _DTYPES]
    if unknown_names:
        raise TypeError(
            f"{unknown_names[0]} has type {little_endian_arrays[unknown_names[0]].dtype}; only numbers can "
            "be kept"
        )
    header = json.dumps(
        {"about": metadata, "arrays": entries}, allow_nan=False, separators=(",", ":")
    ).encode()
    payload = b"".join(array.tobytes() for array in little_endian_arrays.values())
    checksum = hashlib.sha256(header + payload).digest()
    return _PREAMBLE.pack(_MAGIC, VERSION, len(header), len(payload), checksum) + header + payload


def _to_little_endian(array: Array) -> Array:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)


def read(path: Path, max_bytes: int) -> tuple[dict[str, Any], Arrays]:
    """Return metadata and arrays of a file of at most `max_bytes`.

    Raise DamagedFile where it is missing, larger, of another version or damaged; StorageError where it cannot
    be read.
    """
    check_plain_file(path)
    size = path.stat().st_size
    if size > max_bytes:
        raise damaged_file_error(str(path), f"it has {size} bytes", f"at most {max_bytes} are read")
    try:
        with path.open("rb") as file:
            content = file.read(size + 1)  # one more shows that it has grown
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    return loads(content, str(path))


def loads(content: bytes, where: str) -> tuple[dict[str, Any], Arrays]:
    """Return metadata and arrays of the bytes of a file; `where` starts the line of every DamagedFile error.

    The arrays are copies in the byte order of the machine.
    """
    if len(content) < _PREAMBLE.size:
        raise damaged_file_error(
            where, f"it has {len(content)} bytes", f"a file of arrays has at least {_PREAMBLE.size}"
        )
    magic, version, header_bytes, payload_bytes, checksum = _PREAMBLE.unpack_from(content)
    if magic != _MAGIC:
        raise damaged_file_error(
            where, f"it begins with {magic!r}", f"a file of arrays begins with {_MAGIC!r}"
        )
    if version != VERSION:
        raise damaged_file_error(
            where, f"it is of version {version}", f"this wannsearch reads version {VERSION}"
        )
    if len(content) != _PREAMBLE.size + header_bytes + payload_bytes or header_bytes > _MAX_HEADER_BYTES:
        lengths = f"{len(content)} bytes, {header_bytes} + {payload_bytes} promised"
        raise damaged_file_error(where, lengths, f"{_PREAMBLE.size} more than promised make a whole file")
    if hashlib.sha256(content[_PREAMBLE.size :]).digest() != checksum:
        raise DamagedFile(f"{where}: its checksum does not fit its content.")
    header = parse_json(decode_utf8(content[_PREAMBLE.size : _PREAMBLE.size + header_bytes], where), where)
    payload = memoryview(content)[_PREAMBLE.size + header_bytes :]
    if not isinstance(header, dict) or set(header) != {"about", "arrays"}:
        raise damaged_file_error(
            where, f"its header is {short_repr(header)}", "it must hold 'about' and 'arrays'"
        )
    if not isinstance(header["about"], dict) or not isinstance(header["arrays"], list):
        raise damaged_file_error(where, "its header has other types", "'about' is an object, 'arrays' a list")
    return header["about"], _parse_arrays(header["arrays"], payload, where)


def _parse_arrays(entries: list[Any], payload: memoryview, where: str) -> Arrays:
    arrays: Arrays = {}
    offset = 0
    for entry in entries:
        name, dtype, shape = _parse_entry(entry, where)
        if name in arrays:
            raise damaged_file_error(where, f"the array {short_repr(name)} stands twice", "each stands once")
        size = math.prod(shape) * dtype.itemsize
        if size > len(payload) - offset:
            problem = f"the array {short_repr(name)} of shape {shape} has {size} bytes"
            raise damaged_file_error(where, problem, f"{len(payload) - offset} are left")
        if dtype == np.bool_ and size and max(payload[offset : offset + size]) > 1:
            raise damaged_file_error(
                where, f"the array {short_repr(name)} holds another byte", "truth values are 0 and 1"
            )
        flat = np.frombuffer(payload, dtype, math.prod(shape), offset)
        arrays[name] = flat.reshape(shape).astype(dtype.newbyteorder("="))
        offset += size
    if offset != len(payload):
        raise damaged_file_error(
            where, f"{len(payload) - offset} bytes belong to no array", "every byte must"
        )
    return arrays


def _parse_entry(entry: Any, where: str) -> tuple[str, np.dtype[Any], tuple[int, ...]]:
    if not isinstance(entry, list) or len(entry) != 3:
        raise damaged_file_error(
            where, f"it lists {short_repr(entry)} as an array", "name, type and shape make one"
        )
    name, dtype, shape = entry
    if not isinstance(name, str) or not isinstance(dtype, str) or dtype not in _DTYPES:
        problem = f"it lists {short_repr(name)} of type {short_repr(dtype)}"
        raise damaged_file_error(where, problem, f"allowed types: {', '.join(_DTYPES)}")
    lengths = shape if isinstance(shape, list) and len(shape) <= _MAX_AXES else [None]
    if not all(is_integer(length) and 0 <= length < 2**48 for length in lengths):
        raise damaged_file_error(
            where, f"{short_repr(name)} has the shape {short_repr(str(shape))}", "lengths are 0 or more"
        )
    return name, _DTYPES[dtype], tuple(lengths)
