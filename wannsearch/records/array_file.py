"""One file of named arrays that proves itself: a header, its checksum, then the raw numbers.

    magic  version  header length  payload length  sha256 of header and payload   (60 bytes)
    header: strict JSON, {"about": {...}, "arrays": [[name, dtype, shape], ...]}
    payload: the arrays in that order, C order, little-endian, without gaps

No pickle, no code: reading gives arrays of eight known types or a DamagedFile. Every size is checked
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
import numpy.typing as npt

from wannsearch.core.errors import DamagedFile, StorageError
from wannsearch.formats.untrusted import damaged, decoded, is_integer, parse_json, plain_file, shown

Arrays = dict[str, npt.NDArray[Any]]

VERSION = 2  # rises whenever what a checkpoint holds changes; older ones are refused
_MAGIC = b"WANNARR\n"
_FIXED = struct.Struct("<8sIQQ32s")
_TYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in ("<i1", "<i4", "<i8", "<u1", "<u4", "<u8", "<f4", "<f8", "|b1")
}
_MOST_HEADER_BYTES = 2**22
_MOST_AXES = 8


def dumps(about: dict[str, Any], arrays: Arrays) -> bytes:
    """The file's bytes; `about` is anything that strict JSON holds."""
    little = {name: _little_endian(array) for name, array in arrays.items()}
    table = [[name, array.dtype.str, list(array.shape)] for name, array in little.items()]
    unknown = [name for name, kind, _ in table if kind not in _TYPES]
    if unknown:
        raise TypeError(f"{unknown[0]} has type {little[unknown[0]].dtype}; only numbers can be kept")
    header = json.dumps({"about": about, "arrays": table}, allow_nan=False, separators=(",", ":")).encode()
    payload = b"".join(array.tobytes() for array in little.values())
    checksum = hashlib.sha256(header + payload).digest()
    return _FIXED.pack(_MAGIC, VERSION, len(header), len(payload), checksum) + header + payload


def _little_endian(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)


def read(path: Path, at_most: int) -> tuple[dict[str, Any], Arrays]:
    """`about` and the arrays of a file of at most so many bytes."""
    size = plain_file(path)
    if size > at_most:
        raise damaged(str(path), f"it has {size} bytes", f"at most {at_most} are read")
    try:
        with path.open("rb") as file:
            content = file.read(at_most + 1)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
    return loads(content, str(path))


def loads(content: bytes, where: str) -> tuple[dict[str, Any], Arrays]:
    """`about` and the arrays of a file's bytes."""
    if len(content) < _FIXED.size:
        raise damaged(where, f"it has {len(content)} bytes", f"a file of arrays has at least {_FIXED.size}")
    magic, version, header_bytes, payload_bytes, checksum = _FIXED.unpack_from(content)
    if magic != _MAGIC:
        raise damaged(where, f"it begins with {magic!r}", f"a file of arrays begins with {_MAGIC!r}")
    if version != VERSION:
        raise damaged(where, f"it is of version {version}", f"this wannsearch reads version {VERSION}")
    if len(content) != _FIXED.size + header_bytes + payload_bytes or header_bytes > _MOST_HEADER_BYTES:
        promised = f"{len(content)} bytes, {header_bytes} + {payload_bytes} promised"
        raise damaged(where, promised, f"{_FIXED.size} more than promised make a whole file")
    if hashlib.sha256(content[_FIXED.size :]).digest() != checksum:
        raise DamagedFile(f"{where}: its checksum does not fit its content.")
    header = parse_json(decoded(content[_FIXED.size : _FIXED.size + header_bytes], where), where)
    payload = memoryview(content)[_FIXED.size + header_bytes :]
    if not isinstance(header, dict) or set(header) != {"about", "arrays"}:
        raise damaged(where, f"its header is {shown(header)}", "it must hold 'about' and 'arrays'")
    if not isinstance(header["about"], dict) or not isinstance(header["arrays"], list):
        raise damaged(where, "its header has other types", "'about' is an object, 'arrays' a list")
    return header["about"], _arrays(header["arrays"], payload, where)


def _arrays(table: list[Any], payload: memoryview, where: str) -> Arrays:
    arrays: Arrays = {}
    offset = 0
    for entry in table:
        name, kind, shape = _entry(entry, where)
        if name in arrays:
            raise damaged(where, f"the array {shown(name)} stands twice", "each stands once")
        size = math.prod(shape) * kind.itemsize
        if size > len(payload) - offset:
            found = f"the array {shown(name)} of shape {shape} has {size} bytes"
            raise damaged(where, found, f"{len(payload) - offset} are left")
        if kind == np.bool_ and size and max(payload[offset : offset + size]) > 1:
            raise damaged(where, f"the array {shown(name)} holds another byte", "truth values are 0 and 1")
        flat = np.frombuffer(payload, kind, math.prod(shape), offset)
        arrays[name] = flat.reshape(shape).astype(kind.newbyteorder("="))
        offset += size
    if offset != len(payload):
        raise damaged(where, f"{len(payload) - offset} bytes belong to no array", "every byte must")
    return arrays


def _entry(entry: Any, where: str) -> tuple[str, np.dtype[Any], tuple[int, ...]]:
    if not isinstance(entry, list) or len(entry) != 3:
        raise damaged(where, f"it lists {shown(entry)} as an array", "name, type and shape make one")
    name, kind, shape = entry
    if not isinstance(name, str) or not isinstance(kind, str) or kind not in _TYPES:
        found = f"it lists {shown(name)} of type {shown(kind)}"
        raise damaged(where, found, f"allowed types: {', '.join(_TYPES)}")
    lengths = shape if isinstance(shape, list) and len(shape) <= _MOST_AXES else [None]
    if not all(is_integer(length) and 0 <= length < 2**48 for length in lengths):
        raise damaged(where, f"{shown(name)} has the shape {shown(str(shape))}", "lengths are 0 or more")
    return name, _TYPES[kind], tuple(lengths)
