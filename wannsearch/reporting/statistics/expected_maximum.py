"""The expected gain of choosing the best of many candidates by a noisy score.

The largest of n values from N(0, s^2) has the expectation s E_n, where

    E_n = integral_0^inf (1 - Phi(x)^n - (1 - Phi(x))^n) dx

is the expectation for the standard normal: 0.56 for n = 2, 2.3 for 64, 3.2 for 1000. A choice by another
score, whose correlation with the value is r, has the expectation r s E_n. A measured gain therefore bounds r.
"""

from __future__ import annotations


def expected_maximum(n: int) -> float:
    """Return E_n, the expected maximum of n standard normal values; raise ValueError for n < 1."""
    from scipy.integrate import quad
    from scipy.stats import norm

    if n < 1:
        raise ValueError(f"n is {n}; there must be one value")

    def integrand(x: float) -> float:
        cdf = float(norm.cdf(x))
        return float(1 - cdf**n - (1 - cdf) ** n)

    return float(quad(integrand, 0, 12)[0])
