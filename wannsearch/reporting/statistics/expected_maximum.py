"""What choosing the best of many by a noisy sign can gain.

Of n values from N(0, s^2) the largest is expected at s E_n, where

    E_n = integral_0^inf (1 - Phi(x)^n - (1 - Phi(x))^n) dx

is that of the standard normal: 0.56 for n = 2, 2.3 for 64, 3.2 for 1000. Who picks the best by another
figure, whose correlation with the value is r, can expect r s E_n; so a measured gain bounds r.
"""

from __future__ import annotations


def expected_maximum(n: int) -> float:
    """E_n; ValueError for fewer than one."""
    from scipy.integrate import quad
    from scipy.stats import norm

    if n < 1:
        raise ValueError(f"n is {n}; there must be one value")

    def integrand(x: float) -> float:
        cdf = float(norm.cdf(x))
        return float(1 - cdf**n - (1 - cdf) ** n)

    return float(quad(integrand, 0, 12)[0])
