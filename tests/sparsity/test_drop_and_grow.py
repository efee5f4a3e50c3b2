"""The step that SET and RigL share, against a loop in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from rule_contexts import given

from wannsearch.core.errors import ConfigError
from wannsearch.sparsity.drop_and_grow import drop_and_grow, drop_fraction
from wannsearch.sparsity.rigl import Rigl
from wannsearch.sparsity.set import Set


def test_the_share_falls_as_a_cosine_at_every_so_many_steps_until_the_end():
    shares = [drop_fraction(step, 400, 0.3, 50, 0.75) for step in range(1, 401)]
    for step, share in enumerate(shares, start=1):
        due = step in (50, 100, 150, 200, 250)  # 300 is the end
        assert share == pytest.approx(0.15 * (1 + np.cos(np.pi * step / 300)) if due else 0.0)


@settings(max_examples=40, deadline=None, derandomize=True)
@drawn(st.integers(0, 10**6), st.floats(0.01, 1.0), st.floats(0.0, 0.95))
def test_it_drops_the_smallest_and_grows_the_highest_of_those_that_are_then_not_live(seed, share, sparsity):
    candidates = given(sparsity=sparsity)
    maskable, masks = candidates.maskable, candidates.ground.proposed
    growth = torch.tensor(np.random.default_rng(seed).random(masks.shape))
    before = [weight.clone() for weight in candidates.weights]
    found = drop_and_grow(maskable, masks, candidates.weights, share, growth)
    for number, layer in zip(maskable.parameter_ids, maskable.layers, strict=True):
        for row in range(2):
            weight = before[number][row].flatten().numpy()
            live, score = masks[row, layer].numpy(), growth[row, layer].numpy()
            many = int(share * live.sum())
            by_size = sorted(np.flatnonzero(live), key=lambda place: abs(weight[place]))
            stay = set(by_size[many:])
            free = sorted(set(range(len(weight))) - stay, key=lambda place: -score[place])
            expected = stay | set(free[:many])
            assert set(np.flatnonzero(found[row, layer])) == expected
            now = candidates.weights[number][row].flatten().numpy()
            for place in range(len(weight)):
                new = place in expected and not live[place]
                assert now[place] == (0.0 if new else weight[place])


@pytest.mark.parametrize("kind", [Set, Rigl])
@pytest.mark.parametrize(
    ("name", "value"), [("alpha", 1.5), ("alpha", -0.1), ("update_every", 0), ("end_fraction", 2.0)]
)
def test_settings_that_make_no_sense_are_refused_in_one_line_that_names_them(kind, name, value):
    with pytest.raises(ConfigError, match=rf"method.mask_rule.{name} is {value}; it must"):
        kind(**({"alpha": 0.3, "update_every": 10, "end_fraction": 0.75} | {name: value}))
