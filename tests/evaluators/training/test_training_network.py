"""Masked and physically smaller networks are the same network, in outputs and gradients."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from few_images import MLP, WRN, FewImages, design, make_candidates
from test_plain_torch import PARENTS, RULES, Unmoved, cut, kept, smaller

from wannsearch.core.subnetworks.parent_network import ParameterKind
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, Subnetworks, propose_subnetworks
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training.network import BatchedNetwork, build_network

TASK = FewImages(shape=(2, 6, 6))


def networks(candidates: Subnetworks, dtype: torch.dtype = torch.float64) -> BatchedNetwork:
    drawn = [
        sample_initial_weights(candidates.design.mask_space.layout, number)
        for number in candidates.init_seeds
    ]
    weights = [torch.from_numpy(np.stack(parts)).to(dtype) for parts in zip(*drawn, strict=True)]
    return build_network(candidates.design, TASK.classes, weights, torch.from_numpy(candidates.masks))


def several(of: Design, shares: list[float]) -> Subnetworks:
    """Candidates on initial weights of their own, each keeping another share."""
    parts = [make_candidates(of, 1, share, seed=row, init=row) for row, share in enumerate(shares)]
    return propose_subnetworks(
        of,
        np.concatenate([part.masks for part in parts]),
        np.concatenate([part.init_seeds for part in parts]),
    )


def images(count: int = 20) -> tuple[torch.Tensor, torch.Tensor]:
    draws = np.random.default_rng(2)
    return torch.from_numpy(draws.normal(size=(count, 2, 6, 6))), torch.from_numpy(
        draws.integers(0, 4, count)
    )


class Drawn(Unmoved):
    """Its weights stay as they were drawn, those that are masked too."""

    trains_weights: ClassVar[bool] = False


SHARES = {"alike": [0.4, 0.4, 0.4], "not alike": [0.2, 0.9, 0.5]}


@PARENTS
@RULES
@pytest.mark.parametrize("shares", SHARES)
def test_outputs_and_gradients_of_live_weights_are_the_smaller_networks(
    parent: Any, rule: Any, shares: str
) -> None:
    candidates = several(design(parent, TASK, rule=rule), SHARES[shares])
    ours, (pixels, labels) = networks(candidates), images()
    outputs = ours.logits(pixels, True)
    gradients = ours.compute_gradients(pixels, labels, False).weights
    live = ours.live_masks()
    for row in range(len(candidates)):
        module = smaller(candidates, row, TASK).train()
        made = module(pixels)
        assert torch.allclose(outputs[row], made, rtol=1e-10, atol=1e-12)
        torch.nn.functional.cross_entropy(made, labels).backward()
        found = [gradient[row].numpy() for gradient in gradients]
        if live is not None:  # whole, with a mask
            found = cut(candidates.design, found, kept(candidates, row))
        for gradient, parameter in zip(found, module.ordered, strict=True):
            assert np.allclose(gradient, parameter.grad.numpy(), rtol=1e-9, atol=1e-12)


@PARENTS
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
def test_in_use_after_training_they_are_the_same_too(parent: Any, dtype: torch.dtype) -> None:
    candidates = make_candidates(design(parent, TASK), 2)
    ours, (pixels, _) = networks(candidates, dtype), images()
    plain = [smaller(candidates, row, TASK).train() for row in range(2)]
    for module in plain:
        module(pixels)  # statistics of a batch
    ours.logits(pixels.to(dtype), True)
    tolerance = 1e-10 if dtype is torch.float64 else 1e-4
    for row, module in enumerate(plain):
        made = module.eval()(pixels)
        assert torch.allclose(
            ours.logits(pixels.to(dtype), False)[row].double(), made, rtol=0, atol=tolerance
        )


@PARENTS
@RULES
def test_the_whole_network_has_its_live_weights_in_place_and_nothing_else(parent: Any, rule: Any) -> None:
    candidates = make_candidates(design(parent, TASK, rule=rule), 3)
    drawn = sample_initial_weights(candidates.design.mask_space.layout, candidates.init_seeds[0])
    whole = networks(candidates).full_weights()
    for row in range(3):
        left = kept(candidates, row)
        back = cut(candidates.design, [array[row] for array in whole], left)
        for array, expected in zip(back, cut(candidates.design, drawn, left), strict=True):
            assert np.array_equal(array, expected)
        live = candidates.live_parameters[row]
        zero = sum(part.size for part in drawn) - sum(np.count_nonzero(part[row]) for part in whole)
        assert zero >= candidates.design.mask_space.layout.size - live


@pytest.mark.parametrize("parent", [MLP, WRN], ids=["mlp", "wrn"])
def test_a_mask_over_weights_multiplies_them(parent: Any) -> None:
    candidates = make_candidates(design(parent, TASK, Granularity.WEIGHTS), 2, share=0.3)
    ours, (pixels, labels) = networks(candidates), images()
    maskable, plan = candidates.design.mask_space, candidates.design.mask_space.layout
    every = np.ones_like(candidates.masks)
    for row in range(2):
        arrays = [
            array.astype(np.float64) for array in sample_initial_weights(plan, candidates.init_seeds[row])
        ]
        for number, bits in zip(maskable.parameter_ids, maskable.layers, strict=True):
            assert plan.parameters[number].kind is ParameterKind.WEIGHT
            arrays[number] = arrays[number] * candidates.masks[row, bits].reshape(arrays[number].shape)
        dense = build_network(
            candidates.design,
            4,
            [torch.from_numpy(array)[None] for array in arrays],
            torch.from_numpy(every[:1]),
        )
        assert torch.allclose(ours.logits(pixels, True)[row], dense.logits(pixels, True)[0], rtol=1e-10)
        found = ours.compute_gradients(pixels, labels, False).weights
        expected = dense.compute_gradients(pixels, labels, False).weights
        for one, other in zip(found, expected, strict=True):
            assert torch.allclose(one[row], other[0], rtol=1e-8, atol=1e-12)


@PARENTS
@pytest.mark.parametrize("granularity", list(Granularity), ids=lambda of: of.value)
def test_the_gradient_of_a_mask_is_the_slope_of_the_loss_along_it(
    parent: Any, granularity: Granularity
) -> None:
    candidates = make_candidates(design(parent, TASK, granularity, Drawn()), 2)
    ours, (pixels, labels) = networks(candidates), images()
    for weight in ours.weights:
        weight += 0.01  # with biases of 0 some nodes would stand on the very edge of their ReLU
    slopes = ours.compute_gradients(pixels, labels, True).masks
    assert slopes.shape == candidates.masks.shape
    masks, step = torch.from_numpy(candidates.masks).double(), 1e-6

    def losses(moved: torch.Tensor) -> torch.Tensor:
        made = ours.logits_with_masks(moved, pixels, True)
        return torch.stack([torch.nn.functional.cross_entropy(part, labels) for part in made])

    for bit in np.random.default_rng(0).choice(candidates.masks.shape[1], 8, replace=False):
        moved = torch.zeros_like(masks)
        moved[:, bit] = step
        expected = (losses(masks + moved) - losses(masks - moved)) / (2 * step)
        assert torch.allclose(slopes[:, bit], expected, rtol=1e-4, atol=1e-7)
