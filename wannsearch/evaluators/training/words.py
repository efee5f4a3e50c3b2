"""A parent's words for P candidates at once: batched products and convolutions of torch.

Features are (P, B, F), or (1, B, F) as long as all candidates see the same; images are (B, P * C, H, W),
candidate by candidate, as grouped convolutions and batch normalisation have them. Weights lead with P.
A masked node is multiplied by 0; where the physically smaller network is trained, there is no mask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  # as all of torch's users call it
from torch import Tensor

from wannsearch.core.parents import Parent

_SMALL = 16
"""Pixels up to which a grouped convolution beats one call a candidate: bench/trainer.py."""

MOMENTUM = 0.1
"""Of a batch's statistics in the running ones, as torch and the published networks have it."""


@dataclass
class Running:
    """Mean and variance that a normalisation has seen, (P * C,) each."""

    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class _Image:
    pixels: Tensor  # (B, P * C, H, W), or (B, C, H, W) before the first layer
    shared: bool  # all candidates see the same


@dataclass
class _TorchWords:
    """One forward pass; takes parameters and running statistics in the order they are spoken of."""

    candidates: int  # P
    weights: Iterator[Tensor]
    masks: Iterator[Tensor] | None  # (P, n) of each maskable layer
    running: Iterator[Running]
    training: bool

    def dense(self, x: Tensor | _Image, width: int) -> Tensor:
        weight, bias = next(self.weights), next(self.weights)
        if isinstance(x, _Image):
            x = x.pixels.flatten(1)[None]
        if len(x) == 1 < self.candidates:
            wide = x[0] @ weight.reshape(-1, weight.shape[2]).T  # (B, P * width): one product for all
            return wide.reshape(len(wide), self.candidates, -1).transpose(0, 1) + bias[:, None, :]
        return torch.baddbmm(bias[:, None, :], x, weight.transpose(1, 2))

    def conv(self, x: _Image, channels: int, kernel: int, stride: int) -> _Image:
        weight, padding = next(self.weights), kernel // 2
        flat = weight.flatten(0, 1)
        if x.shared or self.candidates == 1:
            return _Image(F.conv2d(x.pixels, flat, stride=stride, padding=padding), False)
        if x.pixels.shape[2] * x.pixels.shape[3] <= _SMALL or x.pixels.device.type != "cpu":
            made = F.conv2d(x.pixels, flat, stride=stride, padding=padding, groups=self.candidates)
            return _Image(made, False)
        parts = zip(x.pixels.chunk(self.candidates, 1), weight, strict=True)
        return _Image(torch.cat([F.conv2d(a, w, stride=stride, padding=padding) for a, w in parts], 1), False)

    def norm(self, x: Tensor | _Image) -> Tensor | _Image:
        scale, shift, seen = next(self.weights).flatten(), next(self.weights).flatten(), next(self.running)
        image = x if isinstance(x, _Image) else None
        flat = image.pixels if image is not None else x.transpose(0, 1).flatten(1)  # type: ignore[union-attr]
        made = F.batch_norm(
            flat, seen.mean, seen.variance, scale, shift, training=self.training, momentum=MOMENTUM
        )
        if image is not None:
            return _Image(made, False)
        return made.reshape(len(made), self.candidates, -1).transpose(0, 1)

    def relu(self, x: Tensor | _Image) -> Tensor | _Image:
        return _Image(F.relu(x.pixels), x.shared) if isinstance(x, _Image) else F.relu(x)

    def nodes(self, x: Tensor | _Image) -> Tensor | _Image:
        if self.masks is None:
            return x
        mask = next(self.masks)
        if isinstance(x, _Image):
            return _Image(x.pixels * mask.reshape(1, -1, 1, 1), False)
        return x * mask[:, None, :]

    def add(self, x: _Image, y: _Image) -> _Image:
        return _Image(x.pixels + y.pixels, False)

    def mean_pixels(self, x: _Image) -> Tensor:
        means = x.pixels.mean((2, 3))  # (B, P * C)
        return means.reshape(len(means), self.candidates, -1).transpose(0, 1)


def scores(
    parent: Parent,
    classes: int,
    pixels: Tensor,
    weights: Sequence[Tensor],
    masks: Sequence[Tensor] | None,
    running: Sequence[Running],
    training: bool,
) -> Tensor:
    """(P, B, classes) of P candidates for the same images (B, C, H, W)."""
    words = _TorchWords(
        len(weights[0]), iter(weights), None if masks is None else iter(masks), iter(running), training
    )
    made: Tensor = parent.outputs(words, _Image(pixels, True), classes)
    return made


def fresh_running(sizes: Sequence[int], like: Tensor) -> list[Running]:
    """Of networks that saw nothing: mean 0, variance 1, for normalisations of so many channels in all."""
    return [Running(like.new_zeros(size), like.new_ones(size)) for size in sizes]
