"""Tasks as keys: equal tasks share a kernel, for the time of a process.

To write a kernel's IR takes longer than to load its machine code. A task that is a frozen dataclass of plain
values determines the IR by its class and these values. Every other task, such as one that holds an array or
that sets attributes of its own, is known by its identity alone.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields
from enum import Enum
from typing import Any

_PLAIN_TYPES = (int, str, bytes, type(None))


class _NotPlainError(Exception):
    """A value has parts that cannot be compared once and for all."""


def make_task_key(task: Any) -> Hashable | None:
    """Return a key that two tasks share only if they are alike to the bit; None for a task without one.

    The key holds the class and each field with its type, so that 1 differs from 1.0 and 0.0 from -0.0.
    """
    try:
        return _make_key(task)
    except _NotPlainError:
        return None


def _make_key(value: Any) -> Hashable:
    kind = type(value)
    if kind in _PLAIN_TYPES or kind is bool or isinstance(value, Enum):
        return kind, value
    if kind is float:
        return kind, value.hex()
    if kind is tuple:
        return kind, tuple(map(_make_key, value))
    settings = getattr(kind, "__dataclass_params__", None)
    if settings is not None and settings.frozen:
        names = [field.name for field in fields(value)]
        if getattr(value, "__dict__", {}).keys() <= set(names):
            return kind, tuple(_make_key(getattr(value, name)) for name in names)
    raise _NotPlainError
