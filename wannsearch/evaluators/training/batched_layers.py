"""A parent's words for P candidates at once: batched products and convolutions of torch.

Features are (P, F, B), or (1, F, B) as long as all candidates see the same: the B images of a batch lie
side by side. Images lie as the device likes them: on a processor (P, C, H, W, B), see `shifted`, on any
other (B, P * C, H, W), as grouped convolutions have them. Weights lead with P. A masked node is
multiplied by 0; where the physically smaller network is trained, there is no mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  # as all of torch's users call it
from torch import Tensor

from wannsearch.core.subnetworks.parent_network import Parent
from wannsearch.evaluators.training import batched_conv

MOMENTUM = 0.1
"""Of a batch's statistics in the running ones, as torch and the published networks have it."""


@dataclass
class Running:
    """Mean and variance that a normalisation has seen, (P * C,) each."""

    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class _Image:
    pixels: Tensor
    shared: bool  # all candidates see the same


@dataclass
class _Spoken:
    """One forward pass; takes parameters and running statistics in the order they are spoken of."""

    candidates: int  # P
    weights: Iterator[Tensor]
    masks: Iterator[Tensor] | None  # (P, n) of each maskable layer
    running: Iterator[Running]
    training: bool
    going: Callable[[], None]  # raises where the work is to stop

    def stoppable(self, made: Tensor) -> Tensor:
        """The same; a stop is heeded here, and again on the way back."""
        self.going()
        if made.requires_grad:
            made.register_hook(lambda _: self.going())  # type: ignore[no-untyped-call]  # torch's
        return made

    def begun(self, pixels: Tensor) -> _Image:
        """Images (B, C, H, W) that nothing was laid on."""
        raise NotImplementedError

    def features(self, x: _Image) -> Tensor:
        """(1, F, B) of such images."""
        raise NotImplementedError

    def dense(self, x: Tensor | _Image, width: int) -> Tensor:
        weight, bias = next(self.weights), next(self.weights)
        if isinstance(x, _Image):
            x = self.features(x)
        if len(x) == 1 < self.candidates:
            flat = torch.addmm(bias.reshape(-1, 1), weight.flatten(0, 1), x[0])  # one product for all
            return self.stoppable(flat.reshape(self.candidates, -1, x.shape[2]))
        return self.stoppable(torch.baddbmm(bias[:, :, None], weight, x))

    def normalised(self, flat: Tensor) -> Tensor:
        """(N, P * C, ...), each channel by itself."""
        scale, shift, seen = next(self.weights).flatten(), next(self.weights).flatten(), next(self.running)
        return F.batch_norm(
            flat, seen.mean, seen.variance, scale, shift, training=self.training, momentum=MOMENTUM
        )

    def relu(self, x: Tensor | _Image) -> Tensor | _Image:
        return _Image(F.relu(x.pixels), x.shared) if isinstance(x, _Image) else F.relu(x)

    def add(self, x: _Image, y: _Image) -> _Image:
        return _Image(x.pixels + y.pixels, False)


class _OnProcessor(_Spoken):
    """Images (P, C, H, W, B)."""

    def begun(self, pixels: Tensor) -> _Image:
        return _Image(pixels.permute(1, 2, 3, 0).contiguous()[None], True)

    def features(self, x: _Image) -> Tensor:
        return x.pixels.flatten(1, 3)

    def conv(self, x: _Image, channels: int, kernel: int, stride: int) -> _Image:
        return _Image(self.stoppable(batched_conv.conv(x.pixels, next(self.weights), stride)), False)

    def norm(self, x: Tensor | _Image) -> Tensor | _Image:
        pixels = x.pixels if isinstance(x, _Image) else x
        made = self.normalised(pixels.reshape(1, -1, *pixels.shape[2:])).view_as(pixels)
        return _Image(made, False) if isinstance(x, _Image) else made

    def nodes(self, x: Tensor | _Image) -> Tensor | _Image:
        if self.masks is None:
            return x
        mask = next(self.masks)
        if isinstance(x, _Image):
            return _Image(x.pixels * mask[:, :, None, None, None], False)
        return x * mask[:, :, None]

    def mean_pixels(self, x: _Image) -> Tensor:
        return x.pixels.mean((2, 3))


class _OnAccelerator(_Spoken):
    """Images (B, P * C, H, W)."""

    def begun(self, pixels: Tensor) -> _Image:
        return _Image(pixels, True)

    def features(self, x: _Image) -> Tensor:
        return x.pixels.flatten(1).T[None]

    def conv(self, x: _Image, channels: int, kernel: int, stride: int) -> _Image:
        weight, groups = next(self.weights), 1 if x.shared else self.candidates
        made = F.conv2d(x.pixels, weight.flatten(0, 1), stride=stride, padding=kernel // 2, groups=groups)
        return _Image(self.stoppable(made), False)

    def norm(self, x: Tensor | _Image) -> Tensor | _Image:
        if isinstance(x, _Image):
            return _Image(self.normalised(x.pixels), False)
        return self.normalised(x.reshape(1, -1, x.shape[2])).view_as(x)

    def nodes(self, x: Tensor | _Image) -> Tensor | _Image:
        if self.masks is None:
            return x
        mask = next(self.masks)
        if isinstance(x, _Image):
            return _Image(x.pixels * mask.reshape(1, -1, 1, 1), False)
        return x * mask[:, :, None]

    def mean_pixels(self, x: _Image) -> Tensor:
        means = x.pixels.mean((2, 3))  # (B, P * C)
        return means.T.reshape(self.candidates, -1, len(means))


def scores(
    parent: Parent,
    classes: int,
    pixels: Tensor,
    weights: Sequence[Tensor],
    masks: Sequence[Tensor] | None,
    running: Sequence[Running],
    training: bool,
    going: Callable[[], None],
) -> Tensor:
    """(P, classes, B) of P candidates for the same images (B, C, H, W)."""
    kind = _OnProcessor if pixels.device.type == "cpu" else _OnAccelerator
    words = kind(
        len(weights[0]), iter(weights), None if masks is None else iter(masks), iter(running), training, going
    )
    made: Tensor = parent.outputs(words, words.begun(pixels), classes)
    return made


def fresh_running(sizes: Sequence[int], like: Tensor) -> list[Running]:
    """Of networks that saw nothing: mean 0, variance 1, for normalisations of so many channels in all."""
    return [Running(like.new_zeros(size), like.new_ones(size)) for size in sizes]
