import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_networks import mutated, outcome, refused_in_one_line, small

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.ports import Ports
from wannsearch.formats import one_network, published_out, published_parameters


def test_the_published_parameters_are_52_and_fit_the_champion(reference):
    parameters = published_parameters.read(reference / "wann" / "swing_tuned_zoo.json")
    assert parameters.shape == (52,)
    assert parameters.dtype == np.float64
    champion = published_out.read(reference / "wann" / "swing.out", Ports(5, 1, ("linear",)))
    tuned = published_parameters.with_parameters(champion, 0, parameters, -1.5)
    at = {(s, t): w for s, t, w in zip(tuned.source[0], tuned.target[0], tuned.weight[0], strict=True)}
    assert at[0, 10] == -0.1783 - 1.5  # flat position 10
    assert at[1, 6] == -0.0303 - 1.5  # flat position 35 = 1 * 29 + 6
    assert at[27, 28] == 2.9135 - 1.5  # flat position 811


def test_parameters_are_laid_over_in_the_order_of_flat_positions():
    network = one_network.from_arrays([1, 1, 5, 1], [1, 0, 2, 0], [2, 2, 3, 3], [9.0] * 4)
    assert published_out.flat_positions(network, 0).tolist() == [2, 3, 6, 11]
    tuned = published_parameters.with_parameters(network, 0, [0.1, 0.2, 0.3, 0.4], 1.0)
    assert tuned.source.tolist() == network.source.tolist()
    assert tuned.weight.tolist() == [[1.3, 1.1, 1.4, 1.2]]
    assert network.weight.tolist() == [[9.0] * 4]


@pytest.mark.parametrize("count", [0, 3, 5])
def test_parameters_of_another_length_are_refused_naming_both(count):
    with pytest.raises(ConfigError, match=f"{count} parameters .* 4 connections"):
        published_parameters.with_parameters(small()[0], 0, [1.0] * count, 0.0)


@pytest.mark.parametrize("text", ["[[1, -0.5], 932]", "[[1.0, -0.5], 892.5, 36.9]\n"])
def test_a_reward_and_its_deviation_may_stand_behind(text, tmp_path):
    path = tmp_path / "zoo.json"
    path.write_text(text)
    assert published_parameters.read(path).tolist() == [1.0, -0.5]


def test_what_was_recorded_with_the_parameters_is_kept(tmp_path, reference):
    path = tmp_path / "zoo.json"
    path.write_text("[[1], 892.5, 36.9]")
    assert (
        published_parameters.read_tuned_parameters(path).mean_return,
        published_parameters.read_tuned_parameters(path).std_return,
    ) == (892.5, 36.9)
    swing = published_parameters.read_tuned_parameters(reference / "wann" / "swing_tuned_zoo.json")
    assert (swing.mean_return, swing.std_return) == (932.0, None)


DAMAGED = {
    "nothing": ("", "not JSON"),
    "an object": ('{"parameters": [1], "reward": 2}', "it holds an object"),
    "a list of one": ("[[1, 2]]", "a list of 1"),
    "a list of four": ("[[1], 2, 3, 4]", "a list of 4"),
    "bare parameters": ("[1, 2, 3]", "the parameters are 1"),
    "no parameters": ("[[], 2]", "an empty list"),
    "parameters as text": ('["12", 2]', "the parameters are '12'"),
    "a parameter as text": ('[[1, "2"], 2]', "parameter 1 is '2'"),
    "a parameter true": ("[[1, true], 2]", "parameter 1 is true"),
    "a parameter null": ("[[null], 2]", "parameter 0 is null"),
    "a parameter that is a list": ("[[[1]], 2]", "parameter 0 is a list"),
    "a parameter NaN": ("[[NaN], 2]", "it holds NaN"),
    "a parameter too large": ("[[1e999], 2]", "it holds 1e999"),
    "a parameter of many digits": (f"[[{10**50}], 2]", "parameter 0 is an integer"),
    "a reward null": ("[[1], null]", "result 0 is null"),
    "a deviation as text": ('[[1], 2, "3"]', "result 1 is '3'"),
    "deep lists": ("[" * 10**5, "nest too deeply"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_refused_with_one_line(name, tmp_path):
    text, said = DAMAGED[name]
    path = tmp_path / "zoo.json"
    path.write_text(text)
    with pytest.raises(DamagedFile) as caught:
        published_parameters.read(path)
    assert refused_in_one_line(caught.value, path)
    assert said in str(caught.value)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_whatever_bytes_change_it_is_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz_zoo.json"
    path.write_bytes(mutated(data, b"[\n[\n-0.1783,\n-0.0303,\n1.5435\n],\n932\n]\n"))
    result = outcome(lambda: published_parameters.read(path))
    if isinstance(result, Exception):
        assert isinstance(result, DamagedFile)
        assert refused_in_one_line(result, path)
    else:
        assert np.isfinite(result).all()
