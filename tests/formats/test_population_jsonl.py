import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import mutated, outcome, populations, refused_in_one_line, same, small

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.ports import Ports
from wannsearch.core.topologies.population import Population
from wannsearch.formats import network_json, one_network, population_jsonl


def _packed(population, ports):
    P = len(population)
    return population_jsonl.dumps(population, ports, np.arange(P) + 5, np.full((P, 2), -1))


@settings(deadline=None)
@given(populations())
def test_what_was_written_reads_back_bit_for_bit(tmp_path_factory, drawn):
    population, ports = drawn
    path = tmp_path_factory.getbasetemp() / "trip.jsonl.gz"
    path.write_bytes(_packed(population, ports))
    read, own, ids = population_jsonl.read(path)
    read.check(own)
    assert same(read, population)
    assert (own.inputs, own.outputs) == (ports.inputs, ports.outputs)
    assert ids.dtype == np.int64
    assert ids.tolist() == [5 + row for row in range(len(population))]


def test_the_bytes_depend_on_the_networks_alone():
    packed = _packed(*small())
    assert packed == _packed(*small())
    assert packed[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # no name, no time


def test_a_line_is_the_networks_json_with_id_and_parents():
    network, ports = small()
    packed = population_jsonl.dumps(
        Population.concatenate([network] * 3), ports, [7, 8, 9], np.array([[-1, -1], [3, -1], [3, 0]])
    )
    lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    assert [line["id"] for line in lines] == [7, 8, 9]
    assert [line["parents"] for line in lines] == [[], [3], [3, 0]]
    assert list(lines[0])[:4] == ["format", "version", "id", "parents"]
    assert same(network_json.from_json(lines[2], "x")[0], network)


def test_the_ports_read_allow_what_any_network_has(tmp_path):
    ports = Ports(1, 1, ("linear",))
    path = tmp_path / "population.jsonl.gz"
    path.write_bytes(
        _packed(
            Population.concatenate([one_network.from_arrays([1, 1, id_, 1], [], [], []) for id_ in (9, 2)]),
            ports,
        )
    )
    assert population_jsonl.read(path)[1].activations == ("step", "relu")


LINE = network_json.dumps(*small()[:1], 0, small()[1], id=3, parents=[1]).encode() + b"\n"
OTHER = network_json.dumps(
    one_network.from_arrays([1, 1, 1], [], [], []), 0, Ports(1, 1, ("tanh",)), id=4, parents=[]
).encode()
GOOD = gzip.compress(LINE * 3, mtime=0)


def _with(old, new):
    assert old in LINE
    return gzip.compress(LINE + LINE.replace(old, new))


DAMAGED = {
    "nothing": (b"", "it holds no network"),
    "an empty gzip": (gzip.compress(b""), "it holds no network"),
    "not a gzip": (LINE, "cannot be unpacked"),
    "cut short": (GOOD[:-9], "ends in the middle"),
    "cut in the header": (GOOD[:5], "ends in the middle"),
    "a wrong checksum": (GOOD[:-8] + b"\0\0\0\0" + GOOD[-4:], "cannot be unpacked"),
    "broken inside": (GOOD[:12] + b"\xff" * 8 + GOOD[20:], "cannot be unpacked"),
    "garbage behind": (GOOD + b"garbage", "cannot be unpacked"),
    "a blank line": (gzip.compress(LINE + b"\n" + LINE), "line 2: it is not JSON"),
    "a line cut": (gzip.compress(LINE + LINE[:50]), "line 2: it is not JSON"),
    "a list": (gzip.compress(LINE + b"[]\n"), "line 2: it holds a list"),
    "not UTF-8": (gzip.compress(LINE + b"\xff\n"), "line 2: byte 0xff"),
    "other ports": (
        gzip.compress(LINE + OTHER),
        "line 2: the network has 1 inputs and 1 outputs; line 1 has 2",
    ),
    "a damaged network": (_with(b"tanh", b"tahn"), "line 2: activation of node 3"),
    "no id": (_with(b'"id":3,"p', b'"p'), "line 2: id is null"),
    "an id that is text": (_with(b'"id":3,"p', b'"id":"3","p'), "line 2: id is '3'"),
    "a negative id": (_with(b'"id":3,"p', b'"id":-3,"p'), "line 2: id is -3"),
    "an id that is true": (_with(b'"id":3,"p', b'"id":true,"p'), "line 2: id is true"),
    "an id of 64 bits": (_with(b'"id":3,"p', b'"id":9223372036854775808,"p'), "line 2: id is 9223"),
    "no parents": (_with(b'"parents":[1],', b""), "line 2: parents is null"),
    "three parents": (_with(b"[1]", b"[1,2,3]"), "line 2: parents is a list of 3"),
    "a parent that is -1": (_with(b"[1]", b"[-1]"), "line 2: parent is -1"),
    "a parent that is a list": (_with(b"[1]", b"[[1]]"), "line 2: parent is a list"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_with_one_line(name, tmp_path):
    data, said = DAMAGED[name]
    path = tmp_path / "population.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(DamagedFile) as caught:
        population_jsonl.read(path)
    assert refused_in_one_line(caught.value, path)
    assert said in str(caught.value)


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(population_jsonl, "MAX_BYTES", 2 * len(LINE))
    path = tmp_path / "population.jsonl.gz"
    path.write_bytes(GOOD)
    with pytest.raises(DamagedFile, match="unpacks to too much"):
        population_jsonl.read(path)


def test_an_endless_line_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(population_jsonl, "MAX_NETWORK_BYTES", 10_000)
    path = tmp_path / "population.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 10_000_000))
    with pytest.raises(DamagedFile, match="a line is too long; at most 10000 bytes"):
        population_jsonl.read(path)


def test_a_line_may_have_as_many_bytes_as_are_allowed_and_not_one_more(tmp_path, monkeypatch):
    path = tmp_path / "population.jsonl.gz"
    path.write_bytes(GOOD)
    num_bytes = max(map(len, gzip.decompress(GOOD).splitlines(keepends=True)))
    monkeypatch.setattr(population_jsonl, "MAX_NETWORK_BYTES", num_bytes)
    population_jsonl.read(path)
    monkeypatch.setattr(population_jsonl, "MAX_NETWORK_BYTES", num_bytes - 1)
    with pytest.raises(DamagedFile, match="a line is too long"):
        population_jsonl.read(path)


def test_one_wide_network_among_many_narrow_ones_may_not_fill_the_memory(tmp_path, monkeypatch):
    wide, narrow = (one_network.from_arrays([1] * nodes, [], [], []) for nodes in (4000, 3))
    path = tmp_path / "population.jsonl.gz"
    path.write_bytes(_packed(Population.concatenate([wide] + [narrow] * 200), Ports(1, 1, ("tanh",))))
    monkeypatch.setattr(population_jsonl, "MAX_BYTES", 400_000)  # more than the text has
    assert len(gzip.decompress(path.read_bytes())) < 400_000
    with pytest.raises(DamagedFile, match=r"line 101: 101 networks of 4000 nodes"):
        population_jsonl.read(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="does not exist"):
        population_jsonl.read(tmp_path / "none.jsonl.gz")


@settings(max_examples=150, deadline=None)
@given(st.data(), st.booleans())
def test_whatever_bytes_change_it_is_read_or_refused(tmp_path_factory, data, inside):
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl.gz"
    path.write_bytes(gzip.compress(mutated(data, LINE * 3)) if inside else mutated(data, GOOD))
    result = outcome(lambda: population_jsonl.read(path))
    if isinstance(result, Exception):
        assert isinstance(result, DamagedFile)
        assert refused_in_one_line(result, path)
    else:
        population, ports, ids = result
        population.check(ports)
        assert len(ids) == len(population)
