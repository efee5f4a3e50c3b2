"""Who is kept, against numpy's stable order."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from rule_contexts import given, of_layer

from wannsearch.sparsity.top_k import Scope, intermediate_counts, top_k, top_k_masks

SCORES = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 0.5, 2.0, 1e30]), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None, derandomize=True)
@drawn(SCORES, st.data())
def test_the_highest_are_kept_and_of_equal_ones_the_first(scores, data):
    counts = [data.draw(st.integers(0, len(scores))) for _ in range(3)]
    rows = np.stack([np.roll(scores, shift) for shift in range(3)])
    found = top_k(torch.tensor(rows), torch.tensor(counts)).numpy()
    for row, many, mask in zip(rows, counts, found, strict=True):
        expected = np.zeros(len(row), bool)
        expected[np.argsort(-row, kind="stable")[:many]] = True
        assert np.array_equal(mask, expected)


def test_what_is_no_number_counts_as_0_and_no_more_is_kept_for_it():
    scores = torch.tensor([[torch.nan, 1.0, -1.0, torch.nan, torch.inf]])
    assert top_k(scores, torch.tensor([3])).tolist() == [[True, True, False, False, True]]


@settings(max_examples=60, deadline=None, derandomize=True)
@drawn(st.integers(0, 10**6), st.sampled_from([1.0, 1e-30, np.inf, np.nan]), st.integers(0, 2))
def test_over_all_layers_as_many_are_kept_as_in_their_sum_and_one_of_each_at_least(seed, scale, weak):
    maskable = given(sparsity=0.9).maskable
    scores = np.random.default_rng(seed).random((2, maskable.size))
    layer = of_layer(maskable)
    scores[:, layer != weak] *= scale
    scores[:, layer == weak] -= 2.0
    counts = [torch.tensor([3, 1]), torch.tensor([2, 1]), torch.tensor([4, 1])]  # 9 in all, and 3
    found = top_k_masks(torch.tensor(scores), maskable, counts, Scope.GLOBAL).numpy()
    assert found.sum(1).tolist() == [9, 3]
    assert maskable.keep_counts(found).min() >= 1
    for row, mask in zip(scores, found, strict=True):
        if np.isfinite(row).all():
            sure = {int(np.flatnonzero(layer == one)[row[layer == one].argmax()]) for one in range(3)}
            others = [place for place in np.argsort(-row) if place not in sure]
            assert set(np.flatnonzero(mask)) == sure | set(others[: mask.sum() - 3])


def test_by_layer_each_keeps_its_own_count_of_its_highest():
    maskable = given().maskable
    scores = np.random.default_rng(3).normal(size=(2, maskable.size))
    counts = [torch.tensor([3, 5]), torch.tensor([1, 30]), torch.tensor([15, 2])]
    found = top_k_masks(torch.tensor(scores), maskable, counts, Scope.LAYER).numpy()
    assert maskable.keep_counts(found).tolist() == [[3, 1, 15], [5, 30, 2]]
    for part, count in zip(maskable.layers, counts, strict=True):
        for row in range(2):
            best = np.sort(scores[row, part])[::-1][: count[row]]
            assert set(scores[row, part][found[row, part]]) == set(best)


@settings(max_examples=40, deadline=None, derandomize=True)
@drawn(st.floats(0.0, 0.99), st.floats(0.0, 1.0), st.sampled_from(list(Scope)))
def test_on_the_way_from_dense_the_wanted_count_is_the_least_and_the_last(sparsity, share, scope):
    ground = given(sparsity=sparsity).ground
    wanted, sizes = ground.keep_count_by_layer(), ground.mask_space.sizes
    if scope is Scope.GLOBAL:
        wanted, sizes = [torch.stack(wanted).sum(0)], (ground.mask_space.size,)
    for exponent in (0.0, share, 1.0):
        counts = intermediate_counts(
            ground.mask_space, ground.keep_count_by_layer(), scope, lambda d, e=exponent: d**e
        )
        for count, least, size in zip(counts, wanted, sizes, strict=True):
            expected = np.round(size * (least.numpy() / size) ** exponent)
            assert count.tolist() == np.maximum(expected, least.numpy()).tolist()
    assert all(torch.equal(count, least) for count, least in zip(counts, wanted, strict=True))
