"""The layers of a parent network for P candidates at once: batched products and convolutions of torch.

Features are (P, F, B), or (1, F, B) while they are the same for all candidates: the B images of a batch lie
side by side. The layout of images depends on the device: (P, C, H, W, B) on a processor (`batched_conv`),
(B, P * C, H, W) on any other, as grouped convolutions need it. Weights lead with P. A masked node is
multiplied by 0. Where the physically smaller network is trained, there is no mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  # as all of torch's users call it
from torch import Tensor

from wannsearch.core.subnetworks.parent_network import ParentNetwork
from wannsearch.evaluators.training import batched_conv

BATCH_NORM_MOMENTUM = 0.1
"""The share of a batch's statistics in the running ones, as in torch and the published networks."""


@dataclass
class BatchNormStats:
    """Running mean and variance of one batch normalisation, (P * C,) each."""

    mean: Tensor
    variance: Tensor


@dataclass(frozen=True)
class _Image:
    pixels: Tensor
    is_shared: bool  # all candidates have the same pixels


@dataclass
class _TorchOps:
    """The `LayerOps` of one forward pass; each call takes the next weights, mask and statistics."""

    num_candidates: int  # P
    weights: Iterator[Tensor]
    masks: Iterator[Tensor] | None  # (P, n) of each maskable layer
    batch_norm_stats: Iterator[BatchNormStats]
    training: bool
    check_stop: Callable[[], None]  # raises where the training has to stop

    def with_stop_check(self, tensor: Tensor) -> Tensor:
        """Return the tensor itself; `check_stop` is called now, and again in the tensor's backward pass."""
        self.check_stop()
        if tensor.requires_grad:
            tensor.register_hook(lambda _: self.check_stop())  # type: ignore[no-untyped-call]  # torch's
        return tensor

    def input_image(self, pixels: Tensor) -> _Image:
        """Return the input images (B, C, H, W) in the layout of the device; each subclass has its own."""
        raise NotImplementedError

    def flatten_image(self, x: _Image) -> Tensor:
        """Return the input images as features (1, F, B)."""
        raise NotImplementedError

    def dense(self, x: Tensor | _Image, width: int) -> Tensor:
        weight, bias = next(self.weights), next(self.weights)
        if isinstance(x, _Image):
            x = self.flatten_image(x)
        if len(x) == 1 < self.num_candidates:
            flat = torch.addmm(bias.reshape(-1, 1), weight.flatten(0, 1), x[0])  # one product for all
            return self.with_stop_check(flat.reshape(self.num_candidates, -1, x.shape[2]))
        return self.with_stop_check(torch.baddbmm(bias[:, :, None], weight, x))

    def apply_batch_norm(self, flat: Tensor) -> Tensor:
        """Normalise, scale and shift each channel of (N, P * C, ...) by itself.

        In training the statistics are those of the batch, and the running ones are updated in place.
        """
        scale, shift, stats = (
            next(self.weights).flatten(),
            next(self.weights).flatten(),
            next(self.batch_norm_stats),
        )
        return F.batch_norm(
            flat,
            stats.mean,
            stats.variance,
            scale,
            shift,
            training=self.training,
            momentum=BATCH_NORM_MOMENTUM,
        )

    def relu(self, x: Tensor | _Image) -> Tensor | _Image:
        return _Image(F.relu(x.pixels), x.is_shared) if isinstance(x, _Image) else F.relu(x)

    def add(self, x: _Image, y: _Image) -> _Image:
        return _Image(x.pixels + y.pixels, False)


class _CpuOps(_TorchOps):
    """The operations on a processor, with images (P, C, H, W, B)."""

    def input_image(self, pixels: Tensor) -> _Image:
        return _Image(pixels.permute(1, 2, 3, 0).contiguous()[None], True)

    def flatten_image(self, x: _Image) -> Tensor:
        return x.pixels.flatten(1, 3)

    def conv(self, x: _Image, channels: int, kernel: int, stride: int) -> _Image:
        return _Image(self.with_stop_check(batched_conv.conv2d(x.pixels, next(self.weights), stride)), False)

    def batch_norm(self, x: Tensor | _Image) -> Tensor | _Image:
        pixels = x.pixels if isinstance(x, _Image) else x
        normalized = self.apply_batch_norm(pixels.reshape(1, -1, *pixels.shape[2:])).view_as(pixels)
        return _Image(normalized, False) if isinstance(x, _Image) else normalized

    def mask_nodes(self, x: Tensor | _Image) -> Tensor | _Image:
        if self.masks is None:
            return x
        mask = next(self.masks)
        if isinstance(x, _Image):
            return _Image(x.pixels * mask[:, :, None, None, None], False)
        return x * mask[:, :, None]

    def global_average_pool(self, x: _Image) -> Tensor:
        return x.pixels.mean((2, 3))


class _AcceleratorOps(_TorchOps):
    """The operations on other devices, with images (B, P * C, H, W)."""

    def input_image(self, pixels: Tensor) -> _Image:
        return _Image(pixels, True)

    def flatten_image(self, x: _Image) -> Tensor:
        return x.pixels.flatten(1).T[None]

    def conv(self, x: _Image, channels: int, kernel: int, stride: int) -> _Image:
        weight, groups = next(self.weights), 1 if x.is_shared else self.num_candidates
        output = F.conv2d(x.pixels, weight.flatten(0, 1), stride=stride, padding=kernel // 2, groups=groups)
        return _Image(self.with_stop_check(output), False)

    def batch_norm(self, x: Tensor | _Image) -> Tensor | _Image:
        if isinstance(x, _Image):
            return _Image(self.apply_batch_norm(x.pixels), False)
        return self.apply_batch_norm(x.reshape(1, -1, x.shape[2])).view_as(x)

    def mask_nodes(self, x: Tensor | _Image) -> Tensor | _Image:
        if self.masks is None:
            return x
        mask = next(self.masks)
        if isinstance(x, _Image):
            return _Image(x.pixels * mask.reshape(1, -1, 1, 1), False)
        return x * mask[:, :, None]

    def global_average_pool(self, x: _Image) -> Tensor:
        means = x.pixels.mean((2, 3))  # (B, P * C)
        return means.T.reshape(self.num_candidates, -1, len(means))


def batched_logits(
    parent_network: ParentNetwork,
    classes: int,
    pixels: Tensor,
    weights: Sequence[Tensor],
    masks: Sequence[Tensor] | None,
    batch_norm_stats: Sequence[BatchNormStats],
    training: bool,
    check_stop: Callable[[], None],
) -> Tensor:
    """Return the logits (P, classes, B) of P candidates for the same images (B, C, H, W).

    `masks` are (P, n), one for each maskable layer, or None. `training` updates the running statistics in
    place. An exception of `check_stop` passes through.
    """
    ops_class = _CpuOps if pixels.device.type == "cpu" else _AcceleratorOps
    ops = ops_class(
        len(weights[0]),
        iter(weights),
        None if masks is None else iter(masks),
        iter(batch_norm_stats),
        training,
        check_stop,
    )
    logits: Tensor = parent_network.forward(ops, ops.input_image(pixels), classes)
    return logits


def init_batch_norm(sizes: Sequence[int], template: Tensor) -> list[BatchNormStats]:
    """Return initial statistics, mean 0 and variance 1, for normalisations of P * C = `sizes` channels."""
    return [BatchNormStats(template.new_zeros(size), template.new_ones(size)) for size in sizes]
