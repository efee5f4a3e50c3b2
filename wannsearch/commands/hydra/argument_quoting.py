"""The words of a command line, before Hydra reads them in its own grammar.

Hydra reads `1e5` as a number, `a=b` as a mistake and `a,b` as a sweep. Where a word names a folder, a file
or an option, it names it by its text: what Hydra would read as anything else is quoted here. What is Hydra's
syntax on purpose stays: quotes, `${...}`, and in a sweep its lists and functions.

In a sweep over the options of a group a key may belong to some of them alone. Hydra composes one config
before all jobs, from the group's default; so the keys of a job wait here until the job is composed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString, Sweep
from hydra.errors import HydraException

from wannsearch.commands.hydra.errors import as_quoted, typed_as_text
from wannsearch.core.errors import ConfigError

_NAMES = re.compile(
    r"\+{0,2}(network|parameters|runs|reference|sweep\.name|method\.like|(?:data|task)\.root"
    r"|hydra\.run\.dir|hydra\.sweep\.(?:sub)?dir)"
)
"""Keys whose value is the name of a folder or a file."""
_LIST = "runs"
_MAY_BE_NULL = ("parameters", "method.like", "data.root", "task.root")
_OF_THE_SWEEP = re.compile(r"[~+]*(?:hydra[./]|sweep\.|on_error$)")
"""Keys that are read before there are jobs."""


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()


def parse_word(word: str) -> Override | None:
    """The word in Hydra's grammar; None where it is none of it."""
    try:
        return _parser().parse_override(word)
    except HydraException:
        return None


def quote_names(words: Sequence[str], groups: Collection[str], sweep: bool) -> list[str]:
    """The words, with names as texts."""
    return [_quoted_word(word, groups, sweep) for word in words]


def _quoted_word(word: str, groups: Collection[str], sweep: bool) -> str:
    key, equals, text = word.partition("=")
    place = _NAMES.fullmatch(key)
    if not equals or not text or "${" in text or not (place or key in groups):
        return word
    if not place:
        return f"{key}={_as_text(text, keeps=_is_no_number)}"
    keeps = _is_null_or_text if place[1] in _MAY_BE_NULL else _is_text
    if place[1] == _LIST and text.startswith("[") and text.endswith("]"):
        return f"{key}=[{','.join(_as_text(part, _is_text) for part in _parts(text[1:-1]))}]"
    read = parse_word(f"k={text}")
    value = None if read is None else read.value()
    is_list = isinstance(value, ChoiceSweep) and value.simple_form
    is_sweep = is_list or (read is not None and read.is_sweep_override())
    if is_sweep and not sweep:
        raise ConfigError(
            f"{word} names several values; a sweep over them needs -m. As the name of one it is "
            f"written {typed_as_text(key, text)}."
        )
    if is_sweep and not is_list:
        return word  # a function, such as glob(*)
    if is_list or (read is None and sweep and "," in text):
        return f"{key}={','.join(_as_text(part, keeps) for part in _parts(text))}"
    return f"{key}={_as_text(text, keeps)}"


def _as_text(text: str, keeps: Callable[[str, Override | None], bool]) -> str:
    """The text, quoted unless Hydra reads it as it is meant."""
    return text if keeps(text, parse_word(f"k={text}")) else as_quoted(text)


def _is_text(text: str, read: Override | None) -> bool:
    """A word or a quoted text; not one of which Hydra would take the spaces away."""
    value = None if read is None else read.value()
    return isinstance(value, QuotedString) or (isinstance(value, str) and text == text.strip())


def _is_null_or_text(text: str, read: Override | None) -> bool:
    return text == "null" or _is_text(text, read)


def _is_no_number(text: str, read: Override | None) -> bool:
    """What names an option, and what `check_groups` refuses in words of its own."""
    return read is None or not isinstance(read.value(), (bool, int, float))


def _parts(text: str) -> list[str]:
    """Between commas that stand in no quotes."""
    return re.findall(r"(?:'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|[^,])+", text)


def check_groups(words: Sequence[str], groups: Collection[str]) -> None:
    """Refuse a group that is given no name, or a second one."""
    for word in words:
        key, _, text = word.partition("=")
        name = key.lstrip("+")
        if name not in groups:
            continue
        read = parse_word(word)
        value = None if read is None else read.value()
        if name != "experiment" and (text in ("", "null") or isinstance(value, (list, dict))):
            raise ConfigError(
                f"{word!r} names nothing; {name} needs one of its options, and its keys are written "
                f"{name}.KEY=VALUE."
            )
        if key != name:
            raise ConfigError(f"{word!r} adds a second {name}; write {name}={text}, which takes its place.")


def check_sweeps(words: Sequence[str]) -> None:
    """Refuse a list of values inside a value."""
    for word in words:
        read = parse_word(word)
        value = None if read is None else read.value()
        if isinstance(value, (list, dict)) and _holds_sweep(value):
            raise ConfigError(
                f"{word!r} has a sweep inside a list; a sweep is over whole values, such as "
                "KEY=choice([a,b],[c]), and needs -m."
            )


def _holds_sweep(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return any(_holds_sweep(part) for part in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Sweep)


def defer_keys(words: Sequence[str], groups: Collection[str]) -> list[str]:
    """Where a group is swept over, every other key as a sweep over its one value.

    So Hydra sets it when it composes a job, whose group has it, or refuses that job alone.
    """
    read = {word: parse_word(word) for word in words}
    swept = [word for word, override in read.items() if override is not None and override.is_sweep_override()]
    if not any(_is_choice_of_group(word, groups) for word in swept):
        return list(words)
    return [
        word
        if word in swept or _OF_THE_SWEEP.match(word.partition("=")[0]) or _is_choice_of_group(word, groups)
        else _as_sweep(word, read[word])
        for word in words
    ]


def _is_choice_of_group(word: str, groups: Collection[str]) -> bool:
    key = word.partition("=")[0].lstrip("+")
    return "@" in key or key in groups


def _as_sweep(word: str, read: Override | None) -> str:
    key, equals, text = word.partition("=")
    return f"{key}=choice({text})" if read is not None and equals and text else word
