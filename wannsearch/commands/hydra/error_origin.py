"""The origin of an error that nothing expects: a user's plugin, or a mistake of the package.

The innermost frame of the traceback that belongs to either decides. What NumPy raises in a call of a plugin
is therefore the plugin's, and what the package raises in a call of a plugin is the package's. The line then
names the call too, since its arguments may be the cause.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from wannsearch.commands.hydra.build import list_roots
from wannsearch.commands.hydra.errors import format_one_line
from wannsearch.core.errors import WannsearchError, describe_error

_OWN_ROOTS = frozenset(["wannsearch", "hydra_plugins"])


@dataclass(frozen=True)
class ErrorOrigin:
    """The code that raised an error, and the innermost place in a plugin that was running then."""

    is_plugin: bool
    plugin_place: str | None  # such as `my_table.py, line 33, in MyTable.build`; None without a plugin


def find_origin(error: BaseException) -> ErrorOrigin:
    """Return the origin of this error, by the frames of its traceback."""
    frames = [(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)][::-1]
    roots = [str(frame.f_globals.get("__name__")).split(".")[0] for frame, _ in frames]
    plugin_roots = list_roots() - _OWN_ROOTS
    in_plugin = [index for index, root in enumerate(roots) if root in plugin_roots]
    if not in_plugin:
        return ErrorOrigin(False, None)
    innermost = in_plugin[0]
    is_plugin = _OWN_ROOTS.isdisjoint(roots[:innermost])
    return ErrorOrigin(is_plugin, _describe_place(*frames[innermost]))


def describe_unexpected_error(error: BaseException, log: Path) -> str:
    """Return the line on an error that nothing expects; `log` is the file that holds its traceback."""
    origin, text = find_origin(error), format_one_line(describe_error(error))
    if origin.is_plugin:
        return f"{origin.plugin_place}: {text}; the traceback is in {log}"
    if origin.plugin_place is not None:
        return f"our own mistake, or a wrong call at {origin.plugin_place}: {text}; see {log}"
    return f"our own mistake, {text}; see {log}"


def as_plugin_error(error: BaseException) -> WannsearchError | None:
    """Return an error of one line, with the place, for an error that a plugin raised; else None."""
    origin = find_origin(error)
    if not origin.is_plugin:
        return None
    return WannsearchError(f"{origin.plugin_place}: {format_one_line(describe_error(error))}")


def _describe_place(frame: FrameType, line: int) -> str:
    path, folder = Path(frame.f_code.co_filename), Path.cwd()
    short_path = path.relative_to(folder) if path.is_relative_to(folder) else path
    name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)  # Python 3.10 has the latter alone
    return f"{short_path}, line {line}, in {name}"
