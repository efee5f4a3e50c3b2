"""Masks, what they leave, and what no candidate can be."""

from __future__ import annotations

import numpy as np
import pytest
from few_images import MLP, FewImages, design, make_candidates
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_torch import PlainMlp, PlainWrn, wrn_widths

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.parent_network import trace
from wannsearch.core.subnetworks.subnetworks import (
    Granularity,
    MaskSpace,
    Subnetworks,
    propose_subnetworks,
)
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet

TASK = FewImages()


def _masks(sizes: list[int], kept: list[int], seed: int) -> np.ndarray:
    """One row that keeps so many of each layer."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.permutation(size) < count for size, count in zip(sizes, kept, strict=True)])[
        None
    ]


def _count(module: PlainMlp | PlainWrn) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_what_a_mask_leaves_of_a_perceptron_is_as_large_as_the_smaller_one_of_torch(
    data: st.DataObject,
) -> None:
    sizes = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    kept = [data.draw(st.integers(1, size)) for size in sizes]
    shape = (data.draw(st.integers(1, 3)), 2, 3)
    task = FewImages(shape=shape, classes=data.draw(st.integers(1, 5)))
    maskable = MaskSpace(trace(Mlp(layers=tuple(sizes)), task.ports), Granularity.NODES)
    masks = _masks(sizes, kept, data.draw(st.integers(0, 99)))
    smaller = PlainMlp(int(np.prod(shape)), kept, task.classes)
    assert maskable.live_parameters(masks).tolist() == [_count(smaller)]
    assert maskable.keep_counts(masks).tolist() == [kept]
    assert maskable.sparsity(masks) == pytest.approx(1 - sum(kept) / sum(sizes))


@given(st.data())
@settings(max_examples=15, deadline=None)
def test_what_a_mask_leaves_of_a_wide_resnet_is_as_large_as_the_smaller_one_of_torch(
    data: st.DataObject,
) -> None:
    depth, width = data.draw(st.sampled_from([10, 16])), data.draw(st.integers(1, 2))
    task = FewImages(shape=(data.draw(st.integers(1, 3)), 8, 8))
    sizes = wrn_widths(depth, width)
    kept = [data.draw(st.integers(1, size)) for size in sizes]
    maskable = MaskSpace(trace(WideResNet(depth=depth, width=width), task.ports), Granularity.NODES)
    masks = _masks(sizes, kept, data.draw(st.integers(0, 99)))
    smaller = PlainWrn(task.shape[0], depth, width, task.classes, kept)
    assert maskable.live_parameters(masks).tolist() == [_count(smaller)]


def test_of_masks_over_weights_every_bit_is_a_parameter() -> None:
    of = design(MLP, TASK, Granularity.WEIGHTS)
    assert of.mask_space.sizes == (36 * 12, 12 * 9, 9 * 4)
    candidates = make_candidates(of, 3, share=0.25)
    biases = 12 + 9 + 4
    assert candidates.live_parameters.tolist() == (biases + candidates.masks.sum(axis=1)).tolist()
    assert candidates.mask_sparsity == pytest.approx(0.75)


def test_the_stem_the_shortcuts_and_the_classifier_of_a_wide_resnet_are_masked_by_neither_kind() -> None:
    plan = trace(WideResNet(depth=10, width=1), TASK.ports)
    shapes = [plan.parameters[number].shape for number in MaskSpace(plan, Granularity.WEIGHTS).parameter_ids]
    assert shapes == [(c, d, 3, 3) for c, d in [(16, 16), (16, 16), (32, 16), (32, 32), (64, 32), (64, 64)]]


def test_rows_are_taken_and_put_side_by_side() -> None:
    candidates = make_candidates(design(MLP, TASK), 5)
    parts = [candidates.take([3, 0]), candidates.take(np.array([4]))]
    together = Subnetworks.concatenate(parts)
    assert len(together) == 3
    assert together.masks.tolist() == candidates.masks[[3, 0, 4]].tolist()
    assert together.init_seeds.tolist() == candidates.init_seeds[[3, 0, 4]].tolist()
    assert together.design is candidates.design


def _without_a_layer(candidates: Subnetworks) -> Subnetworks:
    masks = candidates.masks.copy()
    masks[1, candidates.design.mask_space.layers[1]] = False
    return propose_subnetworks(candidates.design, masks, candidates.init_seeds)


IMPOSSIBLE = {
    "takes a whole layer away": _without_a_layer,
    "fit no parent network of 21": lambda candidates: propose_subnetworks(
        candidates.design, candidates.masks[:, 1:], candidates.init_seeds
    ),
    r"and \(2,\) initial weights": lambda candidates: propose_subnetworks(
        candidates.design, candidates.masks, candidates.init_seeds[:2]
    ),
}


@pytest.mark.parametrize("why", IMPOSSIBLE)
def test_arrays_that_are_no_candidates_are_refused_in_one_line(why: str) -> None:
    candidates = make_candidates(design(MLP, TASK), 3)
    candidates.check()
    with pytest.raises(ConfigError, match=why) as caught:
        IMPOSSIBLE[why](candidates).check()
    assert "\n" not in str(caught.value)
