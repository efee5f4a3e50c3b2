import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports


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
