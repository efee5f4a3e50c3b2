"""A whole population in one file: gzip, one network a line, each the JSON of network_json.py.

Every line has two more keys: "id", the birth number of the network, and "parents", the ids of its zero, one
or two parents. For one version of zlib the bytes depend on networks, ports and ids alone: the gzip header
holds neither name nor time, and the level is fixed. A small gzip file can unpack to any size, so the reader
unpacks line by line and raises DamagedFile beyond a limit.
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

from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.arrays import IntArray
from wannsearch.core.errors import ConfigError, StorageError
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.core.untrusted import (
    MAX_NETWORK_BYTES,
    damaged_file_error,
    decode_utf8,
    is_integer,
    parse_json,
    regular_file_size,
    short_repr,
)
from wannsearch.formats import network_json

MAX_BYTES = 2**30
"""Limit for the text after unpacking, and for the arrays made from it."""


_GZIP_LEVEL = 6
_NO_PARENT = -1


def dumps(population: Population, ports: Ports, ids: npt.ArrayLike, parent_ids: npt.ArrayLike) -> bytes:
    """Return the bytes of the file, for (P,) ids and (P, 2) parents, where -1 is none.

    Raise ConfigError for a network that JSON cannot hold.
    """
    buffer = io.BytesIO()
    network_ids, parent_pairs = np.asarray(ids).tolist(), np.asarray(parent_ids).tolist()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=_GZIP_LEVEL, fileobj=buffer, mtime=0) as file:
        for row, (network_id, pair) in enumerate(zip(network_ids, parent_pairs, strict=True)):
            line_parents = [parent for parent in pair if parent != _NO_PARENT]
            line = network_json.dumps(population, row, ports, id=network_id, parents=line_parents)
            file.write(line.encode("ascii") + b"\n")
    return buffer.getvalue()


def read(path: Path) -> tuple[Population, Ports, IntArray]:
    """Read the P networks of this file, the ports they share, and their ids (P,) int64.

    The ports allow every activation of a hidden node. Parents are checked, and not returned. Raise
    DamagedFile where the file cannot be a population, ConfigError where there is none, StorageError where it
    cannot be read.
    """
    networks: list[Population] = []
    ids: list[int] = []
    activations: set[str] = set()
    first_ports: Ports | None = None
    max_nodes = max_edges = 0
    for line_number, line in enumerate(_read_lines(path), start=1):
        where = f"{path}, line {line_number}"
        document = parse_json(decode_utf8(line, where), where)
        network, ports = network_json.from_json(document, where)
        first_ports = first_ports or ports
        if (ports.inputs, ports.outputs) != (first_ports.inputs, first_ports.outputs):
            problem = f"the network has {ports.inputs} inputs and {ports.outputs} outputs"
            raise damaged_file_error(
                where, problem, f"line 1 has {first_ports.inputs} and {first_ports.outputs}, all must agree"
            )
        max_nodes, max_edges = (
            max(max_nodes, network.activation.shape[1]),
            max(max_edges, network.source.shape[1]),
        )
        if (
            line_number * (max_nodes + 16 * max_edges) > MAX_BYTES
        ):  # int8 per slot; two int32 and a float64 per column
            problem = f"{line_number} networks of {max_nodes} nodes and {max_edges} connections"
            raise damaged_file_error(where, problem, f"their arrays may take {MAX_BYTES} bytes")
        ids.append(_parse_id(document, where))
        activations.update(ports.activations)
        networks.append(network)
    if first_ports is None:
        raise damaged_file_error(str(path), "it holds no network", "there must be one a line")
    activation_names = tuple(sorted(activations, key=ACTIVATION_IDS.__getitem__))
    return (
        Population.concatenate(networks),
        Ports(first_ports.inputs, first_ports.outputs, activation_names),
        np.array(ids, np.int64),
    )


def read_document(path: Path, network_id: int) -> network_json.NetworkDocument:
    """Return the checked document of the network with this id, with the names of its inputs and outputs.

    Raise the errors of `read`; ConfigError where the file holds something else than networks.
    """
    for line_number, line in enumerate(_read_lines(path), start=1):
        where = f"{path}, line {line_number}"
        document = parse_json(decode_utf8(line, where), where)
        if isinstance(document, dict) and document.get("format") != network_json.FORMAT:
            kind = short_repr(document.get("format"))
            raise ConfigError(f"{path} holds {kind}; a network is read where it is {network_json.FORMAT!r}.")
        network_json.from_json(document, where)
        if _parse_id(document, where) == network_id:
            return dict(document)
    raise damaged_file_error(str(path), f"it lacks the network {network_id}", "the ranking lists it")


def _parse_id(document: dict[str, Any], where: str) -> int:
    """Return the id of a line, and check its parents."""
    parents = document.get("parents")
    if not isinstance(parents, list) or len(parents) > 2:
        problem = f"a list of {len(parents)}" if isinstance(parents, list) else short_repr(parents)
        raise damaged_file_error(where, f"parents is {problem}", "it must be a list of at most two ids")
    for label, value in (("id", document.get("id")), *(("parent", parent) for parent in parents)):
        if not is_integer(value) or not 0 <= value < 2**63:
            raise damaged_file_error(
                where, f"{label} is {short_repr(value)}", "it must be a whole number of at most 63 bits"
            )
    network_id: int = document["id"]
    return network_id


def _read_lines(path: Path) -> Iterator[bytes]:
    """Yield the unpacked lines, with never more than the limits in memory."""
    regular_file_size(path)
    total_bytes = 0
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(MAX_NETWORK_BYTES + 1):
                total_bytes += len(line)
                if len(line) > MAX_NETWORK_BYTES:
                    raise damaged_file_error(
                        str(path), "a line is too long", f"at most {MAX_NETWORK_BYTES} bytes are read"
                    )
                if total_bytes > MAX_BYTES:
                    raise damaged_file_error(
                        str(path), "it unpacks to too much", f"at most {MAX_BYTES} bytes are read"
                    )
                yield line
    except EOFError:
        raise damaged_file_error(str(path), "it ends in the middle", "it must be a whole gzip file") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise damaged_file_error(
            str(path), f"it cannot be unpacked ({error})", "it must be a gzip file"
        ) from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from None
