"""What a parent may say, and what is refused."""

import pytest
from few_images import FewImages

from wannsearch.core.errors import ConfigError
from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.parent_network import ParameterKind, layer_slices, trace
from wannsearch.parent_networks.mlp import Mlp

PORTS = FewImages(shape=(2, 6, 6), classes=4).ports


class Said:
    """A parent of one expression."""

    def __init__(self, outputs):
        self.forward = outputs


REFUSED = {
    "needs an image": lambda w, x, n: w.conv(w.mask_nodes(w.dense(x, 4)), n, 3, 1),
    "behind masked channels": lambda w, x, n: w.dense(w.mask_nodes(w.conv(x, 4, 3, 1)), n),
    "normalises behind a mask": lambda w, x, n: w.dense(
        w.global_average_pool(w.batch_norm(w.mask_nodes(w.conv(x, 4, 3, 1)))), n
    ),
    "both must be alike and unmasked": lambda w, x, n: w.add(w.mask_nodes(w.conv(x, 2, 3, 1)), x),
    "masks what no dense layer": lambda w, x, n: w.dense(w.mask_nodes(w.mask_nodes(w.dense(x, 5))), n),
    "no dense layer or convolution": lambda w, x, n: w.dense(
        w.global_average_pool(w.mask_nodes(w.add(x, x))), n
    ),
    "just made": lambda w, x, n: w.dense(w.global_average_pool(w.mask_nodes(x)), n),
    "the task has 4 classes": lambda w, x, n: w.dense(w.mask_nodes(w.dense(x, 5)), n + 1),
    "kernel of 2; it must be odd": lambda w, x, n: w.dense(
        w.global_average_pool(w.mask_nodes(w.conv(x, 4, 2, 1))), n
    ),
    "no maskable nodes": lambda w, x, n: w.dense(x, n),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_no_parent_may_say_is_refused_in_one_line(why):
    with pytest.raises(ConfigError, match=why) as caught:
        trace(Said(REFUSED[why]), PORTS)
    assert "\n" not in str(caught.value)


def test_sums_of_images_of_different_sizes_are_refused():
    with pytest.raises(ConfigError, match=r"\(2, 3, 3\) and \(2, 6, 6\)"):
        trace(Said(lambda w, x, n: w.add(w.conv(x, 2, 3, 2), x)), PORTS)


def test_a_task_without_images_is_refused_in_one_line_that_names_one_with():
    with pytest.raises(ConfigError, match="task=digits"):
        trace(Mlp(layers=(3,)), Ports(4, 2, ("relu",)))


def test_masked_channels_may_be_averaged_and_then_read():
    plan = trace(
        Said(
            lambda w, x, n: w.dense(
                w.global_average_pool(w.mask_nodes(w.relu(w.batch_norm(w.conv(x, 5, 3, 2))))), n
            )
        ),
        PORTS,
    )
    kinds = [
        ParameterKind.WEIGHT,
        ParameterKind.SCALE,
        ParameterKind.SHIFT,
        ParameterKind.WEIGHT,
        ParameterKind.BIAS,
    ]
    assert [parameter.kind for parameter in plan.parameters] == kinds
    assert [parameter.shape for parameter in plan.parameters] == [(5, 2, 3, 3), (5,), (5,), (4, 5), (4,)]
    assert [(parameter.out_layer, parameter.in_layer) for parameter in plan.parameters] == [
        (0, None), (0, None), (0, None), (None, 0), (None, None)
    ]  # fmt: skip
    assert [parameter.fan_in for parameter in plan.parameters if parameter.kind is ParameterKind.WEIGHT] == [
        18,
        5,
    ]


def test_names_of_parameters_are_all_different():
    plan = trace(Mlp(layers=(3, 3, 3)), PORTS)
    assert len({parameter.name for parameter in plan.parameters}) == len(plan.parameters)


def test_stretches_are_laid_end_to_end():
    assert layer_slices([2, 0, 3]) == (slice(0, 2), slice(2, 2), slice(2, 5))
