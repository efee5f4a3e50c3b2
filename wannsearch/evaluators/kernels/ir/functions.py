"""sin, cos, exp, log, tanh and the activations over vectors: own polynomials, no branch, no library call.

Each reduces its argument with fused multiply-adds, evaluates a short polynomial (`polynomials`) by
Horner's rule and puts sign and exponent back through the bits. Errors are a few units in the last
place. NaN stays NaN, overflow is infinite and underflow gradual, as in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir

from wannsearch.core.activations import IDS, NEAT_SLOPE
from wannsearch.evaluators.kernels.ir import polynomials
from wannsearch.evaluators.kernels.ir.polynomials import LN2, PI
from wannsearch.evaluators.kernels.ir.vector import Mask, Number, Shape, Vector, constant, integer, select

_NAN, _INFINITE = float("nan"), float("inf")


@dataclass(frozen=True)
class _Format:
    """What a floating format needs: significand bits, exponent bias, lengths of the polynomials."""

    mantissa: int
    bias: int
    lowest: float  # exp of less is 0
    highest: float  # exp of more is infinite
    exp_terms: int
    sine_terms: int  # |r| <= pi / 2
    short_terms: int  # |r| <= pi / 4, sine and cosine
    log_terms: int

    @property
    def rounder(self) -> float:
        """1.5 * 2^mantissa: adding it leaves the nearest integer in the low bits."""
        return 1.5 * 2.0**self.mantissa

    def rounder_bits(self) -> int:
        """That number's bits."""
        return ((self.bias + self.mantissa) << self.mantissa) | (1 << (self.mantissa - 1))


_FORMATS = {
    64: _Format(52, 1023, -746.0, 710.0, 10, 8, 6, 7),
    32: _Format(23, 127, -104.0, 89.0, 5, 4, 3, 3),
}


def _horner(x: Vector, coefficients: tuple[float, ...]) -> Vector:
    value = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value.fma(x, coefficient)
    return value


def _clipped(x: Vector, low: float, high: float) -> Vector:
    above = select(x < low, x.constant(low), x)
    return select(above > high, x.constant(high), above)


def _short_sine(r: Vector, terms: int, reach: Fraction) -> Vector:
    square = r * r
    return (square * r).fma(_horner(square, polynomials.sine(terms, reach)), r)


class Functions:
    """The `LaneMath` of compiled tasks, and the activation table, for one shape of vector."""

    def __init__(self, builder: ir.IRBuilder, shape: Shape) -> None:
        self.builder, self.shape = builder, shape
        self._format = _FORMATS[shape.bits]

    def constant(self, value: Number) -> Vector:
        """The same number in every lane."""
        return constant(self.builder, self.shape, value)

    def _vector(self, x: Vector | Number) -> Vector:
        return x if isinstance(x, Vector) else self.constant(x)

    def where(self, condition: Mask, x: Vector | Number, y: Vector | Number) -> Vector:
        """x where the condition holds, else y."""
        return select(condition, self._vector(x), self._vector(y))

    def maximum(self, x: Vector | Number, y: Vector | Number) -> Vector:
        """The larger; NaN if either is."""
        a, b = self._vector(x), self._vector(y)
        return a.extreme(">", b, isinstance(y, Vector))

    def minimum(self, x: Vector | Number, y: Vector | Number) -> Vector:
        """The smaller; NaN if either is."""
        a, b = self._vector(x), self._vector(y)
        return a.extreme("<", b, isinstance(y, Vector))

    def abs(self, x: Vector) -> Vector:
        """|x|"""
        return x.call("fabs")

    def sqrt(self, x: Vector) -> Vector:
        """The square root."""
        return x.call("sqrt")

    def float32(self, x: Vector) -> Vector:
        """Round to float32."""
        if self.shape.bits == 32:
            return x
        narrow = ir.VectorType(ir.FloatType(), self.shape.width)
        wide = self.shape.vector
        return x.like([self.builder.fpext(self.builder.fptrunc(part, narrow), wide) for part in x.parts])

    def _quarter_turns(self, x: Vector) -> tuple[Vector, Vector, list[Any]]:
        """sine and cosine of what is left of x beyond j quarter turns, and the bits of j."""
        form = self._format
        high, low = polynomials.split(PI / 2, form.mantissa + 1)
        counted = x.fma(float(2 / PI), form.rounder)
        turns = counted - form.rounder
        r = turns.fma(-low, turns.fma(-high, x))
        reach = PI / 4 + Fraction(1, 10**6)
        square = r * r
        cosine = _horner(square, polynomials.cosine(form.short_terms, reach))
        near_one = square.fma(-0.5, 1.0)
        return (
            _short_sine(r, form.short_terms, reach),
            (square * square).fma(cosine, near_one),
            counted.bits(),
        )

    def _of_quarter(self, x: Vector, offset: int) -> Vector:
        """sin(x + offset * pi / 2)."""
        builder, form = self.builder, self._format
        sine, cosine, turns = self._quarter_turns(x)
        quarter = [builder.add(part, integer(self.shape, offset)) for part in turns]
        one = integer(self.shape, 1)
        odd = Mask(
            builder,
            [
                builder.icmp_unsigned("!=", builder.and_(part, one), integer(self.shape, 0))
                for part in quarter
            ],
        )
        value = select(odd, cosine, sine)
        up = integer(self.shape, self.shape.bits - 2)
        top = integer(self.shape, 1 << (self.shape.bits - 1))
        signs = [builder.and_(builder.shl(part, up), top) for part in quarter]
        turned = value.from_bits([builder.xor(a, b) for a, b in zip(value.bits(), signs, strict=True)])
        countable = self.abs(x) < 2.0 ** (form.mantissa - 2)
        return select(countable, turned, self.constant(_NAN))

    def sin(self, x: Vector) -> Vector:
        """sin x in radians; NaN where |x| is too large for its turns to be counted (2^50)."""
        return self._of_quarter(x, 0)

    def cos(self, x: Vector) -> Vector:
        """cos x in radians; NaN where |x| is too large for its turns to be counted (2^50)."""
        return self._of_quarter(x, 1)

    def _folded(self, x: Vector) -> Vector:
        """x modulo 2, in [-1, 1], without rounding."""
        return (x * 0.5).call("rint").fma(-2.0, x)

    def _half_turn_sine(self, x: Vector) -> Vector:
        """sin(pi x) on |x| <= 1/2."""
        return _short_sine(x * float(PI), self._format.sine_terms, PI / 2 + Fraction(1, 10**6))

    def sin_pi(self, x: Vector) -> Vector:
        """sin(pi x), exact at every integer and half integer."""
        y = self._folded(x)
        size = self.abs(y)
        size = select(size > 0.5, 1.0 - size, size)
        return self._half_turn_sine(size).call("copysign", y)

    def cos_pi(self, x: Vector) -> Vector:
        """cos(pi x), exact at every integer and half integer."""
        return self._half_turn_sine(0.5 - self.abs(self._folded(x)))

    def _power_of_two(self, like: Vector, exponents: list[Any]) -> Vector:
        form, builder = self._format, self.builder
        bias, shift = integer(self.shape, form.bias), integer(self.shape, form.mantissa)
        return like.from_bits([builder.shl(builder.add(e, bias), shift) for e in exponents])

    def _reduced_exp(self, x: Vector) -> tuple[Vector, list[Any]]:
        """exp(r) - 1 and n with x = r + n ln 2; x within the format's reach."""
        form = self._format
        high, low = polynomials.split(LN2, form.mantissa + 1)
        counted = x.fma(float(1 / LN2), form.rounder)
        doublings = counted - form.rounder
        r = doublings.fma(-low, doublings.fma(-high, x))
        beyond_one = (r * r).fma(_horner(r, polynomials.exponential(form.exp_terms)), r)
        start = integer(self.shape, form.rounder_bits())
        return beyond_one, [self.builder.sub(part, start) for part in counted.bits()]

    def exp(self, x: Vector) -> Vector:
        """exp x; the power of two is applied in halves, so that underflow is gradual."""
        form, builder = self._format, self.builder
        beyond_one, doublings = self._reduced_exp(_clipped(x, form.lowest, form.highest))
        one = integer(self.shape, 1)
        half = [builder.ashr(part, one) for part in doublings]
        rest = [builder.sub(a, b) for a, b in zip(doublings, half, strict=True)]
        return (beyond_one + 1.0) * self._power_of_two(x, half) * self._power_of_two(x, rest)

    def log(self, x: Vector) -> Vector:
        """ln x = 2 artanh((m - 1) / (m + 1)) + e ln 2 with x = m 2^e, m in [sqrt(1/2), sqrt 2)."""
        form, builder = self._format, self.builder
        subnormal = x < 2.0 ** (1 - form.bias)
        lifted = select(subnormal, x * 2.0**form.mantissa, x).bits()
        root = int(np.array(0.5**0.5, self.shape.dtype).view(f"u{self.shape.bits // 8}"))
        start, shift = integer(self.shape, root), integer(self.shape, form.mantissa)
        doublings = [builder.ashr(builder.sub(part, start), shift) for part in lifted]
        m = x.from_bits(
            [builder.sub(a, builder.shl(b, shift)) for a, b in zip(lifted, doublings, strict=True)]
        )
        e = x.like([builder.sitofp(part, self.shape.vector) for part in doublings])
        e = e - select(subnormal, x.constant(form.mantissa), x.constant(0.0))
        s = (m - 1.0) / (m + 1.0)
        square = s * s
        near_one = (square * s).fma(_horner(square, polynomials.artanh_doubled(form.log_terms)), s + s)
        high, low = polynomials.split(LN2, form.mantissa + 1)
        value = e.fma(high, e.fma(low, near_one))
        value = select(x == 0.0, x.constant(-_INFINITE), value)
        return select((x < 0.0) | ~(x < _INFINITE), select(x < 0.0, x.constant(_NAN), x), value)

    def tanh(self, x: Vector) -> Vector:
        """t / (t + 2) with t = exp(2x) - 1, which does not cancel near 0."""
        beyond_one, doublings = self._reduced_exp(_clipped(x + x, -44.0, 44.0))
        scale = self._power_of_two(x, doublings)
        t = beyond_one.fma(scale, scale - 1.0)
        return t / (t + 2.0)

    def activations(self) -> dict[int, Any]:
        """Id -> formula; what is not here is linear."""
        formulas = {
            "step": lambda x: select(x.is_nan(), x, self.where(x > 0.0, 1.0, 0.0)),
            "sin": self.sin_pi,
            "gaussian": lambda x: self.exp((x * x) * -0.5),
            "tanh": self.tanh,
            "sigmoid": lambda x: 1.0 / (1.0 + self.exp(-x)),
            "inverse": lambda x: -x,
            "absolute": self.abs,
            "relu": lambda x: select(x < 0.0, self.constant(0.0), x),
            "cosine": self.cos_pi,
            "squared": lambda x: x * x,
            "steep_sigmoid": lambda x: 1.0 / (1.0 + self.exp(x * -NEAT_SLOPE)),
        }
        return {IDS[name]: formula for name, formula in formulas.items()}
