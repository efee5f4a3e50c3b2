"""Configs -> objects, without Hydra's `instantiate`.

`_target_` names a class, as Hydra's users expect, but only a class that is defined in the module
named, in this package, in a package announced under the entry-point group `wannsearch.plugins` or
in a file the user loaded on the command line, and a frozen dataclass, is made. Its fields are the
only keys, all of them required; values are converted by the fields' types, strictly. A config from
a stranger can choose among such classes, and do nothing else.
"""

from __future__ import annotations

import dataclasses
import importlib
import types
from contextlib import suppress
from enum import Enum
from importlib.metadata import entry_points
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from wannsearch.core.errors import ConfigError, no_such_key, not_allowed
from wannsearch.core.parents import Parent
from wannsearch.core.plugin_files import PACKAGE as PLUGIN_FILES
from wannsearch.core.protocols import Evaluator
from wannsearch.core.subnetworks import Rule

T = TypeVar("T")
_TARGET = "_target_"
_PLUGIN_GROUP = "wannsearch.plugins"
_SEAMS = {
    "task": ("ports", "episode_seeds", "reset", "observe", "step"),
    "method": ("start", "ask", "tell"),
    "evaluator": ("describe", "evaluate", "measure"),
    "table": ("made",),
    "parent": ("outputs",),
    "rule": ("start", "update"),
}
"""What a class must have to fill the seam of its group."""
_FILLED_BY = {Evaluator: "evaluator", Parent: "parent", Rule: "rule"}
"""A field of this type is a config of that group, with a `_target_` of its own."""


def build(group: str, config: Any, where: str | None = None) -> Any:
    """The object that this part of the config describes; ConfigError otherwise."""
    where = where or group
    if not isinstance(config, dict) or not isinstance(config.get(_TARGET), str):
        raise ConfigError(f"{where} must be a group of keys with a {_TARGET}; it is {_shown(config)}.")
    settings = {name: value for name, value in config.items() if name != _TARGET}
    return made(_class_named(group, config[_TARGET], where), where, settings)


def made(kind: type[T], where: str, config: Any) -> T:
    """The dataclass with exactly these settings."""
    if not isinstance(config, dict):
        raise ConfigError(f"{where} must be a group of keys; it is {_shown(config)}.")
    within = f"{where}." if where else ""
    names = [field.name for field in dataclasses.fields(kind) if field.init]  # type: ignore[arg-type]  # checked
    for name in config:
        if name not in names:
            raise no_such_key(f"{within}{name}", [f"{within}{known}" for known in names])
    missing = [name for name in names if name not in config]
    if missing:
        raise ConfigError(f"{within}{missing[0]} is missing; needed are {', '.join(names)}.")
    hints = get_type_hints(kind)
    return kind(**{name: _converted(f"{within}{name}", config[name], hints[name]) for name in names})


def _class_named(group: str, target: str, where: str) -> type[Any]:
    module_name, _, name = target.rpartition(".")
    roots = {
        "wannsearch",
        PLUGIN_FILES,
        *(entry.module.split(".")[0] for entry in entry_points(group=_PLUGIN_GROUP)),
    }
    if module_name.split(".")[0] not in roots:
        raise ConfigError(
            f"{where}.{_TARGET} is {target!r}; only classes of {', '.join(sorted(roots - {PLUGIN_FILES}))} "
            "or of a file named by plugins=[...] are made."
        )
    try:
        kind = getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{where}.{_TARGET} is {target!r}; there is no such class ({error}).") from error
    own = isinstance(kind, type) and f"{kind.__module__}.{kind.__qualname__}" == target
    if not own or not dataclasses.is_dataclass(kind) or not vars(kind)["__dataclass_params__"].frozen:
        raise ConfigError(
            f"{where}.{_TARGET} is {target!r}; it must name a frozen dataclass where it is defined."
        )
    missing = [name for name in _SEAMS.get(group, ()) if not hasattr(kind, name)]
    if missing:
        raise ConfigError(f"{where}.{_TARGET} is {target!r}; a {group} has {missing[0]!r}, and this has not.")
    return cast("type[Any]", kind)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _converted(where: str, value: Any, kind: Any) -> Any:
    if kind is Any:
        return value
    if kind in _FILLED_BY:
        return build(_FILLED_BY[kind], value, where)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        return _converted(where, value, next(part for part in arguments if part is not type(None)))
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ConfigError(f"{where} is {_shown(value)}; it must be a list.")
        return tuple(_converted(f"{where}[{i}]", item, arguments[0]) for i, item in enumerate(value))
    if isinstance(kind, type) and issubclass(kind, Enum):
        words = [member.value for member in kind]
        if value not in words:
            raise not_allowed(where, value, words)
        return kind(value)
    if dataclasses.is_dataclass(kind):
        return made(kind, where, value)  # type: ignore[arg-type]  # a class, not an instance
    return _plain(where, value, kind)


def _plain(where: str, value: Any, kind: Any) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is float and is_number:
        with suppress(OverflowError):  # an integer of hundreds of digits
            return float(value)
    if kind is int and is_number and isinstance(value, int):
        return value
    if kind in (bool, str) and isinstance(value, kind):
        return value
    words = {
        int: "a whole number",
        float: "a number",
        bool: "true or false",
        str: "text, in quotes of its own",
    }
    raise ConfigError(f"{where} is {_shown(value)}; it must be {words.get(kind, str(kind))}.")
