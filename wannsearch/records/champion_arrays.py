"""The champion as named arrays for a checkpoint, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from wannsearch.core.candidates import Candidates
from wannsearch.core.champion import Champion, ChampionRecord
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks import subnetworks
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.core.topologies.population import Population, concatenate_populations
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


def champion_to_arrays(champion: Champion) -> Arrays:
    """Return the records of the champion side by side, and its counts as arrays without axes.

    Networks are padded to the widest, under names that begin with `network.`; there are none without records.
    """
    records = champion.history
    arrays: Arrays = {
        name: np.array([getattr(record, name) for record in records], dtype)
        for name, dtype in _RECORD_FIELDS.items()
    }
    arrays["retested_ids"] = np.array(champion.retested_ids, np.int64)
    arrays |= {name: np.array(getattr(champion, name), np.int64) for name in _COUNT_FIELDS}
    if records:
        networks = _concatenate_networks([record.network for record in records])
        arrays |= {
            f"network.{field.name}": getattr(networks, field.name)
            for field in fields(networks)
            if field.name != "design"
        }
    return arrays


def _concatenate_networks(networks: list[Candidates]) -> Candidates:
    if isinstance(networks[0], Subnetworks):
        return subnetworks.concatenate(networks)
    return concatenate_populations(networks)


def champion_from_arrays(arrays: Arrays, ports: Ports, template: Candidates, where: str) -> Champion:
    """Return the champion in these arrays, with networks of the class of `template`.

    Raises DamagedFile where an array is missing or has another type or length, ConfigError for an impossible
    network.
    """
    expected_dtypes = (
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
        networks = (
            _read_subnetworks(arrays, num_records, template, where)
            if isinstance(template, Subnetworks)
            else _read_population(arrays, num_records, ports, where)
        )
        records = tuple(
            ChampionRecord(
                networks.take([row]), **{name: arrays[name][row].item() for name in _RECORD_FIELDS}
            )
            for row in range(num_records)
        )
    counts = {name: int(arrays[name]) for name in _COUNT_FIELDS}
    return Champion(records, tuple(arrays["retested_ids"].tolist()), **counts)


def _read_subnetworks(arrays: Arrays, num_records: int, template: Subnetworks, where: str) -> Subnetworks:
    expected = {"proposed": (np.bool_, 2), "masks": (np.bool_, 2), "init_seeds": (np.uint64, 1)}
    network_arrays = _select_network_arrays(arrays, expected, where)
    if len(network_arrays["masks"]) != num_records:
        raise damaged_file_error(
            where, f"{len(network_arrays['masks'])} masks for {num_records} records", "one a record"
        )
    networks = Subnetworks(template.design, **network_arrays)
    networks.check(template.design)
    return networks


def _read_population(arrays: Arrays, num_records: int, ports: Ports, where: str) -> Population:
    expected = {
        "nodes": (np.int32, None),
        "activation": (np.int8, None),
        "edges": (np.int32, None),
        "source": (np.int32, None),
        "target": (np.int32, None),
        "weight": (np.float64, None),
    }
    networks = Population(**_select_network_arrays(arrays, expected, where))
    networks.check(ports)
    if len(networks) != num_records:
        raise damaged_file_error(
            where, f"{len(networks)} networks for {num_records} records", "one network a record"
        )
    return networks


def _select_network_arrays(
    arrays: Arrays, expected: Mapping[str, tuple[Any, int | None]], where: str
) -> Arrays:
    network_arrays = {}
    for name, (dtype, num_axes) in expected.items():
        array = arrays.get(f"network.{name}")
        if array is None or array.dtype != dtype or (num_axes is not None and array.ndim != num_axes):
            raise damaged_file_error(
                where,
                f"the champion's networks have no {name} of {np.dtype(dtype)}",
                f"all of {', '.join(expected)} are needed",
            )
        network_arrays[name] = array
    return network_arrays
