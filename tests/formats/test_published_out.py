import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import NONZERO, mutated, outcome, populations, refused_in_one_line, same, small

from wannsearch.core import untrusted
from wannsearch.core.activations import ACTIVATION_IDS
from wannsearch.core.errors import ConfigError, DamagedFile, StorageError
from wannsearch.core.ports import Ports
from wannsearch.formats import one_network, published_out

SWING = Ports(inputs=5, outputs=1, activations=("linear",))
SMALL = small()[1]
GOOD = published_out.dumps(small()[0], 0)


def test_the_champion_of_the_paper_has_29_nodes_52_connections_and_a_linear_output(reference):
    network = published_out.read(reference / "wann" / "swing.out", SWING)
    network.check(SWING)
    assert network.nodes.tolist() == [29]
    assert network.edges.tolist() == [52]
    assert network.count_hidden(SWING).tolist() == [22]
    assert network.activation[0, -1] == 1
    counts = {
        name: int((network.activation[0, 6:-1] == number).sum()) for name, number in ACTIVATION_IDS.items()
    }
    present = {name: count for name, count in counts.items() if count}
    assert present == {"linear": 4, "sin": 3, "gaussian": 2, "tanh": 4, "inverse": 6, "relu": 3}


def test_the_key_vector_of_the_champion_is_the_published_one(reference):
    network = published_out.read(reference / "wann" / "swing.out", SWING)
    positions = published_out.flat_positions(network, 0).tolist()
    assert len(positions) == 52
    assert positions[:10] == [10, 35, 36, 41, 64, 69, 95, 97, 108, 125]
    assert positions[-3:] == [753, 782, 811]


@pytest.mark.parametrize(
    ("file", "nodes", "connections"),
    [
        ("wann/swing_gen0008.out", 10, 11),
        ("wann/swing_gen0032.out", 13, 15),
        ("wann/swing_gen0128.out", 18, 24),
        ("wann/sample_best.out", 98, 252),
        ("prettyneat_swingup/test_best.out", 10, 13),
    ],
)
def test_published_networks_have_their_published_sizes(file, nodes, connections, reference):
    network = published_out.read(reference / file, SWING)
    network.check(SWING)
    assert (network.nodes[0], network.edges[0]) == (nodes, connections)


def test_weights_stand_where_the_matrix_of_the_champion_has_them(reference):
    path = reference / "wann" / "swing.out"
    matrix = np.nan_to_num(np.loadtxt(path, delimiter=",")[:, :-1])
    network = published_out.read(path, SWING)
    rebuilt = np.zeros_like(matrix)
    rebuilt[network.source[0], network.target[0]] = network.weight[0]
    assert np.array_equal(rebuilt, matrix)


@given(populations(NONZERO))
def test_what_was_written_reads_back_bit_for_bit(drawn):
    population, ports = drawn
    for row in range(len(population)):
        text = published_out.dumps(population, row)
        network = published_out.loads(text, ports, "x.out")
        network.check(ports)
        assert same(network, one_network.extract_network(population, row))
        assert published_out.dumps(network, 0) == text


@given(populations(NONZERO))
def test_numpy_reads_the_same_matrix(drawn):
    population, _ = drawn
    matrix = np.array([line.split(",") for line in published_out.dumps(population, 0).split()], np.float64)
    flat = np.flatnonzero(matrix[:, :-1])
    assert np.array_equal(flat, published_out.flat_positions(population, 0))


def test_writing_and_reading_a_file_gives_the_same_network(tmp_path):
    network, ports = small()
    published_out.write(tmp_path / "net.out", network, 0)
    assert same(published_out.read(tmp_path / "net.out", ports), network)


def test_edges_are_read_by_target_and_then_by_source():
    network = published_out.loads("0,0,2,3,1\n0,0,4,5,1\n0,0,0,6,5\n0,0,0,0,1\n", Ports(1, 1, ("tanh",)), "x")
    assert network.target.tolist() == [[2, 2, 3, 3, 3]]
    assert network.source.tolist() == [[0, 1, 0, 1, 2]]
    assert network.weight.tolist() == [[2, 4, 3, 5, 6]]


@pytest.mark.parametrize("entry", ["nan", "NaN", "-nan", "0", "-0.0", "0.00e+00", "1e-999"])
def test_a_file_with_a_nan_or_zero_entry_has_no_connection_there(entry, tmp_path):
    path = tmp_path / "net.out"
    path.write_text(GOOD.replace("-2.0", entry))
    network = published_out.read(path, SMALL)
    assert network.source.tolist() == [[0, 2, 3]]


def test_nan_below_the_diagonal_is_no_connection_either():
    lines = GOOD.splitlines()
    lines[4] = "nan,nan,nan,nan,nan,1"
    assert same(published_out.loads("\n".join(lines), SMALL, "x"), small()[0])


@pytest.mark.parametrize("given_id", ["0", "5", "99", "nan"])
def test_the_activation_ids_of_bias_and_inputs_are_ignored(given_id):
    lines = GOOD.splitlines()
    lines[0] = lines[0].rsplit(",", 1)[0] + "," + given_id
    assert same(published_out.loads("\n".join(lines), SMALL, "x"), small()[0])


@pytest.mark.parametrize(
    "text", [GOOD.replace("\n", "\r\n"), GOOD.rstrip(), GOOD + "\n\n", GOOD.replace(",", " , ")]
)
def test_line_ends_and_blanks_do_not_matter(text):
    assert same(published_out.loads(text, SMALL, "x"), small()[0])


@pytest.mark.parametrize("weight", [0.0, -0.0, np.nan, np.inf])
def test_a_weight_the_format_cannot_hold_is_not_written(weight):
    network, _ = small()
    network.weight[0, 1] = weight
    with pytest.raises(ConfigError, match="network 0, edge from 1 to 3"):
        published_out.dumps(network, 0)


def test_two_edges_between_the_same_nodes_are_not_written():
    network, _ = small()
    network.source[0, 1] = 0
    with pytest.raises(ConfigError, match="two edges from 0 to 3"):
        published_out.dumps(network, 0)


def test_a_folder_that_is_not_there_refuses_the_file(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        published_out.write(tmp_path / "none" / "net.out", small()[0], 0)


def _entry(line, column, text):
    rows = [row.split(",") for row in GOOD.splitlines()]
    rows[line - 1][column - 1] = text
    return "\n".join(",".join(row) for row in rows).encode()


LINES = GOOD.encode().splitlines(keepends=True)
DAMAGED = {
    "nothing": (b"", "it is empty"),
    "blank lines": (b" \n\n \n", "it is empty"),
    "one line": (LINES[0], "1 nodes"),
    "fewer lines than ports": (b"0,0,0,1\n" * 3, "2 inputs and 1 outputs need 4"),
    "a line missing": (b"".join(LINES[:-1]), "line 1: it has 6 entries; with 4 lines each must have 5"),
    "a line too many": (b"".join(LINES) + LINES[-1], "with 6 lines"),
    "a blank line within": (b"\n".join(LINES), "entries"),
    "a short line": (GOOD.replace("0,0,0,-2.0,0,1", "0,0,-2.0,0,1").encode(), "line 2: it has 5 entries"),
    "a long line": (GOOD.replace("0,0,0,-2.0,0,1", "0,0,0,0,-2.0,0,1").encode(), "line 2: it has 7 entries"),
    "a trailing comma": (GOOD.replace("\n", ",\n").encode(), "line 1: it has 7 entries"),
    "blanks for commas": (GOOD.replace(",", " ").encode(), "line 1: it has 1 entries"),
    "an empty entry": (_entry(1, 4, ""), "line 1: entry 4 is ''"),
    "a word": (_entry(2, 4, "one"), "line 2: entry 4 is 'one'"),
    "two numbers": (_entry(2, 4, "1 2"), "line 2: entry 4 is '1 2'"),
    "a hexadecimal number": (_entry(2, 4, "0x1"), "line 2: entry 4 is '0x1'"),
    "an underscore": (_entry(2, 4, "1_0"), "line 2: entry 4 is '1_0'"),
    "foreign digits": (_entry(2, 4, "\u0661"), "line 2: entry 4 is"),
    "a comment": (b"# a network\n" + GOOD.encode(), "line 1: it has 1 entries"),
    "a complex number": (_entry(2, 4, "1j"), "line 2: entry 4 is '1j'"),
    "an infinite weight": (_entry(2, 4, "inf"), "line 2: entry 4 is inf; weights must be finite"),
    "a weight that overflows": (_entry(2, 4, "-1e999"), "line 2: entry 4 is -inf"),
    "an entry on the diagonal": (_entry(4, 4, "1"), "below and on the diagonal"),
    "an entry below the diagonal": (_entry(5, 4, "1"), "below and on the diagonal"),
    "an edge into the bias": (_entry(1, 1, "1"), "below and on the diagonal"),
    "an edge into an input": (_entry(2, 3, "1"), "line 2: entry 3 is 1.0; nothing may enter bias or inputs"),
    "an unknown activation": (_entry(4, 6, "13"), "line 4: the activation id is 13"),
    "activation zero": (_entry(4, 6, "0"), "line 4: the activation id is 0"),
    "a negative activation": (_entry(4, 6, "-1"), "line 4: the activation id is -1"),
    "half an activation": (_entry(4, 6, "4.5"), "line 4: the activation id is 4.5"),
    "activation nan": (_entry(5, 6, "nan"), "line 5: the activation id is nan"),
    "activation inf": (_entry(5, 6, "inf"), "line 5: the activation id is inf"),
    "no UTF-8": (_entry(1, 1, "0").replace(b"0", b"\xff", 1), "byte 0xff"),
    "a NUL": (_entry(1, 1, "\0"), "line 1: entry 1 is '\\x00'"),
    "a terminal escape": (_entry(1, 1, "\x1b[2J"), "line 1: entry 1 is"),
    "a long entry": (_entry(1, 1, "x" * 10**6), "line 1: entry 1 is 'xxx"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_with_one_line(name, tmp_path):
    text, said = DAMAGED[name]
    path = tmp_path / "net.out"
    path.write_bytes(text)
    with pytest.raises(DamagedFile) as caught:
        published_out.read(path, SMALL)
    assert refused_in_one_line(caught.value, path)
    assert said in str(caught.value)


def test_an_edge_out_of_an_output_is_refused():
    with pytest.raises(DamagedFile, match=r"line 3: entry 4 is 1\.0; nothing may leave an output"):
        published_out.loads("0,0,0,0,1\n0,0,0,0,1\n0,0,0,1,1\n0,0,0,0,1\n", Ports(1, 2, ("tanh",)), "x")


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "net.out"
    with path.open("wb") as file:
        file.truncate(untrusted.MAX_NETWORK_BYTES + 1)
    with pytest.raises(DamagedFile, match="at most"):
        published_out.read(path, SMALL)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_bytes_change_it_is_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.out"
    path.write_bytes(mutated(data, GOOD.encode()))
    result = outcome(lambda: published_out.read(path, SMALL))
    if isinstance(result, Exception):
        assert isinstance(result, DamagedFile)
        assert refused_in_one_line(result, path)
    else:
        result.check(SMALL)
        assert np.isfinite(result.weight).all()
