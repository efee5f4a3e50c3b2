"""Our own JSON of one network, which is at the same time a networkx node-link graph.

    {"format": "wannsearch-network", "version": 1, "directed": true, "multigraph": false,
     "graph": {"inputs": 5, "outputs": 1},
     "nodes": [{"id": 0, "role": "bias", "activation": "linear"}, ...],
     "edges": [{"source": 0, "target": 6, "weight": 1.0}, ...]}

`networkx.node_link_graph(document, edges="edges")` reads it as it stands. Nodes are the slots of
core/population.py in order; bias and inputs are copied in, so theirs is always "linear".
Activations go by name, floats by Python's repr, which comes back bit for bit. A reader of version 1
accepts more keys at the top, but not inside nodes and edges, where one could change the meaning.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.activations import IDS, LINEAR, NAMES
from wannsearch.core.errors import ConfigError, DamagedFile, not_allowed
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.formats import one_network
from wannsearch.formats.untrusted import damaged, is_finite_number, is_integer, parse_json, read_text, shown

FORMAT = "wannsearch-network"
VERSION = 1
MAX_NODES = 1_000_000
MAX_EDGES = 2_000_000

Document = dict[str, Any]

_NODE_KEYS = {"id", "role", "activation"}
_EDGE_KEYS = {"source", "target", "weight"}


def to_json(population: Population, row: int, ports: Ports, **extra: Any) -> Document:
    """Network `row` as the document of this page; `extra` keys stand behind the version."""
    network = one_network.trimmed(population, row)
    nodes = int(network.nodes[0])
    computed = network.activation[0, ports.first_hidden :].tolist()
    names = ["linear"] * ports.first_hidden + [NAMES[number] for number in computed]
    source, target = network.source[0].tolist(), network.target[0].tolist()
    weight = network.weight[0].tolist()
    broken = np.flatnonzero(~np.isfinite(network.weight[0]))
    if broken.size:
        found = f"edge {broken[0]} of network {row} has weight {weight[broken[0]]}"
        raise ConfigError(f"{found}; JSON holds finite numbers.")
    if len(set(zip(source, target, strict=True))) < len(source):
        raise ConfigError(f"network {row} has two edges between the same two nodes; JSON has at most one.")
    document = {
        "format": FORMAT,
        "version": VERSION,
        **extra,
        "directed": True,
        "multigraph": False,
        "graph": {"inputs": ports.inputs, "outputs": ports.outputs, **_names_of(ports)},
        "nodes": [
            {"id": slot, "role": role, "activation": name}
            for slot, (role, name) in enumerate(zip(_roles(nodes, ports), names, strict=True))
        ],
        "edges": [
            {"source": s, "target": t, "weight": w} for s, t, w in zip(source, target, weight, strict=True)
        ],
    }
    assert len(document) == 7 + len(extra), "an extra key shadows one of the format's own"
    return document


def _names_of(ports: Ports) -> dict[str, list[str]]:
    """What pictures call inputs and outputs, where the task says so; readers may ignore it."""
    named = {"input_names": ports.input_names, "output_names": ports.output_names}
    return {key: list(names) for key, names in named.items() if names}


def dumps(population: Population, row: int, ports: Ports, *, indent: int | None = None, **extra: Any) -> str:
    """The document as text: on one line, or with an indent a line for each key, node and edge."""
    document = to_json(population, row, ports, **extra)
    if indent is None:
        return _compact(document)
    margin = " " * indent
    entries = []
    for key, value in document.items():
        text = _compact(value)
        if key in ("nodes", "edges") and value:
            items = ",\n".join(margin * 2 + _compact(item) for item in value)
            text = f"[\n{items}\n{margin}]"
        entries.append(f"{margin}{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def read(path: Path) -> tuple[Population, Ports]:
    """The network in this file; its ports allow the activations its hidden nodes have."""
    return loads(read_text(path), str(path))


def loads(text: str, where: str) -> tuple[Population, Ports]:
    """The network in this text; `where` opens the line of every error."""
    return from_json(parse_json(text, where), where)


def from_json(document: Any, where: str) -> tuple[Population, Ports]:
    """The network of a parsed document, every rule of this page checked."""
    _check_head(document, where)
    nodes = _list(document, "nodes", MAX_NODES, where)
    edges = _list(document, "edges", MAX_EDGES, where)
    inputs, outputs = _graph(document, len(nodes), where)
    sizes = Ports(inputs, outputs, ("linear",))
    activation = _activations(nodes, sizes, where)
    _check_edges(edges, len(nodes), sizes, where)
    network = one_network.from_arrays(
        activation,
        [edge["source"] for edge in edges],
        [edge["target"] for edge in edges],
        [edge["weight"] for edge in edges],
    )
    hidden = sorted(set(activation[sizes.first_hidden : len(nodes) - outputs]))
    return network, Ports(inputs, outputs, tuple(NAMES[number] for number in hidden) or ("linear",))


def _compact(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def _roles(nodes: int, ports: Ports) -> list[str]:
    hidden = nodes - ports.first_hidden - ports.outputs
    return ["bias"] + ["input"] * ports.inputs + ["hidden"] * hidden + ["output"] * ports.outputs


def _check_head(document: Any, where: str) -> None:
    if not isinstance(document, dict):
        raise damaged(where, f"it holds {shown(document)}", "a network is a JSON object")
    if document.get("format") != FORMAT:
        raise damaged(where, f"format is {shown(document.get('format'))}", f"it must be {FORMAT!r}")
    version = document.get("version")
    if not is_integer(version) or version < 1:
        raise damaged(where, f"version is {shown(version)}", f"allowed are 1 to {VERSION}")
    if version > VERSION:
        allowed = f"this wannsearch reads up to {VERSION}, a newer one is needed"
        raise damaged(where, f"version is {shown(version)}", allowed)
    for key, needed in (("directed", True), ("multigraph", False)):
        if document.get(key) is not needed:
            raise damaged(where, f"{key} is {shown(document.get(key))}", f"it must be {shown(needed)}")


def _list(document: Document, key: str, at_most: int, where: str) -> list[Any]:
    values = document.get(key)
    if not isinstance(values, list):
        raise damaged(where, f"{key} is {shown(values)}", "it must be a list")
    if len(values) > at_most:
        raise damaged(where, f"{key} has {len(values)} entries", f"at most {at_most} are read")
    return values


def _graph(document: Document, nodes: int, where: str) -> tuple[int, int]:
    graph = document.get("graph")
    if not isinstance(graph, dict):
        raise damaged(where, f"graph is {shown(graph)}", "it must be an object with inputs and outputs")
    for key in ("inputs", "outputs"):
        if not is_integer(graph.get(key)) or graph[key] < 1:
            raise damaged(where, f"graph.{key} is {shown(graph.get(key))}", "it must be 1 or more")
    inputs, outputs = graph["inputs"], graph["outputs"]
    if 1 + inputs + outputs > nodes:
        found = f"it has {nodes} nodes for {shown(inputs)} inputs and {shown(outputs)} outputs"
        raise damaged(where, found, "bias, inputs and outputs need a node each")
    return inputs, outputs


def _activations(nodes: list[Any], ports: Ports, where: str) -> list[int]:
    ids = []
    for slot, (node, role) in enumerate(zip(nodes, _roles(len(nodes), ports), strict=True)):
        _check_keys(node, _NODE_KEYS, f"node {slot}", where)
        if not is_integer(node["id"]) or node["id"] != slot:
            raise damaged(where, f"node {slot} has id {shown(node['id'])}", "ids count from 0 in order")
        if node["role"] != role:
            found = f"node {slot} has role {shown(node['role'])}"
            raise damaged(where, found, f"by graph.inputs and graph.outputs it is {role!r}")
        name = node["activation"]
        if not isinstance(name, str) or name not in IDS:
            given = name[:40] if isinstance(name, str) else shown(name)
            raise DamagedFile(str(not_allowed(f"{where}: activation of node {slot}", given, IDS)))
        if slot < ports.first_hidden and IDS[name] != LINEAR:
            found = f"node {slot}, role {role!r}, has activation {name!r}"
            raise damaged(where, found, "bias and inputs are copied in and must have 'linear'")
        ids.append(IDS[name])
    return ids


def _check_edges(edges: list[Any], nodes: int, ports: Ports, where: str) -> None:
    first_output = nodes - ports.outputs
    seen = set()
    for number, edge in enumerate(edges):
        _check_keys(edge, _EDGE_KEYS, f"edge {number}", where)
        source, target, weight = edge["source"], edge["target"], edge["weight"]
        if not is_integer(source) or not 0 <= source < first_output:
            allowed = f"edges leave slots 0 to {first_output - 1}"
            raise damaged(where, f"edge {number} has source {shown(source)}", allowed)
        if not is_integer(target) or not ports.first_hidden <= target < nodes:
            allowed = f"edges enter slots {ports.first_hidden} to {nodes - 1}"
            raise damaged(where, f"edge {number} has target {shown(target)}", allowed)
        if source >= target:
            found = f"edge {number} runs from slot {source} to slot {target}"
            raise damaged(where, found, "every edge must climb to a higher slot")
        if not is_finite_number(weight):
            found = f"edge {number} has weight {shown(weight)}"
            raise damaged(where, found, "it must be a finite number, if whole not beyond 2**53")
        if (source, target) in seen:
            found = f"edge {number} runs from slot {source} to slot {target} again"
            raise damaged(where, found, "two nodes share at most one edge")
        seen.add((source, target))


def _check_keys(item: Any, keys: set[str], what: str, where: str) -> None:
    if not isinstance(item, dict):
        raise damaged(where, f"{what} is {shown(item)}", f"it must be an object of {', '.join(sorted(keys))}")
    if item.keys() != keys:
        wrong = min(item.keys() ^ keys)
        found = f"{what} has {'an unknown' if wrong in item else 'no'} key {shown(wrong)}"
        raise damaged(where, found, f"its keys must be {', '.join(sorted(keys))}")
