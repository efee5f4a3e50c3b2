"""Arguments of constructors that are not ours: environments and wrappers, from a config file.

A config holds plain values, and only those are passed. So a config can choose what is made, and do nothing
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wannsearch.core.errors import ConfigError


def check_plain_values(key: str, arguments: Mapping[Any, Any]) -> None:
    """Raise ConfigError unless all values are numbers, words, lists or groups of them, or null."""
    for name, value in arguments.items():
        if not _is_plain(value):
            raise ConfigError(f"{key}.{name} is {value!r}; only numbers, words and lists are passed.")


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_plain(item) for name, item in value.items())
    return value is None or type(value) in (bool, int, float, str)
