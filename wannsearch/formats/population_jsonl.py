"""A whole population in one file: gzip, one network a line, each the JSON of network_json.py.

Every line carries two keys more: "id", the birth number of the network, and "parents", the ids of
the none, one or two it came from. The bytes depend on the networks alone: the gzip header holds
neither name nor time and the level is fixed. A small gzip can unpack to anything, so the reader
unpacks line by line and stops at a bound.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.activations import IDS
from wannsearch.core.errors import StorageError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population, stacked
from wannsearch.formats import network_json
from wannsearch.formats.untrusted import (
    MAX_NETWORK_BYTES,
    damaged,
    decoded,
    is_integer,
    parse_json,
    plain_file,
    shown,
)

MAX_BYTES = 2**30
"""Of the text after unpacking, and of the arrays it becomes."""

Ids = npt.NDArray[np.int64]

_LEVEL = 6
_NO_PARENT = -1


def dumps(population: Population, ports: Ports, ids: npt.ArrayLike, parents: npt.ArrayLike) -> bytes:
    """The file's bytes, for (P,) ids and (P, 2) parents, where -1 is none."""
    buffer = io.BytesIO()
    numbers, pairs = np.asarray(ids).tolist(), np.asarray(parents).tolist()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=buffer, mtime=0) as file:
        for row, (number, pair) in enumerate(zip(numbers, pairs, strict=True)):
            known = [parent for parent in pair if parent != _NO_PARENT]
            line = network_json.dumps(population, row, ports, id=number, parents=known)
            file.write(line.encode("ascii") + b"\n")
    return buffer.getvalue()


def read(path: Path) -> tuple[Population, Ports, Ids]:
    """The (P,) networks of this file, the ports they share, and their (P,) ids."""
    networks: list[Population] = []
    ids: list[int] = []
    activations: set[str] = set()
    first: Ports | None = None
    slots = columns = 0
    for number, line in enumerate(_lines(path), start=1):
        where = f"{path}, line {number}"
        document = parse_json(decoded(line, where), where)
        network, ports = network_json.from_json(document, where)
        first = first or ports
        if (ports.inputs, ports.outputs) != (first.inputs, first.outputs):
            found = f"the network has {ports.inputs} inputs and {ports.outputs} outputs"
            raise damaged(where, found, f"line 1 has {first.inputs} and {first.outputs}, all must agree")
        slots, columns = max(slots, network.activation.shape[1]), max(columns, network.source.shape[1])
        if number * (slots + 16 * columns) > MAX_BYTES:  # int8 a slot; two int32, a float64 a column
            found = f"{number} networks of {slots} nodes and {columns} connections"
            raise damaged(where, found, f"their arrays may take {MAX_BYTES} bytes")
        ids.append(_id(document, where))
        activations.update(ports.activations)
        networks.append(network)
    if first is None:
        raise damaged(str(path), "it holds no network", "there must be one a line")
    allowed = tuple(sorted(activations, key=IDS.__getitem__))
    return stacked(networks), Ports(first.inputs, first.outputs, allowed), np.array(ids, np.int64)


def _id(document: dict[str, Any], where: str) -> int:
    """The id of a line, its parents checked with it."""
    parents = document.get("parents")
    if not isinstance(parents, list) or len(parents) > 2:
        found = f"a list of {len(parents)}" if isinstance(parents, list) else shown(parents)
        raise damaged(where, f"parents is {found}", "it must be a list of at most two ids")
    for what, value in (("id", document.get("id")), *(("parent", parent) for parent in parents)):
        if not is_integer(value) or not 0 <= value < 2**63:
            raise damaged(where, f"{what} is {shown(value)}", "it must be a whole number of at most 63 bits")
    number: int = document["id"]
    return number


def _lines(path: Path) -> Iterator[bytes]:
    """The unpacked lines, one at a time, never more than the bounds in memory."""
    plain_file(path)
    total = 0
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(MAX_NETWORK_BYTES + 1):
                total += len(line)
                if len(line) > MAX_NETWORK_BYTES:
                    raise damaged(
                        str(path), "a line is too long", f"at most {MAX_NETWORK_BYTES} bytes are read"
                    )
                if total > MAX_BYTES:
                    raise damaged(str(path), "it unpacks to too much", f"at most {MAX_BYTES} bytes are read")
                yield line
    except EOFError:
        raise damaged(str(path), "it ends in the middle", "it must be a whole gzip file") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise damaged(str(path), f"it cannot be unpacked ({error})", "it must be a gzip file") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
