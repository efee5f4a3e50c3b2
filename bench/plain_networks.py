"""Plain torch that trains one sub-network: the whole parent network masked, or a smaller one.

Weights start as torch starts them; which ones does not change the time.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from wannsearch.core.subnetworks.subnetworks import Granularity, Subnetworks


class PlainMlp(nn.Module):
    """Dense layers with ReLU for images (B, C, H, W); a mask (width,) behind each hidden one, or none."""

    def __init__(self, widths: list[int], masks: list[Tensor] | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.masks = masks

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for index, layer in enumerate(self.layers[:-1]):
            x = torch.relu(layer(x))
            if self.masks is not None:
                x = x * self.masks[index]
        return self.layers[-1](x)

    @classmethod
    def without_masked_nodes(cls, candidates: Subnetworks, row: int) -> PlainMlp:
        """Return the smaller network of one candidate, with as many hidden nodes as its mask keeps."""
        hidden_widths = candidates.design.mask_space.keep_counts(candidates.masks[[row]])[0].tolist()
        first_parameter, last_parameter = (
            candidates.design.mask_space.layout.parameters[0],
            candidates.design.mask_space.layout.parameters[-1],
        )
        return cls([first_parameter.shape[1], *hidden_widths, last_parameter.shape[0]])


class _MaskedWeights(nn.Module):
    """Dense layers whose weights are multiplied by a mask at each use."""

    def __init__(self, widths: list[int], masks: list[Tensor]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.masks = masks

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for index, (layer, mask) in enumerate(zip(self.layers, self.masks, strict=True)):
            x = nn.functional.linear(x, layer.weight * mask, layer.bias)
            x = torch.relu(x) if index < len(self.layers) - 1 else x
        return x


def make_masked_mlp(candidates: Subnetworks, row: int) -> nn.Module:
    """Return the whole parent network of one candidate with its mask multiplied in, over nodes or weights."""
    maskable = candidates.design.mask_space
    shapes = [p.shape for p in maskable.layout.parameters if len(p.shape) == 2]
    widths = [shapes[0][1], *(shape[0] for shape in shapes)]
    masks = [torch.from_numpy(candidates.masks[row, layer]).float() for layer in maskable.layers]
    if maskable.granularity is Granularity.NODES:
        return PlainMlp(widths, masks)
    return _MaskedWeights(widths, [mask.reshape(shape) for mask, shape in zip(masks, shapes, strict=True)])


class _ResidualBlock(nn.Module):
    def __init__(
        self, in_channels: int, inner_channels: int, out_channels: int, stride: int, mask: Tensor | None
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm2d(in_channels), nn.BatchNorm2d(inner_channels)
        self.conv1 = nn.Conv2d(in_channels, inner_channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(inner_channels, out_channels, 3, 1, 1, bias=False)
        self.shortcut = (
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            if in_channels != out_channels or stride > 1
            else None
        )
        self.mask = mask

    def forward(self, x: Tensor) -> Tensor:
        activated = torch.relu(self.norm1(x))
        hidden = torch.relu(self.norm2(self.conv1(activated)))
        if self.mask is not None:
            hidden = hidden * self.mask
        return self.conv2(hidden) + (x if self.shortcut is None else self.shortcut(activated))


class PlainWideResNet(nn.Module):
    """A wide residual network of 10 classes with these channels inside its blocks.

    `masks` has one (channels, 1, 1) for each block, or None.
    """

    def __init__(
        self, image_channels: int, width: int, inner_channels: list[int], masks: list[Tensor | None]
    ) -> None:
        super().__init__()
        blocks_per_group = len(inner_channels) // 3
        self.stem, self.blocks, in_channels = (
            nn.Conv2d(image_channels, 16, 3, padding=1, bias=False),
            nn.ModuleList(),
            16,
        )
        for index, (inner, mask) in enumerate(zip(inner_channels, masks, strict=True)):
            group = index // blocks_per_group
            out_channels = 16 * width * 2**group
            self.blocks.append(
                _ResidualBlock(
                    in_channels, inner, out_channels, 2 if group and not index % blocks_per_group else 1, mask
                )
            )
            in_channels = out_channels
        self.norm, self.head = nn.BatchNorm2d(in_channels), nn.Linear(in_channels, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(torch.relu(self.norm(x)).mean((2, 3)))

    @classmethod
    def without_masked_channels(cls, candidates: Subnetworks, row: int) -> PlainWideResNet:
        """Return the smaller network of one candidate, with as many channels as its mask keeps."""
        inner_channels = candidates.design.mask_space.keep_counts(candidates.masks[[row]])[0].tolist()
        image_channels = candidates.design.mask_space.layout.parameters[0].shape[1]
        return cls(
            image_channels,
            candidates.design.parent_network.width,
            inner_channels,
            [None] * len(inner_channels),
        )


def make_masked_wide_resnet(candidates: Subnetworks, row: int) -> nn.Module:
    """Return the whole parent network of one candidate with its channel masks multiplied in."""
    maskable = candidates.design.mask_space
    masks = [
        torch.from_numpy(candidates.masks[row, layer]).float()[:, None, None] for layer in maskable.layers
    ]
    image_channels = maskable.layout.parameters[0].shape[1]
    return PlainWideResNet(
        image_channels, candidates.design.parent_network.width, list(maskable.sizes), list(masks)
    )
