"""The state of a method as named arrays, and back.

A state is a dataclass of arrays, numbers and further dataclasses. Its arrays and numbers are stored
under dotted names; whatever else it holds (a task's ports, say) follows from the config and is taken
from a state that the method starts with. Storing only reads.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from wannsearch.core.untrusted import damaged_file_error, short_repr
from wannsearch.records.array_file import Arrays

StateT = TypeVar("StateT")

_NUMBER_TYPES = (bool, int, float)
_DTYPES = {bool: np.bool_, int: np.int64, float: np.float64}


def state_to_arrays(state: Any, prefix: str = "") -> Arrays:
    """Return the arrays of a state under dotted names; a number becomes an array without axes."""
    arrays: Arrays = {}
    for field in fields(state):
        name, value = prefix + field.name, getattr(state, field.name)
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, _NUMBER_TYPES):
            arrays[name] = np.array(value, _DTYPES[type(value)])
        elif is_dataclass(value):
            arrays |= state_to_arrays(value, f"{name}.")
    return arrays


def state_from_arrays(template: StateT, arrays: Arrays, where: str) -> StateT:
    """Return the state that these arrays hold; everything else comes from the template.

    The template is a state of the same method and task. Raises DamagedFile where names, types or numbers of
    axes differ; lengths are not compared.
    """
    names = set(state_to_arrays(template))
    if set(arrays) != names:
        differing_name = min(set(arrays) ^ names)
        raise damaged_file_error(
            where,
            f"its state has or lacks {short_repr(differing_name)}",
            f"it must hold {', '.join(sorted(names))}",
        )
    state: StateT = _fill_state(template, arrays, where, "")
    return state


def _fill_state(template: Any, arrays: Arrays, where: str, prefix: str) -> Any:
    values: dict[str, Any] = {}
    for field in fields(template):
        name, value = prefix + field.name, getattr(template, field.name)
        if is_dataclass(value) and not isinstance(value, type):
            values[field.name] = _fill_state(value, arrays, where, f"{name}.")
        elif name in arrays:
            expected = value if isinstance(value, np.ndarray) else np.array(value, _DTYPES[type(value)])
            array = arrays[name]
            if array.dtype != expected.dtype or array.ndim != expected.ndim:
                problem = f"{name} is {array.dtype} with {array.ndim} axes"
                raise damaged_file_error(where, problem, f"it must be {expected.dtype} with {expected.ndim}")
            values[field.name] = array if isinstance(value, np.ndarray) else array.item()
    return replace(template, **values)
