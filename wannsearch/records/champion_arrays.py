"""The champion as named arrays, and back."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from wannsearch.core.champion import Champion, Record
from wannsearch.core.population import Population, stacked
from wannsearch.core.ports import Ports
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
        networks = stacked([record.network for record in recent])
        arrays |= {f"network.{field.name}": getattr(networks, field.name) for field in fields(networks)}
    return arrays


def champion_from(arrays: Arrays, ports: Ports, where: str) -> Champion:
    """The champion that these arrays are; DamagedFile or ConfigError where they are none."""
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
        networks = _networks(arrays, count, ports, where)
        recent = tuple(
            Record(networks.take([row]), **{name: arrays[name][row].item() for name in _RECORD_FIELDS})
            for row in range(count)
        )
    counts = {name: int(arrays[name]) for name in _COUNTS}
    return Champion(recent, tuple(arrays["tested"].tolist()), **counts)


def _networks(arrays: Arrays, count: int, ports: Ports, where: str) -> Population:
    kinds = {
        "nodes": np.int32,
        "activation": np.int8,
        "edges": np.int32,
        "source": np.int32,
        "target": np.int32,
        "weight": np.float64,
    }
    found = {}
    for name, kind in kinds.items():
        array = arrays.get(f"network.{name}")
        if array is None or array.dtype != kind:
            raise damaged(
                where,
                f"the champion's networks have no {name} of {np.dtype(kind)}",
                "all six arrays are needed",
            )
        found[name] = array
    networks = Population(**found)
    networks.check(ports)
    if len(networks) != count:
        raise damaged(where, f"{len(networks)} networks for {count} records", "one network a record")
    return networks
