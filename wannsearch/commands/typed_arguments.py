"""Overrides of the command line, selected by the keys that they set.

A composed config does not distinguish a typed value from a default. Two decisions need the difference:
typed values override the stored settings of a run, and a typed value without effect is reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def get_override_key(override: str) -> str:
    """Return the dotted key that the override sets, without Hydra's `+`, `~` and package."""
    return override.partition("=")[0].lstrip("+~").partition("@")[0]


def has_override(overrides: Sequence[str], key: str) -> bool:
    """Return whether an override sets this key itself, not only a key below it."""
    return any(get_override_key(override) == key for override in overrides)


def select_overrides(overrides: Sequence[str], *keys: str) -> list[str]:
    """Return the overrides that set one of these keys or a key below one of them, unchanged."""
    return [
        override
        for override in overrides
        if any(f"{get_override_key(override)}.".startswith(f"{key}.") for key in keys)
    ]


def select_unread_overrides(
    overrides: Sequence[str], readers: Mapping[str, Sequence[str]], mode: str
) -> list[str]:
    """Return the overrides whose key is read in other modes only.

    `readers` maps a key to the modes that read it.
    """
    return [
        override
        for key, modes in readers.items()
        if mode not in modes
        for override in select_overrides(overrides, key)
    ]
