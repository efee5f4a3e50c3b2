import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import mutated, outcome, populations, refused_in_one_line, same, small

from wannsearch.core import untrusted
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.formats import network_json, one_network


@given(populations(), st.sampled_from([None, 0, 2]))
def test_what_was_written_reads_back_bit_for_bit(drawn, indent):
    population, ports = drawn
    for row in range(len(population)):
        text = network_json.dumps(population, row, ports, indent=indent)
        network, own = network_json.loads(text, "x.json")
        network.check(own)
        assert same(network, one_network.extract_network(population, row))
        assert (own.inputs, own.outputs) == (ports.inputs, ports.outputs)
        assert network_json.dumps(network, 0, own, indent=indent) == text


def test_the_text_of_a_network_is_this():
    population, ports = small()
    assert network_json.dumps(population, 0, ports, indent=1, id=7) == (
        "{\n"
        ' "format": "wannsearch-network",\n'
        ' "version": 1,\n'
        ' "id": 7,\n'
        ' "directed": true,\n'
        ' "multigraph": false,\n'
        ' "graph": {"inputs":2,"outputs":1},\n'
        ' "nodes": [\n'
        '  {"id":0,"role":"bias","activation":"linear"},\n'
        '  {"id":1,"role":"input","activation":"linear"},\n'
        '  {"id":2,"role":"input","activation":"linear"},\n'
        '  {"id":3,"role":"hidden","activation":"tanh"},\n'
        '  {"id":4,"role":"output","activation":"linear"}\n'
        " ],\n"
        ' "edges": [\n'
        '  {"source":0,"target":3,"weight":0.1},\n'
        '  {"source":1,"target":3,"weight":-2.0},\n'
        '  {"source":2,"target":3,"weight":1.0},\n'
        '  {"source":3,"target":4,"weight":0.5}\n'
        " ]\n"
        "}\n"
    )


def test_compact_and_indented_text_hold_the_same_document():
    population, ports = small()
    compact = network_json.dumps(population, 0, ports)
    assert "\n" not in compact
    indented = json.loads(network_json.dumps(population, 0, ports, indent=2))
    assert json.loads(compact) == indented == network_json.to_json(population, 0, ports)


def test_the_document_is_a_graph_networkx_reads():
    networkx = pytest.importorskip("networkx")
    population, ports = small()
    graph = networkx.node_link_graph(network_json.to_json(population, 0, ports), edges="edges")
    assert graph.is_directed()
    assert not graph.is_multigraph()
    assert graph.graph == {"inputs": 2, "outputs": 1}
    assert graph.nodes[3] == {"role": "hidden", "activation": "tanh"}
    assert graph.edges[1, 3] == {"weight": -2.0}
    assert list(networkx.topological_sort(graph))[-1] == 4


def test_the_ports_read_allow_what_the_hidden_nodes_have_in_the_order_of_the_table():
    population = one_network.from_arrays([1, 1, 9, 2, 9, 4], [], [], [])
    _, ports = small()
    text = network_json.dumps(population, 0, type(ports)(1, 1, ("linear",)))
    assert network_json.loads(text, "x")[1].activations == ("step", "relu")


def test_without_hidden_nodes_the_ports_read_allow_linear():
    population = one_network.from_arrays([1, 1, 5], [1], [2], [1.0])
    text = network_json.dumps(population, 0, type(small()[1])(1, 1, ("tanh",)))
    assert network_json.loads(text, "x")[1].activations == ("linear",)


def test_edges_may_stand_in_any_order_in_the_file():
    population, ports = small()
    document = network_json.to_json(population, 0, ports)
    document["edges"].insert(0, document["edges"].pop())
    assert same(network_json.from_json(document, "x")[0], population)


def test_unknown_keys_at_the_top_are_accepted():
    population, ports = small()
    text = network_json.dumps(population, 0, ports, scores=[1.5, None], note="née")
    assert same(network_json.loads(text, "x")[0], population)


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_not_written(weight):
    population, ports = small()
    population.weight[0, 2] = weight
    with pytest.raises(ConfigError, match="edge 2 of network 0"):
        network_json.dumps(population, 0, ports)


def test_two_edges_between_the_same_nodes_are_not_written():
    population, ports = small()
    population.source[0, 1] = 0
    with pytest.raises(ConfigError, match="two edges"):
        network_json.dumps(population, 0, ports)


def _without(key):
    return lambda d: d.pop(key)


def _put(*path):
    *way, last, value = path

    def change(document):
        for step in way:
            document = document[step]
        document[last] = value

    return change


CHANGES = {
    "no format": (_without("format"), "format is null"),
    "another format": (_put("format", "onnx"), "format is 'onnx'"),
    "no version": (_without("version"), "version is null"),
    "version zero": (_put("version", 0), "version is 0"),
    "version true": (_put("version", True), "version is true"),
    "version as text": (_put("version", "1"), "version is '1'"),
    "a later version": (_put("version", 2), "version is 2; this wannsearch reads up to 1"),
    "undirected": (_put("directed", False), "directed is false"),
    "directed by one": (_put("directed", 1), "directed is 1"),
    "a multigraph": (_put("multigraph", True), "multigraph is true"),
    "no graph": (_without("graph"), "graph is null"),
    "a graph that is a list": (_put("graph", [2, 1]), "graph is a list"),
    "no inputs": (_put("graph", {"outputs": 1}), "graph.inputs is null"),
    "zero inputs": (_put("graph", "inputs", 0), "graph.inputs is 0"),
    "inputs true": (_put("graph", "inputs", True), "graph.inputs is true"),
    "half an output": (_put("graph", "outputs", 0.5), "graph.outputs is 0.5"),
    "inputs beyond all nodes": (_put("graph", "inputs", 10**9), "5 nodes for 1000000000 inputs"),
    "inputs beyond all bounds": (_put("graph", "inputs", 10**100), "more than 40 digits inputs"),
    "one input too many": (_put("graph", "inputs", 3), "node 3 has role 'hidden'"),
    "one output too many": (_put("graph", "outputs", 2), "node 3 has role 'hidden'"),
    "no nodes": (_without("nodes"), "nodes is null"),
    "nodes as an object": (_put("nodes", {}), "nodes is an object"),
    "an empty list of nodes": (_put("nodes", []), "0 nodes"),
    "a node that is a number": (_put("nodes", 3, 3), "node 3 is 3"),
    "a node without a role": (_put("nodes", 3, {"id": 3, "activation": "tanh"}), "node 3 has no key 'role'"),
    "a node with a key too many": (_put("nodes", 3, "frozen", True), "node 3 has an unknown key 'frozen'"),
    "ids out of order": (_put("nodes", 3, "id", 4), "node 3 has id 4"),
    "an id as text": (_put("nodes", 3, "id", "3"), "node 3 has id '3'"),
    "an id as a float": (_put("nodes", 3, "id", 3.0), "node 3 has id 3.0"),
    "an id that is true": (_put("nodes", 1, "id", True), "node 1 has id true"),
    "a second bias": (_put("nodes", 1, "role", "bias"), "node 1 has role 'bias'"),
    "an unknown role": (_put("nodes", 1, "role", "memory"), "node 1 has role 'memory'"),
    "a role that is a list": (_put("nodes", 1, "role", []), "node 1 has role a list"),
    "an unknown activation": (_put("nodes", 3, "activation", "tahn"), "Did you mean 'tanh'?"),
    "an activation by number": (_put("nodes", 3, "activation", 5), "activation of node 3 is '5'"),
    "an activation that is a list": (_put("nodes", 3, "activation", []), "activation of node 3"),
    "an activation of great length": (_put("nodes", 3, "activation", "t" * 10**6), "activation of node 3"),
    "an input that computes": (_put("nodes", 1, "activation", "tanh"), "bias and inputs are copied in"),
    "no edges": (_without("edges"), "edges is null"),
    "edges under another name": (lambda d: d.update(links=d.pop("edges")), "edges is null"),
    "an edge that is a list": (_put("edges", 0, [0, 3, 1.0]), "edge 0 is a list"),
    "an edge without a weight": (_put("edges", 0, {"source": 0, "target": 3}), "edge 0 has no key 'weight'"),
    "a disabled edge": (_put("edges", 0, "enabled", False), "edge 0 has an unknown key 'enabled'"),
    "an edge that falls": (_put("edges", 3, {"source": 3, "target": 3, "weight": 1.0}), "must climb"),
    "an edge from nowhere": (_put("edges", 0, "source", -1), "edge 0 has source -1"),
    "an edge out of an output": (_put("edges", 0, "source", 4), "edge 0 has source 4"),
    "an edge from a float": (_put("edges", 0, "source", 0.0), "edge 0 has source 0.0"),
    "an edge from false": (_put("edges", 0, "source", False), "edge 0 has source false"),
    "an edge from a huge slot": (_put("edges", 0, "source", 2**70), "edge 0 has source"),
    "an edge into an input": (_put("edges", 1, "target", 2), "edge 1 has target 2"),
    "an edge beyond the nodes": (_put("edges", 0, "target", 5), "edge 0 has target 5"),
    "an edge into text": (_put("edges", 0, "target", "4"), "edge 0 has target '4'"),
    "an edge twice": (_put("edges", 1, "source", 0), "again"),
    "a weight that is true": (_put("edges", 0, "weight", True), "edge 0 has weight true"),
    "a weight that is null": (_put("edges", 0, "weight", None), "edge 0 has weight null"),
    "a weight as text": (_put("edges", 0, "weight", "0.5"), "edge 0 has weight '0.5'"),
    "a weight beyond exact integers": (_put("edges", 0, "weight", 2**53 + 1), "edge 0 has weight 90071"),
    "a weight of a thousand digits": (_put("edges", 0, "weight", 10**1000), "more than 40 digits"),
    "a weight that breaks the line": (_put("edges", 0, "weight", "a\n\x1b[2J"), "edge 0 has weight 'a"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_document_is_refused_with_one_line(name, tmp_path):
    change, said = CHANGES[name]
    document = network_json.to_json(*small()[:1], 0, small()[1])
    change(document)
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document))
    with pytest.raises(DamagedFile) as caught:
        network_json.read(path)
    assert refused_in_one_line(caught.value, path)
    assert said in str(caught.value)


GOOD = network_json.dumps(*small()[:1], 0, small()[1]).encode()
TEXTS = {
    "nothing": (b"", "not JSON"),
    "a list": (b"[1, 2]", "it holds a list"),
    "a number": (b"1", "it holds 1"),
    "null": (b"null", "it holds null"),
    "half a text": (GOOD[: len(GOOD) // 2], "not JSON"),
    "two texts": (GOOD + GOOD, "not JSON"),
    "a key twice": (
        GOOD.replace(b'"version":1', b'"version":1,"version":1'),
        "the key 'version' stands twice",
    ),
    "a key of a node twice": (GOOD.replace(b'"id":0', b'"id":0,"id":0'), "the key 'id' stands twice"),
    "NaN": (GOOD.replace(b"-2.0", b"NaN"), "it holds NaN"),
    "Infinity": (GOOD.replace(b"-2.0", b"Infinity"), "it holds Infinity"),
    "-Infinity": (GOOD.replace(b"-2.0", b"-Infinity"), "it holds -Infinity"),
    "NaN in a foreign key": (GOOD.replace(b'"version":1', b'"version":1,"mean":NaN'), "it holds NaN"),
    "a float beyond all": (GOOD.replace(b"-2.0", b"1e999"), "it holds 1e999; numbers must be finite"),
    "one below all": (GOOD.replace(b"-2.0", b"-1E+999"), "it holds -1E+999; numbers must be finite"),
    "one of many digits": (GOOD.replace(b"-2.0", b"1" * 500 + b".0"), f"it holds {'1' * 40}...; numbers"),
    "one in a foreign key": (GOOD.replace(b'"version":1', b'"version":1,"mean":1e999'), "it holds 1e999"),
    "an integer of 5000 digits": (GOOD.replace(b"-2.0", b"9" * 5000), "thousands of digits"),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, "nest too deeply"),
    "deep objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "nest too deeply"),
    "Latin-1": (GOOD.replace(b"tanh", b"t\xe4nh"), "byte 0xe4"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "is not UTF-8"),
    "a byte order mark": (b"\xef\xbb\xbf" + GOOD, "not JSON"),
    "a NUL": (GOOD + b"\0", "not JSON"),
    "half a surrogate": (GOOD.replace(b"tanh", rb"\ud800"), "activation of node 3"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(50), "is not UTF-8"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_damaged_text_is_refused_with_one_line(name, tmp_path):
    text, said = TEXTS[name]
    path = tmp_path / "net.json"
    path.write_bytes(text)
    with pytest.raises(DamagedFile) as caught:
        network_json.read(path)
    assert refused_in_one_line(caught.value, path)
    assert said in str(caught.value)
    assert caught.value.exit_code == 65


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "net.json"
    with path.open("wb") as file:
        file.truncate(untrusted.MAX_NETWORK_BYTES + 1)  # sparse: takes no space
    with pytest.raises(DamagedFile, match="at most 67108864 are read"):
        network_json.read(path)


@pytest.mark.parametrize(("bound", "said"), [("MAX_NODES", "nodes has 5"), ("MAX_EDGES", "edges has 4")])
def test_too_many_nodes_or_edges_are_refused(bound, said, monkeypatch):
    monkeypatch.setattr(network_json, bound, 3)
    with pytest.raises(DamagedFile, match=said):
        network_json.loads(GOOD.decode(), "net.json")


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_bytes_change_it_is_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.json"
    path.write_bytes(mutated(data, GOOD))
    result = outcome(lambda: network_json.read(path))
    if isinstance(result, Exception):
        assert isinstance(result, DamagedFile)
        assert refused_in_one_line(result, path)
    else:
        network, ports = result
        network.check(ports)
        assert np.isfinite(network.weight).all()
