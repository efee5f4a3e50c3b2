"""Tables in the width of a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from wannsearch.commands.document_display import show_document
from wannsearch.reporting.tables.document import Document, Section, as_detail, number_column, value_column

COLUMNS = (
    value_column("setting", "setting"),
    number_column("score", "score"),
    as_detail(number_column("evaluations", "evaluations")),
    as_detail(number_column("connections of the best", "connections")),
)
RECORDS = [{"setting": "a" * 30, "score": 1.5, "evaluations": 960, "connections": 7}] * 3


def lines_of(document: Document, width: int) -> list[str]:
    stream = io.StringIO()
    show_document(document, "folder", Console(file=stream, width=width, color_system=None))
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("width", "hidden"), [(90, ""), (60, "connections of the best"), (45, "evaluations")]
)
def test_columns_of_details_are_left_out_from_the_last_until_the_rest_fits(width: int, hidden: str) -> None:
    section = Section("part", "heading", COLUMNS, RECORDS, max_rows=2)
    lines = lines_of(Document("title", [section], ["a note"], findings=["what it shows"]), width)
    assert lines[:2] == ["title", "what it shows"]
    assert max(map(len, lines)) <= width
    assert sum("a" * 30 in line for line in lines) == 2
    assert any(line.startswith(f"Not shown in this width: {hidden}") for line in lines) is bool(hidden)
    text = " ".join(" ".join(lines).split())
    assert "part.csv has them." in text or not hidden
    assert "1 more rows are in part.csv." in text
    assert "1 notes on how to read this: folder/table.md" in text


def test_what_a_run_wrote_controls_no_terminal_and_a_part_for_the_csv_file_is_not_shown() -> None:
    text = "\x1b[31mred"
    shown = Section("a", text, (value_column("x", "x"),), [{"x": text}])
    hidden = Section("b", "hidden", (value_column("x", "x"),), [{"x": "1"}], is_csv_only=True)
    lines = lines_of(Document(text, [shown, hidden], findings=[text]), 80)
    assert not any("\x1b" in line for line in lines)
    assert sum("\\x1b[31mred" in line for line in lines) == 4
    assert not any("hidden" in line for line in lines)
