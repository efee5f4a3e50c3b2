"""A method's state as named arrays, and back.

A state is a dataclass of arrays, numbers and further dataclasses. Its arrays and numbers are stored
under dotted names; whatever else it holds (a task's ports, say) follows from the config and is taken
from a state that the method starts with. Storing only reads.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from wannsearch.formats.untrusted import damaged, shown
from wannsearch.records.array_file import Arrays

State = TypeVar("State")

_NUMBERS = (bool, int, float)
_KINDS = {bool: np.bool_, int: np.int64, float: np.float64}


def arrays_of(state: Any, prefix: str = "") -> Arrays:
    """The arrays of a state, numbers as arrays without axes."""
    found: Arrays = {}
    for field in fields(state):
        name, value = prefix + field.name, getattr(state, field.name)
        if isinstance(value, np.ndarray):
            found[name] = value
        elif isinstance(value, _NUMBERS):
            found[name] = np.array(value, _KINDS[type(value)])
        elif is_dataclass(value):
            found |= arrays_of(value, f"{name}.")
    return found


def state_from(template: State, arrays: Arrays, where: str) -> State:
    """The state that these arrays are, with all else from a state of the same method and task."""
    names = set(arrays_of(template))
    if set(arrays) != names:
        odd = min(set(arrays) ^ names)
        raise damaged(
            where, f"its state has or lacks {shown(odd)}", f"it must hold {', '.join(sorted(names))}"
        )
    state: State = _filled(template, arrays, where, "")
    return state


def _filled(template: Any, arrays: Arrays, where: str, prefix: str) -> Any:
    values: dict[str, Any] = {}
    for field in fields(template):
        name, value = prefix + field.name, getattr(template, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            values[field.name] = _filled(value, arrays, where, f"{name}.")
        elif name in arrays:
            like = value if isinstance(value, np.ndarray) else np.array(value, _KINDS[type(value)])
            array = arrays[name]
            if array.dtype != like.dtype or array.ndim != like.ndim:
                found = f"{name} is {array.dtype} with {array.ndim} axes"
                raise damaged(where, found, f"it must be {like.dtype} with {like.ndim}")
            values[field.name] = array if isinstance(value, np.ndarray) else array.item()
    return replace(template, **values)
