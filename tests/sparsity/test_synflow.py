"""Flow, against the rounds written out for torch's own layers."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from rule_contexts import batch, flat, given, linears, module

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.synflow import SynFlow, compute_flow

DEEP = WideResNet(depth=58, width=1)


def written_out(plain, count, rounds):
    """The published rounds: absolute weights, an input of ones, a threshold over all layers."""
    plain = copy.deepcopy(plain).eval()
    layers = linears(plain)
    size = sum(layer.weight.numel() for layer in layers)
    masks = [torch.ones_like(layer.weight) for layer in layers]
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.abs_()
    whole = [layer.weight.detach().clone() for layer in layers]
    for number in range(1, rounds + 1):
        with torch.no_grad():
            for layer, weight, mask in zip(layers, whole, masks, strict=True):
                layer.weight.copy_(weight * mask)
        plain.zero_grad()
        plain(torch.ones(1, 1, 3, 3, dtype=whole[0].dtype)).sum().backward()
        scores = flat(layer.weight.grad * layer.weight for layer in layers)
        gone = size - round(size * (count / size) ** (number / rounds))
        threshold = np.sort(scores)[gone - 1] if gone else -1.0
        kept = torch.from_numpy(scores > threshold)
        masks = [
            part.reshape(mask.shape)
            for part, mask in zip(kept.split([m.numel() for m in masks]), masks, strict=True)
        ]
    return flat(masks)


@pytest.mark.parametrize("rounds", [1, 3, 10])
def test_its_masks_are_those_of_the_rounds_written_out(rounds):
    candidates = given(sparsity=0.6)
    masks = SynFlow(rounds=rounds).start(candidates.ground, batch(candidates, 0))
    for row, count in enumerate(candidates.ground.keep_count.tolist()):
        assert int(masks[row].sum()) == count
        assert np.array_equal(masks[row].numpy(), written_out(module(candidates, row), count, rounds))


@pytest.mark.parametrize("granularity", list(Granularity))
def test_scores_of_every_layer_add_up_to_the_flow_through_the_network(granularity):
    candidates = given(granularity)
    ground = candidates.ground
    ground.weights[:] = [weight.abs() for weight in ground.weights]
    masks, ones = ground.proposed, torch.ones(1, 1, 3, 3, dtype=torch.float64)
    total = ground.logits(masks.double(), ones, False).sum((1, 2))
    assert (total > 0).all()
    found, halving = compute_flow(ground, masks, ones, 0)
    assert halving == 0
    for layer in ground.mask_space.layers:
        np.testing.assert_allclose(found[:, layer].sum(1), total, rtol=1e-12)


@pytest.mark.parametrize("granularity", list(Granularity))
def test_weights_are_restored_exactly_and_no_data_is_looked_at(granularity):
    candidates = given(granularity)
    objects, before = list(candidates.weights), [weight.clone() for weight in candidates.weights]
    masks = [
        SynFlow(rounds=5).start(candidates.ground, pair)
        for pair in (
            batch(candidates, 0),
            (torch.full((4, 1, 3, 3), torch.nan).double(), torch.zeros(4).long()),
        )
    ]
    assert torch.equal(*masks)
    for kept, weight, was in zip(objects, candidates.weights, before, strict=True):
        assert kept is weight
        assert torch.equal(weight, was)


def test_a_flow_beyond_float32_is_followed_all_the_same_digit_by_digit():
    ones = torch.ones(1, 1, 4, 4)
    narrow = given(parent=DEEP, rows=1, image=(1, 4, 4), dtype=torch.float32).ground
    wide = given(parent=DEEP, rows=1, image=(1, 4, 4)).ground
    for ground in (narrow, wide):
        ground.weights[:] = [weight.abs() for weight in ground.weights]
    everything = torch.ones_like(narrow.proposed)
    assert not narrow.logits(everything.float(), ones, False).sum().isfinite()
    found, halving = compute_flow(narrow, everything, ones, 0)
    assert found.isfinite().all()
    through = everything.double().requires_grad_()
    total = wide.logits(through, ones.double(), False).sum()
    assert total.item() > torch.finfo(torch.float32).max
    expected = torch.autograd.grad(total, through)[0].numpy()
    np.testing.assert_allclose(found.double().numpy() * 4.0**halving, expected, rtol=1e-4)


def test_a_flow_beyond_all_scales_is_refused_in_one_line_that_says_what_helps():
    deepest = given(parent=WideResNet(depth=88, width=1), rows=1, image=(1, 4, 4), dtype=torch.float32)
    before = list(deepest.weights)
    with pytest.raises(
        ConfigError, match=r"method.mask_rule is SynFlow; .* evaluator.precision=float64"
    ) as caught:
        SynFlow(rounds=2).start(deepest.ground, (torch.ones(1, 1, 4, 4), torch.zeros(1).long()))
    assert "\n" not in str(caught.value)
    assert all(a is b for a, b in zip(before, deepest.weights, strict=True))


def test_where_nothing_flows_any_more_it_still_keeps_as_many_as_are_wanted():
    candidates = given()
    for weight in candidates.weights[:2]:
        weight.zero_()
    masks = SynFlow(rounds=3).start(candidates.ground, batch(candidates, 0))
    assert torch.equal(masks.sum(1), candidates.ground.keep_count)
    assert candidates.maskable.keep_counts(masks.numpy()).min() >= 1


def test_no_rounds_at_all_are_refused():
    with pytest.raises(ConfigError, match=r"method.mask_rule.rounds is 0; it must be at least 1"):
        SynFlow(rounds=0)
