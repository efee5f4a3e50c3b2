"""CIFAR-10's batches, which are pickles, read without executing anything.

A pickle is a program: it pushes values on a stack, keeps some of them in a memo, and may call whatever
it names. Only the instructions below are understood here, those that Python 2 wrote the published files
with and those that Python 3 writes for the same values (protocols 2 to 4), and four names, none of
which is looked up or called: they stand for bytes, for the type `u1` and for an array of it. All else
is a DamagedFile. The instructions are described in Python's own `pickletools`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from math import prod
from typing import Any, Literal, cast

import numpy as np

from wannsearch.tasks.image_files.bounded import MOST_BYTES, damaged


class _Refused(Exception):
    """Not what a batch is written with."""


class _Named(Enum):
    """What a pickle may name."""

    ARRAY = "numpy.ndarray"
    EMPTY_ARRAY = "_reconstruct"
    TYPE = "numpy.dtype"
    ENCODE = "_codecs.encode"


_NAMES = {
    ("numpy", "ndarray"): _Named.ARRAY,
    ("numpy", "dtype"): _Named.TYPE,
    ("numpy.core.multiarray", "_reconstruct"): _Named.EMPTY_ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): _Named.EMPTY_ARRAY,
    ("_codecs", "encode"): _Named.ENCODE,
}
_TYPE_STATE = (3, "|", None, None, None, -1, -1, 0)
_MARK = object()
_MOST_INSTRUCTIONS = 2**20
"""A batch of 10,000 images has some 40,000; each may cost a hundred bytes."""


class _Bytes:
    """The type of unsigned bytes, once its state has been told."""

    told = False


class _Array:
    """An array, once its state has been told."""

    numbers: np.ndarray[Any, np.dtype[np.uint8]] | None = None


def unpickled(data: bytes, where: str) -> dict[str, Any]:
    """The dictionary that this pickle holds: texts, bytes, whole numbers, lists, arrays of bytes (n, m)."""
    try:
        return _Reader(data).read()
    except _Refused as error:
        raise damaged(where, f"as a pickle, {error}", "a batch of CIFAR-10 is expected") from None


def _text(value: object) -> object:
    """Python 2's bytes as text; whatever else as it is."""
    return value.decode("latin-1") if isinstance(value, bytes) and len(value) <= 100 else value


class _Reader:
    """The stack, the memo, and how far the bytes are read."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._encoded = 0

    def read(self) -> dict[str, Any]:
        """Follow the instructions to the last."""
        done = 0
        while (code := self._take(1)) != b".":
            done += 1
            if done > _MOST_INSTRUCTIONS:
                raise _Refused(f"it has over {_MOST_INSTRUCTIONS} instructions")
            if code not in _INSTRUCTIONS:
                raise _Refused(f"it has the instruction {code.hex()} at byte {self._at - 1}")
            _INSTRUCTIONS[code](self)
        if self._at != len(self._data) or len(self._stack) != 1 or type(self._stack[0]) is not dict:
            raise _Refused("it is not one dictionary")
        found = self._stack[0]
        return {key: value.numbers if isinstance(value, _Array) else value for key, value in found.items()}

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise _Refused(f"it is cut off at byte {len(self._data)}")
        taken, self._at = self._data[self._at : end], end
        return taken

    def _number(self, width: int, signed: bool = False) -> int:
        return int.from_bytes(self._take(width), "little", signed=signed)

    def _line(self) -> str:
        end = self._data.find(b"\n", self._at, self._at + 100)
        if end < 0:
            raise _Refused("a name in it has no end")
        line = self._data[self._at : end].decode("latin-1")
        self._at = end + 1
        return line

    def _pop(self) -> Any:
        if not self._stack or self._stack[-1] is _MARK:
            raise _Refused("it takes a value where none is")
        return self._stack.pop()

    def _top(self, kind: type[Any]) -> Any:
        if not self._stack or type(self._stack[-1]) is not kind:
            raise _Refused(f"it adds to a {kind.__name__} where none is")
        return self._stack[-1]

    def _since_mark(self) -> list[Any]:
        for at in range(len(self._stack) - 1, -1, -1):
            if self._stack[at] is _MARK:
                values = self._stack[at + 1 :]
                del self._stack[at:]
                return values
        raise _Refused("it looks for a mark that is not set")

    # What the instructions do

    def protocol(self) -> None:
        version = self._number(1)
        if not 2 <= version <= 4:
            raise _Refused(f"it has the protocol {version}, not 2 to 4")

    def skip(self, count: int) -> None:
        self._take(count)

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def integer(self, width: int, signed: bool) -> None:
        self.push(self._number(width, signed))

    def words(self, width: int, decoded: bool) -> None:
        taken = self._take(self._number(width))
        try:
            self.push(taken.decode("utf-8", "surrogatepass") if decoded else taken)
        except UnicodeDecodeError:
            raise _Refused("a text in it is not UTF-8") from None

    def put(self, width: int) -> None:
        place = self._number(width) if width else len(self._memo)
        value = self._pop()
        self.push(value)
        self._memo[place] = value

    def get(self, width: int) -> None:
        place = self._number(width)
        if place not in self._memo:
            raise _Refused("it remembers a value that it never had")
        self.push(self._memo[place])

    def group(self, count: int | None) -> None:
        values = self._since_mark() if count is None else [self._pop() for _ in range(count)][::-1]
        self.push(tuple(values))

    def append(self, many: bool) -> None:
        values = self._since_mark() if many else [self._pop()]
        self._top(list).extend(values)

    def set(self, many: bool) -> None:
        values = self._since_mark() if many else [self._pop(), self._pop()][::-1]
        into = self._top(dict)
        if len(values) % 2:
            raise _Refused("a key in it has no value")
        for key, value in zip(map(_text, values[::2]), values[1::2], strict=True):
            if not isinstance(key, str):
                raise _Refused("a key in it is no text")
            into[key] = value

    def name(self, on_stack: bool) -> None:
        if on_stack:
            inner, module = self._pop(), self._pop()
        else:
            module, inner = self._line(), self._line()
        if type(module) is not str or type(inner) is not str or (module, inner) not in _NAMES:
            shown = f"{module}.{inner}"[:60] if type(module) is type(inner) is str else "something"
            raise _Refused(f"it names {shown!r}")
        self.push(_NAMES[module, inner])

    def call(self) -> None:
        arguments, named = self._pop(), self._pop()
        given = tuple(map(_text, arguments)) if type(arguments) is tuple and len(arguments) < 4 else ()
        if named is _Named.EMPTY_ARRAY and given == (_Named.ARRAY, (0,), "b"):
            self.push(_Array())
        elif named is _Named.TYPE and given == ("u1", 0, 1):
            self.push(_Bytes())
        elif named is _Named.ENCODE and len(given) == 2 and type(given[0]) is str and given[1] == "latin1":
            self._encoded += len(given[0])
            if self._encoded > MOST_BYTES:  # the same text can be asked for a million times
                raise _Refused("it makes too many bytes")
            try:
                self.push(given[0].encode("latin-1"))
            except UnicodeEncodeError:
                raise _Refused("its bytes are none") from None
        else:
            raise _Refused("it calls what is not known")

    def tell(self) -> None:
        state, told = self._pop(), self._pop()
        self.push(told)
        if type(state) is not tuple or not isinstance(told, (_Bytes, _Array)):
            raise _Refused("it tells a state to what has none")
        if isinstance(told, _Bytes):
            told.told = tuple(map(_text, state[:8])) == _TYPE_STATE and len(state) == 8
            if not told.told:
                raise _Refused("an array in it is not of bytes")
            return
        if len(state) != 5 or told.numbers is not None:
            raise _Refused("an array in it has no known state")
        version, shape, kind, columns_first, raw = state
        known = version == 1 and columns_first in (0, 1) and isinstance(kind, _Bytes) and kind.told
        if not known or type(raw) is not bytes or type(shape) is not tuple or len(shape) != 2:
            raise _Refused("an array in it is not one of rows of bytes")
        if any(type(length) is not int or length < 1 for length in shape) or prod(shape) != len(raw):
            raise _Refused("an array in it has not as many bytes as its shape tells")
        order: Literal["F", "C"] = "F" if columns_first else "C"
        told.numbers = np.frombuffer(raw, np.uint8).reshape(cast("tuple[int, int]", shape), order=order)


_Instruction = Callable[[_Reader], None]
# Python 2's strings are kept as bytes.
_INSTRUCTIONS: dict[bytes, _Instruction] = {
    b"\x80": _Reader.protocol,
    b"\x95": lambda reader: reader.skip(8),  # a frame's length
    b"(": lambda reader: reader.push(_MARK),
    b"N": lambda reader: reader.push(None),
    b"\x88": lambda reader: reader.push(True),
    b"\x89": lambda reader: reader.push(False),
    b"}": lambda reader: reader.push({}),
    b"]": lambda reader: reader.push([]),
    b")": lambda reader: reader.push(()),
    b"K": lambda reader: reader.integer(1, signed=False),
    b"M": lambda reader: reader.integer(2, signed=False),
    b"J": lambda reader: reader.integer(4, signed=True),
    b"U": lambda reader: reader.words(1, decoded=False),
    b"T": lambda reader: reader.words(4, decoded=False),
    b"C": lambda reader: reader.words(1, decoded=False),
    b"B": lambda reader: reader.words(4, decoded=False),
    b"\x8e": lambda reader: reader.words(8, decoded=False),
    b"\x8c": lambda reader: reader.words(1, decoded=True),
    b"X": lambda reader: reader.words(4, decoded=True),
    b"\x8d": lambda reader: reader.words(8, decoded=True),
    b"q": lambda reader: reader.put(1),
    b"r": lambda reader: reader.put(4),
    b"\x94": lambda reader: reader.put(0),
    b"h": lambda reader: reader.get(1),
    b"j": lambda reader: reader.get(4),
    b"\x85": lambda reader: reader.group(1),
    b"\x86": lambda reader: reader.group(2),
    b"\x87": lambda reader: reader.group(3),
    b"t": lambda reader: reader.group(None),
    b"a": lambda reader: reader.append(many=False),
    b"e": lambda reader: reader.append(many=True),
    b"s": lambda reader: reader.set(many=False),
    b"u": lambda reader: reader.set(many=True),
    b"c": lambda reader: reader.name(on_stack=False),
    b"\x93": lambda reader: reader.name(on_stack=True),
    b"R": _Reader.call,
    b"b": _Reader.tell,
}
