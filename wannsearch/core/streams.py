"""Randomness by address: one Philox key per (seed, role, generation), and counters below it.

A draw is addressed, not taken in sequence. Under the key of a stream the counter words are

    (draw // 4 + 1, row, purpose, 0)

and draw % 4 selects one of the four 64-bit words of that block, so the draws of a row equal
`numpy.random.Philox(key=key, counter=[0, row, purpose, 0]).random_raw()`. Neither the order
of evaluation, nor workers, nor chunks can move a draw. Philox4x64-10: Salmon et al. (2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from wannsearch.core.arrays import Array, FloatArray, UInt64Array

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
"""The two multipliers of a Philox4x64 round."""
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
"""The increments of the two key words after each round."""
ROUNDS = 10
"""The number of rounds of Philox4x64-10."""


class Role(IntEnum):
    """A role is the use of a stream in a run. Its number is part of every result: never reuse one."""

    START = 0
    TELL = 1
    EPISODES = 2
    RETEST = 3
    HELD_OUT = 4
    RANDOM_WEIGHTS = 5
    SHARED_WEIGHTS = 6


def derive_key(seed: int, role: Role, generation: int = 0) -> UInt64Array:
    """Return the (2,) uint64 Philox key of the stream of this seed, role and generation."""
    seed_sequence = np.random.SeedSequence(seed, spawn_key=(int(role), generation))
    return np.asarray(seed_sequence.generate_state(2, np.uint64), np.uint64)


def _high_product(a: UInt64Array, b: int) -> UInt64Array:
    """Return the upper 64 bits of a * b, from 32-bit halves."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    b_low, b_high = np.uint64(b & 0xFFFFFFFF), np.uint64(b >> 32)
    a_low, a_high = a & low, a >> shift
    middle = a_high * b_low + ((a_low * b_low) >> shift)
    high: UInt64Array = a_high * b_high + (middle >> shift) + ((a_low * b_high + (middle & low)) >> shift)
    return high


def philox(
    counter: tuple[UInt64Array, UInt64Array, UInt64Array, UInt64Array], key: tuple[UInt64Array, UInt64Array]
) -> tuple[UInt64Array, ...]:
    """Compute one Philox4x64-10 block of four uint64 words for each counter; all arguments broadcast."""
    c0, c1, c2, c3 = np.broadcast_arrays(*counter)
    k0, k1 = key
    for round_index in range(ROUNDS):
        if round_index:
            k0, k1 = k0 + np.uint64(WEYL[0]), k1 + np.uint64(WEYL[1])
        high0, low0 = _high_product(c0, MULTIPLIERS[0]), c0 * np.uint64(MULTIPLIERS[0])
        high1, low1 = _high_product(c2, MULTIPLIERS[1]), c2 * np.uint64(MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return c0, c1, c2, c3


def _random_words(keys: UInt64Array, rows: UInt64Array, purpose: int, num_draws: int) -> UInt64Array:
    """Return (M, draws) uint64 words for M pairs of a key (M, 2) and a row (M,)."""
    block_numbers = np.arange(1, -(-num_draws // 4) + 1, dtype=np.uint64)[None, :]
    zero = np.zeros((), np.uint64)
    with np.errstate(over="ignore"):
        block = philox(
            (block_numbers, rows[:, None], zero + np.uint64(purpose), zero),
            (keys[:, :1].copy(), keys[:, 1:].copy()),
        )
    words: UInt64Array = np.stack(block, axis=-1).reshape(len(rows), 4 * block_numbers.shape[1])[
        :, :num_draws
    ]
    return words


def to_uniform(words: UInt64Array) -> FloatArray:
    """Convert words to numbers in [0, 1), from the upper 53 bits of each, as NumPy's generators do."""
    uniforms: FloatArray = (words >> np.uint64(11)) * 2.0**-53
    return uniforms


@dataclass(frozen=True)
class Stream:
    """A stream holds the draws of one role in one generation, addressed by row, purpose and draw."""

    key: UInt64Array  # (2,)
    purpose: int = 0

    def for_purpose(self, purpose: int) -> Stream:
        """Return the same stream for another purpose, whose draws are disjoint from these."""
        return replace(self, purpose=purpose)

    def random_words(self, rows: int | Array, num_draws: int) -> UInt64Array:
        """Return (M, draws) uint64 words for an array of M rows, or for rows 0 .. M - 1 of an int M."""
        row_numbers = np.asarray(np.arange(rows) if isinstance(rows, int) else rows, np.uint64)
        return _random_words(
            np.broadcast_to(self.key, (len(row_numbers), 2)), row_numbers, self.purpose, num_draws
        )

    def uniform(self, rows: int | Array, num_draws: int) -> FloatArray:
        """Return (M, draws) float64 numbers in [0, 1) for an array of M rows, or for rows 0 .. M - 1."""
        return to_uniform(self.random_words(rows, num_draws))


def make_stream(seed: int, role: Role, generation: int = 0) -> Stream:
    """Return the stream keyed by seed, role and generation; equal arguments give equal draws.

    Generation 0 is for draws that belong to no generation.
    """
    return Stream(derive_key(seed, role, generation))


def sample_normal(rng: Stream, num_rows: int, num_draws: int) -> FloatArray:
    """Return (rows, draws) standard normal numbers by Box and Muller (1958), one number of each pair.

    A row takes 2 * `num_draws` uniform draws, so its numbers depend on `num_draws`, too.
    """
    uniforms = rng.uniform(num_rows, 2 * num_draws)
    radius, angle = np.sqrt(-2.0 * np.log1p(-uniforms[:, :num_draws])), 2.0 * np.pi * uniforms[:, num_draws:]
    normals: FloatArray = radius * np.cos(angle)
    return normals


def sample_episode_uniform(seeds: UInt64Array, num_draws: int) -> FloatArray:
    """Return (R, draws) numbers in [0, 1); the draws of an episode depend on its seed (R,) alone."""
    keys = np.stack([np.asarray(seeds, np.uint64), np.zeros(len(seeds), np.uint64)], axis=1)
    return to_uniform(_random_words(keys, np.zeros(len(seeds), np.uint64), 0, num_draws))


def sample_episode_normal(seeds: UInt64Array, num_draws: int) -> FloatArray:
    """Return (R, draws) standard normal numbers by Box and Muller (1958), both numbers of each pair.

    They depend on the seeds (R,) and on `num_draws`, and reuse the draws of `sample_episode_uniform`.
    """
    num_pairs = -(-num_draws // 2)
    uniforms = sample_episode_uniform(seeds, 2 * num_pairs)
    radius = np.sqrt(-2.0 * np.log1p(-uniforms[:, :num_pairs]))
    angle = 2.0 * np.pi * uniforms[:, num_pairs:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)[:, :num_draws]
