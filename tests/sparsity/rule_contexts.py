"""Small candidates as a trainer hands them to a rule, and the same networks as torch.nn has them."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from torch import nn

from wannsearch.core.ports import Ports
from wannsearch.core.streams import Stream
from wannsearch.core.subnetworks.parent_network import trace
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, MaskSpace
from wannsearch.core.subnetworks.weight_init import sample_initial_weights
from wannsearch.evaluators.training.network import BatchedNetwork
from wannsearch.methods.random_masks import LayerDistribution, layer_keep_counts, sample_masks
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.sparsity.rule import Gradients, MaskRule, RuleContext

CLASSES = 3
SMALL = Mlp(layers=(6, 5))


@dataclass(frozen=True)
class Given:
    """P candidates, each with initial weights and masks of its own, and their network."""

    ground: RuleContext
    network: BatchedNetwork

    @property
    def weights(self) -> list[torch.Tensor]:
        return self.ground.weights

    @property
    def maskable(self) -> MaskSpace:
        return self.ground.mask_space

    def gradients(self, masks: torch.Tensor, seed: int) -> Gradients:
        """Of a batch, as a trainer finds them."""
        self.network.apply_masks(masks)
        return self.network.compute_gradients(*batch(self, seed), True)


def given(
    granularity: Granularity = Granularity.WEIGHTS,
    parent: Any = SMALL,
    *,
    rows: int = 2,
    sparsity: float = 0.6,
    steps: int = 20,
    image: tuple[int, int, int] = (1, 3, 3),
    dtype: torch.dtype = torch.float64,
    rule: MaskRule | None = None,
) -> Given:
    ports = Ports(prod(image), CLASSES, ("relu",), image_shape=image)
    maskable = MaskSpace(trace(parent, ports), granularity)
    arrays = zip(*(sample_initial_weights(maskable.layout, row) for row in range(rows)), strict=True)
    weights = [torch.from_numpy(np.stack(parts)).to(dtype) for parts in arrays]
    counts = layer_keep_counts(maskable, sparsity, LayerDistribution.UNIFORM, None)
    key = Stream(np.array([5, 8], np.uint64))
    proposed = torch.from_numpy(sample_masks(maskable, counts, rows, key))
    network = BatchedNetwork(Design(parent, maskable, rule or MaskRule()), CLASSES, weights, proposed, [])
    network.reset_batch_norm()

    def draws(purpose: int, like: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(key.for_purpose(1000 + purpose).uniform(rows, like.shape[1]))

    return Given(RuleContext(maskable, proposed, weights, steps, network.logits_with_masks, draws), network)


def batch(of: Given, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """16 images for the 3 x 3 candidates."""
    torch_rng = torch.Generator().manual_seed(seed)
    pixels = torch.randn(16, 1, 3, 3, generator=torch_rng, dtype=torch.float64)
    return pixels.to(of.weights[0].dtype), torch.randint(0, CLASSES, (16,), generator=torch_rng)


def stirred(weights: list[torch.Tensor], seed: int) -> None:
    """Move every weight a little, as a step of a training would."""
    rng = torch.Generator().manual_seed(seed)
    for weight in weights:
        weight += 0.1 * torch.randn(weight.shape, generator=rng, dtype=weight.dtype)


def module(of: Given, row: int) -> nn.Sequential:
    """One candidate of an Mlp, whole, in the layers of torch."""
    layers: list[nn.Module] = [nn.Flatten()]
    for weight, bias in zip(of.weights[::2], of.weights[1::2], strict=True):
        layer = nn.Linear(*weight.shape[:0:-1], dtype=weight.dtype)
        layer.load_state_dict({"weight": weight[row], "bias": bias[row]})
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def linears(of: nn.Sequential) -> list[nn.Linear]:
    return [layer for layer in of if isinstance(layer, nn.Linear)]


def flat(parts: Any) -> np.ndarray:
    """Arrays of all layers, end to end."""
    return np.concatenate([np.asarray(part.detach()).ravel() for part in parts])


def of_layer(maskable: MaskSpace) -> np.ndarray:
    """(M,): the layer of each bit."""
    return np.repeat(np.arange(len(maskable.sizes)), maskable.sizes)
