"""Text for a terminal: tables, commands to copy, and nothing from a file that could steer it.

Whatever is no printable character (escapes, line ends, marks that turn the direction of writing) is
shown by its number. A command to copy keeps such characters exactly, as bash's `$'...'`.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence


def printable(text: str) -> str:
    """The text on one line, with all that cannot be seen as `\\x1b` and the like."""
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def typed(words: Sequence[str]) -> str:
    """The words as they are typed into a shell."""
    return " ".join(shlex.quote(word) if word.isprintable() else _quoted(word) for word in words)


def _quoted(word: str) -> str:
    plain = set(range(0x20, 0x7F)) - set(b"'\\")
    return (
        "$'" + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(word)) + "'"
    )


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Drawn on a terminal, aligned words in a pipe."""
    cells = [[printable(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _draw(columns, cells)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in [list(columns), *cells]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    view = Table(box=SIMPLE_HEAD)
    for name in columns:
        view.add_column(name, overflow="fold")
    for row in rows:
        view.add_row(*(Text(cell) for cell in row))
    Console().print(view)
