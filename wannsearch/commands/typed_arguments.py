"""What was typed: the words of a command line by the keys that they set.

A composed config does not tell a typed value from a default, and two questions need that: what lies
over the settings that a run has stored, and which typed word nothing will ever read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def get_override_key(override: str) -> str:
    """The dotted key that this word sets, without Hydra's marks for adding and taking away."""
    return override.partition("=")[0].lstrip("+~").partition("@")[0]


def has_override(overrides: Sequence[str], key: str) -> bool:
    """Whether a word sets this key itself, and not only one below it."""
    return any(get_override_key(override) == key for override in overrides)


def select_overrides(overrides: Sequence[str], *keys: str) -> list[str]:
    """The words that set one of these keys or a key below one of them, as they were typed."""
    return [
        override
        for override in overrides
        if any(f"{get_override_key(override)}.".startswith(f"{key}.") for key in keys)
    ]


def select_unread_overrides(
    overrides: Sequence[str], readers: Mapping[str, Sequence[str]], mode: str
) -> list[str]:
    """The words whose key only other modes read; `readers` says which modes read a key."""
    return [
        override
        for key, modes in readers.items()
        if mode not in modes
        for override in select_overrides(overrides, key)
    ]
