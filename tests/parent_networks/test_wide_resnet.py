"""The wide residual network's plan against torch's own layers, and its published sizes."""

import pytest
from plain_torch import PlainWrn, wrn_widths

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.parent_network import ParameterKind, trace
from wannsearch.parent_networks.wide_resnet import WideResNet

COLOUR = Ports(3 * 32 * 32, 10, ("relu",), image_shape=(3, 32, 32))
DIGITS = Ports(64, 10, ("relu",), image_shape=(1, 8, 8))
MNIST = Ports(784, 10, ("relu",), image_shape=(1, 28, 28))
SIZES = {
    (16, 4, COLOUR): 2_748_890,
    (22, 2, COLOUR): 1_079_642,
    (16, 8, COLOUR): 10_961_370,
    (28, 10, COLOUR): 36_479_194,
    (10, 1, DIGITS): 77_562,
    (16, 1, DIGITS): 174_778,
    (16, 2, DIGITS): 691_386,
    (10, 1, MNIST): 77_562,
    (16, 1, MNIST): 174_778,
    (16, 2, MNIST): 691_386,
}
"""By depth, width and images."""


@pytest.mark.parametrize(
    ("depth", "width", "ports"), SIZES, ids=lambda part: str(getattr(part, "image_shape", part))
)
def test_it_is_as_large_as_published(depth, width, ports):
    plan = trace(WideResNet(depth=depth, width=width), ports)
    assert plan.size == SIZES[depth, width, ports]
    assert sum(parameter.size for parameter in plan.parameters) == plan.size


@pytest.mark.parametrize(("depth", "width"), [(10, 1), (16, 2), (22, 3)])
def test_its_parameters_are_those_of_plain_convolutions_and_norms_in_their_order(depth, width):
    plan = trace(WideResNet(depth=depth, width=width), COLOUR)
    plain = PlainWrn(3, depth, width, 10, wrn_widths(depth, width))
    assert [parameter.shape for parameter in plan.parameters] == [tuple(part.shape) for part in plain.ordered]
    assert list(plan.layer_widths) == wrn_widths(depth, width)


def test_only_what_stands_inside_the_blocks_is_masked():
    plan = trace(WideResNet(depth=10, width=1), DIGITS)
    masked = [
        parameter.name
        for parameter in plan.parameters
        if parameter.kind is ParameterKind.WEIGHT
        and (parameter.out_layer, parameter.in_layer) != (None, None)
    ]
    inner = [size for size in wrn_widths(10, 1) for _ in range(2)]
    shapes = {parameter.name: parameter.shape for parameter in plan.parameters}
    assert len(masked) == 6
    assert [shapes[name][0 if not at % 2 else 1] for at, name in enumerate(masked)] == inner
    assert all(shapes[name][2:] == (3, 3) for name in masked)


@pytest.mark.parametrize(("depth", "width"), [(9, 1), (11, 1), (4, 1), (16, 0), (16, 65), (10_000, 1)])
def test_depths_and_widths_that_cannot_be_are_refused_in_one_line(depth, width):
    with pytest.raises(ConfigError, match=r"method\.parent_network\.(depth|width)") as caught:
        WideResNet(depth=depth, width=width)
    assert "\n" not in str(caught.value)
