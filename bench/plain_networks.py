"""What one would write in plain torch to train one sub-network: the whole parent masked, or a smaller one.

Weights start as torch starts them; which ones does not change the time.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks


class PlainMlp(nn.Module):
    """Dense layers with ReLU; a mask behind each hidden one, or none."""

    def __init__(self, widths: list[int], masks: list[Tensor] | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.masks = masks

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for number, layer in enumerate(self.layers[:-1]):
            x = torch.relu(layer(x))
            if self.masks is not None:
                x = x * self.masks[number]
        return self.layers[-1](x)

    @classmethod
    def smaller(cls, asked: Subnetworks, row: int) -> PlainMlp:
        """Without the nodes that the mask takes away."""
        kept = asked.design.maskable.kept(asked.masks[[row]])[0].tolist()
        first, last = asked.design.maskable.plan.parameters[0], asked.design.maskable.plan.parameters[-1]
        return cls([first.shape[1], *kept, last.shape[0]])


class _MaskedWeights(nn.Module):
    """Dense layers whose weights are multiplied by a mask at each use."""

    def __init__(self, widths: list[int], masks: list[Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.masks = masks

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for number, (layer, mask) in enumerate(zip(self.layers, self.masks, strict=True)):
            x = nn.functional.linear(x, layer.weight * mask, layer.bias)
            x = torch.relu(x) if number < len(self.layers) - 1 else x
        return x


def masked_mlp(asked: Subnetworks, row: int) -> nn.Module:
    """The whole parent, masked."""
    maskable = asked.design.maskable
    shapes = [p.shape for p in maskable.plan.parameters if len(p.shape) == 2]
    widths = [shapes[0][1], *(shape[0] for shape in shapes)]
    bits = [torch.from_numpy(asked.masks[row, layer]).float() for layer in maskable.layers]
    if maskable.granularity is Granularity.NODES:
        return PlainMlp(widths, bits)
    return _MaskedWeights(widths, [part.reshape(shape) for part, shape in zip(bits, shapes, strict=True)])


class _Block(nn.Module):
    def __init__(self, into: int, inside: int, out: int, stride: int, mask: Tensor | None) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(into), nn.BatchNorm2d(inside)
        self.conv1 = nn.Conv2d(into, inside, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(inside, out, 3, 1, 1, bias=False)
        self.short = nn.Conv2d(into, out, 1, stride, bias=False) if into != out or stride > 1 else None
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        begun = torch.relu(self.norm1(x))
        inside = torch.relu(self.norm2(self.conv1(begun)))
        if self.mask is not None:
            inside = inside * self.mask
        return self.conv2(inside) + (x if self.short is None else self.short(begun))


class PlainWideResNet(nn.Module):
    """A wide residual network with these channels inside its blocks."""

    def __init__(self, channels: int, width: int, inside: list[int], masks: list[Tensor | None]) -> None:
        super().__init__()
        each = len(inside) // 3
        self.stem, self.blocks, now = nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.ModuleList(), 16
        for number, (wide, mask) in enumerate(zip(inside, masks, strict=True)):
            group = number // each
            out = 16 * width * 2**group
            self.blocks.append(_Block(now, wide, out, 2 if group and not number % each else 1, mask))
            now = out
        self.norm, self.last = nn.BatchNorm2d(now), nn.Linear(now, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.last(torch.relu(self.norm(x)).mean((2, 3)))

    @classmethod
    def smaller(cls, asked: Subnetworks, row: int) -> PlainWideResNet:
        """Without the channels that the mask takes away."""
        kept = asked.design.maskable.kept(asked.masks[[row]])[0].tolist()
        channels = asked.design.maskable.plan.parameters[0].shape[1]
        return cls(channels, asked.design.parent.width, kept, [None] * len(kept))


def masked_wide_resnet(asked: Subnetworks, row: int) -> nn.Module:
    """The whole parent, masked."""
    maskable = asked.design.maskable
    bits = [torch.from_numpy(asked.masks[row, layer]).float()[:, None, None] for layer in maskable.layers]
    channels = maskable.plan.parameters[0].shape[1]
    return PlainWideResNet(channels, asked.design.parent.width, list(maskable.sizes), list(bits))
