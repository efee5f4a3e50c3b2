"""A document as CSV, Markdown and LaTeX, in which nothing from a file can become code.

A cell of a spreadsheet that begins with =, +, -, @ is a formula, so text that does gets an apostrophe before
it; numbers stay numbers. The special characters of LaTeX are escaped, and those of Markdown that could end a
cell or start code, HTML, a link or emphasis by `*`. Characters that cannot be printed, such as the escape
sequences of a terminal, become spaces.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

from wannsearch.reporting.tables.document import Document, Section

_FORMULA_PREFIXES = ("=", "+", "-", "@")
_LATEX_ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}", "[": "{[}", "]": "{]}", '"': "''", "`": r"\textasciigrave{}",
    "±": r"$\pm$", "†": r"\dag{}", "‡": r"\ddag{}", "·": r"$\cdot$", "∞": r"$\infty$",
    "…": r"\ldots{}", "≥": r"$\geq$", "≤": r"$\leq$",
}  # fmt: skip


def to_printable(text: str) -> str:
    """Return the text on one line, with a space for every character that cannot be printed."""
    return "".join(char if char.isprintable() else " " for char in text)


def to_csv(*sections: Section) -> str:
    """Return a header with the union of all keys, and the records of all sections, one below another.

    Floats are written in full precision; None, NaN and absent keys are empty cells.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    records = [record for section in sections for record in section.csv_records]
    names = list(dict.fromkeys(name for record in records for name in record))
    writer.writerow([_format_csv_cell(name) for name in names])
    writer.writerows([_format_csv_cell(record.get(name)) for name in names] for record in records)
    return out.getvalue()


def _format_csv_cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int):
        return str(value)
    text = to_printable(str(value))
    return f"'{text}" if text.lstrip().startswith(_FORMULA_PREFIXES) else text


def to_markdown(document: Document) -> str:
    """Return the title, the findings, a table for each section with its heading, and the notes as a list.

    Cells are padded to the width of their column, so that the text is readable as it is.
    """
    parts = [f"# {_escape_markdown(document.title)}", *map(_escape_markdown, document.findings)]
    for section in document.shown_sections:
        cells = [[_escape_markdown(cell) for cell in row] for row in (section.titles, *section.rows)]
        widths = [max(3, *(len(cell) for cell in column)) for column in zip(*cells, strict=True)]
        numeric = [column.is_number for column in section.columns]
        lines = [_format_markdown_row(row, widths, numeric) for row in cells]
        rules = [
            "-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)
        ]
        lines.insert(1, "|" + "|".join(rules) + "|")
        parts += [f"## {_escape_markdown(section.heading)}"] if section.heading else []
        parts.append("\n".join(lines))
        parts += [section.rows_left_out] if section.rows_left_out else []
    if document.notes:
        parts.append("\n".join(f"- {_escape_markdown(note)}" for note in document.notes))
    return "\n\n".join(parts) + "\n"


def _format_markdown_row(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    ]
    return "| " + " | ".join(padded) + " |"


def _escape_markdown(text: str) -> str:
    escaped = re.sub(r"([\\`*|<>])", r"\\\1", to_printable(text))
    return escaped.replace("](", "]\\(")


def to_latex(document: Document) -> str:
    r"""Return a `table` environment for each section, and findings and notes below the last one.

    The text needs the packages booktabs and graphicx, which its first line names. A table wider than the page
    is scaled to its width. Columns of details are left out; the CSV files have them.
    """
    parts = [r"% \usepackage{booktabs,graphicx}"]
    for section in (section.without_details() for section in document.shown_sections):
        alignment = "".join("r" if column.is_number else "l" for column in section.columns)
        lines = [
            r"\begin{table}[htbp]",
            r"\centering\small",
            rf"\caption{{{_escape_latex(section.heading or document.title)}}}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            " & ".join(_escape_latex(title) for title in section.titles) + r" \\",
            r"\midrule",
            *(" & ".join(_escape_latex(cell) for cell in row) + r" \\" for row in section.rows),
            r"\bottomrule",
            r"\end{tabular}}",
            *([rf"\par {_escape_latex(section.rows_left_out)}"] if section.rows_left_out else []),
            r"\end{table}",
        ]
        parts.append("\n".join(lines))
    parts += [rf"\par\noindent {_escape_latex(text)}" for text in (*document.findings, *document.notes)]
    return "\n\n".join(parts) + "\n"


def _escape_latex(text: str) -> str:
    return "".join(_LATEX_ESCAPES.get(char, char) for char in to_printable(text))


def to_csv_files(document: Document) -> dict[str, str]:
    """Return a map from file name, `NAME.csv`, to content.

    Sections of one name share a file, and a section without records has none.
    """
    sections_by_name: dict[str, list[Section]] = {}
    for section in document.sections:
        if section.csv_records:
            sections_by_name.setdefault(section.name, []).append(section)
    return {f"{name}.csv": to_csv(*sections) for name, sections in sections_by_name.items()}
