from __future__ import annotations

import pytest
import torch
from rule_contexts import batch, given

from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.sparsity.dense_parent import DenseParent


@pytest.mark.parametrize("granularity", list(Granularity))
def test_everything_is_kept_on_the_initial_weights(granularity):
    candidates = given(granularity)
    before = [weight.clone() for weight in candidates.weights]
    masks = DenseParent().start(candidates.ground, batch(candidates, 0))
    assert masks.dtype == torch.bool
    assert masks.shape == candidates.ground.proposed.shape
    assert masks.all()
    assert all(torch.equal(a, b) for a, b in zip(before, candidates.weights, strict=True))
