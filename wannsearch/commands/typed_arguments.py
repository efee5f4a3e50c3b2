"""What was typed: the words of a command line by the keys that they set.

A composed config does not tell a typed value from a default, and two questions need that: what lies
over the settings that a run has stored, and which typed word nothing will ever read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def get_typed_key(word: str) -> str:
    """The dotted key that this word sets, without Hydra's marks for adding and taking away."""
    return word.partition("=")[0].lstrip("+~").partition("@")[0]


def is_typed(words: Sequence[str], key: str) -> bool:
    """Whether a word sets this key itself, and not only one below it."""
    return any(get_typed_key(word) == key for word in words)


def select_typed(words: Sequence[str], *keys: str) -> list[str]:
    """The words that set one of these keys or a key below one of them, as they were typed."""
    return [word for word in words if any(f"{get_typed_key(word)}.".startswith(f"{key}.") for key in keys)]


def select_unread(words: Sequence[str], readers: Mapping[str, Sequence[str]], mode: str) -> list[str]:
    """The words whose key only other modes read; `readers` says which modes read a key."""
    return [word for key, modes in readers.items() if mode not in modes for word in select_typed(words, key)]
