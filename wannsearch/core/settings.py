"""Settings are what their types say, whoever makes them.

A settings class is a frozen dataclass; a config file holds texts, lists and numbers. `Compiled(precision=
"float64")` must not compute in float32 because a text is no member of an enum: so every settings class
calls `convert_fields` first in its `__post_init__`, and the config layer (`commands/build.py`) converts by
the same rules. A word becomes the enum's member, a list a tuple, a whole number a float where a float
belongs, a group of keys the dataclass of its field; whatever cannot be is a ConfigError in one line.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from functools import cache
from numbers import Integral, Real
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from wannsearch.core.errors import ConfigError, no_such_key, not_allowed

T = TypeVar("T")
BuildPart = Callable[[Any, Any, str], Any]
"""Makes the object of a seam from a group of keys: (seam, group of keys, where)."""
_MAX_SHOWN = 60
_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text, in quotes of its own"}


def convert_fields(settings: Any) -> None:
    """Give every field of these settings the type that it says; ConfigError where that cannot be."""
    kind: Any = type(settings)
    for name, hint in _list_hints(kind).items():
        value = getattr(settings, name)
        converted = convert_value(f"{kind.__name__}.{name}", value, hint)
        if converted is not value:
            object.__setattr__(settings, name, converted)  # frozen for everybody else


def make_settings(kind: type[T], where: str, config: Any, build_part: BuildPart | None = None) -> T:
    """The settings with exactly these keys."""
    if not isinstance(config, dict):
        raise ConfigError(f"{where} must be a group of keys; it is {show_value(config)}.")
    within = f"{where}." if where else ""
    hints = _list_hints(cast("Any", kind))
    for name in config:
        if name not in hints:
            raise no_such_key(f"{within}{name}", [f"{within}{known}" for known in hints])
    missing = [name for name in hints if name not in config]
    if missing:
        raise ConfigError(f"{within}{missing[0]} is missing; needed are {', '.join(hints)}.")
    return kind(
        **{
            name: convert_value(f"{within}{name}", config[name], hint, build_part)
            for name, hint in hints.items()
        }
    )


def convert_value(where: str, value: Any, kind: Any, build_part: BuildPart | None = None) -> Any:
    """The value as this type; ConfigError where it cannot be one."""
    if kind is Any:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        inner = next(part for part in arguments if part is not type(None))
        return convert_value(where, value, inner, build_part)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"{where} is {show_value(value)}; it must be a list.")
        items = [
            convert_value(f"{where}[{i}]", item, arguments[0], build_part) for i, item in enumerate(value)
        ]
        return tuple(items)
    if getattr(kind, "_is_protocol", False):
        return _convert_seam(where, value, kind, build_part)
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = [member.value for member in kind]
        if not isinstance(value, kind) and value not in words:
            raise not_allowed(where, value, words)
        return kind(value)
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return value if isinstance(value, kind) else make_settings(kind, where, value, build_part)
    if isinstance(origin, type) and isinstance(value, origin):
        return value  # an array, which no config holds
    return _convert_plain(where, value, kind)


def show_value(value: Any) -> str:
    """A value as a message shows it."""
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


@cache
def _list_hints(kind: type[Any]) -> dict[str, Any]:
    """The type of each field that the class is made with."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind) if field.init}


def _convert_seam(where: str, value: Any, kind: Any, build_part: BuildPart | None) -> Any:
    """What fills a seam is an object: made by the config layer, or by whoever wrote the call."""
    if build_part is not None and not dataclasses.is_dataclass(value):
        return build_part(kind, value, where)
    if value is None or isinstance(value, (dict, list, tuple, str, int, float)):
        raise ConfigError(f"{where} is {show_value(value)}; it must be an object, a {kind.__name__}.")
    return value


def _convert_plain(where: str, value: Any, kind: Any) -> Any:
    if kind in (int, float) and type(value) is kind:
        return value
    if kind in (bool, str) and isinstance(value, kind):
        return value
    if not isinstance(value, bool):
        if kind is float and isinstance(value, Real):
            with suppress(OverflowError):  # an integer of hundreds of digits
                return float(value)
        if kind is int and isinstance(value, Integral):
            return int(value)
    raise ConfigError(f"{where} is {show_value(value)}; it must be {_WORDS.get(kind, str(kind))}.")
