"""Convolutions as products of shifted copies, against torch's own."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from wannsearch.evaluators.training import batched_conv


def plain(x: torch.Tensor, weight: torch.Tensor, stride: int) -> torch.Tensor:
    """Candidate by candidate, in torch's layout and back."""
    padding = weight.shape[3] // 2
    made = [
        torch.nn.functional.conv2d(pixels.permute(3, 0, 1, 2), own, stride=stride, padding=padding)
        for pixels, own in zip(x.expand(len(weight), *x.shape[1:]), weight, strict=True)
    ]
    return torch.stack(made).permute(0, 2, 3, 4, 1)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([1, 3, 5]),
    st.sampled_from([1, 2]),
    st.integers(1, 7),
    st.integers(1, 7),
    st.integers(1, 4),
    st.booleans(),
)
def test_outputs_and_gradients_are_torchs_for_any_shape(
    candidates, into, out, kernel, stride, height, width, images, shared
):
    rng = torch.Generator().manual_seed(into * 100 + out)
    x = torch.randn(
        1 if shared else candidates, into, height, width, images, generator=rng, dtype=torch.float64
    ).requires_grad_()
    weight = torch.randn(candidates, out, into, kernel, kernel, generator=rng, dtype=torch.float64)
    weight.requires_grad_()
    found, expected = batched_conv.conv2d(x, weight, stride), plain(x, weight, stride)
    assert found.shape == expected.shape
    assert torch.allclose(found, expected)
    slope = torch.randn(expected.shape, generator=rng, dtype=torch.float64)
    ours_theirs = (torch.autograd.grad(made, (x, weight), slope) for made in (found, expected))
    for ours, theirs in zip(*ours_theirs, strict=True):
        assert torch.allclose(ours, theirs)


@pytest.mark.parametrize(("into", "out"), [(16, 3), (3, 16), (16, 16)], ids=["few out", "few in", "many"])
def test_a_candidate_has_the_same_bits_whoever_is_beside_it(into, out):
    rng = torch.Generator().manual_seed(1)
    x = torch.randn(5, into, 8, 8, 16, generator=rng)
    weight = torch.randn(5, out, into, 3, 3, generator=rng)
    together = batched_conv.conv2d(x, weight, 1)
    for row in range(5):
        apart = batched_conv.conv2d(x[[row, row]], weight[[row, row]], 1)
        assert torch.equal(apart[0], apart[1])
        assert torch.allclose(apart[0], together[row], rtol=1e-5, atol=1e-5)
