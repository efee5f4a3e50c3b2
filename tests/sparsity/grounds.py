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
from wannsearch.core.subnetworks.parent_network import traced
from wannsearch.core.subnetworks.subnetworks import Design, Granularity, Maskable
from wannsearch.core.subnetworks.weight_init import initial_weights
from wannsearch.evaluators.training.network import Network
from wannsearch.methods.random_masks import Shares, kept_by_layer, random_masks
from wannsearch.parent_networks.mlp import Mlp
from wannsearch.sparsity.rule import Gradients, Ground, MaskRule

CLASSES = 3
SMALL = Mlp(layers=(6, 5))


@dataclass(frozen=True)
class Given:
    """P candidates, each with initial weights and masks of its own, and their network."""

    ground: Ground
    network: Network

    @property
    def weights(self) -> list[torch.Tensor]:
        return self.ground.weights

    @property
    def maskable(self) -> Maskable:
        return self.ground.maskable

    def gradients(self, masks: torch.Tensor, seed: int) -> Gradients:
        """Of a batch, as a trainer finds them."""
        self.network.masked(masks)
        return self.network.gradients(*batch(self, seed), True)


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
    ports = Ports(prod(image), CLASSES, ("relu",), image=image)
    maskable = Maskable(traced(parent, ports), granularity)
    arrays = zip(*(initial_weights(maskable.plan, row) for row in range(rows)), strict=True)
    weights = [torch.from_numpy(np.stack(parts)).to(dtype) for parts in arrays]
    counts = kept_by_layer(maskable, sparsity, Shares.UNIFORM, None)
    key = Stream(np.array([5, 8], np.uint64))
    proposed = torch.from_numpy(random_masks(maskable, counts, rows, key))
    network = Network(Design(parent, maskable, rule or MaskRule()), CLASSES, weights, proposed, [])
    network.unseen()

    def draws(purpose: int, like: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(key.of(1000 + purpose).uniform(rows, like.shape[1]))

    return Given(Ground(maskable, proposed, weights, steps, network.scores_with, draws), network)


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


def of_layer(maskable: Maskable) -> np.ndarray:
    """(M,): the layer of each bit."""
    return np.repeat(np.arange(len(maskable.sizes)), maskable.sizes)
