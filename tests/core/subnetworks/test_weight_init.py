"""Initial weights are He's, and addressed."""

from __future__ import annotations

import numpy as np
import pytest
from few_images import MLP, WRN, FewImages
from scipy import stats

from wannsearch.core.ports import Ports
from wannsearch.core.subnetworks.parent_network import ParameterKind, trace
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.parent_networks.mlp import Mlp

TASK = FewImages()
PARENTS = pytest.mark.parametrize("parent", [MLP, WRN, Mlp(layers=(200, 100))], ids=["mlp", "wrn", "wide"])


@PARENTS
def test_weights_are_normal_with_variance_2_over_fan_in(parent: object) -> None:
    plan = trace(parent, TASK.ports)
    for parameter, array in zip(plan.parameters, sample_initial_weights(plan, 3), strict=True):
        assert array.shape == parameter.shape
        assert array.dtype == np.float32
        if parameter.kind is ParameterKind.WEIGHT:
            deviation = np.sqrt(2.0 / np.prod(parameter.shape[1:]))
            assert stats.kstest(array.ravel(), stats.norm(0, deviation).cdf).pvalue > 1e-3, parameter.name


def test_many_of_them_are_normal_and_uncorrelated() -> None:
    plan = trace(Mlp(layers=(500, 500)), Ports(500, 2, ("relu",), image_shape=(1, 20, 25)))
    first, _, second, *_ = sample_initial_weights(plan, 11)
    both = np.stack([first.ravel(), second.ravel()]) * np.sqrt(500 / 2)
    assert stats.kstest(both.ravel(), "norm").pvalue > 1e-3
    assert abs(np.corrcoef(both)[0, 1]) < 4 / 500
    halves = both[0].reshape(2, -1)  # both numbers of a pair
    assert abs(np.corrcoef(halves)[0, 1]) < 6 / 500
    assert abs(np.corrcoef(halves**2)[0, 1]) < 6 / 500
    assert stats.kurtosis(both.ravel()) == pytest.approx(0, abs=0.03)


@PARENTS
def test_scales_start_at_1_and_biases_and_shifts_at_0(parent: object) -> None:
    plan = trace(parent, TASK.ports)
    for parameter, array in zip(plan.parameters, sample_initial_weights(plan, 3), strict=True):
        if parameter.kind is not ParameterKind.WEIGHT:
            assert (array == (1 if parameter.kind is ParameterKind.SCALE else 0)).all()


@PARENTS
def test_the_same_number_gives_the_same_weights_and_another_number_others(parent: object) -> None:
    plan = trace(parent, TASK.ports)
    large = np.uint64(2**64 - 1)
    one, again, other, last = (sample_initial_weights(plan, number) for number in (5, np.uint64(5), 6, large))
    assert all(map(np.array_equal, one, again))
    assert not np.array_equal(one[0], other[0])
    assert not np.array_equal(one[0], last[0])
    weights = [
        array.ravel()[:20] for array, part in zip(one, plan.parameters, strict=True) if part.fan_in > 1
    ]
    assert len({tuple(np.sign(part)) for part in weights}) > 1  # parameters do not repeat one another


def test_a_parent_that_grows_at_its_end_keeps_the_weights_of_its_beginning() -> None:
    short, long = (
        sample_initial_weights(trace(Mlp(layers=layers), TASK.ports), 1) for layers in ((8,), (8, 5))
    )
    assert np.array_equal(short[0], long[0])
