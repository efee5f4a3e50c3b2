"""A number per lane, as a few processor vectors side by side.

Python's operators on a `Vector` append LLVM instructions. No instruction carries a fast-math flag:
NaN and infinities go through, sums keep their order, and a fused multiply-add is there only where
`fma` was written. So a lane's bits do not depend on how many lanes are played beside it, nor on the
width of the processor's vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from wannsearch.core.errors import ConfigError

Number = int | float

_MOST_CHUNKS = 4  # vectors side by side that the registers hold


@dataclass(frozen=True)
class Shape:
    """The element type and how many: `chunks` vectors of `width` elements of `bits` bits."""

    bits: int  # 64 or 32
    width: int  # lanes in one vector
    chunks: int  # vectors side by side

    @staticmethod
    def fitted(lanes: int, bits: int, vector_bits: int, multiple: int = 1) -> Shape:
        """The most vectors side by side of those that waste the fewest lanes; their lanes a multiple."""
        width = vector_bits // bits
        allowed = [c for c in range(1, _MOST_CHUNKS + 1) if c * width % multiple == 0]
        vectors = -(-lanes // width)
        return Shape(bits, width, min(allowed, key=lambda chunks: (-vectors % chunks, -chunks)))

    def padded(self, lanes: int) -> int:
        """So many lanes, filled up to whole blocks."""
        return -(-lanes // self.lanes) * self.lanes

    @property
    def lanes(self) -> int:
        """Lanes in one block."""
        return self.width * self.chunks

    @property
    def element(self) -> ir.Type:
        """The floating type of one lane."""
        return ir.DoubleType() if self.bits == 64 else ir.FloatType()

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """NumPy's name of the element type."""
        return np.float64 if self.bits == 64 else np.float32

    @property
    def vector(self) -> ir.Type:
        """The type of one vector."""
        return ir.VectorType(self.element, self.width)

    @property
    def integers(self) -> ir.Type:
        """Integers of the same width, as many."""
        return ir.VectorType(ir.IntType(self.bits), self.width)

    @property
    def mask(self) -> ir.Type:
        """One bit per lane."""
        return ir.VectorType(ir.IntType(1), self.width)

    def intrinsic_suffix(self) -> str:
        """How LLVM names this vector type in an intrinsic."""
        return f"v{self.width}f{self.bits}"


_NO_BRANCH = "a task cannot branch on values (if, and, or, max, chained comparisons); use m.where, & and |."


class Mask:
    """A truth value per lane."""

    def __bool__(self) -> bool:
        """Lanes have no single truth; Python would take any object for true."""
        raise ConfigError(_NO_BRANCH)

    def __init__(self, builder: ir.IRBuilder, parts: list[Any]) -> None:
        self.builder, self.parts = builder, parts

    def __and__(self, other: Mask) -> Mask:
        return Mask(
            self.builder, [self.builder.and_(a, b) for a, b in zip(self.parts, other.parts, strict=True)]
        )

    def __or__(self, other: Mask) -> Mask:
        return Mask(
            self.builder, [self.builder.or_(a, b) for a, b in zip(self.parts, other.parts, strict=True)]
        )

    def __invert__(self) -> Mask:
        return Mask(self.builder, [self.builder.not_(a) for a in self.parts])

    def count(self) -> Any:
        """How many lanes are true, as a 64-bit integer."""
        b, wide = self.builder, ir.IntType(64)
        total: Any = ir.Constant(wide, 0)
        for part in self.parts:
            total = b.add(total, b.zext(b.ctpop(b.bitcast(part, ir.IntType(part.type.count))), wide))
        return total


class Vector:
    """A number per lane."""

    def __bool__(self) -> bool:
        """As with `Mask`."""
        raise ConfigError(_NO_BRANCH)

    def __abs__(self) -> Vector:
        return self.call("fabs")

    def __init__(self, builder: ir.IRBuilder, shape: Shape, parts: list[Any]) -> None:
        self.builder, self.shape, self.parts = builder, shape, parts

    def like(self, parts: list[Any]) -> Vector:
        """Other parts of the same shape."""
        return Vector(self.builder, self.shape, parts)

    def constant(self, value: Number) -> Vector:
        """The same number in every lane."""
        return constant(self.builder, self.shape, value)

    def lifted(self, other: Vector | Number) -> Vector:
        """The argument as a vector of this shape."""
        return other if isinstance(other, Vector) else self.constant(other)

    def _each(self, apply: Callable[..., Any], *others: Vector | Number) -> Vector:
        columns = [self.parts, *(self.lifted(other).parts for other in others)]
        return self.like([apply(*row) for row in zip(*columns, strict=True)])

    def __add__(self, other: Vector | Number) -> Vector:
        return self._each(self.builder.fadd, other)

    def __sub__(self, other: Vector | Number) -> Vector:
        return self._each(self.builder.fsub, other)

    def __mul__(self, other: Vector | Number) -> Vector:
        return self._each(self.builder.fmul, other)

    def __truediv__(self, other: Vector | Number) -> Vector:
        return self._each(self.builder.fdiv, other)

    def __radd__(self, other: Number) -> Vector:
        return self.constant(other) + self

    def __rsub__(self, other: Number) -> Vector:
        return self.constant(other) - self

    def __rmul__(self, other: Number) -> Vector:
        return self.constant(other) * self

    def __rtruediv__(self, other: Number) -> Vector:
        return self.constant(other) / self

    def __neg__(self) -> Vector:
        return self._each(self.builder.fneg)

    def _compared(self, sign: str, other: Vector | Number) -> Mask:
        pairs = zip(self.parts, self.lifted(other).parts, strict=True)
        return Mask(self.builder, [self.builder.fcmp_ordered(sign, a, b) for a, b in pairs])

    def __lt__(self, other: Vector | Number) -> Mask:
        return self._compared("<", other)

    def __le__(self, other: Vector | Number) -> Mask:
        return self._compared("<=", other)

    def __gt__(self, other: Vector | Number) -> Mask:
        return self._compared(">", other)

    def __ge__(self, other: Vector | Number) -> Mask:
        return self._compared(">=", other)

    def __eq__(self, other: Vector | Number) -> Mask:  # type: ignore[override]  # as NumPy's arrays
        return self._compared("==", other)

    def __ne__(self, other: Vector | Number) -> Mask:  # type: ignore[override]  # true for NaN, as NumPy's
        return ~self._compared("==", other)

    __hash__ = None  # type: ignore[assignment]  # what compares by lanes has no hash

    def extreme(self, sign: str, other: Vector, other_may_be_nan: bool) -> Vector:
        """self where it compares so with the other or is NaN, else the other."""
        pairs = zip(self.parts, other.parts, strict=True)
        # Unordered comparisons hold for NaN on either side.
        chosen = Mask(self.builder, [self.builder.fcmp_unordered(sign, a, b) for a, b in pairs])
        result = select(chosen, self, other)
        return select(other.is_nan(), other, result) if other_may_be_nan else result

    def is_nan(self) -> Mask:
        """Where the number is not one."""
        return Mask(self.builder, [self.builder.fcmp_unordered("uno", a, a) for a in self.parts])

    def call(self, name: str, *others: Vector | Number) -> Vector:
        """An LLVM intrinsic over vectors, such as `fma`."""
        module, count = self.builder.module, 1 + len(others)
        full = f"llvm.{name}.{self.shape.intrinsic_suffix()}"
        function = module.globals.get(full)
        if function is None:
            kind = ir.FunctionType(self.shape.vector, [self.shape.vector] * count)
            function = ir.Function(module, kind, full)
        return self._each(lambda *row: self.builder.call(function, row), *others)

    def fma(self, factor: Vector | Number, term: Vector | Number) -> Vector:
        """self * factor + term, rounded once."""
        return self.call("fma", factor, term)

    def bits(self) -> list[Any]:
        """The lanes as integers."""
        return [self.builder.bitcast(part, self.shape.integers) for part in self.parts]

    def from_bits(self, parts: list[Any]) -> Vector:
        """Integers read as lanes."""
        return self.like([self.builder.bitcast(part, self.shape.vector) for part in parts])


def constant(builder: ir.IRBuilder, shape: Shape, value: Number) -> Vector:
    """The same number in every lane."""
    part = ir.Constant(shape.vector, [float(value)] * shape.width)
    return Vector(builder, shape, [part] * shape.chunks)


def integer(shape: Shape, value: int) -> Any:
    """The same integer in every lane of one vector."""
    return ir.Constant(shape.integers, [value] * shape.width)


def select(condition: Mask, yes: Vector, no: Vector) -> Vector:
    """yes where the condition holds, else no; neither needs to be a number."""
    rows = zip(condition.parts, yes.parts, no.parts, strict=True)
    return yes.like([yes.builder.select(c, a, b) for c, a, b in rows])
