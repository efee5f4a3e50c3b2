"""Bytes, JSON and words that went wrong: changed anywhere, or just where a reader looks."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

_BYTES = [
    b"",
    b"-",
    b"9",
    b"e",
    b"nan",
    b"NaN",
    b"\xff",
    b"{",
    b"[",
    b",",
    b"true",
    b"\n",
    b"\0",
    b'"',
    b"1e999",
]
ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**31,
    2**63,
    2**64,
    -(2**63) - 1,
    10**400,
    0.5,
    -0.0,
    1e308,
    1e-320,
]
ODD += [
    "",
    "x",
    "../../x",
    "\x1b[2J",
    "a\nb",
    "\ud800",
    "=cmd()",
    "${oc.env:HOME}",
    "z" * 5000,
    [],
    {},
    [[]],
    {"": 0},
]
_MARK = "\x00here"


def bytes_changed(rng: random.Random, original: bytes) -> bytes:
    """The original with a few bytes overwritten, inserted, cut away or doubled."""
    changed = bytearray(original)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        stop = at + rng.choice([0, 1, 1, 1, 5, 200])
        put = rng.choice([*_BYTES, rng.randbytes(3), bytes(changed[stop : stop + rng.randint(0, 300)])])
        changed[at:stop] = put
    return bytes(changed)


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to everything inside a nested value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(found for key, part in inner for found in places(part, (*way, key)))]


def structure_changed(rng: random.Random, original: Any) -> Any:
    """The nested value with a few parts replaced, taken away, doubled or renamed."""
    changed = copy.deepcopy(original)
    for _ in range(rng.randint(1, 3)):
        way = rng.choice(places(changed))
        if not way:
            changed = rng.choice(ODD) if rng.random() < 0.05 else changed
            continue
        parent = changed
        for step in way[:-1]:
            parent = parent[step]
        what = rng.random()
        if what < 0.6:
            parent[way[-1]] = copy.deepcopy(rng.choice(ODD))
        elif what < 0.75:
            del parent[way[-1]]
        elif isinstance(parent, list):
            parent.insert(rng.randrange(len(parent) + 1), copy.deepcopy(parent[way[-1]]))
        else:
            parent[rng.choice(["", "id", "name", "x" * 300, way[-1] + "_"])] = parent.pop(way[-1])
        if not isinstance(changed, (dict, list)):
            return changed
    return changed


def fields_changed(rng: random.Random, original: Any, words: dict[str, list[Any]]) -> Any:
    """The nested value with one to three of its leaves changed to what could stand there.

    `words` are the values that a key of this name may well have; numbers get others of their size.
    """
    changed = copy.deepcopy(original)
    leaves = [way for way in places(changed) if way and not isinstance(_at(changed, way), (dict, list))]
    for way in rng.sample(leaves, min(len(leaves), rng.randint(1, 3))):
        _at(changed, way[:-1])[way[-1]] = _other(rng, _at(changed, way), words.get(str(way[-1])))
    return changed


def _at(value: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        value = value[step]
    return value


def _other(rng: random.Random, value: Any, words: list[Any] | None) -> Any:
    if words:
        return rng.choice(words)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice([value + 1, value - 1, 2 * value, 0, 1, 3])
    if isinstance(value, float):
        return rng.choice([value * rng.uniform(0.5, 2.0), -value, 0.0, 1.0, 1e308])
    return rng.choice([value, None, 1, "x"])


def json_text(value: Any) -> bytes:
    """The value as JSON, NaN and half surrogates too."""
    return json.dumps(value).encode()
