"""Tables and commands to copy."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from wannsearch.commands.running.terminal import shell_join, show_table


def test_a_command_to_copy_names_the_very_bytes_where_the_terminal_lacks_its_signs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    word = "resume=outputs/příklad's"
    assert shell_join([word]) == "'resume=outputs/příklad'\"'\"'s'"
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    copied = shell_join(["wannsearch", word])
    assert copied.isascii()
    said = subprocess.run(["bash", "-c", f"printf '%s|' {copied}"], capture_output=True, check=True).stdout
    assert said.decode() == f"wannsearch|{word}|"


@pytest.mark.parametrize("columns", ["5", "20", "400"])
def test_in_a_pipe_no_number_is_cut_however_wide_the_terminal_is(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    show_table(("weight", "mean"), [["-2", "8.25"], ["0.123456", "500"]], align_right=True)
    assert capsys.readouterr().out == "  weight  mean\n      -2  8.25\n0.123456   500\n"


def test_columns_are_aligned_as_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    show_table(("run", "state"), [["řeka", "done"], ["b", "done"]])
    sys.stdout.flush()
    assert buffer.getvalue().decode().splitlines() == [
        "run        state",
        "\\u0159eka  done",
        "b          done",
    ]
