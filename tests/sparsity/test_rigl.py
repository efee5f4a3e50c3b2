"""Growth where the loss is steepest, against torch's own layers and optimiser."""

from __future__ import annotations

import numpy as np
import torch
from rule_contexts import batch, flat, given, linears, module
from small_trainings import RECIPE, SGD, images, make_candidates

from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training.data import load_on_device
from wannsearch.evaluators.training.train_group import TrainingRun, train_group
from wannsearch.sparsity.rigl import Rigl


def test_it_grows_exactly_where_the_gradient_of_the_loss_is_largest():
    candidates = given(sparsity=0.7)
    rule = Rigl(alpha=0.6, update_every=2, end_fraction=0.75).fresh_copy()
    masks = rule.start(candidates.ground, batch(candidates, 0))
    assert torch.equal(masks, candidates.ground.proposed)
    slopes = []
    for row in range(2):
        plain, at = module(candidates, row), 0
        with torch.no_grad():
            for layer in linears(plain):
                count = layer.weight.numel()
                layer.weight *= masks[row, at : at + count].reshape(layer.weight.shape)
                at += count
        pixels, labels = batch(candidates, 4)
        torch.nn.functional.cross_entropy(plain(pixels), labels).backward()
        slopes.append(np.abs(flat(layer.weight.grad for layer in linears(plain))))
    before = [weight.clone() for weight in candidates.weights]
    after = rule.update(2, candidates.weights, candidates.gradients(masks, 4), masks)
    share = 0.3 * (1 + np.cos(np.pi * 2 / 15))
    for number, part in zip(candidates.maskable.parameter_ids, candidates.maskable.layers, strict=True):
        for row in range(2):
            live, slope = masks[row, part].numpy(), slopes[row][part]
            size = np.where(live, np.abs(before[number][row].flatten().numpy()), -1)
            stay = np.zeros_like(live)
            stay[np.argsort(-size)[: live.sum() - int(share * live.sum())]] = True
            grown = np.argsort(-np.where(stay, -1, slope), kind="stable")[: int(share * live.sum())]
            expected = stay.copy()
            expected[grown] = True
            assert int(share * live.sum()) > 0
            assert np.array_equal(after[row, part].numpy(), expected)
            assert (candidates.weights[number][row].flatten().numpy()[expected & ~live] == 0).all()
    assert torch.equal(after.sum(1), masks.sum(1))


def plainly(candidates, row, order, every, alpha):
    """RigL over one candidate, every step written out: its masks after the training."""
    data, shapes = load_on_device(images(), RECIPE), [(12, 16), (8, 12), (3, 8)]
    arrays = [
        torch.tensor(a, dtype=torch.float64)
        for a in sample_initial_weights(candidates.design.mask_space.layout, candidates.init_seeds[row])
    ]
    masks = [
        torch.tensor(candidates.masks[row, layer]).reshape(shape)
        for layer, shape in zip(candidates.design.mask_space.layers, shapes, strict=True)
    ]
    leaves = [array.requires_grad_() for array in arrays]
    optimiser = torch.optim.SGD(
        leaves, SGD.learning_rate, SGD.momentum, weight_decay=SGD.weight_decay, nesterov=True
    )
    step, steps = 0, 3 * 5
    for epoch in range(3):
        for pixels, labels in data.train_batches(order, epoch, SGD.batch_size):
            step += 1
            with torch.no_grad():
                for weight, mask in zip(leaves[::2], masks, strict=True):
                    weight *= mask
            x = pixels.flatten(1)
            for weight, bias in zip(leaves[::2], leaves[1::2], strict=True):
                x = torch.nn.functional.linear(x, weight, bias)
                x = x.relu() if len(weight) != 3 else x
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(x, labels).backward()
            dense = [weight.grad.abs() for weight in leaves[::2]]
            for weight, mask in zip(leaves[::2], masks, strict=True):
                weight.grad = weight.grad * mask
            optimiser.step()
            last = 0.75 * steps
            if step % every or step >= last:
                continue
            share = alpha / 2 * (1 + np.cos(np.pi * step / last))
            for number, slope in enumerate(dense):
                weight, mask = leaves[2 * number], masks[number]
                many = int(share * mask.sum())
                stay = mask.clone().flatten()
                stay[torch.where(mask, weight.abs(), torch.inf).flatten().argsort()[:many]] = False
                grown = torch.where(stay, -1.0, slope.flatten()).argsort(descending=True)[:many]
                stay[grown] = True
                masks[number] = stay.reshape(mask.shape)
                new = masks[number] & ~mask
                with torch.no_grad():
                    weight[new] = 0.0
                optimiser.state[weight]["momentum_buffer"] *= masks[number] & ~new
    return flat(masks)


def test_a_whole_training_ends_with_the_masks_of_one_written_out_in_torch():
    candidates = make_candidates(Rigl(alpha=0.6, update_every=2, end_fraction=0.75))
    plan = TrainingRun(lambda epoch: 11, None, evaluate_test=False, return_weights=False)
    found = train_group(
        candidates, load_on_device(images(), RECIPE), RECIPE, plan, lambda: None, lambda: None
    ).masks
    for row in range(len(candidates)):
        assert (found[row] != candidates.masks[row]).sum() > 20
        assert np.array_equal(found[row], plainly(candidates, row, 11, 2, 0.6))
