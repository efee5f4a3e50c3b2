"""The champion as named arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from wannsearch.core.candidates import Candidates
from wannsearch.core.champion import Champion, Record
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks import subnetworks
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population, stacked
from wannsearch.formats.untrusted import damaged
from wannsearch.records.array_file import Arrays

_RECORD_FIELDS = {
    "id": np.int64,
    "generation": np.int64,
    "score": np.float64,
    "max": np.float64,
    "retested": np.bool_,
}
_COUNTS = ("retests", "retest_env_steps")


def champion_arrays(champion: Champion) -> Arrays:
    """Records side by side, their networks padded to the widest."""
    recent = champion.recent
    arrays: Arrays = {
        name: np.array([getattr(record, name) for record in recent], kind)
        for name, kind in _RECORD_FIELDS.items()
    }
    arrays["tested"] = np.array(champion.tested, np.int64)
    arrays |= {name: np.array(getattr(champion, name), np.int64) for name in _COUNTS}
    if recent:
        networks = _side_by_side([record.network for record in recent])
        arrays |= {
            f"network.{field.name}": getattr(networks, field.name)
            for field in fields(networks)
            if field.name != "design"
        }
    return arrays


def _side_by_side(networks: list[Candidates]) -> Candidates:
    if isinstance(networks[0], Subnetworks):
        return subnetworks.stacked(networks)
    return stacked(networks)


def champion_from(arrays: Arrays, ports: Ports, like: Candidates, where: str) -> Champion:
    """The champion that these arrays are, of the kind of `like`; DamagedFile or ConfigError where none."""
    wanted = dict(_RECORD_FIELDS) | {"tested": np.int64} | dict.fromkeys(_COUNTS, np.int64)
    for name, kind in wanted.items():
        array = arrays.get(name)
        axes = 0 if name in _COUNTS else 1
        if array is None or array.dtype != kind or array.ndim != axes:
            raise damaged(
                where,
                f"the champion's {name} is missing or of another kind",
                f"{np.dtype(kind)}, {axes} axes",
            )
    count = len(arrays["id"])
    if any(len(arrays[name]) != count for name in _RECORD_FIELDS):
        raise damaged(where, "the champion's records are of different lengths", "one number a record")
    recent: tuple[Record, ...] = ()
    if count:
        networks = (
            _subnetworks(arrays, count, like, where)
            if isinstance(like, Subnetworks)
            else _networks(arrays, count, ports, where)
        )
        recent = tuple(
            Record(networks.take([row]), **{name: arrays[name][row].item() for name in _RECORD_FIELDS})
            for row in range(count)
        )
    counts = {name: int(arrays[name]) for name in _COUNTS}
    return Champion(recent, tuple(arrays["tested"].tolist()), **counts)


def _subnetworks(arrays: Arrays, count: int, like: Subnetworks, where: str) -> Subnetworks:
    kinds = {"proposed": (np.bool_, 2), "masks": (np.bool_, 2), "init": (np.uint64, 1)}
    found = _typed(arrays, kinds, where)
    if len(found["masks"]) != count:
        raise damaged(where, f"{len(found['masks'])} masks for {count} records", "one a record")
    networks = Subnetworks(like.design, **found)
    networks.check(like.design)
    return networks


def _networks(arrays: Arrays, count: int, ports: Ports, where: str) -> Population:
    kinds = {
        "nodes": (np.int32, None),
        "activation": (np.int8, None),
        "edges": (np.int32, None),
        "source": (np.int32, None),
        "target": (np.int32, None),
        "weight": (np.float64, None),
    }
    networks = Population(**_typed(arrays, kinds, where))
    networks.check(ports)
    if len(networks) != count:
        raise damaged(where, f"{len(networks)} networks for {count} records", "one network a record")
    return networks


def _typed(arrays: Arrays, kinds: Mapping[str, tuple[Any, int | None]], where: str) -> Arrays:
    found = {}
    for name, (kind, axes) in kinds.items():
        array = arrays.get(f"network.{name}")
        if array is None or array.dtype != kind or (axes is not None and array.ndim != axes):
            raise damaged(
                where,
                f"the champion's networks have no {name} of {np.dtype(kind)}",
                f"all of {', '.join(kinds)} are needed",
            )
        found[name] = array
    return found
