"""What rules stand on, against numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from grounds import given

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.methods.one_shot import OneShot
from wannsearch.methods.random_masks import Shares
from wannsearch.methods.subnetwork_sampling import Initial
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.dense_parent import DenseParent
from wannsearch.sparsity.rule import laid, magnitudes, maskable_weights
from wannsearch.sparsity.set import Set

WRN = WideResNet(depth=10, width=1)


@pytest.mark.parametrize("granularity", list(Granularity))
def test_the_wanted_number_is_what_was_proposed_layer_by_layer_and_in_all(granularity):
    ground = given(granularity, sparsity=0.7).ground
    by_layer = torch.stack(ground.layers_wanted(), 1)
    assert by_layer.tolist() == ground.maskable.kept(ground.proposed.numpy()).tolist()
    assert torch.equal(by_layer.sum(1), ground.wanted)


@pytest.mark.parametrize("parent", [Mlp(layers=(6, 5)), WRN], ids=["mlp", "wrn"])
def test_masks_over_weights_laid_on_their_parameters_and_joined_again_are_the_same(parent):
    ground = given(parent=parent, image=(1, 4, 4)).ground
    parts = laid(ground.maskable, ground.proposed)
    arrays = [torch.empty(0)] * len(ground.weights)
    for number, part in zip(ground.maskable.parameters, parts, strict=True):
        assert part.shape == ground.weights[number].shape
        arrays[number] = part
    assert torch.equal(maskable_weights(ground.maskable, arrays), ground.proposed)


def test_the_magnitude_of_a_weight_is_its_absolute_value():
    ground = given().ground
    expected = np.concatenate([np.abs(w.numpy()).reshape(2, -1) for w in ground.weights[::2]], 1)
    assert np.array_equal(magnitudes(ground.maskable, ground.weights).numpy(), expected)


@pytest.mark.parametrize("parent", [Mlp(layers=(6, 5)), WRN], ids=["mlp", "wrn"])
def test_the_magnitude_of_a_node_is_the_norm_of_what_it_hears(parent):
    ground = given(Granularity.NODES, parent, image=(1, 4, 4)).ground
    making = [
        weight.numpy()
        for parameter, weight in zip(ground.maskable.plan.parameters, ground.weights, strict=True)
        if parameter.gives is not None and weight.ndim > 2
    ]
    expected = np.concatenate([np.linalg.norm(w.reshape(*w.shape[:2], -1), axis=2) for w in making], 1)
    found = magnitudes(ground.maskable, ground.weights).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_magnitudes_of_nodes_are_comparable_between_layers_of_any_width():
    ground = given(Granularity.NODES, Mlp(layers=(300, 100)), rows=1).ground
    found = magnitudes(ground.maskable, ground.weights)[0]
    for layer in ground.maskable.layers:
        assert found[layer].mean().item() == pytest.approx(np.sqrt(2), rel=0.05)


def test_a_rule_for_weights_alone_refuses_nodes_in_one_line_that_says_what_it_is_for():
    settings = OneShot(
        population_size=2, parent=WRN, rule=DenseParent(), granularity=Granularity.NODES,
        sparsity=0.5, shares=Shares.UNIFORM, layer_sparsity=None, init=Initial.PARENT,
    )  # fmt: skip
    rule = Set(alpha=0.3, every=1, end=0.75)
    assert replace(settings, rule=rule, granularity=Granularity.WEIGHTS).rule == rule
    with pytest.raises(ConfigError, match=r"method.granularity is 'nodes'; .* Set is for weights") as caught:
        replace(settings, rule=rule)
    assert "\n" not in str(caught.value)
