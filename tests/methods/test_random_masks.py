"""How many of each layer a mask keeps, and which."""

from __future__ import annotations

import tracemalloc
from math import comb

import numpy as np
import pytest
from few_images import MLP, WRN, FewImages
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from wannsearch.core.errors import ConfigError
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.subnetworks.parent_network import trace
from wannsearch.core.subnetworks.subnetworks import Granularity, MaskSpace
from wannsearch.methods.random_masks import LayerDistribution, layer_keep_counts, sample_masks
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet

TASK = FewImages()


def _maskable(parent: object, granularity: Granularity = Granularity.NODES) -> MaskSpace:
    return MaskSpace(trace(parent, TASK.ports), granularity)


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.floats(0, 0.999),
    st.sampled_from(list(Granularity)),
    st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_every_mask_keeps_its_rounded_share_of_every_layer_and_at_least_one(
    layers: list[int], sparsity: float, granularity: Granularity, seed: int
) -> None:
    maskable = _maskable(Mlp(layers=tuple(layers)), granularity)
    kept = layer_keep_counts(maskable, sparsity, LayerDistribution.UNIFORM, None)
    assert kept == tuple(max(1, round((1 - sparsity) * size)) for size in maskable.sizes)
    masks = sample_masks(maskable, kept, 5, make_stream(seed, Role.START))
    assert masks.dtype == np.bool_
    assert (maskable.keep_counts(masks) == kept).all()


def test_every_subset_is_as_likely_as_any_other() -> None:
    maskable = _maskable(Mlp(layers=(6, 5)))
    masks = sample_masks(maskable, (3, 2), 20_000, make_stream(4, Role.START))
    names = [masks[:, layer] @ (1 << np.arange(layer.stop - layer.start)) for layer in maskable.layers]
    for name, subsets in zip(names, (comb(6, 3), comb(5, 2)), strict=True):
        _, counts = np.unique(name, return_counts=True)
        assert len(counts) == subsets
        assert stats.chisquare(counts).pvalue > 1e-3
    _, both = np.unique(names[0] * 100 + names[1], return_counts=True)
    assert len(both) == comb(6, 3) * comb(5, 2)  # the layers know nothing of one another
    assert stats.chisquare(both).pvalue > 1e-3


def test_rows_beside_a_mask_do_not_move_it() -> None:
    maskable = _maskable(MLP)
    few, many = (sample_masks(maskable, (5, 4), rows, make_stream(4, Role.START)) for rows in (3, 50))
    assert np.array_equal(few, many[:3])
    assert len(np.unique(many, axis=0)) > 45


def test_many_masks_over_many_weights_are_drawn_in_the_memory_of_few() -> None:
    maskable = _maskable(Mlp(layers=(700, 700)), Granularity.WEIGHTS)
    kept = tuple(size // 5 for size in maskable.sizes)
    drawn, most = {}, {}
    for rows in (2, 12):
        tracemalloc.start()
        drawn[rows] = sample_masks(maskable, kept, rows, make_stream(4, Role.START))
        most[rows] = tracemalloc.get_traced_memory()[1] - drawn[rows].nbytes
        tracemalloc.stop()
    assert most[12] < 1.5 * most[2]
    assert np.array_equal(drawn[2], drawn[12][:2])
    assert (maskable.keep_counts(drawn[12]) == kept).all()


def test_each_layer_may_have_a_sparsity_of_its_own() -> None:
    assert layer_keep_counts(_maskable(MLP), 0.5, LayerDistribution.UNIFORM, (0.75, 0.0)) == (3, 9)
    with pytest.raises(ConfigError, match="names 3 layers; the parent network has 2") as caught:
        layer_keep_counts(_maskable(MLP), 0.5, LayerDistribution.UNIFORM, (0.1, 0.2, 0.3))
    assert "\n" not in str(caught.value)


ERK_PARENTS = pytest.mark.parametrize(
    "parent",
    [MLP, WRN, Mlp(layers=(300, 20, 2)), WideResNet(depth=16, width=2)],
    ids=["mlp", "wrn", "narrowing", "wide"],
)


@ERK_PARENTS
@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.6, 0.8, 0.9, 0.98])
def test_erk_shares_are_the_one_scale_at_which_capped_densities_keep_as_much_as_uniform_ones(
    parent: object, sparsity: float
) -> None:
    maskable = _maskable(parent, Granularity.WEIGHTS)
    shapes = [maskable.layout.parameters[number].shape for number in maskable.parameter_ids]
    sizes = np.array([np.prod(shape) for shape in shapes])
    raw = np.array([sum(shape) / np.prod(shape) for shape in shapes])
    wanted = (1 - sparsity) * sizes.sum()
    surplus = lambda scale: (np.minimum(scale * raw, 1) * sizes).sum() - wanted  # noqa: E731
    scale = optimize.brentq(surplus, 0, 2 / raw.min()) if sparsity else 1 / raw.min()
    expected = np.minimum(scale * raw, 1) * sizes
    kept = np.array(layer_keep_counts(maskable, sparsity, LayerDistribution.ERK, None))
    assert np.abs(kept - np.maximum(expected, 1)).max() <= 0.5 + 1e-6
    assert (kept <= sizes).all()


def test_erk_is_refused_for_nodes_in_one_line() -> None:
    with pytest.raises(ConfigError, match=r"method\.layer_distribution is 'erk'") as caught:
        layer_keep_counts(_maskable(MLP), 0.5, LayerDistribution.ERK, None)
    assert "\n" not in str(caught.value)
