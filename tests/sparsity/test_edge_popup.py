"""Scores against a straight-through estimator and torch's own optimiser."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from rule_contexts import batch, flat, given, linears, module
from small_trainings import RECIPE, images, make_candidates

from wannsearch.core.errors import ConfigError
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training.data import load_on_device
from wannsearch.evaluators.training.train_group import TrainingRun, train_group
from wannsearch.parent_networks.wide_resnet import WideResNet
from wannsearch.sparsity.edge_popup import EdgePopup, FrozenWeights, layer_fan_ins

SETTINGS = {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4}


def rule(weights=FrozenWeights.NORMAL, **changed):
    return EdgePopup(weights=weights, **(SETTINGS | changed)).fresh_copy()


class Chosen(torch.autograd.Function):
    """1 for the highest, 0 for the others; the gradient as if there were no choice."""

    @staticmethod
    def forward(ctx, scores, count):
        masks = torch.zeros_like(scores)
        masks.view(-1)[scores.flatten().argsort(descending=True)[:count]] = 1.0
        return masks

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


@pytest.mark.parametrize("weights", list(FrozenWeights))
def test_its_masks_are_those_of_a_straight_through_estimator_under_torchs_sgd(weights):
    candidates = given(sparsity=0.6, steps=20)
    own = rule(weights)
    masks = own.start(candidates.ground, batch(candidates, 0))
    for row in range(2):
        plain, scores, counts = module(candidates, row), [], []
        starts = own._state[0].scores[row].clone()
        for layer, part in zip(linears(plain), candidates.maskable.layers, strict=True):
            scores.append(starts[part].reshape(layer.weight.shape).clone().requires_grad_())
            counts.append(int(candidates.ground.proposed[row, part].sum()))
        optimiser = torch.optim.SGD(scores, 0.1, momentum=0.9, weight_decay=1e-4)
        expected = []
        for step in range(1, 13):
            optimiser.param_groups[0]["lr"] = 0.1 * 0.5 * (1 + math.cos(math.pi * (step - 1) / 20))
            pixels, labels = batch(candidates, step)
            x = pixels.flatten(1)
            for number, layer in enumerate(linears(plain)):
                mask = Chosen.apply(scores[number].abs(), counts[number])
                x = torch.nn.functional.linear(x, layer.weight.detach() * mask, layer.bias.detach())
                x = x.relu() if number < 2 else x
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(x, labels).backward()
            optimiser.step()
            parts = zip(scores, counts, strict=True)
            expected.append(flat(Chosen.apply(s.detach().abs(), c) for s, c in parts) > 0)
        again, now = rule(weights), masks
        untouched = given(sparsity=0.6, steps=20, rule=again)
        again.start(untouched.ground, batch(untouched, 0))
        for step in range(1, 13):
            now = again.update(step, untouched.weights, untouched.gradients(now, step), now)
            assert np.array_equal(now[row].numpy(), expected[step - 1])
        found = again._state[0].scores[row].numpy()
        np.testing.assert_allclose(found, flat(scores), rtol=1e-9)
        assert not torch.equal(now[row], masks[row])


@pytest.mark.parametrize("granularity", list(Granularity))
def test_scores_begin_evenly_between_minus_and_plus_one_over_the_root_of_the_fan_in(granularity):
    candidates = given(granularity, rows=300)
    own = rule()
    own.start(candidates.ground, batch(candidates, 0))
    scores = own._state[0].scores
    fans = [9, 6, 5] if granularity is Granularity.WEIGHTS else [9, 6]
    assert layer_fan_ins(candidates.maskable) == fans
    for part, fan_in in zip(candidates.maskable.layers, fans, strict=True):
        bound = 1 / math.sqrt(fan_in)
        found = scores[:, part]
        assert found.abs().max() <= bound
        assert found.mean().item() == pytest.approx(0, abs=0.05 * bound)
        assert found.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)


def test_the_fan_in_of_a_residual_networks_nodes_is_that_of_the_convolution_that_makes_them():
    maskable = given(Granularity.NODES, WideResNet(depth=10, width=1), image=(1, 4, 4)).maskable
    assert layer_fan_ins(maskable) == [16 * 9, 16 * 9, 32 * 9]


@pytest.mark.parametrize("granularity", list(Granularity))
def test_the_highest_scores_of_each_layer_are_chosen_first(granularity):
    candidates = given(granularity)
    own = rule()
    masks = own.start(candidates.ground, batch(candidates, 0))
    size = own._state[0].scores.abs()
    for part, count in zip(candidates.maskable.layers, candidates.ground.keep_count_by_layer(), strict=True):
        for row in range(2):
            assert int(masks[row, part].sum()) == count[row]
            rest = size[row, part][~masks[row, part]]
            assert size[row, part][masks[row, part]].min() > rest.max()


@pytest.mark.parametrize("weights", list(FrozenWeights))
def test_after_a_whole_training_every_live_weight_is_as_it_was_drawn(weights):
    candidates = make_candidates(rule(weights))
    plan = TrainingRun(lambda epoch: 11, None, evaluate_test=False, return_weights=True)
    done = train_group(candidates, load_on_device(images(), RECIPE), RECIPE, plan, lambda: None, lambda: None)
    maskable = candidates.design.mask_space
    assert (done.masks != candidates.masks).any(1).all()
    for row in range(len(candidates)):
        drawn = sample_initial_weights(maskable.layout, candidates.init_seeds[row])
        for number, part in zip(maskable.parameter_ids, maskable.layers, strict=True):
            expected = drawn[number].astype(np.float64)
            if weights is FrozenWeights.SIGNED_CONSTANT:
                expected = np.sign(expected) * np.sqrt(2 / expected.shape[1])
            mask = done.masks[row, part].reshape(expected.shape)
            np.testing.assert_allclose(done.weights[number][row], expected * mask, rtol=1e-15)
        for bias in done.weights[1::2]:
            assert not bias.any()


@pytest.mark.parametrize(
    ("name", "value"), [("learning_rate", -1.0), ("momentum", 1.5), ("weight_decay", -1.0)]
)
def test_settings_that_make_no_sense_are_refused_in_one_line_that_names_them(name, value):
    with pytest.raises(ConfigError, match=rf"method.mask_rule.{name} is {value}; it must"):
        rule(**{name: value})
