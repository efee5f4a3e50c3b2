"""Our JSON of one network, which is also a networkx node-link graph.

    {"format": "wannsearch-network", "version": 1, "directed": true, "multigraph": false,
     "graph": {"inputs": 5, "outputs": 1},
     "nodes": [{"id": 0, "role": "bias", "activation": "linear"}, ...],
     "edges": [{"source": 0, "target": 6, "weight": 1.0}, ...]}

`networkx.node_link_graph(document, edges="edges")` reads it unchanged. Nodes are the slots of
core/topologies/population.py in order. Bias and inputs are copied in, so their activation is always "linear".
Activations are written by name. Floats are written by Python's repr, which is read back bit for bit. A reader
of version 1 accepts more keys at the top and in "graph", where the names of inputs and outputs may be. It
rejects more keys inside nodes and edges, where one could change the meaning.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.activations import ACTIVATION_IDS, ACTIVATION_NAMES, LINEAR_ID
from wannsearch.core.errors import ConfigError, DamagedFile, not_allowed_error
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.core.untrusted import (
    damaged_file_error,
    is_finite_number,
    is_integer,
    parse_json,
    read_text,
    short_repr,
)
from wannsearch.formats import one_network

FORMAT = "wannsearch-network"
VERSION = 1
MAX_NODES = 1_000_000
MAX_EDGES = 2_000_000

NetworkDocument = dict[str, Any]

_NODE_KEYS = {"id", "role", "activation"}
_EDGE_KEYS = {"source", "target", "weight"}


def to_json(population: Population, row: int, ports: Ports, **extra: Any) -> NetworkDocument:
    """Return network `row` as the document above; `extra` keys follow the version.

    Raise ConfigError for a weight that is not finite, or for two edges between the same two nodes, and
    AssertionError for an extra key that the document has itself.
    """
    network = one_network.extract_network(population, row)
    num_nodes = int(network.nodes[0])
    activation_ids = network.activation[0, ports.first_hidden :].tolist()
    activation_names = ["linear"] * ports.first_hidden + [
        ACTIVATION_NAMES[number] for number in activation_ids
    ]
    source, target = network.source[0].tolist(), network.target[0].tolist()
    weight = network.weight[0].tolist()
    invalid_edges = np.flatnonzero(~np.isfinite(network.weight[0]))
    if invalid_edges.size:
        problem = f"edge {invalid_edges[0]} of network {row} has weight {weight[invalid_edges[0]]}"
        raise ConfigError(f"{problem}; JSON holds finite numbers.")
    if len(set(zip(source, target, strict=True))) < len(source):
        raise ConfigError(f"network {row} has two edges between the same two nodes; JSON has at most one.")
    document = {
        "format": FORMAT,
        "version": VERSION,
        **extra,
        "directed": True,
        "multigraph": False,
        "graph": {"inputs": ports.inputs, "outputs": ports.outputs, **_port_names(ports)},
        "nodes": [
            {"id": slot, "role": role, "activation": activation_name}
            for slot, (role, activation_name) in enumerate(
                zip(_roles(num_nodes, ports), activation_names, strict=True)
            )
        ],
        "edges": [
            {"source": s, "target": t, "weight": w} for s, t, w in zip(source, target, weight, strict=True)
        ],
    }
    assert len(document) == 7 + len(extra), "an extra key shadows one of the format's own"
    return document


def _port_names(ports: Ports) -> dict[str, list[str]]:
    """Return the names of inputs and outputs where the task has them; readers may ignore them."""
    names_by_key = {"input_names": ports.input_names, "output_names": ports.output_names}
    return {key: list(names) for key, names in names_by_key.items() if names}


def dumps(population: Population, row: int, ports: Ports, *, indent: int | None = None, **extra: Any) -> str:
    """Return the document as text, on one line without a line end; errors are those of `to_json`.

    With an indent, each key, node and edge is on a line of its own, and the text ends with a line end.
    """
    document = to_json(population, row, ports, **extra)
    if indent is None:
        return _dump_compact(document)
    margin = " " * indent
    entries = []
    for key, value in document.items():
        text = _dump_compact(value)
        if key in ("nodes", "edges") and value:
            items = ",\n".join(margin * 2 + _dump_compact(item) for item in value)
            text = f"[\n{items}\n{margin}]"
        entries.append(f"{margin}{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def read(path: Path) -> tuple[Population, Ports]:
    """Read the network in this file; its ports allow the activations of its hidden nodes.

    Raise ConfigError where there is no file, DamagedFile where its content is invalid, StorageError where it
    cannot be read.
    """
    return loads(read_text(path), str(path))


def loads(text: str, where: str) -> tuple[Population, Ports]:
    """Parse the network in this text; `where` starts the line of every DamagedFile error."""
    return from_json(parse_json(text, where), where)


def from_json(document: Any, where: str) -> tuple[Population, Ports]:
    """Convert a parsed document to a population of one and its ports; raise DamagedFile if it breaks a rule.

    The ports have no names, and allow the activations of the hidden nodes (`linear` if there are none).
    """
    _check_header(document, where)
    nodes = _get_list(document, "nodes", MAX_NODES, where)
    edges = _get_list(document, "edges", MAX_EDGES, where)
    inputs, outputs = _parse_graph(document, len(nodes), where)
    ports = Ports(inputs, outputs, ("linear",))
    activations = _parse_activations(nodes, ports, where)
    _check_edges(edges, len(nodes), ports, where)
    network = one_network.from_arrays(
        activations,
        [edge["source"] for edge in edges],
        [edge["target"] for edge in edges],
        [edge["weight"] for edge in edges],
    )
    hidden_ids = sorted(set(activations[ports.first_hidden : len(nodes) - outputs]))
    return network, Ports(
        inputs, outputs, tuple(ACTIVATION_NAMES[number] for number in hidden_ids) or ("linear",)
    )


def _dump_compact(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _roles(num_nodes: int, ports: Ports) -> list[str]:
    num_hidden = num_nodes - ports.first_hidden - ports.outputs
    return ["bias"] + ["input"] * ports.inputs + ["hidden"] * num_hidden + ["output"] * ports.outputs


def _check_header(document: Any, where: str) -> None:
    if not isinstance(document, dict):
        raise damaged_file_error(where, f"it holds {short_repr(document)}", "a network is a JSON object")
    if document.get("format") != FORMAT:
        raise damaged_file_error(
            where, f"format is {short_repr(document.get('format'))}", f"it must be {FORMAT!r}"
        )
    version = document.get("version")
    if not is_integer(version) or version < 1:
        raise damaged_file_error(where, f"version is {short_repr(version)}", f"allowed are 1 to {VERSION}")
    if version > VERSION:
        allowed = f"this wannsearch reads up to {VERSION}, a newer one is needed"
        raise damaged_file_error(where, f"version is {short_repr(version)}", allowed)
    for key, required in (("directed", True), ("multigraph", False)):
        if document.get(key) is not required:
            raise damaged_file_error(
                where, f"{key} is {short_repr(document.get(key))}", f"it must be {short_repr(required)}"
            )


def _get_list(document: NetworkDocument, key: str, max_entries: int, where: str) -> list[Any]:
    values = document.get(key)
    if not isinstance(values, list):
        raise damaged_file_error(where, f"{key} is {short_repr(values)}", "it must be a list")
    if len(values) > max_entries:
        raise damaged_file_error(where, f"{key} has {len(values)} entries", f"at most {max_entries} are read")
    return values


def _parse_graph(document: NetworkDocument, num_nodes: int, where: str) -> tuple[int, int]:
    graph = document.get("graph")
    if not isinstance(graph, dict):
        raise damaged_file_error(
            where, f"graph is {short_repr(graph)}", "it must be an object with inputs and outputs"
        )
    for key in ("inputs", "outputs"):
        if not is_integer(graph.get(key)) or graph[key] < 1:
            raise damaged_file_error(
                where, f"graph.{key} is {short_repr(graph.get(key))}", "it must be 1 or more"
            )
    inputs, outputs = graph["inputs"], graph["outputs"]
    if 1 + inputs + outputs > num_nodes:
        problem = (
            f"it has {num_nodes} nodes for {short_repr(inputs)} inputs and {short_repr(outputs)} outputs"
        )
        raise damaged_file_error(where, problem, "bias, inputs and outputs need a node each")
    return inputs, outputs


def _parse_activations(nodes: list[Any], ports: Ports, where: str) -> list[int]:
    ids = []
    for slot, (node, role) in enumerate(zip(nodes, _roles(len(nodes), ports), strict=True)):
        _check_keys(node, _NODE_KEYS, f"node {slot}", where)
        if not is_integer(node["id"]) or node["id"] != slot:
            raise damaged_file_error(
                where, f"node {slot} has id {short_repr(node['id'])}", "ids count from 0 in order"
            )
        if node["role"] != role:
            problem = f"node {slot} has role {short_repr(node['role'])}"
            raise damaged_file_error(where, problem, f"by graph.inputs and graph.outputs it is {role!r}")
        name = node["activation"]
        if not isinstance(name, str) or name not in ACTIVATION_IDS:
            name_text = name[:40] if isinstance(name, str) else short_repr(name)
            raise DamagedFile(
                str(not_allowed_error(f"{where}: activation of node {slot}", name_text, ACTIVATION_IDS))
            )
        if slot < ports.first_hidden and ACTIVATION_IDS[name] != LINEAR_ID:
            problem = f"node {slot}, role {role!r}, has activation {name!r}"
            raise damaged_file_error(where, problem, "bias and inputs are copied in and must have 'linear'")
        ids.append(ACTIVATION_IDS[name])
    return ids


def _check_edges(edges: list[Any], num_nodes: int, ports: Ports, where: str) -> None:
    first_output = num_nodes - ports.outputs
    connected_pairs = set()
    for number, edge in enumerate(edges):
        _check_keys(edge, _EDGE_KEYS, f"edge {number}", where)
        source, target, weight = edge["source"], edge["target"], edge["weight"]
        if not is_integer(source) or not 0 <= source < first_output:
            allowed = f"edges leave slots 0 to {first_output - 1}"
            raise damaged_file_error(where, f"edge {number} has source {short_repr(source)}", allowed)
        if not is_integer(target) or not ports.first_hidden <= target < num_nodes:
            allowed = f"edges enter slots {ports.first_hidden} to {num_nodes - 1}"
            raise damaged_file_error(where, f"edge {number} has target {short_repr(target)}", allowed)
        if source >= target:
            problem = f"edge {number} runs from slot {source} to slot {target}"
            raise damaged_file_error(where, problem, "every edge must climb to a higher slot")
        if not is_finite_number(weight):
            problem = f"edge {number} has weight {short_repr(weight)}"
            raise damaged_file_error(where, problem, "it must be a finite number, if whole not beyond 2**53")
        if (source, target) in connected_pairs:
            problem = f"edge {number} runs from slot {source} to slot {target} again"
            raise damaged_file_error(where, problem, "two nodes share at most one edge")
        connected_pairs.add((source, target))


def _check_keys(item: Any, keys: set[str], item_name: str, where: str) -> None:
    if not isinstance(item, dict):
        raise damaged_file_error(
            where, f"{item_name} is {short_repr(item)}", f"it must be an object of {', '.join(sorted(keys))}"
        )
    if item.keys() != keys:
        wrong_key = min(item.keys() ^ keys)
        problem = f"{item_name} has {'an unknown' if wrong_key in item else 'no'} key {short_repr(wrong_key)}"
        raise damaged_file_error(where, problem, f"its keys must be {', '.join(sorted(keys))}")
