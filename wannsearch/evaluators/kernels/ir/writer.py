"""An IR builder that knows loops, variables and the layout of the kernel's arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from enum import Enum
from typing import Any

from llvmlite import ir

from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.kernels.ir.functions import Functions
from wannsearch.evaluators.kernels.ir.vector import Mask, Shape, Vector, constant

NAME = "play"
ALIGNMENT = 64  # bytes, of every array of lanes
_NUMBERS = set("first last slots columns blocks lanes horizon weights episodes samples".split())
"""Arguments that are 64-bit integers; all others are addresses."""

I64, I32, I8 = ir.IntType(64), ir.IntType(32), ir.IntType(8)


def i64(value: int) -> Any:
    """A 64-bit constant."""
    return ir.Constant(I64, value)


class Weights(Enum):
    """What an edge is multiplied with."""

    SHARED = "a weight for the whole network in each lane"
    OWN = "a weight for each edge"
    BY_LANE = "a weight for each edge in each lane"


class Writer:
    """An IR builder that knows loops, variables and the layout of the arrays."""

    def __init__(self, task: LaneTask, shape: Shape, weights: Weights, arguments: Sequence[str]) -> None:
        self.task, self.shape, self.weights = task, shape, weights
        self.stride = shape.lanes  # of rows on the stack, which narrower blocks keep
        self.module = ir.Module(NAME)
        kinds = [I64 if name in _NUMBERS else ir.PointerType() for name in arguments]
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), NAME)
        self.argument = dict(zip(arguments, function.args, strict=True))
        for name, value in self.argument.items():
            value.name = name
            if name not in _NUMBERS:
                value.add_attribute("noalias")
        self.entry = function.append_basic_block("entry")
        body = function.append_basic_block("body")
        self.builder = ir.IRBuilder(body)
        self.body = body
        self.functions = Functions(self.builder, shape)

    def narrowed(self, chunks: int) -> Writer:
        """The same function being written, for blocks of so many vectors."""
        other = copy(self)
        other.shape = replace(self.shape, chunks=chunks)
        other.functions = Functions(self.builder, other.shape)
        return other

    def array(self, kind: ir.Type, count: int) -> Any:
        """Room on the stack for so many of a kind, aligned for vectors."""
        with self.builder.goto_block(self.entry):
            room = self.builder.alloca(kind, i64(count))
            room.align = ALIGNMENT
            room.type = ir.PointerType()  # read and written as numbers and as vectors
            return room

    def variable(self, kind: ir.Type) -> Any:
        """A slot in the entry block, which LLVM turns into a register."""
        with self.builder.goto_block(self.entry):
            return self.builder.alloca(kind)

    @contextmanager
    def counting(self, name: str, start: Any, stop: Any) -> Iterator[tuple[Any, ir.Block]]:
        """for i in range(start, stop); gives i and the block to branch to for `break`."""
        b = self.builder
        counter = self.variable(I64)
        b.store(start, counter)
        head, inside, done = (b.append_basic_block(f"{name}.{part}") for part in ("head", "body", "done"))
        b.branch(head)
        b.position_at_end(head)
        index = b.load(counter, typ=I64)
        b.cbranch(b.icmp_signed("<", index, stop), inside, done)
        b.position_at_end(inside)
        yield index, done
        b.store(b.add(index, i64(1)), counter)
        b.branch(head)
        b.position_at_end(done)

    def number(self, array: str, kind: ir.Type, index: Any) -> Any:
        """array[index], integers widened to 64 bits."""
        b = self.builder
        value = b.load(b.gep(self.argument[array], [index], source_etype=kind), typ=kind)
        return b.sext(value, I64) if isinstance(kind, ir.IntType) else value

    def _addresses(self, array: Any, first_lane: Any) -> Iterator[Any]:
        b, element = self.builder, self.shape.element
        start = self.argument[array] if isinstance(array, str) else array
        base = b.gep(start, [first_lane], source_etype=element)
        for chunk in range(self.shape.chunks):
            yield b.gep(base, [i64(chunk * self.shape.width)], source_etype=element)

    def load(self, array: Any, first_lane: Any) -> Vector:
        """A block of lanes from an argument, by name, or from an array of our own."""
        parts = []
        for address in self._addresses(array, first_lane):
            part = self.builder.load(address, typ=self.shape.vector)
            part.align = self.shape.width * self.shape.bits // 8
            parts.append(part)
        return Vector(self.builder, self.shape, parts)

    def store(self, vector: Vector, array: Any, first_lane: Any) -> None:
        """A block of lanes into an argument, by name, or into an array of our own."""
        for part, address in zip(vector.parts, self._addresses(array, first_lane), strict=True):
            self.builder.store(part, address).align = self.shape.width * self.shape.bits // 8

    def spread(self, number: Any) -> Vector:
        """A single number in every lane."""
        part = ir.Constant(self.shape.vector, ir.Undefined)
        part = self.builder.insert_element(part, number, ir.Constant(I32, 0))
        zeros = ir.Constant(ir.VectorType(I32, self.shape.width), [0] * self.shape.width)
        part = self.builder.shuffle_vector(part, part, zeros)
        return Vector(self.builder, self.shape, [part] * self.shape.chunks)

    def registers(self, vector: Vector | Mask) -> list[Any]:
        """Variables that hold this vector from step to step."""
        slots = [self.variable(part.type) for part in vector.parts]
        self.keep(vector, slots)
        return slots

    def keep(self, vector: Vector | Mask, slots: list[Any]) -> None:
        """Write the variables."""
        for part, slot in zip(vector.parts, slots, strict=True):
            self.builder.store(part, slot)

    def value(self, slots: list[Any]) -> Vector:
        """Read the variables of a vector."""
        return Vector(self.builder, self.shape, [self.builder.load(s, typ=self.shape.vector) for s in slots])

    def truth(self, slots: list[Any]) -> Mask:
        """Read the variables of a mask."""
        return Mask(self.builder, [self.builder.load(s, typ=self.shape.mask) for s in slots])

    def constant(self, number: float) -> Vector:
        """The same number in every lane."""
        return constant(self.builder, self.shape, number)

    def everyone(self) -> Mask:
        """True in every lane."""
        return Mask(self.builder, [ir.Constant(self.shape.mask, [1] * self.shape.width)] * self.shape.chunks)

    def lifted(self, value: Vector | float) -> Vector:
        """What a task's function gave, which may be a plain number."""
        return value if isinstance(value, Vector) else self.constant(value)

    def finished(self) -> str:
        """The text of the module."""
        self.builder.ret_void()
        with self.builder.goto_block(self.entry):
            self.builder.branch(self.body)
        return str(self.module)
