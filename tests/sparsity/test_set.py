"""Growth at random, counted."""

from __future__ import annotations

import torch
from rule_contexts import batch, given
from scipy.stats import chisquare

from wannsearch.sparsity.rule import Gradients
from wannsearch.sparsity.set import Set

NOTHING = Gradients([], None)
RULE = Set(alpha=0.5, update_every=5, end_fraction=1.0)


def changed(candidates, step):
    rule = RULE.fresh_copy()
    masks = rule.start(candidates.ground, batch(candidates, 0))
    assert torch.equal(masks, candidates.ground.proposed)
    return rule.update(step, candidates.weights, NOTHING, masks)


def test_every_weight_that_may_grow_is_as_likely_as_any_other():
    candidates = given(rows=600, sparsity=0.8)
    layer = candidates.maskable.layers[0]
    candidates.ground.proposed[:] = candidates.ground.proposed[0]
    for weight in candidates.weights:
        weight[:] = weight[0]
    before, after = candidates.ground.proposed[:, layer], changed(candidates, 5)[:, layer]
    free = ~after.all(0) & ~(before & after).all(0)  # neither kept by all: dropped, or never live
    grown = after[:, free].sum(0)
    assert len(grown) > 40
    assert chisquare(grown.numpy()).pvalue > 1e-3


def test_rows_grow_apart_and_so_does_another_step():
    candidates = given(rows=2, sparsity=0.8)
    candidates.ground.proposed[1] = candidates.ground.proposed[0]
    for weight in candidates.weights:
        weight[1] = weight[0]
    first = changed(candidates, 5)
    assert not torch.equal(first[0], first[1])
    again = given(rows=2, sparsity=0.8)
    again.ground.proposed[1] = again.ground.proposed[0]
    for weight in again.weights:
        weight[1] = weight[0]
    assert torch.equal(first, changed(again, 5))
    assert not torch.equal(first, changed(again, 10))


def test_between_its_steps_and_after_the_last_nothing_changes():
    candidates = given(steps=20)
    rule = Set(alpha=0.5, update_every=5, end_fraction=0.5).fresh_copy()
    masks = rule.start(candidates.ground, batch(candidates, 0))
    for step in (1, 4, 6, 10, 15, 20):
        assert rule.update(step, candidates.weights, NOTHING, masks) is masks
    assert rule.update(5, candidates.weights, NOTHING, masks) is not masks


def test_each_layer_keeps_its_count():
    candidates = given(sparsity=0.7)
    for masks in (candidates.ground.proposed, changed(candidates, 5)):
        expected = torch.stack(candidates.ground.keep_count_by_layer(), 1).tolist()
        assert candidates.maskable.keep_counts(masks.numpy()).tolist() == expected
