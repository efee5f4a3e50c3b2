"""Text for a terminal: tables, commands to copy, and no control sequences from files.

Unprintable characters (escapes, line ends, marks of the writing direction) appear as backslash escapes. A
command to copy keeps such characters exactly, in bash's `$'...'` form. The same form keeps characters that
the terminal's encoding lacks.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Sequence

from wannsearch.commands.standard_streams import spell_text


def escape_unprintable(text: str) -> str:
    """Return the text on one line, with unprintable characters as `\\x1b` and the like."""
    return "".join(char if char.isprintable() else _escape_char(char) for char in text)


def _escape_char(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def wrap_words(text: str, indent: int = 0) -> str:
    """Return the text in lines that fit the terminal, broken at spaces alone; unchanged in a pipe.

    Lines after the first are indented. A path or another long word stays whole, so that it can be copied.
    """
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return textwrap.fill(
        text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )


def shell_join(arguments: Sequence[str]) -> str:
    """Join the arguments into one line that bash splits into exactly the same arguments."""
    return " ".join(
        shlex.quote(argument) if _is_printed_exactly(argument) else _quote_ansi_c(argument)
        for argument in arguments
    )


def _is_printed_exactly(argument: str) -> bool:
    """Return whether the terminal shows the argument unchanged."""
    return argument.isprintable() and spell_text(argument, _stdout_encoding()) == argument


def _stdout_encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _quote_ansi_c(argument: str) -> str:
    plain_bytes = set(range(0x20, 0x7F)) - set(b"'\\")
    try:
        encoded_argument = os.fsencode(argument)
    except UnicodeEncodeError:  # a name read from a file, on a system with ASCII file names
        encoded_argument = argument.encode("utf-8", "surrogateescape")
    return (
        "$'"
        + "".join(chr(byte) if byte in plain_bytes else f"\\x{byte:02x}" for byte in encoded_argument)
        + "'"
    )


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], align_right: bool = False) -> None:
    """Print a table: drawn on a terminal, aligned columns of text in a pipe.

    In a pipe no cell is cut, however wide the terminal is.
    """
    encoding = _stdout_encoding()
    cells = [
        [spell_text(escape_unprintable(cell), encoding) for cell in row] for row in rows
    ]  # the spelling changes the width of a cell
    if sys.stdout.isatty():
        _draw_rich_table(columns, cells, align_right)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in [list(columns), *cells]:
        padded_cells = [
            f"{cell:{'>' if align_right else '<'}{width}}" for cell, width in zip(row, widths, strict=True)
        ]
        print("  ".join(padded_cells).rstrip())


def _draw_rich_table(columns: Sequence[str], rows: Sequence[Sequence[str]], align_right: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rich_table = Table(box=SIMPLE_HEAD)
    for name in columns:
        rich_table.add_column(name, overflow="fold", justify="right" if align_right else "left")
    for row in rows:
        rich_table.add_row(*(Text(cell) for cell in row))
    Console().print(rich_table)
