"""CMA-ES: the normal distribution that weights are drawn from, and how it follows what scored well.

Hansen (2016), "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772. A candidate is

    x = m + sigma B D z,    z ~ N(0, I),    C = B D^2 B^T

with mean m, step size sigma and covariance C. The update of m, sigma, C and the two evolution paths
(equations 41 to 47 there) is the library `cmaes`, which keeps no more state than `Distribution`;
the draws z are counters of our own streams.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wannsearch.core.streams import Stream, normal

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Distribution:
    """Where the search for n weights stands."""

    mean: Numbers  # (n,)
    covariance: Numbers  # (n, n)
    sigma: float
    sigma_path: Numbers  # (n,)
    covariance_path: Numbers  # (n,)
    updates: int


def around(mean: Numbers, sigma: float) -> Distribution:
    """The first distribution: independent weights around this mean (n,), each with deviation sigma."""
    zeros = np.zeros(len(mean))
    return Distribution(np.array(mean, np.float64), np.eye(len(mean)), sigma, zeros, zeros.copy(), 0)


def drawn(distribution: Distribution, count: int, rng: Stream) -> Numbers:
    """(count, n) weights; row i depends on the stream and i alone."""
    z = normal(rng, count, len(distribution.mean))
    with _one_thread():
        squares, directions = np.linalg.eigh((distribution.covariance + distribution.covariance.T) / 2)
        scaled = directions * np.sqrt(np.maximum(squares, 0.0))
        # row by row, so that a row's last bit does not depend on how many there are
        steps = np.stack([scaled @ row for row in z])
    return distribution.mean + distribution.sigma * steps


def updated(distribution: Distribution, weights: Numbers, cost: Numbers) -> Distribution:
    """The distribution after its draws (count, n) were found to cost (count,); infinite for the worst."""
    from cmaes import CMA

    with _one_thread():
        optimizer: Any = CMA(
            mean=distribution.mean,
            sigma=distribution.sigma,
            cov=distribution.covariance.copy(),
            population_size=len(weights),
        )
        optimizer._p_sigma = distribution.sigma_path.copy()
        optimizer._pc = distribution.covariance_path.copy()
        optimizer._g = distribution.updates
        order = np.argsort(cost, kind="stable")
        optimizer.tell([(weights[row], float(cost[row])) for row in order])
    return Distribution(
        optimizer._mean,
        optimizer._C,
        float(optimizer._sigma),
        optimizer._p_sigma,
        optimizer._pc,
        int(optimizer._g),
    )


def sound(distribution: Distribution, size: int) -> bool:
    """Whether this can be a distribution of so many weights."""
    vectors = (distribution.mean, distribution.sigma_path, distribution.covariance_path)
    shapes = all(vector.shape == (size,) for vector in vectors)
    if not shapes or distribution.covariance.shape != (size, size) or distribution.updates < 0:
        return False
    finite = all(np.isfinite(part).all() for part in (*vectors, distribution.covariance))
    return finite and math.isfinite(distribution.sigma) and distribution.sigma > 0


@contextmanager
def _one_thread() -> Iterator[None]:
    """Products of matrices keep their last bits only while the number of threads stays the same."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
