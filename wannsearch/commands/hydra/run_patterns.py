"""Patterns for the networks of runs: `network='outputs/sweeps/mine/*'` names what a sweep has found.

The folders of a sweep's runs carry digests that nobody types. So a key that names a run may hold a pattern,
in which `*` and `?` stand for any characters. It becomes the names that match, in their order: one is a
value, several are a sweep.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from wannsearch.commands.hydra.errors import quote_for_hydra
from wannsearch.core.errors import ConfigError
from wannsearch.records import layout

_RUN_KEYS = ("network", "method.sizes_from")
"""The value of each of these keys is a run folder, or for a network a file too."""
_PATTERN = re.compile(r"[^(){}$'\",]*[*?][^(){}$'\",]*")
"""A path with a wildcard; with other signs the value is Hydra's syntax, such as a function or a list."""
_PLAIN = re.compile(r"[\w./-]+")


def expand_run_patterns(arguments: Sequence[str], is_sweep: bool) -> list[str]:
    """Return the arguments with each pattern of runs replaced by the names that match.

    ConfigError where nothing matches, or several do and the command is no sweep.
    """
    return [_expand_argument(argument, is_sweep) for argument in arguments]


def _expand_argument(argument: str, is_sweep: bool) -> str:
    key, _, pattern = argument.partition("=")
    if key not in _RUN_KEYS or not _PATTERN.fullmatch(pattern) or Path(pattern).exists():
        return argument
    names = sorted(name for name in glob.glob(pattern) if _is_run_or_file(Path(name)))  # noqa: PTH207  # text as typed
    if not names:
        raise ConfigError(f"{key} is {pattern!r}; no run matches.")
    if len(names) > 1 and not is_sweep:
        raise ConfigError(f"{key} is {pattern!r} and names {len(names)} runs; a sweep over them needs -m.")
    return f"{key}={','.join(name if _PLAIN.fullmatch(name) else quote_for_hydra(name) for name in names)}"


def _is_run_or_file(path: Path) -> bool:
    return path.is_file() or (path / layout.CONFIG).is_file()
