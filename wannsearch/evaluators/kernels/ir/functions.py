"""sin, cos, exp, log, tanh and the activations over vectors: polynomials, no branch, no library call.

Each function reduces its argument, evaluates a short polynomial (`polynomials`) by Horner's rule, and
restores sign and exponent through the bits. Errors are a few units in the last place. NaN stays NaN,
overflow is infinite and underflow gradual, as in NumPy. Unlike NumPy's, sin and cos of huge numbers are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from llvmlite import ir

from wannsearch.core.activations import ACTIVATION_IDS, NEAT_SLOPE
from wannsearch.evaluators.kernels.ir import polynomials
from wannsearch.evaluators.kernels.ir.polynomials import LN2, PI
from wannsearch.evaluators.kernels.ir.vector import (
    BlockShape,
    LaneMask,
    Scalar,
    Vector,
    constant,
    integer_constant,
    select,
)

_NAN, _INFINITE = float("nan"), float("inf")


@dataclass(frozen=True)
class _FloatFormat:
    """The constants of a floating-point format: stored bits, bias, range of exp, polynomial lengths."""

    mantissa_bits: int
    exponent_bias: int
    exp_min: float  # exp of less is 0
    exp_max: float  # exp of more is infinite
    exp_terms: int
    sine_terms: int  # |r| <= pi / 2
    short_terms: int  # |r| <= pi / 4, sine and cosine
    log_terms: int

    @property
    def rounding_constant(self) -> float:
        """1.5 * 2^mantissa_bits; its addition leaves the nearest integer in the low bits."""
        return 1.5 * 2.0**self.mantissa_bits

    def rounding_constant_bits(self) -> int:
        """Return the bits of `rounding_constant` as an integer."""
        return ((self.exponent_bias + self.mantissa_bits) << self.mantissa_bits) | (
            1 << (self.mantissa_bits - 1)
        )


_FORMATS = {
    64: _FloatFormat(52, 1023, -746.0, 710.0, 10, 8, 6, 7),
    32: _FloatFormat(23, 127, -104.0, 89.0, 5, 4, 3, 3),
}


def _evaluate_horner(x: Vector, coefficients: tuple[float, ...]) -> Vector:
    value = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        value = value.fma(x, coefficient)
    return value


def _clip(x: Vector, low: float, high: float) -> Vector:
    raised = select(x < low, x.constant(low), x)
    return select(raised > high, x.constant(high), raised)


def _sine_polynomial(x: Vector, terms: int, radius: Fraction) -> Vector:
    square = x * x
    return (square * x).fma(_evaluate_horner(square, polynomials.sine_coefficients(terms, radius)), x)


class VectorMath:
    """The `LaneMath` of compiled tasks, and the activation table, for one block shape.

    `where`, `maximum` and `minimum` accept plain numbers too; all other functions need a `Vector`.
    """

    def __init__(self, builder: ir.IRBuilder, shape: BlockShape) -> None:
        self.builder, self.shape = builder, shape
        self._format = _FORMATS[shape.bits]

    def constant(self, value: Scalar) -> Vector:
        """Return a vector with the same number in every lane."""
        return constant(self.builder, self.shape, value)

    def _as_vector(self, x: Vector | Scalar) -> Vector:
        return x if isinstance(x, Vector) else self.constant(x)

    def where(self, condition: LaneMask, x: Vector | Scalar, y: Vector | Scalar) -> Vector:
        """Return x where the `LaneMask` condition holds, else y, lane by lane; x and y may be numbers."""
        return select(condition, self._as_vector(x), self._as_vector(y))

    def maximum(self, x: Vector | Scalar, y: Vector | Scalar) -> Vector:
        """Return the larger of x and y; NaN where a vector is NaN. A plain number y must not be NaN."""
        a, b = self._as_vector(x), self._as_vector(y)
        return a.select_extreme(">", b, isinstance(y, Vector))

    def minimum(self, x: Vector | Scalar, y: Vector | Scalar) -> Vector:
        """Return the smaller of x and y; NaN where a vector is NaN. A plain number y must not be NaN."""
        a, b = self._as_vector(x), self._as_vector(y)
        return a.select_extreme("<", b, isinstance(y, Vector))

    def abs(self, x: Vector) -> Vector:
        """Return the absolute value |x| of each lane."""
        return x.call_intrinsic("fabs")

    def sqrt(self, x: Vector) -> Vector:
        """Return the square root of each lane; NaN below 0."""
        return x.call_intrinsic("sqrt")

    def float32(self, x: Vector) -> Vector:
        """Return x rounded to float32, in the lanes' own format."""
        if self.shape.bits == 32:
            return x
        narrow_type = ir.VectorType(ir.FloatType(), self.shape.width)
        wide_type = self.shape.vector_type
        return x.with_parts(
            [self.builder.fpext(self.builder.fptrunc(part, narrow_type), wide_type) for part in x.parts]
        )

    def _reduce_quarter_turns(self, x: Vector) -> tuple[Vector, Vector, list[Any]]:
        """Return sin r and cos r of r = x - j pi / 2, |r| <= pi / 4 to rounding, and j in integer vectors.

        Only the low bits of the integers are those of j.
        """
        float_format = self._format
        high, low = polynomials.split_high_low(PI / 2, float_format.mantissa_bits + 1)
        rounded_turns = x.fma(float(2 / PI), float_format.rounding_constant)
        turns = rounded_turns - float_format.rounding_constant
        r = turns.fma(-low, turns.fma(-high, x))
        radius = PI / 4 + Fraction(1, 10**6)
        square = r * r
        cosine = _evaluate_horner(square, polynomials.cosine_coefficients(float_format.short_terms, radius))
        cosine_leading_terms = square.fma(-0.5, 1.0)
        return (
            _sine_polynomial(r, float_format.short_terms, radius),
            (square * square).fma(cosine, cosine_leading_terms),
            rounded_turns.to_bits(),
        )

    def _sin_with_offset(self, x: Vector, offset: int) -> Vector:
        """Return sin(x + offset * pi / 2); NaN where |x| is too large for its turns to be counted."""
        builder, float_format = self.builder, self._format
        sine, cosine, turns = self._reduce_quarter_turns(x)
        quadrants = [builder.add(part, integer_constant(self.shape, offset)) for part in turns]
        ones = integer_constant(self.shape, 1)
        is_odd = LaneMask(
            builder,
            [
                builder.icmp_unsigned("!=", builder.and_(part, ones), integer_constant(self.shape, 0))
                for part in quadrants
            ],
        )
        value = select(is_odd, cosine, sine)
        sign_shift = integer_constant(self.shape, self.shape.bits - 2)
        sign_bit = integer_constant(self.shape, 1 << (self.shape.bits - 1))
        signs = [builder.and_(builder.shl(part, sign_shift), sign_bit) for part in quadrants]
        signed_value = value.from_bits(
            [builder.xor(a, b) for a, b in zip(value.to_bits(), signs, strict=True)]
        )
        is_countable = self.abs(x) < 2.0 ** (float_format.mantissa_bits - 2)
        return select(is_countable, signed_value, self.constant(_NAN))

    def sin(self, x: Vector) -> Vector:
        """Return sin of x radians; NaN from |x| = 2^50 on (2^21 in float32), where turns are not counted."""
        return self._sin_with_offset(x, 0)

    def cos(self, x: Vector) -> Vector:
        """Return cos of x radians; NaN from |x| = 2^50 on (2^21 in float32), where turns are not counted."""
        return self._sin_with_offset(x, 1)

    def _fold(self, x: Vector) -> Vector:
        """Return x modulo 2, in [-1, 1], without rounding."""
        return (x * 0.5).call_intrinsic("rint").fma(-2.0, x)

    def _half_turn_sine(self, x: Vector) -> Vector:
        """Return sin(pi x) for |x| <= 1/2."""
        return _sine_polynomial(x * float(PI), self._format.sine_terms, PI / 2 + Fraction(1, 10**6))

    def sin_pi(self, x: Vector) -> Vector:
        """Return sin(pi x), exact at every integer and half integer."""
        y = self._fold(x)
        magnitude = self.abs(y)
        magnitude = select(magnitude > 0.5, 1.0 - magnitude, magnitude)
        return self._half_turn_sine(magnitude).call_intrinsic("copysign", y)

    def cos_pi(self, x: Vector) -> Vector:
        """Return cos(pi x), exact at every integer and half integer."""
        return self._half_turn_sine(0.5 - self.abs(self._fold(x)))

    def _power_of_two(self, template: Vector, exponents: list[Any]) -> Vector:
        float_format, builder = self._format, self.builder
        bias, shift = (
            integer_constant(self.shape, float_format.exponent_bias),
            integer_constant(self.shape, float_format.mantissa_bits),
        )
        return template.from_bits([builder.shl(builder.add(e, bias), shift) for e in exponents])

    def _reduce_exp(self, x: Vector) -> tuple[Vector, list[Any]]:
        """Return exp(r) - 1 and n, as integer vectors, with x = r + n ln 2 and |r| <= ln 2 / 2, to rounding.

        x must lie within `exp_min` and `exp_max` of the format.
        """
        float_format = self._format
        high, low = polynomials.split_high_low(LN2, float_format.mantissa_bits + 1)
        rounded_doublings = x.fma(float(1 / LN2), float_format.rounding_constant)
        doublings = rounded_doublings - float_format.rounding_constant
        r = doublings.fma(-low, doublings.fma(-high, x))
        expm1 = (r * r).fma(_evaluate_horner(r, polynomials.exp_coefficients(float_format.exp_terms)), r)
        zero_bits = integer_constant(self.shape, float_format.rounding_constant_bits())
        return expm1, [self.builder.sub(part, zero_bits) for part in rounded_doublings.to_bits()]

    def exp(self, x: Vector) -> Vector:
        """Return exp x; the power of two is applied in halves, so that underflow is gradual."""
        float_format, builder = self._format, self.builder
        expm1, doublings = self._reduce_exp(_clip(x, float_format.exp_min, float_format.exp_max))
        ones = integer_constant(self.shape, 1)
        lower_half = [builder.ashr(part, ones) for part in doublings]
        remaining_half = [builder.sub(a, b) for a, b in zip(doublings, lower_half, strict=True)]
        return (expm1 + 1.0) * self._power_of_two(x, lower_half) * self._power_of_two(x, remaining_half)

    def log(self, x: Vector) -> Vector:
        """Return ln x; NaN below 0, minus infinity at 0.

        With x = m 2^e and m in [sqrt(1/2), sqrt 2), it is 2 artanh((m - 1) / (m + 1)) + e ln 2.
        """
        float_format, builder = self._format, self.builder
        is_subnormal = x < 2.0 ** (1 - float_format.exponent_bias)
        normal_bits = select(is_subnormal, x * 2.0**float_format.mantissa_bits, x).to_bits()
        root = int(np.array(0.5**0.5, self.shape.dtype).view(f"u{self.shape.bits // 8}"))
        root_bits, shift = (
            integer_constant(self.shape, root),
            integer_constant(self.shape, float_format.mantissa_bits),
        )
        doublings = [builder.ashr(builder.sub(part, root_bits), shift) for part in normal_bits]
        m = x.from_bits(
            [builder.sub(a, builder.shl(b, shift)) for a, b in zip(normal_bits, doublings, strict=True)]
        )
        e = x.with_parts([builder.sitofp(part, self.shape.vector_type) for part in doublings])
        e = e - select(is_subnormal, x.constant(float_format.mantissa_bits), x.constant(0.0))
        s = (m - 1.0) / (m + 1.0)
        square = s * s
        log_mantissa = (square * s).fma(
            _evaluate_horner(square, polynomials.double_artanh_coefficients(float_format.log_terms)), s + s
        )
        high, low = polynomials.split_high_low(LN2, float_format.mantissa_bits + 1)
        value = e.fma(high, e.fma(low, log_mantissa))
        value = select(x == 0.0, x.constant(-_INFINITE), value)
        return select((x < 0.0) | ~(x < _INFINITE), select(x < 0.0, x.constant(_NAN), x), value)

    def tanh(self, x: Vector) -> Vector:
        """Return tanh x as t / (t + 2) with t = exp(2x) - 1, which does not cancel near 0."""
        expm1, doublings = self._reduce_exp(_clip(x + x, -44.0, 44.0))
        scale = self._power_of_two(x, doublings)
        t = expm1.fma(scale, scale - 1.0)
        return t / (t + 2.0)

    def activations(self) -> dict[int, Any]:
        """Return the formula of each activation id, a function from `Vector` to `Vector`.

        An id that is missing is linear.
        """
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
        return {ACTIVATION_IDS[name]: formula for name, formula in formulas.items()}
