"""Objects from configs, without Hydra's `instantiate`.

`_target_` names a class, as in Hydra, but only a frozen dataclass that is defined in the named module is
made. The module must lie in this package, in a package announced under the entry-point group
`wannsearch.plugins`, or in a file that the user loaded on the command line. The fields of the class are
the only keys, all of them required; their types convert the values (`core.settings`). So an untrusted
config can choose among such classes, and do nothing else.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, cast

from wannsearch.commands.hydra.groups import GROUP_OF_TYPE, REQUIRED_METHODS
from wannsearch.core.errors import ConfigError, add_article
from wannsearch.core.plugin_files import import_from_plugin, list_plugin_packages
from wannsearch.core.settings import format_value, make_settings

T = TypeVar("T")
TARGET = "_target_"
"""The key of a config that names its class."""

_OWN_PACKAGES = frozenset(["wannsearch"])


def build(group: str, config: Any, key: str | None = None) -> Any:
    """Build the object that this part of the config describes.

    `group` names the methods that the class must have. `key` is the place of the config, for errors; it
    defaults to the group. Raises ConfigError for any other class, and for keys or values that do not fit.
    """
    key = key or group
    if not isinstance(config, dict) or not isinstance(config.get(TARGET), str):
        raise ConfigError(f"{key} must be a group of keys with a {TARGET}; it is {format_value(config)}.")
    settings = {name: value for name, value in config.items() if name != TARGET}
    return build_dataclass(load_class(group, config[TARGET], key), key, settings)


def build_dataclass(cls: type[T], key: str, config: Any) -> T:
    """Build the dataclass with exactly these settings; ConfigError for missing, unknown or wrong ones."""
    return make_settings(cls, key, config, _build_part)


def _build_part(field_type: Any, config: Any, key: str) -> Any:
    return build(GROUP_OF_TYPE[field_type], config, key)


def list_roots() -> frozenset[str]:
    """List the packages whose classes may be made."""
    return list_plugin_packages() | _OWN_PACKAGES


def load_class(group: str, target: str, key: str) -> type[Any]:
    """Import the class that `_target_` names; ConfigError if it may not be made, or lacks a method.

    `group` names the methods that the class must have, `key` the place of the config for errors.
    """
    cls = import_from_plugin(target, f"{key}.{TARGET}", _OWN_PACKAGES)
    is_defined_there = isinstance(cls, type) and f"{cls.__module__}.{cls.__qualname__}" == target
    if (
        not is_defined_there
        or not dataclasses.is_dataclass(cls)
        or not vars(cls)["__dataclass_params__"].frozen
    ):
        raise ConfigError(
            f"{key}.{TARGET} is {target!r}; it must name a frozen dataclass where it is defined."
        )
    missing = [name for name in REQUIRED_METHODS.get(group, ()) if not hasattr(cls, name)]
    if missing:
        raise ConfigError(
            f"{key}.{TARGET} is {target!r}; {add_article(group)} has {missing[0]!r}, and this has not."
        )
    return cast("type[Any]", cls)
