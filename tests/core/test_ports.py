import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports, find_image_shape, name_pixels


def test_hidden_nodes_begin_behind_bias_and_inputs():
    assert Ports(5, 1, ("tanh",)).first_hidden == 6


@pytest.mark.parametrize(
    ("inputs", "outputs", "activations", "said"),
    [
        (0, 1, ("tanh",), "inputs"),
        (1, 0, ("tanh",), "outputs"),
        (-1, 1, ("tanh",), "inputs"),
        (1, 1, (), "activations is empty"),
        (1, 1, ("tanh", "gausian"), "'gausian'.*Did you mean 'gaussian'"),
        (1, 1, ("zzz",), "'zzz'; allowed: .*absolute.*tanh"),
    ],
)
def test_impossible_ports_are_refused_in_one_line(inputs, outputs, activations, said):
    with pytest.raises(ConfigError, match=said) as caught:
        Ports(inputs, outputs, activations)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 4, 5), (1, 1, 1)])
def test_the_names_of_pixels_tell_the_shape_of_their_image(shape):
    names = name_pixels(shape)
    assert find_image_shape(names) == shape
    assert find_image_shape(names[::-1]) == (shape if len(names) == 1 else None)
    assert find_image_shape((*names, "x")) is None


def test_names_that_are_no_pixels_tell_no_shape():
    assert [
        find_image_shape(names) for names in ((), ("x", "y"), ("pixel 9,9",), ("pixel 999999,999999",))
    ] == [None] * 4


def test_a_pixel_is_named_by_its_channel_row_and_column():
    assert name_pixels((1, 2, 2)) == ("pixel 0,0", "pixel 0,1", "pixel 1,0", "pixel 1,1")
    assert name_pixels((3, 1, 2))[2:4] == ("green 0,0", "green 0,1")
