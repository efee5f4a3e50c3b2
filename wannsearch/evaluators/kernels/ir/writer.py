"""An IR builder with loops, variables and the layout of the kernel's arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from enum import Enum
from typing import Any, TypeVar

from llvmlite import ir

from wannsearch.core.tasks.lane_task import LaneTask
from wannsearch.evaluators.kernels.ir.functions import VectorMath
from wannsearch.evaluators.kernels.ir.vector import BlockShape, LaneMask, Vector, constant

KERNEL_NAME = "play"
ALIGNMENT_BYTES = 64  # of every array of lanes
_INTEGER_ARGUMENTS = set(
    "first last slots columns blocks lanes horizon weights episodes samples num_inputs num_outputs".split()
)
"""Arguments that are 64-bit integers; all others are addresses."""

I64, I32, I8 = ir.IntType(64), ir.IntType(32), ir.IntType(8)


def i64(value: int) -> Any:
    """Return a 64-bit integer constant of LLVM."""
    return ir.Constant(I64, value)


class WeightMode(Enum):
    """The weights that a kernel multiplies with."""

    SHARED = "a weight for the whole network in each lane"
    OWN = "a weight for each edge"
    BY_LANE = "a weight for each edge in each lane"


W = TypeVar("W", bound="KernelWriter")


class KernelWriter:
    """Builds the IR of one kernel function, with loops, variables and named arrays.

    The function has the name `KERNEL_NAME`. Its array arguments must not overlap.
    """

    def __init__(self, shape: BlockShape, weight_mode: WeightMode, arguments: Sequence[str]) -> None:
        self.shape, self.weight_mode = shape, weight_mode
        self.stride = shape.lanes  # lanes of a row on the stack; narrower blocks keep it
        self.module = ir.Module(KERNEL_NAME)
        argument_types = [I64 if name in _INTEGER_ARGUMENTS else ir.PointerType() for name in arguments]
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), argument_types), KERNEL_NAME)
        self.function = function
        self.arguments = dict(zip(arguments, function.args, strict=True))
        for name, value in self.arguments.items():
            value.name = name
            if name not in _INTEGER_ARGUMENTS:
                value.add_attribute("noalias")
        self.entry = function.append_basic_block("entry")
        body = function.append_basic_block("body")
        self.builder = ir.IRBuilder(body)
        self.body = body
        self.math = VectorMath(self.builder, shape)

    def with_chunks(self: W, chunks: int) -> W:
        """Return a writer of the same function, at the same place, for blocks of `chunks` vectors."""
        narrow_writer = copy(self)
        narrow_writer.shape = replace(self.shape, chunks=chunks)
        narrow_writer.math = VectorMath(self.builder, narrow_writer.shape)
        return narrow_writer

    def allocate_array(self, element_type: ir.Type, count: int) -> Any:
        """Return the address of `count` elements on the stack, aligned for vectors."""
        with self.builder.goto_block(self.entry):
            address = self.builder.alloca(element_type, i64(count))
            address.align = ALIGNMENT_BYTES
            address.type = ir.PointerType()  # read and written as numbers and as vectors
            return address

    def allocate_variable(self, value_type: ir.Type) -> Any:
        """Return the address of a variable in the entry block, which LLVM turns into a register."""
        with self.builder.goto_block(self.entry):
            return self.builder.alloca(value_type)

    @contextmanager
    def for_range(self, name: str, start: Any, stop: Any) -> Iterator[tuple[Any, ir.Block]]:
        """Write for i in range(start, stop); yield i and the block to branch to for a break."""
        b = self.builder
        counter = self.allocate_variable(I64)
        b.store(start, counter)
        head, body, exit_block = (b.append_basic_block(f"{name}.{part}") for part in ("head", "body", "done"))
        b.branch(head)
        b.position_at_end(head)
        index = b.load(counter, typ=I64)
        b.cbranch(b.icmp_signed("<", index, stop), body, exit_block)
        b.position_at_end(body)
        yield index, exit_block
        b.store(b.add(index, i64(1)), counter)
        b.branch(head)
        b.position_at_end(exit_block)

    def load_scalar(self, array: str, scalar_type: ir.Type, index: Any) -> Any:
        """Return array[index] of a named argument; integers are widened to 64 bits."""
        b = self.builder
        value = b.load(b.gep(self.arguments[array], [index], source_etype=scalar_type), typ=scalar_type)
        return b.sext(value, I64) if isinstance(scalar_type, ir.IntType) else value

    def _lane_addresses(self, array: Any, first_lane: Any) -> Iterator[Any]:
        b, element = self.builder, self.shape.element_type
        start = self.arguments[array] if isinstance(array, str) else array
        base = b.gep(start, [first_lane], source_etype=element)
        for chunk in range(self.shape.chunks):
            yield b.gep(base, [i64(chunk * self.shape.width)], source_etype=element)

    def load(self, array: Any, first_lane: Any) -> Vector:
        """Return a block of lanes from an argument, by name, or from an array on the stack.

        `first_lane` counts elements; the address must be aligned to whole vectors.
        """
        parts = []
        for address in self._lane_addresses(array, first_lane):
            part = self.builder.load(address, typ=self.shape.vector_type)
            part.align = self.shape.width * self.shape.bits // 8
            parts.append(part)
        return Vector(self.builder, self.shape, parts)

    def store(self, vector: Vector, array: Any, first_lane: Any) -> None:
        """Write a block of lanes into an argument, by name, or into an array on the stack.

        `first_lane` counts elements; the address must be aligned to whole vectors.
        """
        for part, address in zip(vector.parts, self._lane_addresses(array, first_lane), strict=True):
            self.builder.store(part, address).align = self.shape.width * self.shape.bits // 8

    def broadcast(self, scalar: Any) -> Vector:
        """Return a vector with this scalar of IR in every lane."""
        part = ir.Constant(self.shape.vector_type, ir.Undefined)
        part = self.builder.insert_element(part, scalar, ir.Constant(I32, 0))
        zeros = ir.Constant(ir.VectorType(I32, self.shape.width), [0] * self.shape.width)
        part = self.builder.shuffle_vector(part, part, zeros)
        return Vector(self.builder, self.shape, [part] * self.shape.chunks)

    def allocate_variables(self, vector: Vector | LaneMask) -> list[Any]:
        """Return new variables, one for each part, in which this vector or mask is stored.

        They hold it from step to step, where an IR value cannot.
        """
        slots = [self.allocate_variable(part.type) for part in vector.parts]
        self.store_variables(vector, slots)
        return slots

    def store_variables(self, vector: Vector | LaneMask, slots: list[Any]) -> None:
        """Write a vector or a mask into its variables."""
        for part, slot in zip(vector.parts, slots, strict=True):
            self.builder.store(part, slot)

    def load_vector(self, slots: list[Any]) -> Vector:
        """Return the vector that these variables hold."""
        return Vector(
            self.builder, self.shape, [self.builder.load(s, typ=self.shape.vector_type) for s in slots]
        )

    def load_mask(self, slots: list[Any]) -> LaneMask:
        """Return the mask that these variables hold."""
        return LaneMask(self.builder, [self.builder.load(s, typ=self.shape.mask_type) for s in slots])

    def constant(self, value: float) -> Vector:
        """Return a vector with the same number in every lane."""
        return constant(self.builder, self.shape, value)

    def all_true(self) -> LaneMask:
        """Return a mask that is true in every lane."""
        return LaneMask(
            self.builder, [ir.Constant(self.shape.mask_type, [1] * self.shape.width)] * self.shape.chunks
        )

    def as_vector(self, value: Vector | float) -> Vector:
        """Return the result of a task's function, which may be a plain number, as a vector."""
        return value if isinstance(value, Vector) else self.constant(value)

    def to_text(self) -> str:
        """Finish the function and return the text of the module; nothing can be written afterwards."""
        self.builder.ret_void()
        with self.builder.goto_block(self.entry):
            self.builder.branch(self.body)
        return str(self.module)


class TaskKernelWriter(KernelWriter):
    """Builds the IR of a kernel into which the functions of a task are written."""

    def __init__(
        self, task: LaneTask, shape: BlockShape, weight_mode: WeightMode, arguments: Sequence[str]
    ) -> None:
        super().__init__(shape, weight_mode, arguments)
        self.task = task
