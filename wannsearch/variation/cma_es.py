"""CMA-ES: the normal distribution that weights are drawn from, and its update towards good weights.

Hansen (2016), "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772. A candidate is

    x = m + sigma B D z,    z ~ N(0, I),    C = B D^2 B^T

with mean m, step size sigma and covariance C. The library `cmaes` updates m, sigma, C and the two
evolution paths. Its update needs no more state than `Distribution`; the draws z are from our own streams.

For a full covariance the update is that of equations 41 to 47 there. With a diagonal covariance (sep-CMA-ES,
Ros & Hansen 2008) B is the identity and C has n entries instead of n (n + 1) / 2, so noise misleads it less.
Its update keeps the diagonal of equation 47, has only positive recombination weights and so no equation 46,
and has other learning rates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.streams import Stream, sample_normal

MAX_WEIGHT = 1e9
"""Larger weights show that the step size has diverged."""
_MAX_COVARIANCE = 1e300
"""The sum of two such values is finite, which `(C + C^T) / 2` needs."""


class CovarianceType(str, Enum):
    """The form of the covariance C: independent weights, or all pairs."""

    DIAGONAL = "diagonal"
    FULL = "full"


@dataclass(frozen=True)
class Distribution:
    """The normal distribution over n weights, with the two evolution paths that its next update needs."""

    mean: FloatArray  # (n,)
    covariance: FloatArray  # (n, n), or its diagonal (n,)
    sigma: float
    sigma_path: FloatArray  # (n,)
    covariance_path: FloatArray  # (n,)
    num_updates: int


def initial_distribution(mean: FloatArray, sigma: float, covariance: CovarianceType) -> Distribution:
    """Return the first distribution: independent weights around `mean` (n,) with standard deviation sigma.

    The mean is copied; the evolution paths are zero.
    """
    num_weights = len(mean)
    initial_covariance = np.eye(num_weights) if covariance is CovarianceType.FULL else np.ones(num_weights)
    return Distribution(
        np.array(mean, np.float64), initial_covariance, sigma, np.zeros(num_weights), np.zeros(num_weights), 0
    )


def sample_weights(distribution: Distribution, num_samples: int, rng: Stream) -> FloatArray:
    """Draw (num_samples, n) float64 weights, x = m + sigma B D z.

    Row i depends on the distribution, the stream and i, not on `num_samples`. Negative variances count as 0.
    Raise LinAlgError for a full covariance that is not finite.
    """
    z, covariance = sample_normal(rng, num_samples, len(distribution.mean)), distribution.covariance
    if covariance.ndim == 1:
        return distribution.mean + distribution.sigma * (np.sqrt(np.maximum(covariance, 0.0)) * z)
    with _limit_blas_threads():
        eigenvalues, eigenvectors = np.linalg.eigh((covariance + covariance.T) / 2)
        transform = eigenvectors * np.sqrt(np.maximum(eigenvalues, 0.0))
        # row by row, so that a row's last bit does not depend on the number of rows
        steps = np.stack([transform @ row for row in z])
    return distribution.mean + distribution.sigma * steps


def update_distribution(distribution: Distribution, weights: FloatArray, costs: FloatArray) -> Distribution:
    """Return the distribution after an update with drawn weights (C, n) and their costs (C,).

    Lower costs are better and may be infinite; C is at least 2. A full covariance is updated by equations
    41 to 47, a diagonal one by sep-CMA-ES (see above); a single weight always has the full update.

    A distribution that diverges is returned without a warning, and `is_valid_distribution` is False for it.
    Do not update it again: cmaes raises AssertionError for a sigma that is not positive, and for means and
    weights of 1e32 or more.
    """
    from cmaes import CMA, SepCMA

    has_single_weight = len(distribution.mean) == 1  # SepCMA refuses a single weight
    optimizer_class = SepCMA if distribution.covariance.ndim == 1 and not has_single_weight else CMA
    with _limit_blas_threads(), np.errstate(all="ignore"):
        optimizer: Any = optimizer_class(
            mean=distribution.mean.copy(), sigma=distribution.sigma, population_size=len(weights)
        )
        optimizer._C = distribution.covariance.reshape(optimizer._C.shape).copy()
        optimizer._p_sigma = distribution.sigma_path.copy()
        optimizer._pc = distribution.covariance_path.copy()
        optimizer._g = distribution.num_updates
        rows_by_cost = np.argsort(costs, kind="stable")
        try:
            optimizer.tell([(weights[row], float(costs[row])) for row in rows_by_cost])
        except np.linalg.LinAlgError:  # the covariance is no longer finite
            return replace(distribution, sigma=math.nan)
    return Distribution(
        optimizer._mean,
        optimizer._C.reshape(distribution.covariance.shape),
        float(optimizer._sigma),
        optimizer._p_sigma,
        optimizer._pc,
        int(optimizer._g),
    )


def is_valid_distribution(distribution: Distribution, num_weights: int, covariance: CovarianceType) -> bool:
    """Return whether this is a distribution of `num_weights` weights that has not diverged.

    Shapes must be those of this covariance type, all values finite and sigma positive. Means, and the largest
    standard deviation of a weight, must be below `MAX_WEIGHT`.
    """
    vectors = (distribution.mean, distribution.sigma_path, distribution.covariance_path)
    covariance_shape = (num_weights, num_weights) if covariance is CovarianceType.FULL else (num_weights,)
    if (
        any(vector.shape != (num_weights,) for vector in vectors)
        or distribution.covariance.shape != covariance_shape
    ):
        return False
    is_finite = all(np.isfinite(array).all() for array in vectors)
    is_finite = is_finite and bool((np.abs(distribution.covariance) < _MAX_COVARIANCE).all())
    if not is_finite or not math.isfinite(distribution.sigma) or distribution.num_updates < 0:
        return False
    variance = distribution.covariance if len(covariance_shape) == 1 else np.diag(distribution.covariance)
    max_std = distribution.sigma * math.sqrt(max(0.0, float(variance.max())))
    return distribution.sigma > 0 and max(max_std, float(np.abs(distribution.mean).max())) < MAX_WEIGHT


@contextmanager
def _limit_blas_threads() -> Iterator[None]:
    """Run BLAS on one thread: the last bits of matrix products depend on the number of threads."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
