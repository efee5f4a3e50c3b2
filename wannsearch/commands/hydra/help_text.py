"""What `--help` prints: the choices and the keys of a command, each with its meaning from its YAML file.

The config is composed as the rest of the command line says, so `--help method=neat` shows the keys of NEAT.
`--help method` lists the options of a group. A command shows the groups of its own defaults list, and the
groups that are chosen inside these. Nothing is built, and `evaluator=auto` stays open: help has to be quick.
"""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import hydra.version
import yaml
from hydra._internal.utils import create_config_search_path, get_args_parser
from hydra.core.config_search_path import SearchPathQuery
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from wannsearch.commands.entry import HELP_FLAGS
from wannsearch.commands.hydra.arguments import prepare_arguments
from wannsearch.commands.hydra.build import TARGET
from wannsearch.commands.hydra.config_loader import WannsearchLoader
from wannsearch.commands.hydra.errors import find_conf_dir, list_groups
from wannsearch.commands.hydra.groups import GROUPS, NESTED_GROUPS
from wannsearch.commands.hydra.key_meanings import NO_COMMENTS, FileComments, read_comments
from wannsearch.core.errors import ConfigError

_MAX_WIDTH = 120
_MAX_VALUE_LENGTH = 60
_INDENT = "  "
_MEANING_SHARE = 0.45  # of the width, at most, is to the left of the meanings


@dataclass(frozen=True)
class Choice:
    """A config group of a command, and the option that this command line chooses."""

    key: str  # what a user types: `method`, or `method.mask_rule` for a group inside another one
    group: str
    options: tuple[str, ...]
    selection: str | None
    meaning: str


@dataclass(frozen=True)
class HelpEntry:
    """A line of the help: a key with its value, or a section, and the meaning."""

    key: str
    text: str
    meaning: str
    is_section: bool = False


def format_help(program: str, config_name: str, argv: Sequence[str]) -> str:
    """Return the help of a command for this command line, as wide as the terminal.

    ConfigError for arguments that the command cannot take; errors of Hydra and OmegaConf are those of the
    composition.
    """
    width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
    group_keys = {*list_groups(config_name), *(group.key for group in GROUPS)}
    topics = [argument for argument in argv if argument in group_keys]
    command = compose_help(program, config_name, [argument for argument in argv if argument not in topics])
    if topics:
        return "\n\n".join(_format_topic(command, topic, width) for topic in topics)
    return _format_command(command, width)


def compose_help(program: str, config_name: str, argv: Sequence[str]) -> CommandHelp:
    """Return the choices and keys of a command for this command line, without its flags for help."""
    arguments = [argument for argument in argv if argument not in HELP_FLAGS]
    prepared = prepare_arguments(program, config_name, arguments)
    namespace = get_args_parser().parse_intermixed_args(prepared.argv)
    return CommandHelp(program, config_name, namespace.overrides, namespace.config_dir)


@dataclass(frozen=True)
class CommandHelp:
    """The choices and keys of a composed command, with their meanings."""

    program: str
    config_name: str
    overrides: list[str]
    config_dir: str | None

    @cached_property
    def _loader(self) -> WannsearchLoader:
        hydra.version.setbase("1.3")  # as Hydra's own entry does
        search_path = create_config_search_path(str(find_conf_dir()))
        if self.config_dir is not None:
            if not Path(self.config_dir).is_dir():
                raise ConfigError(f"Additional config directory {self.config_dir!r} not found.")
            search_path.prepend(
                "command-line",
                f"file://{Path(self.config_dir).absolute()}",
                anchor=SearchPathQuery(provider="schema"),
            )
        return WannsearchLoader(search_path, chooses_evaluator=False)

    @cached_property
    def _config(self) -> DictConfig:
        return self._loader.load_configuration(self.config_name, self.overrides, RunMode.RUN)

    @cached_property
    def texts(self) -> Any:
        """Return the texts of the command: header and footer of its help."""
        return self._config.hydra.help

    @cached_property
    def choices(self) -> list[Choice]:
        """Return the command's groups in the order of its defaults list, nested ones behind their own."""
        own_groups = list_groups(self.config_name)
        group_meanings = self.read_file(self.config_name).group_meanings
        choices = []
        for group in own_groups:
            choices.append(self._make_choice(group, group, group_meanings.get(group, "")))
            for nested in NESTED_GROUPS:
                if nested.key.startswith(f"{group}."):
                    place = nested.key.removeprefix(f"{group}.")
                    meaning = self._find_nested_meaning(group, f"{nested.name}@{place}")
                    choices.append(self._make_choice(nested.key, nested.name, meaning))
        return choices

    def _make_choice(self, key: str, group: str, meaning: str) -> Choice:
        place = group if key == group else f"{group}@{key}"
        selection = self._config.hydra.runtime.choices.get(place)
        options = tuple(self._loader.get_group_options(group))
        return Choice(key, group, options, None if selection is None else str(selection), meaning)

    def _find_nested_meaning(self, group: str, entry: str) -> str:
        """Return the comment of this entry in the defaults list of the first option that has one."""
        comments = (self.read_file(f"{group}/{option}") for option in self._loader.get_group_options(group))
        return next((file.group_meanings[entry] for file in comments if entry in file.group_meanings), "")

    def read_file(self, name: str) -> FileComments:
        """Return the comments of a config file by its name below `conf/`; empty ones where it is no file.

        A user's own folder comes last, as in Hydra's search.
        """
        folders = [find_conf_dir(), *([] if self.config_dir is None else [Path(self.config_dir)])]
        path = next((path for folder in folders if (path := folder / f"{name}.yaml").is_file()), None)
        return NO_COMMENTS if path is None else read_comments(path.read_text(encoding="utf-8"))

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Return the meaning of each key and section of the composed config that has one.

        Of several files that set a key the first one counts: it defines the key, the others choose a value.
        So files at the top of the config, such as experiments, come last.
        """
        meanings = dict(self.read_file(self.config_name).meanings)
        files = [
            (place.partition("@")[2] or place, file)
            for place, option in self._config.hydra.runtime.choices.items()
            if option is not None and not place.startswith("hydra/")
            for file in self._read_with_bases(place.partition("@")[0], option)
        ]
        for package, file in sorted(files, key=lambda item: item[1].is_global):
            prefix = "" if file.is_global else f"{package}."
            for key, meaning in file.meanings.items():
                meanings.setdefault(f"{prefix}{key}", meaning)
        return meanings

    def _read_with_bases(self, group: str, option: str) -> list[FileComments]:
        """Return the comments of the options of the same group that this one extends, then its own."""
        file = self.read_file(f"{group}/{option}")
        bases = [comments for base in file.bases for comments in self._read_with_bases(group, base)]
        return [*bases, file]

    @cached_property
    def entries(self) -> list[HelpEntry]:
        """Return an entry for each key and each section with a meaning, in the order of the config."""
        values = OmegaConf.to_container(self._config, resolve=False)
        assert isinstance(values, dict)  # the primary config is a mapping
        values.pop("hydra")
        single_keys = {key: value for key, value in values.items() if not isinstance(value, dict)}
        return list(self._walk(single_keys | values, ""))

    def _walk(self, values: dict[Any, Any], prefix: str) -> Iterator[HelpEntry]:
        choices = {choice.key: choice for choice in self.choices}
        for name, value in values.items():
            key = f"{prefix}{name}"
            if name == TARGET:
                continue
            choice = choices.get(key)
            if choice is None and not (isinstance(value, dict) and self._is_section(key)):
                yield HelpEntry(key, f"{key}={_format_value(value)}", self.meanings.get(key, ""))
                continue
            if choice is not None:
                description = self.read_file(f"{choice.group}/{choice.selection}").description
                yield HelpEntry(key, f"{key}={choice.selection}", description, is_section=True)
            elif key in self.meanings or not prefix:
                yield HelpEntry(key, f"{key}.…", self.meanings.get(key, ""), is_section=True)
            yield from self._walk(value, f"{key}.")

    def _is_section(self, key: str) -> bool:
        """Return whether the entries of this group of keys are keys with meanings, and not one value.

        A group with a meaning whose entries have none is a value: a map, or settings to match.
        """
        return key not in self.meanings or any(name.startswith(f"{key}.") for name in self.meanings)


def _format_value(value: Any) -> str:
    if isinstance(value, str):
        return value if len(value) <= _MAX_VALUE_LENGTH else f"{value[: _MAX_VALUE_LENGTH - 1]}…"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return f"[{len(value)} entries]"
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        return f"{{{len(value)} entries}}"
    text = yaml.safe_dump([value], default_flow_style=True, width=float("inf"), allow_unicode=True)
    return str(text.strip()[1:-1])


def _format_topic(command: CommandHelp, topic: str, width: int) -> str:
    choice = next((choice for choice in command.choices if choice.key == topic), None)
    if choice is None:
        keys = ", ".join(choice.key for choice in command.choices)
        raise ConfigError(f"{command.program} has no group {topic!r}; its groups: {keys}.")
    rows = [
        (f"{_INDENT}{option}", command.read_file(f"{choice.group}/{option}").description)
        for option in choice.options
    ]
    return "\n".join(
        [
            f"{topic}=OPTION: {choice.meaning}",
            "",
            *_format_rows(rows, width),
            "",
            f"{command.program} --help {topic}=OPTION shows the keys of an option.",
        ]
    )


def _format_command(command: CommandHelp, width: int) -> str:
    chosen_note = f"[in brackets]: chosen here. {command.program} --help GROUP tells what each option is."
    keys_note = (
        f"The values are those of this command line; {command.program} --help GROUP=OPTION shows the keys of "
        "another option."
    )
    choice_rows = [
        row
        for choice in command.choices
        for row in ((f"{_INDENT}{choice.key}", choice.meaning), ("", _format_options(choice)))
    ]
    lines = [
        command.texts.header.rstrip(),
        "",
        *textwrap.wrap(f"Choices, GROUP=OPTION. {chosen_note}", width),
        "",
        *_format_rows(choice_rows, width),
        "",
        *textwrap.wrap(f"Keys, KEY=VALUE. {keys_note}", width),
        "",
        *_format_entries(command.entries, width),
        "",
        command.texts.footer.rstrip(),
    ]
    return "\n".join(lines)


def _format_options(choice: Choice) -> str:
    return ", ".join(f"[{option}]" if option == choice.selection else option for option in choice.options)


def _format_entries(entries: Sequence[HelpEntry], width: int) -> Iterator[str]:
    """Format the entries in one column each for keys and meanings; an empty line precedes a section."""
    rows = [(f"{_INDENT * (1 if entry.is_section else 2)}{entry.text}", entry.meaning) for entry in entries]
    for entry, lines in zip(entries, _wrap_rows(rows, width), strict=True):
        if entry.is_section and "." not in entry.key:
            yield ""
        yield from lines


def _format_rows(rows: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    for lines in _wrap_rows(rows, width):
        yield from lines


def _wrap_rows(rows: Sequence[tuple[str, str]], width: int) -> list[list[str]]:
    """Return the lines of each (left, meaning) row; a left part that is too long has lines of its own."""
    limit = int(width * _MEANING_SHARE)
    column = 2 + max((len(left) for left, _ in rows if len(left) + 2 <= limit), default=limit)
    wrapped_rows = []
    for left, meaning in rows:
        margin = " " * column
        meaning_lines = textwrap.wrap(meaning, max(20, width - column), break_on_hyphens=False) or [""]
        if len(left) + 2 <= column:
            first, *others = meaning_lines
            lines = [f"{left:{column}}{first}".rstrip(), *(f"{margin}{line}" for line in others)]
        else:
            left_lines = textwrap.wrap(
                left, width, subsequent_indent=_INDENT * 4, break_long_words=False, break_on_hyphens=False
            )
            left_lines[0] = left[: len(left) - len(left.lstrip())] + left_lines[0].lstrip()
            lines = [*left_lines, *(f"{margin}{line}" for line in meaning_lines if line)]
        wrapped_rows.append(lines)
    return wrapped_rows
