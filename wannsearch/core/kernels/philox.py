"""Random draws inside kernels: the same words as `core.streams`, bit for bit.

Philox4x64-10: Salmon et al. (2011). A draw is addressed by the key (two words), row, purpose and index.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.kernels.compiling import kernel
from wannsearch.core.streams import MULTIPLIERS, ROUNDS, WEYL, Stream

_M0, _M1 = np.uint64(MULTIPLIERS[0]), np.uint64(MULTIPLIERS[1])
_W0, _W1 = np.uint64(WEYL[0]), np.uint64(WEYL[1])
_LOW_MASK, _HALF_BITS = np.uint64(0xFFFFFFFF), np.uint64(32)


@kernel
def _high_product(a: np.uint64, b: np.uint64) -> np.uint64:
    a_low, a_high, b_low, b_high = a & _LOW_MASK, a >> _HALF_BITS, b & _LOW_MASK, b >> _HALF_BITS
    middle = a_high * b_low + ((a_low * b_low) >> _HALF_BITS)
    high: np.uint64 = (
        a_high * b_high + (middle >> _HALF_BITS) + ((a_low * b_high + (middle & _LOW_MASK)) >> _HALF_BITS)
    )
    return high


@kernel
def philox_block(key0: np.uint64, key1: np.uint64, row: int, purpose: int, block_index: int) -> Any:
    """Return four uint64 words: the draws 4 * block_index to 4 * block_index + 3."""
    c0, c1 = np.uint64(block_index + 1), np.uint64(row)
    c2, c3 = np.uint64(purpose), np.uint64(0)
    for _ in range(ROUNDS):
        high0, low0 = _high_product(c0, _M0), c0 * _M0
        high1, low1 = _high_product(c2, _M1), c2 * _M1
        c0, c1, c2, c3 = high1 ^ c1 ^ key0, low1, high0 ^ c3 ^ key1, low0
        key0, key1 = key0 + _W0, key1 + _W1
    return c0, c1, c2, c3


@kernel
def raw_word(key0: np.uint64, key1: np.uint64, row: int, purpose: int, draw: int) -> np.uint64:
    """Return the 64-bit draw, counted from 0, of this row and purpose in the stream with this key."""
    bits: np.uint64 = philox_block(key0, key1, row, purpose, draw // 4)[draw % 4]
    return bits


@kernel
def to_uniform(bits: np.uint64) -> float:
    """Convert a word to a number in [0, 1), from its upper 53 bits."""
    return float(bits >> np.uint64(11)) * 2.0**-53


@kernel
def sample_uniform(key0: np.uint64, key1: np.uint64, row: int, purpose: int, draw: int) -> float:
    """Return the draw at this address as a number in [0, 1)."""
    return to_uniform(raw_word(key0, key1, row, purpose, draw))


@kernel
def sample_integer_below(
    key0: np.uint64, key1: np.uint64, row: int, purpose: int, draw: int, count: int
) -> int:
    """Return an integer in 0 .. count - 1, uniform up to rounding."""
    return int(sample_uniform(key0, key1, row, purpose, draw) * count)


@kernel
def _fill_first_uniform(key: Any, purpose: int, uniforms: Any) -> None:
    for row in range(len(uniforms)):
        uniforms[row] = sample_uniform(key[0], key[1], row, purpose, 0)


def sample_first_uniform(num_rows: int, rng: Stream) -> FloatArray:
    """Return the (rows,) first draw of each row: `rng.uniform(rows, 1)[:, 0]`, without its temporaries."""
    uniforms = np.empty(num_rows)
    _fill_first_uniform(rng.key, rng.purpose, uniforms)
    return uniforms
