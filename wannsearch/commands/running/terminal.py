"""Text for a terminal: tables, commands to copy, and nothing from a file that could steer it.

Whatever is no printable character (escapes, line ends, marks that turn the direction of writing) is
shown by its number. A command to copy keeps such characters exactly, as bash's `$'...'`, and so it does
with those that the terminal's encoding lacks.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from wannsearch.commands.standard_streams import spell_text


def escape_unprintable(text: str) -> str:
    """The text on one line, with all that cannot be seen as `\\x1b` and the like."""
    return "".join(char if char.isprintable() else _escape_char(char) for char in text)


def _escape_char(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def shell_join(arguments: Sequence[str]) -> str:
    """The words as they are typed into a shell."""
    return " ".join(
        shlex.quote(argument) if _is_printed_exactly(argument) else _quote_ansi_c(argument)
        for argument in arguments
    )


def _is_printed_exactly(argument: str) -> bool:
    """Whether what is printed for the word is the word."""
    return argument.isprintable() and spell_text(argument, _stdout_encoding()) == argument


def _stdout_encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _quote_ansi_c(argument: str) -> str:
    plain_bytes = set(range(0x20, 0x7F)) - set(b"'\\")
    try:
        encoded_argument = os.fsencode(argument)
    except UnicodeEncodeError:  # a name from a file, where names of files are ASCII
        encoded_argument = argument.encode("utf-8", "surrogateescape")
    return (
        "$'"
        + "".join(chr(byte) if byte in plain_bytes else f"\\x{byte:02x}" for byte in encoded_argument)
        + "'"
    )


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], align_right: bool = False) -> None:
    """Drawn on a terminal; in a pipe aligned words, none of them cut, however wide the terminal is."""
    encoding = _stdout_encoding()
    cells = [
        [spell_text(escape_unprintable(cell), encoding) for cell in row] for row in rows
    ]  # before it is measured
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
