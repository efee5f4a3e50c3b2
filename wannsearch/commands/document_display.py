"""A document of tables on a terminal: what it shows, then its tables in the width of the terminal.

Columns of details are left out, the last ones first, where a table is wider than the terminal. The notes are
longer than a screen, so they are only named: `table.md` has them, and the CSV files have all columns.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from wannsearch.commands.running.terminal import escape_unprintable
from wannsearch.commands.standard_streams import spell_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from wannsearch.reporting.tables.document import Column, Document, Section


_MAX_WIDTH = 100_000


def show_document(document: Document, folder: str, console: Console | None = None) -> None:
    """Print findings and tables in the width of the console, and name the folder with everything else."""
    from rich.console import Console

    console = console or Console()
    _print_text(console, document.title, "bold")
    for finding in document.findings:
        _print_text(console, finding)
    for section in document.shown_sections:
        console.print()
        _show_section(console, section)
    if document.notes:
        console.print()
        _print_text(console, f"{len(document.notes)} notes on how to read this: {folder}/table.md", "dim")


def _show_section(console: Console, section: Section) -> None:
    from rich.measure import Measurement

    columns = [
        (column, [_to_printable(text) for text in (title, *cells)])
        for column, title, cells in zip(
            section.columns, section.titles, zip(*section.rows, strict=True), strict=True
        )
    ]
    table = _build_table(columns)
    unlimited = console.options.update(width=_MAX_WIDTH)
    hidden: list[str] = []
    while Measurement.get(console, unlimited, table).maximum > console.width:
        place = next((i for i in reversed(range(len(columns))) if columns[i][0].is_detail), None)
        if place is None:
            break
        hidden.insert(0, columns.pop(place)[1][0])
        table = _build_table(columns)
    if section.heading:
        _print_text(console, section.heading, "bold")
    console.print(table)
    if hidden:
        _print_text(
            console, f"Not shown in this width: {', '.join(hidden)}; {section.name}.csv has them.", "dim"
        )
    if section.rows_left_out:
        _print_text(console, section.rows_left_out, "dim")


def _build_table(columns: Sequence[tuple[Column, list[str]]]) -> Table:
    """Return the table of these columns, each with its title and its cells."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column, (title, *_) in columns:
        table.add_column(Text(title), overflow="fold", justify="right" if column.is_number else "left")
    for row in zip(*(texts[1:] for _, texts in columns), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    return table


def _print_text(console: Console, text: str, style: str = "") -> None:
    from rich.text import Text

    console.print(Text(_to_printable(text), style=style), soft_wrap=False)


def _to_printable(text: str) -> str:
    return spell_text(escape_unprintable(text), getattr(sys.stdout, "encoding", None) or "utf-8")
