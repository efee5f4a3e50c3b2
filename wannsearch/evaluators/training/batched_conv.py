"""Convolutions of P candidates at once as batched products, for few channels on a processor.

Images are (P, C, H, W, B), the B images of a batch side by side, so that shifting a picture by a pixel
moves whole rows of memory. A k x k convolution is then either

    gathered    y = W X', where X' stacks the k^2 shifted copies of x         costs k^2 C copies
    scattered   y = the sum of the k^2 parts of W' x, each shifted            costs k^2 O copies

with C channels in and O out; the one with fewer copies is taken (Vasudevan et al. 2017, arXiv 1709.03395,
call the second kn2row). The gradients are the same two the other way round. Where both C and O are large,
the library's own convolution is faster, and `conv` calls it: `bench/convolutions.py`.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  # as all of torch's users call it
from torch import Tensor

_FEW = 0.6
"""Share of the larger number of channels that the smaller may be: from there on copies cost too much."""


def conv(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """x (P or 1, C, H, W, B), weight (P, O, C, k, k) -> (P, O, H', W', B), padded by k // 2."""
    out, into, kernel = weight.shape[1:4]
    few = min(into, out) <= _FEW * max(into, out)
    if len(x) < len(weight) or kernel == 1 or (few and (stride > 1 or into <= out)):
        return _typed(_Gathered.apply(x, weight, stride))  # type: ignore[no-untyped-call]  # torch's
    if few:
        return _typed(_Scattered.apply(x, weight))  # type: ignore[no-untyped-call]  # torch's
    parts = x.permute(0, 4, 1, 2, 3).contiguous()
    each = [F.conv2d(a, w, stride=stride, padding=kernel // 2) for a, w in zip(parts, weight, strict=True)]
    return torch.stack(each).permute(0, 2, 3, 4, 1).contiguous()


def _typed(made: Any) -> Tensor:
    assert isinstance(made, Tensor)
    return made


def _framed(x: Tensor, edge: int) -> Tensor:
    return F.pad(x, (0, 0, edge, edge, edge, edge)) if edge else x.contiguous()


def _shifts(framed: Tensor, kernel: int, stride: int, height: int, width: int) -> Tensor:
    """(P, C, H, W, B) with its frame -> (P, k k C, height width B), all shifted copies."""
    candidates, channels, _, _, images = framed.shape
    by_candidate, by_channel, by_row, by_column, by_image = framed.stride()
    view = framed.as_strided(
        (candidates, kernel, kernel, channels, height, width, images),
        (by_candidate, by_row, by_column, by_channel, stride * by_row, stride * by_column, by_image),
    )
    return view.reshape(candidates, kernel * kernel * channels, -1)


def _times(weight: Tensor, x: Tensor) -> Tensor:
    """(P, O, K) times (P or 1, K, N)."""
    if len(x) == 1:
        return (weight.flatten(0, 1) @ x[0]).reshape(len(weight), weight.shape[1], -1)
    return torch.bmm(weight, x)


class _Gathered(torch.autograd.Function):
    """Copies of x."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        """The convolution."""
        candidates, out, _, kernel, _ = weight.shape
        edge = kernel // 2
        height, width = ((side + 2 * edge - kernel) // stride + 1 for side in x.shape[2:4])
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.edge, ctx.size = stride, edge, (height, width)
        copies = _shifts(_framed(x, edge), kernel, stride, height, width)
        flat = weight.permute(0, 1, 3, 4, 2).reshape(candidates, out, -1)
        return _times(flat, copies).reshape(candidates, out, height, width, -1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor, None]:
        """Of x and of the weight."""
        x, weight = ctx.saved_tensors
        stride, edge, (height, width) = ctx.stride, ctx.edge, ctx.size
        candidates, out, channels, kernel, _ = weight.shape
        flat = gradients[0].reshape(candidates, out, -1)
        copies = _shifts(_framed(x, edge), kernel, stride, height, width)
        of_weight = _times(flat, copies.transpose(1, 2)).reshape(candidates, out, kernel, kernel, channels)
        of_x = None
        if ctx.needs_input_grad[0]:
            back = weight.permute(0, 3, 4, 2, 1).reshape(candidates, -1, out)
            parts = torch.bmm(back, flat).reshape(candidates, kernel, kernel, channels, height, width, -1)
            of_x = _Gathered._placed(parts, stride, edge, x.shape[2], x.shape[3])
            of_x = of_x.sum(0, keepdim=True) if len(x) < candidates else of_x
        return of_x, of_weight.permute(0, 1, 4, 2, 3), None

    @staticmethod
    def _placed(parts: Tensor, stride: int, edge: int, high: int, wide: int) -> Tensor:
        """The sum of all parts, each where its copy came from."""
        candidates, kernel, _, channels, height, width, images = parts.shape
        if kernel == 1 and stride == 1:
            return parts.reshape(candidates, channels, high, wide, images)
        framed = parts.new_zeros((candidates, channels, high + 2 * edge, wide + 2 * edge, images))
        for row in range(kernel):
            for column in range(kernel):
                rows = slice(row, row + stride * height, stride)
                columns = slice(column, column + stride * width, stride)
                framed[:, :, rows, columns] += parts[:, row, column]
        return framed[:, :, edge : edge + high, edge : edge + wide]


class _Scattered(torch.autograd.Function):
    """Copies of y; stride 1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        """The convolution."""
        candidates, out, channels, kernel, _ = weight.shape
        height, width, images = x.shape[2:]
        edge = kernel // 2
        flat = weight.permute(0, 3, 4, 1, 2).reshape(candidates, -1, channels)
        parts = torch.bmm(flat, x.reshape(candidates, channels, -1))
        parts = parts.reshape(candidates, kernel, kernel, out, height, width, images)
        made = parts[:, edge, edge].clone()
        for row in range(kernel):
            for column in range(kernel):
                if (row, column) != (edge, edge):
                    down, right = row - edge, column - edge
                    into = made[
                        :, :, max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)
                    ]
                    into += parts[:, row, column, :, max(0, down) : height + min(0, down)][
                        :, :, :, max(0, right) : width + min(0, right)
                    ]
        ctx.save_for_backward(x, weight)
        return made

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        """Of x and of the weight."""
        x, weight = ctx.saved_tensors
        candidates, out, channels, kernel, _ = weight.shape
        height, width = x.shape[2:4]
        copies = _shifts(_framed(gradients[0], kernel // 2), kernel, 1, height, width)
        of_weight = torch.bmm(copies, x.reshape(candidates, channels, -1).transpose(1, 2))
        of_weight = of_weight.reshape(candidates, kernel, kernel, out, channels).flip(1, 2)
        of_x = None
        if ctx.needs_input_grad[0]:
            back = weight.flip(3, 4).permute(0, 2, 3, 4, 1).reshape(candidates, channels, -1)
            of_x = torch.bmm(back, copies).reshape(x.shape)
        return of_x, of_weight.permute(0, 3, 4, 1, 2)
