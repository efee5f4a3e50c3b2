"""Convolutions of P candidates at once as batched products, for few channels on a processor.

Images are (P, C, H, W, B), the B images of a batch side by side, so that a shift by a pixel moves whole
rows of memory. A k x k convolution is then either

    im2col   y = W X', where X' stacks the k^2 shifted copies of x         costs k^2 C copies
    kn2row   y = the sum of the k^2 parts of W' x, each shifted            costs k^2 O copies

with C channels in and O out. The one with fewer copies is taken, but kn2row only for stride 1, k > 1 and
images that differ between candidates. Vasudevan et al. (2017, arXiv 1709.03395) call the second kn2row.
The gradients are the same two the other way round. Where C and O are similar, the library's own
convolution is faster, and `conv2d` calls it for each candidate: `bench/convolutions.py`.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # as all of torch's users call it
from torch import Tensor

_MAX_CHANNEL_RATIO = 0.6
"""The largest ratio of the smaller to the larger channel count; above it, copies cost too much."""


def conv2d(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Map x (P or 1, C, H, W, B), padded by k // 2, and weight (P, O, C, k, k) to (P, O, H', W', B).

    H' = (H + 2 (k // 2) - k) // stride + 1, and W' alike. One image for all candidates leads with 1.
    """
    out_channels, in_channels, kernel = weight.shape[1:4]
    has_few_channels = min(in_channels, out_channels) <= _MAX_CHANNEL_RATIO * max(in_channels, out_channels)
    if (
        len(x) < len(weight)
        or kernel == 1
        or (has_few_channels and (stride > 1 or in_channels <= out_channels))
    ):
        return _as_tensor(_Im2colConv.apply(x, weight, stride))  # type: ignore[no-untyped-call]  # torch's
    if has_few_channels:
        return _as_tensor(_Kn2rowConv.apply(x, weight))  # type: ignore[no-untyped-call]  # torch's
    inputs = x.permute(0, 4, 1, 2, 3).contiguous()
    outputs = [
        F.conv2d(a, w, stride=stride, padding=kernel // 2) for a, w in zip(inputs, weight, strict=True)
    ]
    return torch.stack(outputs).permute(0, 2, 3, 4, 1).contiguous()


def _as_tensor(result: Any) -> Tensor:
    assert isinstance(result, Tensor)
    return result


def _pad(x: Tensor, padding: int) -> Tensor:
    return F.pad(x, (0, 0, padding, padding, padding, padding)) if padding else x.contiguous()


def _im2col(padded: Tensor, kernel: int, stride: int, height: int, width: int) -> Tensor:
    """Return all shifted copies (P, k k C, height width B) of padded images (P, C, H, W, B)."""
    num_candidates, channels, _, _, batch_size = padded.shape
    by_candidate, by_channel, by_row, by_column, by_image = padded.stride()
    view = padded.as_strided(
        (num_candidates, kernel, kernel, channels, height, width, batch_size),
        (by_candidate, by_row, by_column, by_channel, stride * by_row, stride * by_column, by_image),
    )
    return view.reshape(num_candidates, kernel * kernel * channels, -1)


def _matmul(weight: Tensor, x: Tensor) -> Tensor:
    """Return the product (P, O, N) of weight (P, O, K) and x (P or 1, K, N)."""
    if len(x) == 1:
        return (weight.flatten(0, 1) @ x[0]).reshape(len(weight), weight.shape[1], -1)
    return torch.bmm(weight, x)


class _Im2colConv(torch.autograd.Function):
    """A convolution by shifted copies of the input x (im2col)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        """Return the convolution (P, O, H', W', B)."""
        num_candidates, out_channels, _, kernel, _ = weight.shape
        padding = kernel // 2
        height, width = ((side + 2 * padding - kernel) // stride + 1 for side in x.shape[2:4])
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding, ctx.size = stride, padding, (height, width)
        copies = _im2col(_pad(x, padding), kernel, stride, height, width)
        flat = weight.permute(0, 1, 3, 4, 2).reshape(num_candidates, out_channels, -1)
        return _matmul(flat, copies).reshape(num_candidates, out_channels, height, width, -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None]:
        """Return the gradients of x (None where not needed) and of the weight, and None for the stride."""
        x, weight = ctx.saved_tensors
        stride, padding, (height, width) = ctx.stride, ctx.padding, ctx.size
        num_candidates, out_channels, channels, kernel, _ = weight.shape
        flat = gradients[0].reshape(num_candidates, out_channels, -1)
        copies = _im2col(_pad(x, padding), kernel, stride, height, width)
        weight_gradient = _matmul(flat, copies.transpose(1, 2)).reshape(
            num_candidates, out_channels, kernel, kernel, channels
        )
        input_gradient = None
        if ctx.needs_input_grad[0]:
            transposed_weight = weight.permute(0, 3, 4, 2, 1).reshape(num_candidates, -1, out_channels)
            parts = torch.bmm(transposed_weight, flat).reshape(
                num_candidates, kernel, kernel, channels, height, width, -1
            )
            input_gradient = _Im2colConv._col2im(parts, stride, padding, x.shape[2], x.shape[3])
            input_gradient = (
                input_gradient.sum(0, keepdim=True) if len(x) < num_candidates else input_gradient
            )
        return input_gradient, weight_gradient.permute(0, 1, 4, 2, 3), None

    @staticmethod
    def _col2im(parts: Tensor, stride: int, padding: int, in_height: int, in_width: int) -> Tensor:
        """Return the sum of all parts, each at the place that its copy was taken from."""
        num_candidates, kernel, _, channels, height, width, batch_size = parts.shape
        if kernel == 1 and stride == 1:
            return parts.reshape(num_candidates, channels, in_height, in_width, batch_size)
        padded = parts.new_zeros(
            (num_candidates, channels, in_height + 2 * padding, in_width + 2 * padding, batch_size)
        )
        for row in range(kernel):
            for column in range(kernel):
                rows = slice(row, row + stride * height, stride)
                columns = slice(column, column + stride * width, stride)
                padded[:, :, rows, columns] += parts[:, row, column]
        return padded[:, :, padding : padding + in_height, padding : padding + in_width]


class _Kn2rowConv(torch.autograd.Function):
    """A convolution by shifted parts of the output y (kn2row), for stride 1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """Return the convolution (P, O, H, W, B)."""
        num_candidates, out_channels, channels, kernel, _ = weight.shape
        height, width, batch_size = x.shape[2:]
        center = kernel // 2
        flat = weight.permute(0, 3, 4, 1, 2).reshape(num_candidates, -1, channels)
        parts = torch.bmm(flat, x.reshape(num_candidates, channels, -1))
        parts = parts.reshape(num_candidates, kernel, kernel, out_channels, height, width, batch_size)
        output = parts[:, center, center].clone()
        for row in range(kernel):
            for column in range(kernel):
                if (row, column) != (center, center):
                    row_shift, column_shift = row - center, column - center
                    target = output[
                        :,
                        :,
                        max(0, -row_shift) : height - max(0, row_shift),
                        max(0, -column_shift) : width - max(0, column_shift),
                    ]
                    target += parts[:, row, column, :, max(0, row_shift) : height + min(0, row_shift)][
                        :, :, :, max(0, column_shift) : width + min(0, column_shift)
                    ]
        ctx.save_for_backward(x, weight)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        """Return the gradients of x (None where not needed) and of the weight."""
        x, weight = ctx.saved_tensors
        num_candidates, out_channels, channels, kernel, _ = weight.shape
        height, width = x.shape[2:4]
        copies = _im2col(_pad(gradients[0], kernel // 2), kernel, 1, height, width)
        weight_gradient = torch.bmm(copies, x.reshape(num_candidates, channels, -1).transpose(1, 2))
        weight_gradient = weight_gradient.reshape(
            num_candidates, kernel, kernel, out_channels, channels
        ).flip(1, 2)
        input_gradient = None
        if ctx.needs_input_grad[0]:
            transposed_weight = weight.flip(3, 4).permute(0, 2, 3, 4, 1).reshape(num_candidates, channels, -1)
            input_gradient = torch.bmm(transposed_weight, copies).reshape(x.shape)
        return input_gradient, weight_gradient.permute(0, 3, 4, 1, 2)
