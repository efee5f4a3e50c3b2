"""Controls: which weights a random mask begins with."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rule_contexts import batch, given

from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.rule import split_by_parameter
from wannsearch.sparsity.static import Static, WeightInit

WRN = WideResNet(depth=10, width=1)


def started(weights, candidates):
    before = [weight.clone() for weight in candidates.weights]
    masks = Static(weights=weights).start(candidates.ground, batch(candidates, 0))
    assert torch.equal(masks, candidates.ground.proposed)
    return before


@pytest.mark.parametrize("granularity", list(Granularity))
def test_on_the_parents_weights_nothing_is_touched(granularity):
    candidates = given(granularity)
    before = started(WeightInit.UNSCALED, candidates)
    assert all(torch.equal(a, b) for a, b in zip(before, candidates.weights, strict=True))


def test_only_redrawn_weights_are_each_candidates_own():
    assert [Static(weights=start).redraws for start in WeightInit] == [False, False, True]


@pytest.mark.parametrize("parent", [Mlp(layers=(8, 5)), WRN], ids=["mlp", "wrn"])
@pytest.mark.parametrize("start", [WeightInit.HE_SCALED, WeightInit.REDRAWN])
def test_with_nodes_gone_those_that_hear_them_have_the_variance_of_what_is_left(parent, start):
    candidates = given(Granularity.NODES, parent, image=(1, 4, 4), sparsity=0.6)
    before, ground = started(start, candidates), candidates.ground
    kept = ground.mask_space.keep_counts(ground.proposed.numpy())
    for parameter, old, new in zip(ground.mask_space.layout.parameters, before, ground.weights, strict=True):
        scale = np.ones(2)
        if parameter.in_layer is not None:
            scale = np.sqrt(ground.mask_space.sizes[parameter.in_layer] / kept[:, parameter.in_layer])
        expected = old.numpy() * scale.reshape(-1, *[1] * (old.ndim - 1))
        np.testing.assert_allclose(new.numpy(), expected, rtol=1e-6)


def test_the_live_weights_of_wide_layers_have_hes_variance_for_their_live_fan_in():
    candidates = given(Granularity.NODES, Mlp(layers=(400, 300)), sparsity=0.9, rows=1)
    started(WeightInit.HE_SCALED, candidates)
    live = candidates.ground.proposed[0, :400]
    heard = candidates.weights[2][0][:, live]
    assert heard.shape == (300, 40)
    assert heard.var().item() == pytest.approx(2 / 40, rel=0.05)  # 12,000 weights: 1.3 % is one deviation


@pytest.mark.parametrize("parent", [Mlp(layers=(8, 5)), WRN], ids=["mlp", "wrn"])
def test_with_weights_gone_each_node_has_the_variance_of_its_own_live_fan_in(parent):
    candidates = given(Granularity.WEIGHTS, parent, image=(1, 4, 4), sparsity=0.8)
    before, ground = started(WeightInit.HE_SCALED, candidates), candidates.ground
    masks = dict(
        zip(
            ground.mask_space.parameter_ids,
            split_by_parameter(ground.mask_space, ground.proposed),
            strict=True,
        )
    )
    for number, (old, new) in enumerate(zip(before, ground.weights, strict=True)):
        if number not in masks:
            assert torch.equal(old, new)
            continue
        for row in range(2):
            for node in range(old.shape[1]):
                live = int(masks[number][row, node].sum())
                scale = np.sqrt(old[row, node].numel() / max(1, live))
                expected = old[row, node].numpy() * scale
                np.testing.assert_allclose(new[row, node].numpy(), expected, rtol=1e-6)
