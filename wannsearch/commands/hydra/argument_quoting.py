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

from wannsearch.commands.hydra.errors import quote_for_hydra, quote_text_argument
from wannsearch.core.errors import ConfigError

_PATH_KEYS = re.compile(
    r"\+{0,2}(network|parameters|runs|reference|sweep\.name|method\.sizes_from|(?:data|task)\.root"
    r"|hydra\.run\.dir|hydra\.sweep\.(?:sub)?dir)"
)
"""Keys whose value is the name of a folder or a file."""
_LIST_KEY = "runs"
_NULLABLE_KEYS = ("parameters", "method.sizes_from", "data.root", "task.root")
_SWEEP_KEYS = re.compile(r"[~+]*(?:hydra[./]|sweep\.|on_error$)")
"""Keys that are read before there are jobs."""


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()


def parse_argument(argument: str) -> Override | None:
    """The word in Hydra's grammar; None where it is none of it."""
    try:
        return _parser().parse_override(argument)
    except HydraException:
        return None


def quote_names(arguments: Sequence[str], groups: Collection[str], is_sweep: bool) -> list[str]:
    """The words, with names as texts."""
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
    """The text, quoted unless Hydra reads it as it is meant."""
    return text if is_plain(text, parse_argument(f"k={text}")) else quote_for_hydra(text)


def _is_text(text: str, override: Override | None) -> bool:
    """A word or a quoted text; not one of which Hydra would take the spaces away."""
    value = None if override is None else override.value()
    return isinstance(value, QuotedString) or (isinstance(value, str) and text == text.strip())


def _is_null_or_text(text: str, override: Override | None) -> bool:
    return text == "null" or _is_text(text, override)


def _is_not_number(text: str, override: Override | None) -> bool:
    """What names an option, and what `check_groups` refuses in words of its own."""
    return override is None or not isinstance(override.value(), (bool, int, float))


def _split_at_commas(text: str) -> list[str]:
    """Between commas that stand in no quotes."""
    return re.findall(r"(?:'(?:\\.|[^'])*'|\"(?:\\.|[^\"])*\"|[^,])+", text)


def check_groups(arguments: Sequence[str], groups: Collection[str]) -> None:
    """Refuse a group that is given no name, or a second one."""
    for argument in arguments:
        key, _, text = argument.partition("=")
        name = key.lstrip("+")
        if name not in groups:
            continue
        override = parse_argument(argument)
        value = None if override is None else override.value()
        if name != "experiment" and (text in ("", "null") or isinstance(value, (list, dict))):
            raise ConfigError(
                f"{argument!r} names nothing; {name} needs one of its options, and its keys are written "
                f"{name}.KEY=VALUE."
            )
        if key != name:
            raise ConfigError(
                f"{argument!r} adds a second {name}; write {name}={text}, which takes its place."
            )


def check_sweeps(arguments: Sequence[str]) -> None:
    """Refuse a list of values inside a value."""
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
    """Where a group is swept over, every other key as a sweep over its one value.

    So Hydra sets it when it composes a job, whose group has it, or refuses that job alone.
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
