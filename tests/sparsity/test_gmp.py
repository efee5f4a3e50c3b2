"""Gradual pruning, against its formula in numpy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from rule_contexts import batch, given, stirred

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.sparsity.gmp import Gmp, scheduled_sparsity
from wannsearch.sparsity.rule import Gradients, magnitudes
from wannsearch.sparsity.top_k import Scope

NOTHING = Gradients([], None)


def trained(candidates, begin=0.1, end=0.75, every=3, scope=Scope.GLOBAL):
    """Masks before the first step and after each, and the weights that they chose from."""
    gmp = Gmp(begin_fraction=begin, end_fraction=end, update_every=every, scope=scope).fresh_copy()
    masks = gmp.start(candidates.ground, batch(candidates, 0))
    history = [(masks, None)]
    for step in range(1, candidates.ground.steps + 1):
        stirred(candidates.weights, step)
        masks = gmp.update(step, candidates.weights, NOTHING, masks)
        history.append((masks, magnitudes(candidates.maskable, candidates.weights).numpy()))
    return history


@settings(max_examples=60, deadline=None, derandomize=True)
@drawn(st.integers(0, 500), st.integers(1, 500), st.floats(0, 1), st.integers(0, 1200))
def test_the_sparsity_of_a_step_is_that_of_the_formula(first, span, final, step):
    t, t0, t1 = max(step, first), first, first + span
    expected = final if t >= t1 else final + (0.0 - final) * (1 - (t - t0) / (t1 - t0)) ** 3
    found = scheduled_sparsity(step, first, first + span, torch.tensor([final], dtype=torch.float64))
    assert found.item() == pytest.approx(expected, abs=1e-12)


def test_at_every_so_many_steps_as_many_are_left_as_the_formula_says_and_between_nothing_changes():
    candidates = given(steps=40, sparsity=0.8)
    history = trained(candidates)  # t0 = 4, t1 = 30
    size, wanted = candidates.maskable.size, candidates.ground.keep_count.numpy()
    final = 1 - wanted / size
    for step in range(1, 41):
        masks, before = history[step][0], history[step - 1][0]
        if step in range(4, 30, 3):
            sparsity = final - final * (1 - (step - 4) / 26) ** 3
            assert np.array_equal(masks.sum(1).numpy(), np.round(size * (1 - sparsity)))
        elif step != 30:
            assert masks is before
    assert all(np.array_equal(masks.sum(1).numpy(), wanted) for masks, _ in history[30:])
    assert history[0][0].all()


@pytest.mark.parametrize("granularity", list(Granularity))
@pytest.mark.parametrize("scope", list(Scope))
def test_the_smallest_of_those_that_are_left_go_and_stay_gone(granularity, scope):
    candidates = given(granularity, steps=40, sparsity=0.7)
    parts = candidates.maskable.layers if scope is Scope.LAYER else [slice(None)]
    history = trained(candidates, scope=scope)
    changed = 0
    for (old, _), (new, strength) in pairwise(history):
        went = (old & ~new).numpy()
        assert not (new & ~old).any()
        sure = np.zeros_like(went)  # the strongest of each layer stays in any case
        for layer in candidates.maskable.layers:
            strongest = np.where(old.numpy(), strength, -1)[:, layer].argmax(1)
            np.put_along_axis(sure[:, layer], strongest[:, None], True, 1)
        for row in range(2):
            for part in parts:
                stays = (new.numpy() & ~sure)[row, part]
                if went[row, part].any() and stays.any():
                    changed += 1
                    assert strength[row, part][stays].min() > strength[row, part][went[row, part]].max()
    assert changed


def test_by_layer_each_ends_with_its_own_wanted_count():
    candidates = given(steps=40, sparsity=0.8)
    masks = trained(candidates, scope=Scope.LAYER)[-1][0]
    expected = torch.stack(candidates.ground.keep_count_by_layer(), 1)
    assert candidates.maskable.keep_counts(masks.numpy()).tolist() == expected.tolist()


@pytest.mark.parametrize(("begin", "end"), [(0.0, 0.0), (0.5, 0.5), (0.0, 1.0), (1.0, 1.0)])
def test_wherever_it_begins_and_ends_it_ends_at_the_wanted_count(begin, end):
    candidates = given(steps=20)
    history = trained(candidates, begin=begin, end=end, every=7)
    assert torch.equal(history[-1][0].sum(1), candidates.ground.keep_count)
    assert history[max(1, round(20 * end)) - 1][0].sum(1).min() > candidates.ground.keep_count.max()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"begin_fraction": 0.8}, "must not be above end_fraction"),
        ({"end_fraction": 1.5}, "0..1"),
        ({"update_every": 0}, "1"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line_that_names_them(changed, said):
    name = next(iter(changed))
    with pytest.raises(ConfigError, match=rf"method.mask_rule.{name} is .*{said}"):
        Gmp(
            **(
                {"begin_fraction": 0.1, "end_fraction": 0.75, "update_every": 3, "scope": Scope.GLOBAL}
                | changed
            )
        )
