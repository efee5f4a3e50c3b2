"""Conversion of config values to the declared types of a settings class.

A settings class is a frozen dataclass; a config file holds texts, lists and numbers. `Compiled(precision=
"float64")` must not compute in float32 because a text is no member of an enum: so every settings class
calls `convert_fields` first in its `__post_init__`, and the config layer (`commands/hydra/build.py`)
converts by the same rules. A text becomes the enum's member, a list a tuple, a whole number a float where
a float belongs, a group of keys the dataclass of its field. Any other value is a ConfigError in one line.
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

from wannsearch.core.errors import ConfigError, add_article, not_allowed_error, unknown_key_error

T = TypeVar("T")
BuildPart = Callable[[Any, Any, str], Any]
"""Builds the object of a protocol from a group of keys: (protocol, group of keys, key of the group)."""
_MAX_REPR_CHARS = 60
_TYPE_DESCRIPTIONS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text, in quotes of its own",
}


def convert_fields(settings: Any) -> None:
    """Convert every constructor field of these settings to its declared type, in place.

    ConfigError names the class and the field if that fails.
    """
    settings_class: Any = type(settings)
    for name, field_type in _list_hints(settings_class).items():
        value = getattr(settings, name)
        converted_value = convert_value(f"{settings_class.__name__}.{name}", value, field_type)
        if converted_value is not value:
            object.__setattr__(settings, name, converted_value)  # the dataclass is frozen


def make_settings(settings_class: type[T], key: str, config: Any, build_part: BuildPart | None = None) -> T:
    """Build the settings from a group with exactly the constructor fields of the class as keys.

    A field with a default is needed, too. `key` is the group's place in messages. Raises ConfigError if
    `config` is no group, for an unknown or missing key, or for a value of the wrong type.
    """
    if not isinstance(config, dict):
        raise ConfigError(f"{key} must be a group of keys; it is {format_value(config)}.")
    prefix = f"{key}." if key else ""
    hints = _list_hints(cast("Any", settings_class))
    for name in config:
        if name not in hints:
            raise unknown_key_error(f"{prefix}{name}", [f"{prefix}{allowed_name}" for allowed_name in hints])
    missing_names = [name for name in hints if name not in config]
    if missing_names:
        raise ConfigError(f"{prefix}{missing_names[0]} is missing; needed are {', '.join(hints)}.")
    return settings_class(
        **{
            name: convert_value(f"{prefix}{name}", config[name], field_type, build_part)
            for name, field_type in hints.items()
        }
    )


def convert_value(key: str, value: Any, expected_type: Any, build_part: BuildPart | None = None) -> Any:
    """Convert the value by the rules of this module; ConfigError, which names `key`, if none applies.

    For `X | None`, None passes and X applies to the rest. All items of a tuple get its first item type. The
    type Any passes everything. A protocol's object is built by `build_part`, or passes if there is none.
    """
    if expected_type is Any:
        return value
    origin, type_arguments = get_origin(expected_type), get_args(expected_type)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in type_arguments:
            return None
        inner_type = next(
            type_argument for type_argument in type_arguments if type_argument is not type(None)
        )
        return convert_value(key, value, inner_type, build_part)
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"{key} is {format_value(value)}; it must be a list.")
        items = [
            convert_value(f"{key}[{i}]", item, type_arguments[0], build_part) for i, item in enumerate(value)
        ]
        return tuple(items)
    if getattr(expected_type, "_is_protocol", False):
        return _convert_seam(key, value, expected_type, build_part)
    if isinstance(expected_type, type) and issubclass(expected_type, Enum):
        allowed_values = [member.value for member in expected_type]
        if value is False and "off" in allowed_values:
            value = "off"  # YAML reads the word as false unless it is quoted
        if not isinstance(value, expected_type) and value not in allowed_values:
            raise not_allowed_error(key, value, allowed_values)
        return expected_type(value)
    if isinstance(expected_type, type) and dataclasses.is_dataclass(expected_type):
        return (
            value
            if isinstance(value, expected_type)
            else make_settings(expected_type, key, value, build_part)
        )
    if isinstance(origin, type) and isinstance(value, origin):
        return value  # an array: a config cannot hold one, a call from Python can
    return _convert_plain(key, value, expected_type)


def format_value(value: Any) -> str:
    """Return the `repr` of a value for a message, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= _MAX_REPR_CHARS else f"{text[: _MAX_REPR_CHARS - 3]}..."


@cache
def _list_hints(settings_class: type[Any]) -> dict[str, Any]:
    """Map each field of the class's constructor to its type."""
    hints = get_type_hints(settings_class)
    return {field.name: hints[field.name] for field in dataclasses.fields(settings_class) if field.init}


def _convert_seam(key: str, value: Any, expected_type: Any, build_part: BuildPart | None) -> Any:
    """Return the object for a field of a protocol type, built by the config layer or given by the caller."""
    if build_part is not None and not dataclasses.is_dataclass(value):
        return build_part(expected_type, value, key)
    if value is None or isinstance(value, (dict, list, tuple, str, int, float)):
        raise ConfigError(
            f"{key} is {format_value(value)}; it must be an object, {add_article(expected_type.__name__)}."
        )
    return value


def _convert_plain(key: str, value: Any, expected_type: Any) -> Any:
    if expected_type in (int, float) and type(value) is expected_type:
        return value
    if expected_type in (bool, str) and isinstance(value, expected_type):
        return value
    if not isinstance(value, bool):
        if expected_type is float and isinstance(value, Real):
            with suppress(OverflowError):  # an integer of hundreds of digits
                return float(value)
        if expected_type is int and isinstance(value, Integral):
            return int(value)
    raise ConfigError(
        f"{key} is {format_value(value)}; it must be "
        f"{_TYPE_DESCRIPTIONS.get(expected_type, str(expected_type))}."
    )
