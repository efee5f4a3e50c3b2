"""The perceptron's plan against torch's own layers, and the numbers of docs/weedout.md."""

import numpy as np
import pytest
from plain_torch import PlainMlp

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.parent_network import trace
from wannsearch.core.subnetworks.subnetworks import Granularity, MaskSpace
from wannsearch.parent_networks.mlp import Mlp

DIGITS = Ports(64, 10, ("relu",), image_shape=(1, 8, 8))


def test_its_parameters_are_those_of_linear_layers_in_their_order():
    plan = trace(Mlp(layers=(7, 5, 3)), Ports(24, 4, ("relu",), image_shape=(2, 3, 4)))
    shapes = [tuple(parameter.shape) for parameter in PlainMlp(24, (7, 5, 3), 4).parameters()]
    assert [parameter.shape for parameter in plan.parameters] == shapes
    assert plan.layer_widths == (7, 5, 3)


def test_of_85002_parameters_6487_are_left_where_51_of_256_nodes_are_kept_of_each_layer():
    maskable = MaskSpace(trace(Mlp(layers=(256, 256)), DIGITS), Granularity.NODES)
    masks = np.zeros((1, 512), bool)
    masks[0, :51] = masks[0, 300:351] = True
    assert maskable.layout.size == 85_002
    assert maskable.live_parameters(masks).tolist() == [6_487]


@pytest.mark.parametrize("layers", [(), (0,), (5, -1), (10**9,)])
def test_layers_that_cannot_be_are_refused_in_one_line(layers):
    with pytest.raises(ConfigError, match=r"method\.parent_network\.layers") as caught:
        Mlp(layers=layers)
    assert "\n" not in str(caught.value)
