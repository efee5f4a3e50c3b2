"""Pruning with rewinding, against numpy's order of magnitudes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from rule_contexts import batch, given, stirred

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.sparsity.imp import Imp
from wannsearch.sparsity.rule import Gradients, magnitudes
from wannsearch.sparsity.top_k import Scope

NOTHING = Gradients([], None)


def rule(rounds=4, rewind_steps=0, scope=Scope.GLOBAL):
    return Imp(rounds=rounds, rewind_steps=rewind_steps, scope=scope).fresh_copy()


def trained(imp, candidates):
    """Masks, and weights before and after them, at the end of every training of 5 stirred steps."""
    ground, ends, step = candidates.ground, [], 0
    masks = imp.start(ground, batch(candidates, 0))
    for _ in range(imp.num_trainings):
        for _ in range(ground.steps):
            step += 1
            stirred(ground.weights, step)
            before = [weight.clone() for weight in ground.weights]
            masks = imp.update(step, ground.weights, NOTHING, masks)
        ends.append((masks, before, [weight.clone() for weight in ground.weights]))
    return ends


def test_every_training_but_the_last_ends_with_the_same_share_of_what_is_left():
    candidates = given(steps=5, sparsity=0.7)
    wanted, size = candidates.ground.keep_count.numpy(), candidates.maskable.size
    counts = [masks.sum(1).numpy() for masks, *_ in trained(rule(), candidates)]
    for number, count in enumerate(counts[:-1], start=1):
        assert np.array_equal(count, np.round(size * (wanted / size) ** (number / 3)))
    assert np.array_equal(counts[-2], wanted)
    assert np.array_equal(counts[-1], wanted)


def test_eight_trainings_to_a_density_of_point_8_to_the_7th_drop_the_published_fifth_each_time():
    size = given().maskable.size
    candidates = given(steps=5, sparsity=1 - 0.8**7)
    counts = [size, *(int(masks.sum(1)[0]) for masks, *_ in trained(rule(8), candidates)[:-1])]
    for before, after in pairwise(counts):
        assert after == pytest.approx(0.8 * before, abs=1.5)


@pytest.mark.parametrize("granularity", list(Granularity))
def test_the_smallest_of_those_that_are_left_go_and_stay_gone(granularity):
    candidates = given(granularity, steps=5)
    left = np.ones((2, candidates.maskable.size), bool)
    for masks, before, _ in trained(rule(scope=Scope.LAYER), candidates):
        strength = magnitudes(candidates.maskable, before).numpy()
        now = masks.numpy()
        assert not (now & ~left).any()
        for row in range(2):
            for layer in candidates.maskable.layers:
                stays, went = now[row, layer], (left & ~now)[row, layer]
                if went.any():
                    assert strength[row, layer][stays].min() > strength[row, layer][went].max()
        left = now


def test_over_all_layers_the_smallest_weights_go_wherever_they_are():
    candidates = given(steps=5, sparsity=0.3)
    masks, before, _ = trained(rule(2), candidates)[0]
    strength = magnitudes(candidates.maskable, before).numpy()
    for row, mask in zip(strength, masks.numpy(), strict=True):
        assert set(row[mask]) == set(np.sort(row)[::-1][: mask.sum()])


@pytest.mark.parametrize("rewind_steps", [0, 1, 3, 4])
def test_after_each_training_but_the_last_all_weights_are_exactly_what_they_were_after_k_steps(rewind_steps):
    candidates = given(steps=5)
    early = [weight.clone() for weight in candidates.weights]
    for step in range(1, rewind_steps + 1):
        stirred(early, step)
    ends = trained(rule(rewind_steps=rewind_steps), candidates)
    for _, _, after in ends[:-1]:
        assert all(torch.equal(a, b) for a, b in zip(early, after, strict=True))
    _, before, after = ends[-1]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_two_trainings_side_by_side_have_memories_of_their_own():
    settings = Imp(rounds=2, rewind_steps=0, scope=Scope.GLOBAL)
    one, other = given(steps=5), given(steps=5, rows=3)
    first, second = settings.fresh_copy(), settings.fresh_copy()
    first.start(one.ground, batch(one, 0))
    second.start(other.ground, batch(other, 0))
    masks = first.update(5, one.weights, NOTHING, torch.ones_like(one.ground.proposed))
    assert masks.shape == one.ground.proposed.shape


def test_settings_that_make_no_sense_are_refused_in_one_line_that_names_them():
    with pytest.raises(ConfigError, match=r"method.mask_rule.rounds is 1; it must be at least 2"):
        rule(rounds=1)
    with pytest.raises(ConfigError, match=r"method.mask_rule.rewind_steps is -1"):
        rule(rewind_steps=-1)
    candidates = given(steps=5)
    with pytest.raises(ConfigError, match=r"method.mask_rule.rewind_steps is 5; a training has 5 steps"):
        rule(rewind_steps=5).start(candidates.ground, batch(candidates, 0))
