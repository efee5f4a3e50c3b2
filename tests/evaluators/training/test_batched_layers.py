"""The words of an accelerator compute what those of a processor do; both are run here on a processor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from few_images import WRN, FewImages, design, make_candidates
from normalizing_parent_network import Normalised

from wannsearch.core.subnetworks.parent_network import ParameterKind
from wannsearch.core.subnetworks.subnetworks import Granularity
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training import batched_layers
from wannsearch.parent_networks.mlp import Mlp

TASK = FewImages(shape=(2, 6, 6))


def passed(kind: Any, parent: Any, masked: bool, training: bool) -> tuple[list[torch.Tensor], list[Any]]:
    """Outputs and gradients of three candidates; and what the normalisations have seen."""
    candidates = make_candidates(design(parent, TASK, Granularity.NODES), 3)
    maskable = candidates.design.mask_space
    drawn = zip(*(sample_initial_weights(maskable.layout, row) for row in range(3)), strict=True)
    weights = [torch.from_numpy(np.stack(parts)).double().requires_grad_() for parts in drawn]
    scales = [
        weight.numel()
        for part, weight in zip(maskable.layout.parameters, weights, strict=True)
        if part.kind is ParameterKind.SCALE
    ]
    running = batched_layers.init_batch_norm(scales, weights[0].detach())
    bits = torch.from_numpy(candidates.masks).double()
    masks = iter([bits[:, layer] for layer in maskable.layers]) if masked else None
    said = kind(3, iter(weights), masks, iter(running), training, lambda: None)
    pixels = torch.randn(7, 2, 6, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    made = parent.forward(said, said.input_image(pixels), TASK.classes)
    assert made.shape == (3, TASK.classes, 7)
    return [made, *torch.autograd.grad(made.square().sum(), weights)], running


@pytest.mark.parametrize("parent", [Mlp(layers=(9, 5)), WRN, Normalised()], ids=["mlp", "wrn", "normalised"])
@pytest.mark.parametrize("masked", [False, True], ids=["whole", "masked"])
@pytest.mark.parametrize("training", [True, False], ids=["training", "looking"])
def test_both_give_the_same_outputs_gradients_and_statistics(
    parent: Any, masked: bool, training: bool
) -> None:
    (found, seen), (expected, known) = (
        passed(kind, parent, masked, training)
        for kind in (batched_layers._AcceleratorOps, batched_layers._CpuOps)
    )
    for one, other in zip(found, expected, strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-11)
    for one, other in zip(seen, known, strict=True):
        assert torch.allclose(one.mean, other.mean)
        assert torch.allclose(one.variance, other.variance)
