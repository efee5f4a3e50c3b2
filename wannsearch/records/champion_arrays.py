"""The champion as named arrays for a checkpoint, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.candidates import Candidates
from wannsearch.core.champion import Champion, ChampionRecord
from wannsearch.core.ports import Ports
from wannsearch.core.untrusted import damaged_file_error
from wannsearch.records.array_file import Arrays

_RECORD_FIELDS = {
    "id": np.int64,
    "generation": np.int64,
    "score": np.float64,
    "max": np.float64,
    "retested": np.bool_,
}
_COUNT_FIELDS = ("retests", "retest_env_steps")
_NETWORK_PREFIX = "network."


def champion_to_arrays(champion: Champion) -> Arrays:
    """Return the records of the champion side by side, and its counts as arrays without axes.

    The arrays of all networks have names that begin with `network.`; there are none without records.
    """
    records = champion.history
    arrays: Arrays = {
        name: np.array([getattr(record, name) for record in records], dtype)
        for name, dtype in _RECORD_FIELDS.items()
    }
    arrays["retested_ids"] = np.array(champion.retested_ids, np.int64)
    arrays |= {name: np.array(getattr(champion, name), np.int64) for name in _COUNT_FIELDS}
    if records:
        networks = records[0].network.concatenate([record.network for record in records])
        arrays |= {f"{_NETWORK_PREFIX}{name}": array for name, array in networks.to_arrays().items()}
    return arrays


def champion_from_arrays(arrays: Arrays, ports: Ports, template: Candidates, where: str) -> Champion:
    """Return the champion in these arrays, with networks of the kind and design of `template`.

    Raises DamagedFile where an array is missing or has another type or length, ConfigError for an impossible
    network.
    """
    expected_dtypes: dict[str, Any] = (
        dict(_RECORD_FIELDS) | {"retested_ids": np.int64} | dict.fromkeys(_COUNT_FIELDS, np.int64)
    )
    for name, dtype in expected_dtypes.items():
        array = arrays.get(name)
        num_axes = 0 if name in _COUNT_FIELDS else 1
        if array is None or array.dtype != dtype or array.ndim != num_axes:
            raise damaged_file_error(
                where,
                f"the champion's {name} is missing or of another kind",
                f"{np.dtype(dtype)}, {num_axes} axes",
            )
    num_records = len(arrays["id"])
    if any(len(arrays[name]) != num_records for name in _RECORD_FIELDS):
        raise damaged_file_error(
            where, "the champion's records are of different lengths", "one number a record"
        )
    records: tuple[ChampionRecord, ...] = ()
    if num_records:
        networks = _read_networks(arrays, num_records, ports, template, where)
        records = tuple(
            ChampionRecord(
                networks.take([row]), **{name: arrays[name][row].item() for name in _RECORD_FIELDS}
            )
            for row in range(num_records)
        )
    counts = {name: int(arrays[name]) for name in _COUNT_FIELDS}
    return Champion(records, tuple(arrays["retested_ids"].tolist()), **counts)


def _read_networks(
    arrays: Arrays, num_records: int, ports: Ports, template: Candidates, where: str
) -> Candidates:
    expected_arrays = template.to_arrays()
    network_arrays = {}
    for name, expected in expected_arrays.items():
        array = arrays.get(f"{_NETWORK_PREFIX}{name}")
        if array is None or array.dtype != expected.dtype or array.ndim != expected.ndim:
            raise damaged_file_error(
                where,
                f"the champion's networks have no {name} of {expected.dtype} with {expected.ndim} axes",
                f"all of {', '.join(expected_arrays)} are needed",
            )
        if len(array) != num_records:
            raise damaged_file_error(
                where, f"{len(array)} rows of {name} for {num_records} records", "one network a record"
            )
        network_arrays[name] = array
    networks = template.from_arrays(network_arrays)
    networks.check(ports)
    return networks
