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


def printable(text: str) -> str:
    """The text on one line, with all that cannot be seen as `\\x1b` and the like."""
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def typed(words: Sequence[str]) -> str:
    """The words as they are typed into a shell."""
    return " ".join(shlex.quote(word) if _is_shown(word) else _quoted(word) for word in words)


def _is_shown(word: str) -> bool:
    """Whether what is printed for the word is the word."""
    return word.isprintable() and spell_text(word, _encoding()) == word


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def _quoted(word: str) -> str:
    plain = set(range(0x20, 0x7F)) - set(b"'\\")
    try:
        encoded = os.fsencode(word)
    except UnicodeEncodeError:  # a name from a file, where names of files are ASCII
        encoded = word.encode("utf-8", "surrogateescape")
    return "$'" + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in encoded) + "'"


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: bool = False) -> None:
    """Drawn on a terminal; in a pipe aligned words, none of them cut, however wide the terminal is."""
    encoding = _encoding()
    cells = [[spell_text(printable(cell), encoding) for cell in row] for row in rows]  # before it is measured
    if sys.stdout.isatty():
        _draw(columns, cells, right)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in [list(columns), *cells]:
        aligned = [f"{cell:{'>' if right else '<'}{width}}" for cell, width in zip(row, widths, strict=True)]
        print("  ".join(aligned).rstrip())


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]], right: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    view = Table(box=SIMPLE_HEAD)
    for name in columns:
        view.add_column(name, overflow="fold", justify="right" if right else "left")
    for row in rows:
        view.add_row(*(Text(cell) for cell in row))
    Console().print(view)
