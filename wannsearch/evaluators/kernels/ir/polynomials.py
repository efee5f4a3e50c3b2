"""Polynomials for exp, log, sin and cos on the short interval that is left after range reduction.

A Taylor polynomial is economised (Lanczos 1938). Its highest power is replaced, again and again, by the
lower powers of the Chebyshev polynomial of that degree, which adds the least error over the whole
interval. All arithmetic uses exact fractions, and each coefficient is rounded to float64 once, at the
end. No coefficient is typed by hand; pi and ln 2 have 50 digits.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import factorial

PI = Fraction(31415926535897932384626433832795028841971693993751, 10**49)
LN2 = Fraction(69314718055994530941723212145817656807550013436026, 10**50)

_EXTRA_TERMS = 8


def _multiply(a: list[Fraction], b: list[Fraction]) -> list[Fraction]:
    product = [Fraction(0)] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            product[i + j] += x * y
    return product


def _chebyshev(degree: int, low: Fraction, high: Fraction) -> list[Fraction]:
    """Return the coefficients of T_n on [low, high], n = `degree` >= 1, from the lowest power on."""
    variable = [-(high + low) / (high - low), Fraction(2) / (high - low)]
    previous, current = [Fraction(1)], variable
    for _ in range(degree - 1):
        doubled_product = [2 * c for c in _multiply(variable, current)]
        previous, current = (
            current,
            [c - (previous[i] if i < len(previous) else 0) for i, c in enumerate(doubled_product)],
        )
    return current


def economize(series: list[Fraction], terms: int, low: Fraction, high: Fraction) -> list[Fraction]:
    """Return `terms` coefficients of a polynomial close to the series on [low, high], lowest power first.

    A series that has no more coefficients than that is returned unchanged. `terms` is at least 1.
    """
    coefficients = list(series)
    while len(coefficients) > terms:
        basis = _chebyshev(len(coefficients) - 1, low, high)
        scale = coefficients[-1] / basis[-1]
        coefficients = [c - scale * b for c, b in zip(coefficients, basis, strict=True)][:-1]
    return coefficients


@cache
def exp_coefficients(terms: int) -> tuple[float, ...]:
    """Return the `terms` coefficients of q, where 1 + r + r^2 q(r) is near exp(r) for |r| <= ln 2 / 2."""
    half = LN2 / 2
    series = [Fraction(1, factorial(k + 2)) for k in range(terms + _EXTRA_TERMS)]
    return tuple(float(c) for c in economize(series, terms, -half, half))


@cache
def sine_coefficients(terms: int, radius: Fraction) -> tuple[float, ...]:
    """Return the `terms` coefficients of q, where r + r^3 q(r^2) is near sin(r) for |r| <= radius."""
    series = [Fraction((-1) ** (k + 1), factorial(2 * k + 3)) for k in range(terms + _EXTRA_TERMS)]
    return tuple(float(c) for c in economize(series, terms, Fraction(0), radius * radius))


@cache
def cosine_coefficients(terms: int, radius: Fraction) -> tuple[float, ...]:
    """Return the `terms` coefficients of q, lowest power first.

    1 - r^2 / 2 + r^4 q(r^2) is near cos(r) for |r| <= radius.
    """
    series = [Fraction((-1) ** k, factorial(2 * k + 4)) for k in range(terms + _EXTRA_TERMS)]
    return tuple(float(c) for c in economize(series, terms, Fraction(0), radius * radius))


@cache
def double_artanh_coefficients(terms: int) -> tuple[float, ...]:
    """Return the `terms` coefficients of q, where 2 s + s^3 q(s^2) is near 2 artanh(s), lowest power first.

    The interval is |s| <= 0.1716, a little more than (sqrt 2 - 1) / (sqrt 2 + 1).
    """
    radius = Fraction(1716, 10**4)
    series = [Fraction(2, 2 * k + 3) for k in range(terms + _EXTRA_TERMS)]
    return tuple(float(c) for c in economize(series, terms, Fraction(0), radius * radius))


def split_high_low(value: Fraction, bits: int) -> tuple[float, float]:
    """Split 0 < value < 2^bits: the nearest number of `bits` significant bits, and the remainder.

    The remainder is rounded to float64, whatever `bits` is. `bits` is at most 53.
    """
    if bits == 53:
        high = float(value)
    else:
        scale = 1
        while value * scale < 1 << (bits - 1):
            scale *= 2
        high = float(Fraction(round(value * scale), scale))
    return high, float(value - Fraction(high))
