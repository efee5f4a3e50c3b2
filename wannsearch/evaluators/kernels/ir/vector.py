"""One number per lane, as a few processor vectors side by side.

Python's operators on a `Vector` append LLVM instructions. No instruction carries a fast-math flag: NaN
and infinities propagate, sums keep their order, and a fused multiply-add is there only where `fma` was
written. So the bits of a lane depend neither on the number of lanes beside it nor on the width of the
processor's vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from llvmlite import ir

from wannsearch.core.errors import ConfigError

Scalar = int | float

_MAX_CHUNKS = 4  # vectors side by side that the registers hold


@dataclass(frozen=True)
class BlockShape:
    """The shape of a block of lanes: `chunks` vectors of `width` elements of `bits` bits."""

    bits: int  # 64 or 32
    width: int  # lanes in one vector
    chunks: int  # vectors side by side

    @staticmethod
    def fit(lanes: int, bits: int, vector_bits: int, multiple: int = 1) -> BlockShape:
        """Return the shape that wastes the fewest vectors and, among those, has the most vectors a block.

        A block has a multiple of `multiple` lanes, and at most four vectors. Raises ValueError where no such
        block has.
        """
        width = vector_bits // bits
        allowed_chunks = [c for c in range(1, _MAX_CHUNKS + 1) if c * width % multiple == 0]
        num_vectors = -(-lanes // width)
        return BlockShape(
            bits, width, min(allowed_chunks, key=lambda chunks: (-num_vectors % chunks, -chunks))
        )

    def pad_lanes(self, lanes: int) -> int:
        """Return the number of lanes, rounded up to whole blocks."""
        return -(-lanes // self.lanes) * self.lanes

    @property
    def lanes(self) -> int:
        """The number of lanes in one block."""
        return self.width * self.chunks

    @property
    def element_type(self) -> ir.Type:
        """The LLVM floating-point type of one lane."""
        return ir.DoubleType() if self.bits == 64 else ir.FloatType()

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """The NumPy type of one lane."""
        return np.float64 if self.bits == 64 else np.float32

    @property
    def vector_type(self) -> ir.Type:
        """The LLVM type of one vector of lanes."""
        return ir.VectorType(self.element_type, self.width)

    @property
    def integer_type(self) -> ir.Type:
        """The LLVM type of a vector of `width` integers with `bits` bits each."""
        return ir.VectorType(ir.IntType(self.bits), self.width)

    @property
    def mask_type(self) -> ir.Type:
        """The LLVM type of a vector with one bit per lane."""
        return ir.VectorType(ir.IntType(1), self.width)

    def intrinsic_suffix(self) -> str:
        """Return LLVM's name of the vector type in an intrinsic, such as v8f64."""
        return f"v{self.width}f{self.bits}"


_NO_BRANCH = "a task cannot branch on values (if, and, or, max, chained comparisons); use m.where, & and |."


class LaneMask:
    """A truth value per lane, as a comparison of vectors gives; `&`, `|` and `~` combine masks."""

    def __bool__(self) -> bool:
        """Raise ConfigError: lanes have no single truth, and Python would take any object for true."""
        raise ConfigError(_NO_BRANCH)

    def __init__(self, builder: ir.IRBuilder, parts: list[Any]) -> None:
        self.builder, self.parts = builder, parts

    def __and__(self, other: LaneMask) -> LaneMask:
        return LaneMask(
            self.builder, [self.builder.and_(a, b) for a, b in zip(self.parts, other.parts, strict=True)]
        )

    def __or__(self, other: LaneMask) -> LaneMask:
        return LaneMask(
            self.builder, [self.builder.or_(a, b) for a, b in zip(self.parts, other.parts, strict=True)]
        )

    def __invert__(self) -> LaneMask:
        return LaneMask(self.builder, [self.builder.not_(a) for a in self.parts])

    def count_true(self) -> Any:
        """Return the number of true lanes of the block as a 64-bit integer of IR."""
        b, wide_type = self.builder, ir.IntType(64)
        total: Any = ir.Constant(wide_type, 0)
        for part in self.parts:
            total = b.add(total, b.zext(b.ctpop(b.bitcast(part, ir.IntType(part.type.count))), wide_type))
        return total


class Vector:
    """A number per lane, with + - * /, negation, abs and comparisons as in NumPy.

    Other operators, such as ** and %, do not exist. A comparison gives a `LaneMask`.
    """

    def __bool__(self) -> bool:
        """Raise ConfigError, as `LaneMask` does: lanes have no single truth."""
        raise ConfigError(_NO_BRANCH)

    def __abs__(self) -> Vector:
        return self.call_intrinsic("fabs")

    def __init__(self, builder: ir.IRBuilder, shape: BlockShape, parts: list[Any]) -> None:
        self.builder, self.shape, self.parts = builder, shape, parts

    def with_parts(self, parts: list[Any]) -> Vector:
        """Return a vector of the same shape from other LLVM vectors, one for each chunk."""
        return Vector(self.builder, self.shape, parts)

    def constant(self, value: Scalar) -> Vector:
        """Return a vector with the same number in every lane."""
        return constant(self.builder, self.shape, value)

    def as_vector(self, other: Vector | Scalar) -> Vector:
        """Return a number as a vector of this shape; a vector is returned as it is."""
        return other if isinstance(other, Vector) else self.constant(other)

    def _map_parts(self, operation: Callable[..., Any], *others: Vector | Scalar) -> Vector:
        columns = [self.parts, *(self.as_vector(other).parts for other in others)]
        return self.with_parts([operation(*row) for row in zip(*columns, strict=True)])

    def __add__(self, other: Vector | Scalar) -> Vector:
        return self._map_parts(self.builder.fadd, other)

    def __sub__(self, other: Vector | Scalar) -> Vector:
        return self._map_parts(self.builder.fsub, other)

    def __mul__(self, other: Vector | Scalar) -> Vector:
        return self._map_parts(self.builder.fmul, other)

    def __truediv__(self, other: Vector | Scalar) -> Vector:
        return self._map_parts(self.builder.fdiv, other)

    def __radd__(self, other: Scalar) -> Vector:
        return self.constant(other) + self

    def __rsub__(self, other: Scalar) -> Vector:
        return self.constant(other) - self

    def __rmul__(self, other: Scalar) -> Vector:
        return self.constant(other) * self

    def __rtruediv__(self, other: Scalar) -> Vector:
        return self.constant(other) / self

    def __neg__(self) -> Vector:
        return self._map_parts(self.builder.fneg)

    def _compare(self, comparison: str, other: Vector | Scalar) -> LaneMask:
        pairs = zip(self.parts, self.as_vector(other).parts, strict=True)
        return LaneMask(self.builder, [self.builder.fcmp_ordered(comparison, a, b) for a, b in pairs])

    def __lt__(self, other: Vector | Scalar) -> LaneMask:
        return self._compare("<", other)

    def __le__(self, other: Vector | Scalar) -> LaneMask:
        return self._compare("<=", other)

    def __gt__(self, other: Vector | Scalar) -> LaneMask:
        return self._compare(">", other)

    def __ge__(self, other: Vector | Scalar) -> LaneMask:
        return self._compare(">=", other)

    def __eq__(self, other: Vector | Scalar) -> LaneMask:  # type: ignore[override]  # as NumPy's arrays
        return self._compare("==", other)

    def __ne__(self, other: Vector | Scalar) -> LaneMask:  # type: ignore[override]  # true for NaN, as NumPy's
        return ~self._compare("==", other)

    __hash__ = None  # type: ignore[assignment]  # what compares by lanes has no hash

    def select_extreme(self, comparison: str, other: Vector, other_may_be_nan: bool) -> Vector:
        """Return self where the comparison with the other holds or either is NaN, else the other.

        With `other_may_be_nan`, lanes in which the other is NaN are NaN too; without, they are self.
        """
        pairs = zip(self.parts, other.parts, strict=True)
        # Unordered comparisons hold for NaN on either side.
        is_extreme = LaneMask(self.builder, [self.builder.fcmp_unordered(comparison, a, b) for a, b in pairs])
        result = select(is_extreme, self, other)
        return select(other.is_nan(), other, result) if other_may_be_nan else result

    def is_nan(self) -> LaneMask:
        """Return a mask that is true in the lanes that are NaN."""
        return LaneMask(self.builder, [self.builder.fcmp_unordered("uno", a, a) for a in self.parts])

    def call_intrinsic(self, name: str, *others: Vector | Scalar) -> Vector:
        """Return the result of an LLVM intrinsic over vectors, such as `fma`.

        `name` has neither the prefix llvm nor the type; the module declares the intrinsic at its first use.
        """
        module, count = self.builder.module, 1 + len(others)
        intrinsic_name = f"llvm.{name}.{self.shape.intrinsic_suffix()}"
        function = module.globals.get(intrinsic_name)
        if function is None:
            function_type = ir.FunctionType(self.shape.vector_type, [self.shape.vector_type] * count)
            function = ir.Function(module, function_type, intrinsic_name)
        return self._map_parts(lambda *row: self.builder.call(function, row), *others)

    def fma(self, factor: Vector | Scalar, term: Vector | Scalar) -> Vector:
        """Return self * factor + term, rounded once."""
        return self.call_intrinsic("fma", factor, term)

    def to_bits(self) -> list[Any]:
        """Return the bits of the lanes as integer vectors, one for each chunk."""
        return [self.builder.bitcast(part, self.shape.integer_type) for part in self.parts]

    def from_bits(self, parts: list[Any]) -> Vector:
        """Return the vector whose lanes have the bits of these integer vectors, one for each chunk."""
        return self.with_parts([self.builder.bitcast(part, self.shape.vector_type) for part in parts])


def constant(builder: ir.IRBuilder, shape: BlockShape, value: Scalar) -> Vector:
    """Return a vector with the same number in every lane, rounded to the format of the shape."""
    part = ir.Constant(shape.vector_type, [float(value)] * shape.width)
    return Vector(builder, shape, [part] * shape.chunks)


def integer_constant(shape: BlockShape, value: int) -> Any:
    """Return one LLVM vector with the same integer in every lane."""
    return ir.Constant(shape.integer_type, [value] * shape.width)


def select(condition: LaneMask, if_true: Vector, if_false: Vector) -> Vector:
    """Return `if_true` where the condition holds, else `if_false`; either may be NaN."""
    rows = zip(condition.parts, if_true.parts, if_false.parts, strict=True)
    return if_true.with_parts([if_true.builder.select(c, a, b) for c, a, b in rows])
