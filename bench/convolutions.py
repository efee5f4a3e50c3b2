"""Ways to convolve for many small candidates at once on a processor, forward and back.

    batched   products of shifted copies, batches side by side (`evaluators.training.batched_conv`)
    each      a call of torch's convolution for each candidate
    grouped   one call with as many groups as candidates, which is what torch.func.vmap makes of it too

With a mask inside a residual block a convolution has few channels on one side (3, 6 or 13 of 16, 32 or 64 at
80 %); the library's kernels are made for multiples of 16. Where both sides have about as many channels,
`batched_conv.conv2d` calls the library.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from samples import Pace, Sampler, compare
from table import BenchmarkRow

from wannsearch.evaluators.training import batched_conv

CANDIDATES, IMAGES = 16, 64
SHAPES = [(16, 3, 8), (3, 16, 8), (64, 13, 2), (13, 64, 2), (16, 16, 8)]  # channels in and out, pixels a side


def make_rate_sampler(convolve: Callable[[], torch.Tensor], leaves: list[torch.Tensor]) -> Sampler:
    """Return a sampler of candidates a second, for the convolution and the gradients of `leaves`."""

    def sample() -> float:
        start_s = time.perf_counter()
        outputs = convolve()
        torch.autograd.grad(outputs, leaves, torch.ones_like(outputs))
        return CANDIDATES / (time.perf_counter() - start_s)

    return sample


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return, for each shape, a row of `batched_conv` beside each of the other two ways, one thread."""
    results = []
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for in_channels, out_channels, side in SHAPES:
        weight = torch.randn(CANDIDATES, out_channels, in_channels, 3, 3, requires_grad=True)
        batch = torch.randn(CANDIDATES, in_channels, side, side, IMAGES, requires_grad=True)
        library_batch = torch.randn(IMAGES, CANDIDATES * in_channels, side, side, requires_grad=True)

        def convolve_batched(x: torch.Tensor = batch, w: torch.Tensor = weight) -> torch.Tensor:
            return batched_conv.conv2d(x, w, 1)

        def convolve_separately(x: torch.Tensor = library_batch, w: torch.Tensor = weight) -> torch.Tensor:
            parts = zip(x.chunk(CANDIDATES, 1), w, strict=True)
            return torch.cat([torch.nn.functional.conv2d(a, b, padding=1) for a, b in parts], 1)

        def convolve_grouped(x: torch.Tensor = library_batch, w: torch.Tensor = weight) -> torch.Tensor:
            return torch.nn.functional.conv2d(x, w.flatten(0, 1), padding=1, groups=CANDIDATES)

        for name, convolve_library in (
            ("a call each", convolve_separately),
            ("one call, in groups", convolve_grouped),
        ):
            rates = compare(
                make_rate_sampler(convolve_batched, [batch, weight]),
                make_rate_sampler(convolve_library, [library_batch, weight]),
                pace,
            )
            results.append(
                BenchmarkRow(
                    name=f"3 x 3, {in_channels} to {out_channels} channels, {side} x {side}",
                    work=f"{CANDIDATES} candidates, {IMAGES} images, forward and back",
                    unit="candidates/s",
                    result=rates[0],
                    peer_result=rates[1],
                    peer=name,
                    ratio=rates[2],
                )
            )
    torch.set_num_threads(num_threads)
    return results
