"""The keys in which settings differ, under short names, and texts of their values that stay different.

A key is one of the config of a run (`method.add_node`), and its short name is its end, as long as no other
key here ends like it (`add_node`). Methods have keys of their own, so only keys that differ between settings
of the same method count, and the method itself. Keys that always change together are one: the first one typed
on the command line stands for all of them. A text that is too long is cut at its end, or else at its
beginning, but never so that two values get the same text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import IndexArray
from wannsearch.records.claim import flatten_keys
from wannsearch.reporting.plots.style import one_line
from wannsearch.reporting.tables.run import Run

METHOD_KEY = "method"
_TARGET = "._target_"
_MAX_VALUE_LENGTH = 24
_MAX_TEXT_LENGTH = 4000


@dataclass(frozen=True)
class SweptKey:
    """A key in which settings differ, and its value in each of them."""

    key: str  # dotted
    name: str
    texts: tuple[str, ...]  # one a setting
    values: tuple[Any, ...]  # as in the config; None where it is null or absent
    levels: tuple[int, ...]  # of each setting: the index of its value, in the order of the values
    other_keys: tuple[str, ...] = ()  # dotted keys that always change with it

    @property
    def level_texts(self) -> list[str]:
        """Return the text of each value, by level."""
        texts = dict(zip(self.levels, self.texts, strict=True))
        return [texts[level] for level in sorted(texts)]


def find_swept_keys(runs: Sequence[Run]) -> list[SweptKey]:
    """Return the keys in which these runs, one a setting, differ; those typed on the command line come first.

    Of two settings that differ, the levels of some key differ too.
    """
    methods = dict.fromkeys(run.method for run in runs)
    keys = {
        key
        for method in methods
        for key in find_differing_keys([run.settings for run in runs if run.method == method])
    }
    order = {key: place for place, key in enumerate(_list_typed_keys(runs))}
    sorted_keys = sorted(keys, key=lambda key: (order.get(key.removesuffix(_TARGET), len(order)), key))
    columns = {key: tuple(run.settings.get(key) for run in runs) for key in sorted_keys}
    texts = {key: tuple(format_values(runs, key)) for key in sorted_keys}
    if len(methods) > 1:
        sorted_keys = [METHOD_KEY, *sorted_keys]
        columns[METHOD_KEY] = texts[METHOD_KEY] = tuple(run.method for run in runs)
    names = dict(zip(sorted_keys, shorten_keys(sorted_keys), strict=True))
    swept_keys: dict[tuple[int, ...], SweptKey] = {}
    for key in sorted_keys:
        levels = _number_values(columns[key], texts[key])
        pattern = _by_first_appearance(levels)
        first = swept_keys.get(pattern)
        if first is None:
            swept_keys[pattern] = SweptKey(key, names[key], texts[key], columns[key], levels)
        else:
            swept_keys[pattern] = SweptKey(
                first.key, first.name, first.texts, first.values, first.levels, (*first.other_keys, key)
            )
    return list(swept_keys.values())


def stack_levels(keys: Sequence[SweptKey], num_settings: int) -> IndexArray:
    """Return the levels (S, K) of all keys."""
    levels = np.empty((num_settings, len(keys)), np.intp)
    for column, key in enumerate(keys):
        levels[:, column] = key.levels
    return levels


def find_differing_keys(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the sorted keys that do not have the same value in all these settings; absent is a value."""
    keys = sorted({key for mapping in settings for key in mapping})
    return [key for key in keys if len({repr(mapping.get(key, ...)) for mapping in settings}) > 1]


def shorten_keys(keys: Sequence[str]) -> list[str]:
    """Return the shortest end of each dotted key that no other one has; `X._target_` is called `X`."""
    parts = [key.removesuffix(_TARGET).split(".") for key in keys]
    names = []
    for place, own in enumerate(parts):
        others = parts[:place] + parts[place + 1 :]
        length = next(
            (
                size
                for size in range(1, len(own) + 1)
                if all(other[-size:] != own[-size:] for other in others)
            ),
            None,
        )
        names.append(keys[place] if length is None else ".".join(own[-length:]))
    return names


def format_values(runs: Sequence[Run], key: str) -> list[str]:
    """Return the value of the key in each run as a text; different values have different texts."""
    return shorten_distinctly([_format_value(run, key) for run in runs], _MAX_VALUE_LENGTH)


def shorten_distinctly(texts: Sequence[str], max_length: int) -> list[str]:
    """Cut texts to `max_length` characters, so that different ones stay different.

    Ends are cut, or else beginnings. Where either makes two texts the same, no text is cut.
    """
    lines = [one_line(text, _MAX_TEXT_LENGTH) for text in texts]
    num_different = len(set(lines))
    heads = [one_line(line, max_length) for line in lines]
    tails = [line if len(line) <= max_length else "…" + line[1 - max_length :] for line in lines]
    return next((cut for cut in (heads, tails) if len(set(cut)) == num_different), lines)


def _format_value(run: Run, key: str) -> str:
    """Return the value as text; a null key and an absent one have different texts."""
    if key in run.settings:
        text = str(run.settings[key])
        return text.split(".")[-2] if key.endswith(_TARGET) and "." in text else text
    return "null" if key in flatten_keys(run.config) else "(absent)"


def _list_typed_keys(runs: Sequence[Run]) -> list[str]:
    """Return the keys that the command lines of these runs set, in order of their first appearance."""
    overrides = (override for run in runs for override in run.overrides)
    return list(dict.fromkeys(override.partition("=")[0].lstrip("+~") for override in overrides))


def _number_values(values: Sequence[Any], texts: Sequence[str]) -> tuple[int, ...]:
    """Return the index of each value: numbers by size, then texts in their order, then null and absent."""
    identities = [(repr(value), text) for value, text in zip(values, texts, strict=True)]
    sort_keys = {}
    for identity, value in zip(identities, values, strict=True):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        sort_keys[identity] = (value is None, not is_number, float(value) if is_number else 0.0, identity)
    levels = {identity: level for level, identity in enumerate(sorted(sort_keys, key=sort_keys.__getitem__))}
    return tuple(levels[identity] for identity in identities)


def _by_first_appearance(levels: Sequence[int]) -> tuple[int, ...]:
    """Return the levels numbered anew from 0, so that keys that change together get the same numbers."""
    numbers = {level: number for number, level in enumerate(dict.fromkeys(levels))}
    return tuple(numbers[level] for level in levels)
