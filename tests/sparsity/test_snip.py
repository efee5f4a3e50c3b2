"""Sensitivity, against autograd over masks in torch's own layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rule_contexts import batch, flat, given, linears, module

from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.sparsity.snip import Snip, sensitivity


def plain_scores(candidates, row, granularity):
    """|dL / dm| with masks as parameters."""
    pixels, labels = batch(candidates, 2)
    x, masks = pixels.flatten(1), []
    layers = linears(module(candidates, row))
    for number, layer in enumerate(layers):
        weight = layer.weight.detach()
        if granularity is Granularity.WEIGHTS:
            masks.append(torch.ones_like(weight, requires_grad=True))
            weight = weight * masks[-1]
        x = torch.nn.functional.linear(x, weight, layer.bias.detach())
        if number < len(layers) - 1:
            x = x.relu()
            if granularity is Granularity.NODES:
                masks.append(torch.ones(x.shape[1], dtype=x.dtype, requires_grad=True))
                x = x * masks[-1]
    torch.nn.functional.cross_entropy(x, labels).backward()
    return np.abs(flat(mask.grad for mask in masks))


@pytest.mark.parametrize("granularity", list(Granularity))
def test_scores_are_the_gradients_of_the_loss_with_respect_to_masks_of_ones(granularity):
    candidates = given(granularity, rows=3)
    found = sensitivity(candidates.ground, *batch(candidates, 2)).numpy()
    for row in range(3):
        np.testing.assert_allclose(
            found[row], plain_scores(candidates, row, granularity), rtol=1e-9, atol=1e-15
        )


def test_the_highest_over_all_layers_are_kept_and_the_weights_are_left_as_they_are():
    candidates = given(sparsity=0.5)
    before = [weight.clone() for weight in candidates.weights]
    masks = Snip().start(candidates.ground, batch(candidates, 2))
    assert all(torch.equal(a, b) for a, b in zip(before, candidates.weights, strict=True))
    for row, count in enumerate(candidates.ground.keep_count.tolist()):
        scores = plain_scores(candidates, row, Granularity.WEIGHTS)
        assert set(np.flatnonzero(masks[row])) == set(np.argsort(-scores)[:count])


def test_a_candidates_choice_is_its_own_whoever_is_beside_it():
    apart = given(rows=1)
    together = given(rows=3)
    one = Snip().start(apart.ground, batch(apart, 2))
    assert torch.equal(one[0], Snip().start(together.ground, batch(together, 2))[0])
