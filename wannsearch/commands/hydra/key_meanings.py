"""The meanings of keys: the comments beside them in the YAML files that set their defaults.

So `--help` shows what the files say, and cannot say anything else. A comment belongs to the key on its line,
or else to the key right below it. The comments at the top of a file describe the whole file. In a defaults
list the comment of an entry is the meaning of its config group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_COMMENT = re.compile(r"(?:^|\s)#\s?(.*)$")
_DEFAULTS_KEY = "defaults"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class FileComments:
    """The comments of one YAML file."""

    description: str  # of the file itself; "" where it has none
    meanings: dict[str, str]  # dotted key -> comment, for keys that have one
    group_meanings: dict[str, str]  # group of an entry of the defaults list, as the file writes it -> comment
    bases: tuple[str, ...]  # options of the same group that the file extends
    is_global: bool  # its keys are at the top of the config, and not in its group


NO_COMMENTS = FileComments("", {}, {}, (), False)
"""The comments of a file that does not exist."""


def read_comments(text: str) -> FileComments:
    """Read the comments of a YAML file, which must be a mapping or empty."""
    lines = text.splitlines()
    header = [_strip_comment(line) for line in _take_comment_lines(lines)]
    description = " ".join(line for line in header if line and not line.startswith("@package"))
    root = yaml.compose(text, Loader=_LOADER)
    meanings: dict[str, str] = {}
    group_meanings: dict[str, str] = {}
    bases: tuple[str, ...] = ()
    for key, key_node, value_node in _walk(root, ""):
        if key == _DEFAULTS_KEY:
            group_meanings = _read_defaults(value_node, lines)
            bases = tuple(
                entry.value
                for entry in value_node.value
                if isinstance(entry, yaml.ScalarNode) and entry.value != "_self_"
            )
            continue
        meaning = _find_trailing(key_node, value_node, lines) or _find_above(key_node, lines, len(header))
        if meaning:
            meanings[key] = meaning
    is_global = "@package _global_" in header
    return FileComments(description, meanings, group_meanings, bases, is_global)


def list_keys(text: str) -> list[str]:
    """Return the dotted keys of a YAML file and of its sections, without those in lists and braces."""
    return [key for key, _, _ in _walk(yaml.compose(text, Loader=_LOADER), "")]


def _walk(node: Any, prefix: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the dotted key, its node and that of its value, for each key outside of lists and braces."""
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        return
    for key_node, value_node in node.value:
        key = f"{prefix}{key_node.value}"
        yield key, key_node, value_node
        if key != _DEFAULTS_KEY and not _is_alias(key_node, value_node):
            yield from _walk(value_node, f"{key}.")


def _read_defaults(node: Any, lines: Sequence[str]) -> dict[str, str]:
    meanings = {}
    for entry in node.value:
        for key_node, value_node in entry.value if isinstance(entry, yaml.MappingNode) else ():
            meaning = _find_trailing(key_node, value_node, lines)
            if meaning:
                meanings[key_node.value.removeprefix("override ").lstrip("/")] = meaning
    return meanings


def _find_trailing(key_node: Any, value_node: Any, lines: Sequence[str]) -> str:
    """Return the comment on the line where the value ends, or where the key stands above a block."""
    is_block = not isinstance(value_node, yaml.ScalarNode) and not value_node.flow_style
    is_text_block = isinstance(value_node, yaml.ScalarNode) and value_node.style in ("|", ">")
    is_empty = isinstance(value_node, yaml.ScalarNode) and not value_node.value and value_node.style is None
    is_at_key = is_block or is_text_block or is_empty or _is_alias(key_node, value_node)
    mark = (key_node if is_at_key else value_node).end_mark
    match = _COMMENT.search(lines[mark.line][mark.column :])
    return "" if match is None else match[1].strip()


def _find_above(key_node: Any, lines: Sequence[str], num_header_lines: int) -> str:
    """Return the comment lines right above the key and as far indented; those of the header do not count."""
    margin = " " * key_node.start_mark.column + "#"
    first = key_node.start_mark.line
    while first > num_header_lines and lines[first - 1].startswith(margin):
        first -= 1
    return " ".join(_strip_comment(line) for line in lines[first : key_node.start_mark.line])


def _is_alias(key_node: Any, value_node: Any) -> bool:
    """Return whether the value is `*NAME`, which has the place of the value that it repeats."""
    return bool(value_node.start_mark.index < key_node.start_mark.index)


def _take_comment_lines(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("#"):
            return
        yield line


def _strip_comment(line: str) -> str:
    return line.strip().lstrip("#").strip()
