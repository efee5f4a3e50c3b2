"""Nothing that stands in a run's files becomes a formula, a command or an escape."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wannsearch.reporting.tables.document import Document, Section, as_detail, number_column, value_column
from wannsearch.reporting.tables.markup import to_csv, to_csv_files, to_latex, to_markdown

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", r"\input{/etc/passwd}",
    "$x$ #1 ~^ {}", "a|b", "<script>alert(1)</script>", "![x](http://x)", "\x1b[31mred\x1b[0m", "a\nb",
    "\u202eabc", "`code`",
]  # fmt: skip


def section(text: str) -> Section:
    columns = (value_column("name", "name"), value_column("x", "n"))
    return Section("table", text, columns, [{"name": text, "x": -1.5, "n": 3, "no": None}])


def body(tex: str) -> str:
    return re.search(r"\\midrule\n(.*)\\bottomrule", tex, re.S)[1]  # type: ignore[index]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(text: str) -> None:
    document = Document(text, [section(text)], [text])
    rows = list(csv.reader(io.StringIO(to_csv(document.sections[0]))))
    assert rows[1][0].lstrip()[0] not in "=+-@\t\r"
    for written in (to_csv(document.sections[0]), to_markdown(document), to_latex(document)):
        assert all(sign.isprintable() or sign == "\n" for sign in written)
    assert "<script" not in to_markdown(document).replace("\\<", "")
    table = to_markdown(document).split("\n\n")[2]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()} == {3}
    assert r"\input" not in to_latex(document)


@given(st.text(max_size=30))
def test_any_text_survives_as_one_cell(text: str) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(section(text)))))
    assert [len(row) for row in rows] == [4, 4]
    assert rows[1][1:] == ["-1.5", "3", ""]
    cells = body(to_latex(Document("t", [section(text)])))
    assert len(re.findall(r"(?<!\\)&", cells)) == 1


def test_floats_are_written_in_full() -> None:
    value = 0.1 + 0.2
    assert to_csv(Section("t", "", (), [{"x": value}])) == f"x\n{value!r}\n"
    assert to_csv(Section("t", "", (), [{"x": float("nan"), "y": True}])) == "x,y\n,1\n".replace("1", "True")


def test_findings_stand_above_the_tables_and_a_part_for_the_csv_file_alone_in_none() -> None:
    columns = (value_column("name", "name"), number_column("n", "n"))
    records = [{"name": "a", "n": 1}, {"name": "b", "n": 20}]
    shown = Section("table", "", columns, records, max_rows=1)
    hidden = Section("more", "hidden", columns, records, is_csv_only=True)
    document = Document("t", [shown, hidden], findings=["what it shows"])
    assert to_markdown(document).split("\n\n") == [
        "# t",
        "what it shows",
        "| name |   n |\n|------|----:|\n| a    |   1 |",
        "1 more rows are in table.csv.\n",
    ]
    assert "hidden" not in to_latex(document)
    assert set(to_csv_files(document)) == {"table.csv", "more.csv"}


def test_latex_has_rules_of_booktabs_numbers_to_the_right_no_details_and_no_more_than_a_page() -> None:
    columns = (
        value_column("name", "name"),
        number_column("n", "n"),
        as_detail(number_column("cost", "cost")),
    )
    text = to_latex(Document("t", [Section("table", "", columns, [{"name": "a", "n": 1, "cost": 2}])]))
    assert text.startswith("% \\usepackage{booktabs,graphicx}\n")
    assert "\\begin{tabular}{lr}\n\\toprule\nname & n \\\\\n\\midrule\na & 1 \\\\\n\\bottomrule" in text
    assert "cost" not in text
    assert "\\hline" not in text
    assert "\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}" in text
    assert text.count("{") == text.count("}")
