"""The effect of a key of a sweep: the means of its values, averaged over the settings of all other keys.

A block is one setting of the other keys. Only blocks in which every value of the key has runs count, so that
each value meets the same settings of the other keys. With m_vc and s_vc the mean and the standard deviation
of the n_vc runs of value v in block c, of C blocks,

    m_v = sum over c of m_vc / C,   s_v^2 = sum over c of (s_vc^2 / n_vc) / C^2.

The interval of m_v is Student's, with the degrees of freedom of Satterthwaite (1946). The spread of a key is
the largest m_v less the smallest. Its p-value is that of a permutation test (Fisher 1935): runs are exchanged
between the values of the key inside each block, and the p-value is the share of 10,000 arrangements, the one
that was found among them, with a spread at least as large. It is exact for any distribution of scores, under
the hypothesis that the key changes nothing in any block. p-values of several keys are corrected by Holm.

The difference of the spreads of two keys is a weighted sum of the means of all settings, so its interval is
Student's too. The largest and the smallest value of each key were chosen by the same runs. That makes both
spreads too large, so the interval is for keys whose own p-values are small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wannsearch.core.arrays import FloatArray, IndexArray
from wannsearch.core.streams import to_uniform
from wannsearch.reporting.statistics.comparison import holm_correction
from wannsearch.reporting.statistics.interval import LEVEL, Interval
from wannsearch.reporting.statistics.resampling import ResamplePurpose, make_generator
from wannsearch.reporting.statistics.sample import ROUNDING, Sample

_PERMUTATIONS = 9_999
_MAX_DRAWS = 20_000_000
_MIN_PERMUTATIONS = 999


@dataclass(frozen=True)
class KeyEffect:
    """The effect of one key: the mean of each of its values, and their spread."""

    key: int  # its column in `levels`
    means: tuple[Interval, ...]  # one a value, by level
    weights: FloatArray  # (V, S) of the settings' means in each value's mean
    blocks: int  # settings of the other keys that were averaged over
    p_value: float
    p_holm: float = math.nan

    @property
    def spread(self) -> float:
        """Return the largest mean less the smallest one."""
        estimates = [mean.estimate for mean in self.means]
        return max(estimates) - min(estimates)

    @property
    def best_level(self) -> int:
        """Return the level with the highest mean, the first of several."""
        return int(np.argmax([mean.estimate for mean in self.means]))

    @property
    def spread_weights(self) -> FloatArray:
        """Return the weights (S,) of the settings' means in the spread."""
        lowest = int(np.argmin([mean.estimate for mean in self.means]))
        return np.asarray(self.weights[self.best_level] - self.weights[lowest])


def estimate_effects(levels: IndexArray, samples: Sequence[Sample]) -> list[KeyEffect]:
    """Return the effect of each key that has a complete block, by falling spread; equal ones by key.

    `levels` (S, K) are the indices of the values of K keys in S settings, from 0 and without gaps. No two
    settings are the same. `samples` are the runs of the settings, at least one each.
    """
    effects = [effect for key in range(levels.shape[1]) if (effect := _estimate_effect(levels, samples, key))]
    corrected = holm_correction([effect.p_value for effect in effects])
    corrected_effects = [
        KeyEffect(effect.key, effect.means, effect.weights, effect.blocks, effect.p_value, float(p_holm))
        for effect, p_holm in zip(effects, corrected, strict=True)
    ]
    return sorted(corrected_effects, key=lambda effect: -effect.spread)


def compare_spreads(x: KeyEffect, y: KeyEffect, samples: Sequence[Sample]) -> Interval:
    """Return the spread of x less that of y, with its interval over the runs of all settings."""
    return _weigh_means(x.spread_weights - y.spread_weights, samples)


def _estimate_effect(levels: IndexArray, samples: Sequence[Sample], key: int) -> KeyEffect | None:
    num_levels = int(levels[:, key].max()) + 1
    blocks: dict[tuple[int, ...], dict[int, int]] = {}
    for setting, row in enumerate(levels):
        other_levels = tuple(int(level) for column, level in enumerate(row) if column != key)
        blocks.setdefault(other_levels, {})[int(row[key])] = setting
    complete = [
        [block[level] for level in range(num_levels)]
        for _, block in sorted(blocks.items())
        if len(block) == num_levels
    ]
    if not complete or num_levels < 2:
        return None
    weights = np.zeros((num_levels, len(samples)))
    for block in complete:
        for level, setting in enumerate(block):
            weights[level, setting] = 1 / len(complete)
    means = tuple(_weigh_means(row, samples) for row in weights)
    return KeyEffect(
        key, means, weights, len(complete), _test_effect([[samples[i] for i in block] for block in complete])
    )


def _weigh_means(weights: FloatArray, samples: Sequence[Sample]) -> Interval:
    """Return the sum of the settings' means with these weights (S,), and its interval.

    It has no bounds where a setting with a weight has a single run, or none of them has spread.
    """
    from scipy.stats import t

    used = [(weight, sample) for weight, sample in zip(weights, samples, strict=True) if weight]
    estimate = float(sum(weight * sample.scores.mean() for weight, sample in used))
    runs = sum(sample.n for _, sample in used)
    if not used or min(sample.n for _, sample in used) < 2:
        return Interval(estimate, None, None, runs)
    if not any(sample.has_spread for _, sample in used):
        return Interval(estimate, None, None, runs, without_spread=True)
    parts = [weight**2 * float(sample.scores.var(ddof=1)) / sample.n for weight, sample in used]
    degrees = sum(parts) ** 2 / sum(
        part**2 / (sample.n - 1) for part, (_, sample) in zip(parts, used, strict=True)
    )
    half_width = float(t.ppf((1 + LEVEL) / 2, degrees)) * math.sqrt(sum(parts))
    return Interval(estimate, estimate - half_width, estimate + half_width, runs)


def _test_effect(blocks: Sequence[Sequence[Sample]]) -> float:
    """Return the p-value of the spread of means over blocks, each with one sample a value."""
    estimates = np.mean([[sample.scores.mean() for sample in block] for block in blocks], axis=0)
    num_runs = sum(sample.n for block in blocks for sample in block)
    permutations = min(_PERMUTATIONS, max(_MIN_PERMUTATIONS, _MAX_DRAWS // num_runs))
    totals = np.zeros((permutations, len(estimates)))
    for stratum, block in enumerate(blocks):
        scores = np.concatenate([sample.scores for sample in block])
        draws = make_generator(ResamplePurpose.PERMUTATION, stratum).random_raw(permutations * len(scores))
        uniform = to_uniform(draws.astype(np.uint64, copy=False)).reshape(permutations, len(scores))
        shuffled = scores[np.argsort(uniform, axis=1, kind="stable")]
        ends = np.cumsum([sample.n for sample in block])
        for level, (end, sample) in enumerate(zip(ends, block, strict=True)):
            totals[:, level] += shuffled[:, end - sample.n : end].mean(axis=1)
    means = totals / len(blocks)
    spreads = means.max(axis=1) - means.min(axis=1)
    tolerance = ROUNDING * max(float(np.abs(estimates).max()), float(np.abs(means).max()))
    num_as_large = int((spreads >= estimates.max() - estimates.min() - tolerance).sum())
    return (1 + num_as_large) / (1 + permutations)
