import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import mutated, outcome, refused_in_one_line, same, small

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.ports import Ports
from wannsearch.formats import network_json, networks, published_out

NETWORK, PORTS = small()
AS_JSON = network_json.dumps(NETWORK, 0, PORTS, indent=1)
AS_OUT = published_out.dumps(NETWORK, 0)


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", AS_JSON), ("a.out", AS_OUT), ("a", "\n " + AS_JSON), ("a.csv", AS_OUT)]
)
def test_a_file_is_read_for_what_it_holds(name, text, tmp_path):
    path = tmp_path / name
    path.write_text(text)
    assert same(networks.read(path, PORTS), NETWORK)


def test_a_run_folder_gives_its_recorded_best(tmp_path):
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "network.json").write_text(AS_JSON)
    assert same(networks.read(tmp_path, PORTS), NETWORK)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"a folder without best/network\.json") as caught:
        networks.read(tmp_path, PORTS)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("name", ["none.json", "none.out", "none/none.out", "nul\0.out"])
def test_a_missing_file_is_wrong_input_and_named(name, tmp_path):
    with pytest.raises(ConfigError, match="does not exist") as caught:
        networks.read(tmp_path / name, PORTS)
    assert repr(str(tmp_path / name)) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_device_is_not_read():
    with pytest.raises(ConfigError, match="not a plain file"):
        networks.read(networks.Path("/dev/zero"), PORTS)


def test_a_network_of_other_ports_is_refused_naming_both(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(AS_JSON)
    with pytest.raises(ConfigError, match="has 2 inputs and 1 outputs; the task has 5 and 2"):
        networks.read(path, Ports(5, 2, ("tanh",)))


def test_a_run_that_trained_a_sub_network_is_no_network(tmp_path):
    (tmp_path / "best").mkdir()
    (tmp_path / "best" / "masks.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds a sub-network, which is trained and not played"):
        networks.load_network(str(tmp_path), PORTS)


def test_a_run_of_another_kind_is_no_network(tmp_path):
    (tmp_path / "best").mkdir()
    for name in ("bits.json", "evaluation.json"):
        (tmp_path / "best" / name).write_text("{}")
    with pytest.raises(ConfigError, match=r"another kind, whose best is best/bits\.json; networks alone"):
        networks.load_network(str(tmp_path), PORTS)


def test_a_zoo_file_is_no_network(tmp_path):
    path = tmp_path / "swing.wann.json"
    path.write_text("[[0.5], 932]")
    with pytest.raises(DamagedFile, match="it holds a list; a network is a JSON object"):
        networks.read(path, PORTS)


@pytest.mark.parametrize(
    ("word", "sizes"), [("dense:10", (10,)), ("dense:5-5", (5, 5)), ("dense:1-20-300", (1, 20, 300))]
)
def test_a_layered_network_is_named_by_its_sizes(word, sizes):
    assert networks.parse_dense(word) == sizes


@pytest.mark.parametrize(
    "word",
    "|dense|dense:|dense:0|dense:-5|dense:5-|dense:5--5|dense:5,5|dense: 5|Dense:5|dense:5-0|dense:1.5|"
    "dense:05|dense:\u0665|dense:5\n|dense:9999999|sparse:5".split("|"),
)
def test_a_malformed_word_is_refused_saying_how_it_is_written(word):
    with pytest.raises(ConfigError, match="as dense:10 or dense:5-5") as caught:
        networks.parse_dense(word)
    assert repr(word) in str(caught.value)


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(["fuzz.json", "fuzz.out"]), st.sampled_from([AS_JSON, AS_OUT]))
def test_whatever_bytes_change_it_is_read_or_refused(tmp_path_factory, data, name, original):
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(mutated(data, original.encode()))
    result = outcome(lambda: networks.read(path, PORTS))
    if isinstance(result, Exception):
        assert refused_in_one_line(result, path)
    else:
        result.check(PORTS)
