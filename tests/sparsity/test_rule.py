"""What rules stand on, against numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from rule_contexts import given

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.methods.one_shot import OneShot
from wannsearch.methods.random_masks import LayerDistribution
from wannsearch.methods.subnetwork_sampling import InitSharing
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.dense_parent import DenseParent
from wannsearch.sparsity.rule import flatten_maskable, magnitudes, split_by_parameter
from wannsearch.sparsity.set import Set

WRN = WideResNet(depth=10, width=1)


@pytest.mark.parametrize("granularity", list(Granularity))
def test_the_wanted_number_is_what_was_proposed_layer_by_layer_and_in_all(granularity):
    ground = given(granularity, sparsity=0.7).ground
    by_layer = torch.stack(ground.keep_count_by_layer(), 1)
    assert by_layer.tolist() == ground.mask_space.keep_counts(ground.proposed.numpy()).tolist()
    assert torch.equal(by_layer.sum(1), ground.keep_count)


@pytest.mark.parametrize("parent", [Mlp(layers=(6, 5)), WRN], ids=["mlp", "wrn"])
def test_masks_over_weights_laid_on_their_parameters_and_joined_again_are_the_same(parent):
    ground = given(parent=parent, image=(1, 4, 4)).ground
    parts = split_by_parameter(ground.mask_space, ground.proposed)
    arrays = [torch.empty(0)] * len(ground.weights)
    for number, part in zip(ground.mask_space.parameter_ids, parts, strict=True):
        assert part.shape == ground.weights[number].shape
        arrays[number] = part
    assert torch.equal(flatten_maskable(ground.mask_space, arrays), ground.proposed)


def test_the_magnitude_of_a_weight_is_its_absolute_value():
    ground = given().ground
    expected = np.concatenate([np.abs(w.numpy()).reshape(2, -1) for w in ground.weights[::2]], 1)
    assert np.array_equal(magnitudes(ground.mask_space, ground.weights).numpy(), expected)


@pytest.mark.parametrize("parent", [Mlp(layers=(6, 5)), WRN], ids=["mlp", "wrn"])
def test_the_magnitude_of_a_node_is_the_norm_of_what_it_hears(parent):
    ground = given(Granularity.NODES, parent, image=(1, 4, 4)).ground
    making = [
        weight.numpy()
        for parameter, weight in zip(ground.mask_space.layout.parameters, ground.weights, strict=True)
        if parameter.out_layer is not None and weight.ndim > 2
    ]
    expected = np.concatenate([np.linalg.norm(w.reshape(*w.shape[:2], -1), axis=2) for w in making], 1)
    found = magnitudes(ground.mask_space, ground.weights).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_magnitudes_of_nodes_are_comparable_between_layers_of_any_width():
    ground = given(Granularity.NODES, Mlp(layers=(300, 100)), rows=1).ground
    found = magnitudes(ground.mask_space, ground.weights)[0]
    for layer in ground.mask_space.layers:
        assert found[layer].mean().item() == pytest.approx(np.sqrt(2), rel=0.05)


def test_a_rule_for_weights_alone_refuses_nodes_in_one_line_that_says_what_it_is_for():
    settings = OneShot(
        population_size=2, parent_network=WRN, mask_rule=DenseParent(), granularity=Granularity.NODES,
        sparsity=0.5, layer_distribution=LayerDistribution.UNIFORM, layer_sparsity=None,
        initial_weights=InitSharing.SHARED,
    )  # fmt: skip
    rule = Set(alpha=0.3, update_every=1, end_fraction=0.75)
    assert replace(settings, mask_rule=rule, granularity=Granularity.WEIGHTS).mask_rule == rule
    with pytest.raises(ConfigError, match=r"method.granularity is 'nodes'; .* Set is for weights") as caught:
        replace(settings, mask_rule=rule)
    assert "\n" not in str(caught.value)
