"""Files that nobody should have to trust: what strangers could put where we read."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.records import array_file, layout

CANARY = "canary"


class Malicious:
    """Unpickled, it would leave a file."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {CANARY}",))


def _npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 2**25)
    return file.getvalue()


def _arrays(about: dict[str, Any], table: list[Any], payload: bytes = b"") -> bytes:
    """Our own container with a sound checksum around whatever it says."""
    sound = array_file.dumps({}, {})
    head = json.dumps({"about": about, "arrays": table}).encode()
    digest = __import__("hashlib").sha256(head + payload).digest()
    return struct.pack("<8sIQQ32s", sound[:8], 1, len(head), len(payload), digest) + head + payload


def _huge_npy() -> bytes:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header) + 1) + header + b"\n"


CONTENTS: dict[str, bytes] = {
    **{f"pickle {protocol}": pickle.dumps(Malicious(), protocol) for protocol in range(6)},
    "npy of objects": _npy(np.array([Malicious()], object)),
    "npz of objects": _npz(a=np.array([Malicious()], object)),
    "npy of 1e12 numbers": _huge_npy(),
    "zip bomb": _zip_bomb(),
    "gz bomb": gzip.compress(b"0" * 2**27, 9),
    "gz bomb of brackets": gzip.compress(b"[" * 2**24, 9),
    "gz cut": gzip.compress(b'{"a": 1}' * 1000)[:-7],
    "empty": b"",
    "one byte": b"{",
    "noise": np.random.default_rng(0).bytes(4096),
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "equal keys": b'{"format": 1, "format": %d}' % layout.FORMAT,
    "a million digits": b'{"format": 1' + b"0" * 1_000_000 + b"}",
    "nan": b'{"nodes": NaN}',
    "infinity": b"[Infinity, -Infinity]",
    "yaml bomb": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in b"bcdefghi"),
    "yaml object": b"!!python/object/apply:os.system ['touch canary']\n",
    "yaml tag": b"task: !!python/name:os.system\n",
    "yaml anchor": b"task: &t {a: 1}\nmethod: *t\n",
    "interpolation": b"seed: ${oc.env:HOME}\n",
    "deep yaml": b"[" * 20_000,
    "deep yaml map": b"{a: " * 20_000,
    "deep yaml block": b"- " * 20_000,
    "wide yaml list": b"a: [" + b"1," * 100_000 + b"1]",
    "wide yaml map": b"".join(b"a%d: 1\n" % number for number in range(20_000)),
    "yaml of thirty levels": b"".join(b" " * depth + b"a:\n" for depth in range(30)) + b" " * 30 + b"b: 1\n",
    "utf-16": "task: cartpole\n".encode("utf-16"),
    "zeros": b"\0" * 10_000,
    "escapes": b'{"\x1b[2Jname": "\x1b]0;title\x07"}',
    "program": b"\x7fELF" + b"\0" * 100,
    "page": b"<script>alert(1)</script><!--<script>",
    "formula": b"=cmd|' /C calc'!A0,+1,-1,@SUM(1)\n",
    "a table of 1e12": _arrays({}, [["state.id", "<i8", [10**12]]]),
    "a table of 2^200": _arrays({}, [["state.id", "<i8", [2**40] * 5]]),
    "a table of texts": _arrays({}, [["state.id", "|O", [1]]], b"\0" * 8),
    "a table below 0": _arrays({}, [["state.id", "<i8", [-1]]]),
    "a table twice": _arrays({}, [["a", "<i8", [1]], ["a", "<i8", [1]]], b"\0" * 16),
    "a header of 2^60": array_file.dumps({}, {})[:12] + struct.pack("<QQ", 2**60, 2**60) + b"\0" * 32,
}


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**36)


SPECIAL: dict[str, Callable[[Path], object]] = {
    "link to a secret": lambda path: path.symlink_to("/etc/passwd"),
    "link to itself": lambda path: path.symlink_to(path),
    "link to endless zeros": lambda path: path.symlink_to("/dev/zero"),
    "pipe": lambda path: os.mkfifo(path),
    "folder": lambda path: path.mkdir(),
    "64 GiB of nothing": _sparse,
}
"""What is no content but a kind of file."""


def put(path: Path, kind: str) -> None:
    """Leave this kind of file at this path, instead of what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if kind in CONTENTS:
        path.write_bytes(CONTENTS[kind])
    else:
        SPECIAL[kind](path)


KINDS = [*CONTENTS, *SPECIAL]
