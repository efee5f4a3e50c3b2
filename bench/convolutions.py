"""What was tried to convolve for many small candidates at once on a processor, forward and back.

    shifted   products of shifted copies, batches side by side (`evaluators.training.shifted`)
    each      a call of torch's convolution for each candidate
    grouped   one call with as many groups as candidates, which is what torch.func.vmap makes of it too

With a mask inside a residual block a convolution has few channels on one side (3, 6 or 13 of 16, 32 or 64 at
80 %); the library's kernels are made for multiples of 16. Where both sides are wide, `shifted.conv`
calls the library.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from samples import Pace, Sample, compared
from table import Row

from wannsearch.evaluators.training import batched_conv

CANDIDATES, IMAGES = 16, 64
KINDS = [(16, 3, 8), (3, 16, 8), (64, 13, 2), (13, 64, 2), (16, 16, 8)]  # channels in and out, pixels a side


def rate(made: Callable[[], torch.Tensor], leaves: list[torch.Tensor]) -> Sample:
    """A sampler of candidates' convolutions a second, with both gradients."""

    def sample() -> float:
        begin = time.perf_counter()
        outputs = made()
        torch.autograd.grad(outputs, leaves, torch.ones_like(outputs))
        return CANDIDATES / (time.perf_counter() - begin)

    return sample


def rows(pace: Pace) -> list[Row]:
    """Ours beside each of the others."""
    found = []
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    for into, out, side in KINDS:
        weight = torch.randn(CANDIDATES, out, into, 3, 3, requires_grad=True)
        beside = torch.randn(CANDIDATES, into, side, side, IMAGES, requires_grad=True)
        library = torch.randn(IMAGES, CANDIDATES * into, side, side, requires_grad=True)

        def ours(x: torch.Tensor = beside, w: torch.Tensor = weight) -> torch.Tensor:
            return batched_conv.conv(x, w, 1)

        def each(x: torch.Tensor = library, w: torch.Tensor = weight) -> torch.Tensor:
            parts = zip(x.chunk(CANDIDATES, 1), w, strict=True)
            return torch.cat([torch.nn.functional.conv2d(a, b, padding=1) for a, b in parts], 1)

        def grouped(x: torch.Tensor = library, w: torch.Tensor = weight) -> torch.Tensor:
            return torch.nn.functional.conv2d(x, w.flatten(0, 1), padding=1, groups=CANDIDATES)

        for name, other in (("a call each", each), ("one call, in groups", grouped)):
            rates = compared(rate(ours, [beside, weight]), rate(other, [library, weight]), pace)
            found.append(
                Row(
                    name=f"3 x 3, {into} to {out} channels, {side} x {side}",
                    work=f"{CANDIDATES} candidates, {IMAGES} images, forward and back",
                    unit="candidates/s",
                    ours=rates[0],
                    beside=rates[1],
                    peer=name,
                    ratio=rates[2],
                )
            )
    torch.set_num_threads(before)
    return found
