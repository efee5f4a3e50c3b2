"""Quotes around names in the command line, before Hydra parses it with its own grammar.

Hydra reads `1e5` as a number, `a=b` as an error and `a,b` as a sweep. The name of a folder, a file or an
option means its text, so this module quotes each name that Hydra would read as anything else. Deliberate
Hydra syntax stays: quotes, `${...}`, and in a sweep its lists and functions.

In a sweep over the options of a group, a key may belong to some of the options only. Hydra composes one
config before all jobs, from the group's default. So the keys of a job are deferred until the job itself is
composed (`defer_keys`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, QuotedString, Sweep
from hydra.errors import HydraException

from wannsearch.commands.hydra.errors import quote_for_hydra, quote_text_argument
from wannsearch.core.errors import ConfigError

_PATH_KEYS = re.compile(
    r"\+{0,2}(network|parameters|runs|reference|sweep\.name|method\.sizes_from|(?:data|task)\.root"
    r"|hydra\.run\.dir|hydra\.sweep\.(?:sub)?dir)"
)
"""The value of each of these keys is the name of a folder or a file."""
_LIST_KEY = "runs"
_NULLABLE_KEYS = ("parameters", "method.sizes_from", "data.root", "task.root")
_SWEEP_KEYS = re.compile(r"[~+]*(?:hydra[./]|sweep\.|on_error$)")
"""Hydra or the sweep reads these keys before any job is composed."""


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()


def parse_argument(argument: str) -> Override | None:
    """Parse the argument with Hydra's grammar; return None if it does not fit."""
    try:
        return _parser().parse_override(argument)
    except HydraException:
        return None


def quote_names(arguments: Sequence[str], groups: Collection[str], is_sweep: bool) -> list[str]:
    """Return the arguments with names of folders, files and options quoted where needed.

    ConfigError if a name lists several values and the command is no sweep.
    """
    return [_quote_argument(argument, groups, is_sweep) for argument in arguments]


def _quote_argument(argument: str, groups: Collection[str], is_sweep: bool) -> str:
    key, equals, text = argument.partition("=")
    name_match = _PATH_KEYS.fullmatch(key)
    if not equals or not text or "${" in text or not (name_match or key in groups):
        return argument
    if not name_match:
        return f"{key}={_quote_text(text, is_plain=_is_not_number)}"
    is_plain = _is_null_or_text if name_match[1] in _NULLABLE_KEYS else _is_text
    if name_match[1] == _LIST_KEY and text.startswith("[") and text.endswith("]"):
        return f"{key}=[{','.join(_quote_text(part, _is_text) for part in _split_at_commas(text[1:-1]))}]"
    override = parse_argument(f"k={text}")
    value = None if override is None else override.value()
    is_value_list = isinstance(value, ChoiceSweep) and value.simple_form
    is_value_sweep = is_value_list or (override is not None and override.is_sweep_override())
    if is_value_sweep and not is_sweep:
        raise ConfigError(
            f"{argument} names several values; a sweep over them needs -m. As the name of one it is "
            f"written {quote_text_argument(key, text)}."
        )
    if is_value_sweep and not is_value_list:
        return argument  # a function, such as glob(*)
    if is_value_list or (override is None and is_sweep and "," in text):
        return f"{key}={','.join(_quote_text(part, is_plain) for part in _split_at_commas(text))}"
    return f"{key}={_quote_text(text, is_plain)}"


def _quote_text(text: str, is_plain: Callable[[str, Override | None], bool]) -> str:
    """Return the text, quoted unless `is_plain` accepts Hydra's reading of it."""
    return text if is_plain(text, parse_argument(f"k={text}")) else quote_for_hydra(text)


def _is_text(text: str, override: Override | None) -> bool:
    """Return whether Hydra reads exactly this text: a quoted string, or one without outer spaces."""
    value = None if override is None else override.value()
    return isinstance(value, QuotedString) or (isinstance(value, str) and text == text.strip())


def _is_null_or_text(text: str, override: Override | None) -> bool:
    return text == "null" or _is_text(text, override)


def _is_not_number(text: str, override: Override | None) -> bool:
    """Return whether the text may name an option; `check_groups` refuses lists with a better error."""
    return override is None or not isinstance(override.value(), (bool, int, float))


def _split_at_commas(text: str) -> list[str]:
    """Split the text at commas outside quotes."""
    return re.findall(r"(?:'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|[^,])+", text)


_OPTIONAL_GROUPS = ("experiment", "debug")
"""Groups of which none may be chosen."""


def check_groups(arguments: Sequence[str], groups: Collection[str]) -> None:
    """Raise ConfigError for a group that lacks the option it needs, or that gets a second one."""
    for argument in arguments:
        key, _, text = argument.partition("=")
        name = key.lstrip("+")
        if name not in groups:
            continue
        override = parse_argument(argument)
        value = None if override is None else override.value()
        if name not in _OPTIONAL_GROUPS and (text in ("", "null") or isinstance(value, (list, dict))):
            raise ConfigError(
                f"{argument!r} names nothing; {name} needs one of its options, and its keys are written "
                f"{name}.KEY=VALUE."
            )
        if key != name:
            raise ConfigError(
                f"{argument!r} adds a second {name}; write {name}={text}, which takes its place."
            )


def check_sweeps(arguments: Sequence[str]) -> None:
    """Raise ConfigError for a sweep inside the value of a list or dictionary."""
    for argument in arguments:
        override = parse_argument(argument)
        value = None if override is None else override.value()
        if isinstance(value, (list, dict)) and _has_sweep(value):
            raise ConfigError(
                f"{argument!r} has a sweep inside a list; a sweep is over whole values, such as "
                "KEY=choice([a,b],[c]), and needs -m."
            )


def _has_sweep(value: Any) -> bool:
    if isinstance(value, (list, dict)):
        return any(_has_sweep(part) for part in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Sweep)


def defer_keys(arguments: Sequence[str], groups: Collection[str]) -> list[str]:
    """Turn every other key into a sweep over its one value, if a group is swept over.

    Hydra then sets the key while it composes a job, whose group has the key, or refuses that job alone. Keys
    of Hydra and of the sweep, choices of groups, and arguments that do not parse stay as they are.
    """
    override_by_argument = {argument: parse_argument(argument) for argument in arguments}
    sweep_arguments = [
        argument
        for argument, override in override_by_argument.items()
        if override is not None and override.is_sweep_override()
    ]
    if not any(_is_group_choice(argument, groups) for argument in sweep_arguments):
        return list(arguments)
    return [
        argument
        if argument in sweep_arguments
        or _SWEEP_KEYS.match(argument.partition("=")[0])
        or _is_group_choice(argument, groups)
        else _format_as_sweep(argument, override_by_argument[argument])
        for argument in arguments
    ]


def _is_group_choice(argument: str, groups: Collection[str]) -> bool:
    key = argument.partition("=")[0].lstrip("+")
    return "@" in key or key in groups


def _format_as_sweep(argument: str, override: Override | None) -> str:
    key, equals, text = argument.partition("=")
    return f"{key}=choice({text})" if override is not None and equals and text else argument
