"""A reader for CIFAR-10's batches, which are pickles; it executes nothing.

A pickle is a program: it pushes values on a stack, stores some of them in a memo, and may call any function
that it names. This reader supports only the instructions below. Python 2 wrote the published files with
them, and Python 3 writes the same values with them (protocols 2 to 4). It accepts four names. None of them
is looked up or called: they stand for bytes, for the type `u1` and for an array of it. Everything else
raises DamagedFile. Python's own `pickletools` describes the instructions.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import prod
from typing import Any, Literal, cast

import numpy as np

from wannsearch.core.untrusted import damaged_file_error
from wannsearch.tasks.image_files.bounded import MAX_BYTES


class _RefusedPickle(Exception):
    """An instruction or value that no batch contains."""


class _AllowedName(Enum):
    """The names that a pickle may contain."""

    ARRAY = "numpy.ndarray"
    EMPTY_ARRAY = "_reconstruct"
    TYPE = "numpy.dtype"
    ENCODE = "_codecs.encode"


_ALLOWED_NAMES = {
    ("numpy", "ndarray"): _AllowedName.ARRAY,
    ("numpy", "dtype"): _AllowedName.TYPE,
    ("numpy.core.multiarray", "_reconstruct"): _AllowedName.EMPTY_ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): _AllowedName.EMPTY_ARRAY,
    ("_codecs", "encode"): _AllowedName.ENCODE,
}
_TYPE_STATE = (3, "|", None, None, None, -1, -1, 0)
_MARK = object()
_MAX_INSTRUCTIONS = 2**20
"""A batch of 10,000 images has about 40,000; each may need a hundred bytes."""


class _ByteType:
    """The dtype `u1` of an array, usable once its state is set."""

    state_set = False


class _ByteArray:
    """An array of bytes, valid once its values are set."""

    values: np.ndarray[Any, np.dtype[np.uint8]] | None = None


def read_pickle(data: bytes, where: str) -> dict[str, Any]:
    """Return the dictionary in this pickle, with texts as keys.

    A batch has texts, bytes, lists of whole numbers, and arrays (n, m) uint8 as values. Other plain values
    may occur (None, truth values, tuples), so callers check the types. Raise DamagedFile for an instruction
    or a name that no batch contains.
    """
    try:
        return _PickleReader(data).read()
    except _RefusedPickle as error:
        raise damaged_file_error(where, f"as a pickle, {error}", "a batch of CIFAR-10 is expected") from None


def _as_text(value: object) -> object:
    """Return Python 2's byte strings of up to 100 bytes as text, and any other value unchanged."""
    return value.decode("latin-1") if isinstance(value, bytes) and len(value) <= 100 else value


class _PickleReader:
    """The state while the instructions run: the stack, the memo, and the position in the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._position = data, 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._encoded_bytes = 0

    def read(self) -> dict[str, Any]:
        """Run all instructions and return the dictionary; raise _RefusedPickle where one is not allowed."""
        num_instructions = 0
        while (opcode := self._read_bytes(1)) != b".":
            num_instructions += 1
            if num_instructions > _MAX_INSTRUCTIONS:
                raise _RefusedPickle(f"it has over {_MAX_INSTRUCTIONS} instructions")
            if opcode not in _INSTRUCTIONS:
                raise _RefusedPickle(f"it has the instruction {opcode.hex()} at byte {self._position - 1}")
            _INSTRUCTIONS[opcode](self)
        if self._position != len(self._data) or len(self._stack) != 1 or type(self._stack[0]) is not dict:
            raise _RefusedPickle("it is not one dictionary")
        dictionary = self._stack[0]
        return {
            key: value.values if isinstance(value, _ByteArray) else value for key, value in dictionary.items()
        }

    def _read_bytes(self, count: int) -> bytes:
        end = self._position + count
        if end > len(self._data):
            raise _RefusedPickle(f"it is cut off at byte {len(self._data)}")
        taken_bytes, self._position = self._data[self._position : end], end
        return taken_bytes

    def _read_integer(self, width: int, signed: bool = False) -> int:
        return int.from_bytes(self._read_bytes(width), "little", signed=signed)

    def _read_line(self) -> str:
        end = self._data.find(b"\n", self._position, self._position + 100)
        if end < 0:
            raise _RefusedPickle("a name in it has no end")
        line = self._data[self._position : end].decode("latin-1")
        self._position = end + 1
        return line

    def _pop_value(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise _RefusedPickle("it takes a value where none is")
        return self._stack.pop()

    def _check_top(self, value_type: type[Any]) -> Any:
        if not self._stack or type(self._stack[-1]) is not value_type:
            raise _RefusedPickle(f"it adds to a {value_type.__name__} where none is")
        return self._stack[-1]

    def _pop_since_mark(self) -> list[Any]:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index] is _MARK:
                values = self._stack[index + 1 :]
                del self._stack[index:]
                return values
        raise _RefusedPickle("it looks for a mark that is not set")

    # The effects of the instructions

    def op_proto(self) -> None:
        version = self._read_integer(1)
        if not 2 <= version <= 4:
            raise _RefusedPickle(f"it has the protocol {version}, not 2 to 4")

    def op_frame(self, count: int) -> None:
        self._read_bytes(count)

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def op_integer(self, width: int, signed: bool) -> None:
        self.push(self._read_integer(width, signed))

    def op_string(self, width: int, is_text: bool) -> None:
        data = self._read_bytes(self._read_integer(width))
        try:
            self.push(data.decode("utf-8", "surrogatepass") if is_text else data)
        except UnicodeDecodeError:
            raise _RefusedPickle("a text in it is not UTF-8") from None

    def op_put(self, width: int) -> None:
        memo_index = self._read_integer(width) if width else len(self._memo)
        value = self._pop_value()
        self.push(value)
        self._memo[memo_index] = value

    def op_get(self, width: int) -> None:
        memo_index = self._read_integer(width)
        if memo_index not in self._memo:
            raise _RefusedPickle("it remembers a value that it never had")
        self.push(self._memo[memo_index])

    def op_tuple(self, count: int | None) -> None:
        values = self._pop_since_mark() if count is None else [self._pop_value() for _ in range(count)][::-1]
        self.push(tuple(values))

    def op_append(self, until_mark: bool) -> None:
        values = self._pop_since_mark() if until_mark else [self._pop_value()]
        self._check_top(list).extend(values)

    def op_setitem(self, until_mark: bool) -> None:
        values = self._pop_since_mark() if until_mark else [self._pop_value(), self._pop_value()][::-1]
        dictionary = self._check_top(dict)
        if len(values) % 2:
            raise _RefusedPickle("a key in it has no value")
        for key, value in zip(map(_as_text, values[::2]), values[1::2], strict=True):
            if not isinstance(key, str):
                raise _RefusedPickle("a key in it is no text")
            dictionary[key] = value

    def op_global(self, from_stack: bool) -> None:
        if from_stack:
            attribute, module = self._pop_value(), self._pop_value()
        else:
            module, attribute = self._read_line(), self._read_line()
        if type(module) is not str or type(attribute) is not str or (module, attribute) not in _ALLOWED_NAMES:
            name_text = (
                f"{module}.{attribute}"[:60] if type(module) is type(attribute) is str else "something"
            )
            raise _RefusedPickle(f"it names {name_text!r}")
        self.push(_ALLOWED_NAMES[module, attribute])

    def op_reduce(self) -> None:
        arguments, function = self._pop_value(), self._pop_value()
        plain_arguments = (
            tuple(map(_as_text, arguments)) if type(arguments) is tuple and len(arguments) < 4 else ()
        )
        if function is _AllowedName.EMPTY_ARRAY and plain_arguments == (_AllowedName.ARRAY, (0,), "b"):
            self.push(_ByteArray())
        elif function is _AllowedName.TYPE and plain_arguments == ("u1", 0, 1):
            self.push(_ByteType())
        elif (
            function is _AllowedName.ENCODE
            and len(plain_arguments) == 2
            and type(plain_arguments[0]) is str
            and plain_arguments[1] == "latin1"
        ):
            self._encoded_bytes += len(plain_arguments[0])
            if self._encoded_bytes > MAX_BYTES:  # one text of the memo can be encoded a million times
                raise _RefusedPickle("it makes too many bytes")
            try:
                self.push(plain_arguments[0].encode("latin-1"))
            except UnicodeEncodeError:
                raise _RefusedPickle("its bytes are none") from None
        else:
            raise _RefusedPickle("it calls what is not known")

    def op_build(self) -> None:
        state, target = self._pop_value(), self._pop_value()
        self.push(target)
        if type(state) is not tuple or not isinstance(target, (_ByteType, _ByteArray)):
            raise _RefusedPickle("it tells a state to what has none")
        if isinstance(target, _ByteType):
            target.state_set = tuple(map(_as_text, state[:8])) == _TYPE_STATE and len(state) == 8
            if not target.state_set:
                raise _RefusedPickle("an array in it is not of bytes")
            return
        if len(state) != 5 or target.values is not None:
            raise _RefusedPickle("an array in it has no known state")
        version, shape, element_type, columns_first, data = state
        is_valid = (
            version == 1
            and columns_first in (0, 1)
            and isinstance(element_type, _ByteType)
            and element_type.state_set
        )
        if not is_valid or type(data) is not bytes or type(shape) is not tuple or len(shape) != 2:
            raise _RefusedPickle("an array in it is not one of rows of bytes")
        if any(type(length) is not int or length < 1 for length in shape) or prod(shape) != len(data):
            raise _RefusedPickle("an array in it has not as many bytes as its shape tells")
        order: Literal["F", "C"] = "F" if columns_first else "C"
        target.values = np.frombuffer(data, np.uint8).reshape(cast("tuple[int, int]", shape), order=order)


_Instruction = Callable[[_PickleReader], None]
# Python 2's strings stay bytes.
_INSTRUCTIONS: dict[bytes, _Instruction] = {
    b"\x80": _PickleReader.op_proto,
    b"\x95": lambda reader: reader.op_frame(8),  # a frame's length
    b"(": lambda reader: reader.push(_MARK),
    b"N": lambda reader: reader.push(None),
    b"\x88": lambda reader: reader.push(True),
    b"\x89": lambda reader: reader.push(False),
    b"}": lambda reader: reader.push({}),
    b"]": lambda reader: reader.push([]),
    b")": lambda reader: reader.push(()),
    b"K": lambda reader: reader.op_integer(1, signed=False),
    b"M": lambda reader: reader.op_integer(2, signed=False),
    b"J": lambda reader: reader.op_integer(4, signed=True),
    b"U": lambda reader: reader.op_string(1, is_text=False),
    b"T": lambda reader: reader.op_string(4, is_text=False),
    b"C": lambda reader: reader.op_string(1, is_text=False),
    b"B": lambda reader: reader.op_string(4, is_text=False),
    b"\x8e": lambda reader: reader.op_string(8, is_text=False),
    b"\x8c": lambda reader: reader.op_string(1, is_text=True),
    b"X": lambda reader: reader.op_string(4, is_text=True),
    b"\x8d": lambda reader: reader.op_string(8, is_text=True),
    b"q": lambda reader: reader.op_put(1),
    b"r": lambda reader: reader.op_put(4),
    b"\x94": lambda reader: reader.op_put(0),
    b"h": lambda reader: reader.op_get(1),
    b"j": lambda reader: reader.op_get(4),
    b"\x85": lambda reader: reader.op_tuple(1),
    b"\x86": lambda reader: reader.op_tuple(2),
    b"\x87": lambda reader: reader.op_tuple(3),
    b"t": lambda reader: reader.op_tuple(None),
    b"a": lambda reader: reader.op_append(until_mark=False),
    b"e": lambda reader: reader.op_append(until_mark=True),
    b"s": lambda reader: reader.op_setitem(until_mark=False),
    b"u": lambda reader: reader.op_setitem(until_mark=True),
    b"c": lambda reader: reader.op_global(from_stack=False),
    b"\x93": lambda reader: reader.op_global(from_stack=True),
    b"R": _PickleReader.op_reduce,
    b"b": _PickleReader.op_build,
}
