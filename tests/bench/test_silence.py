"""The ruler of silence sees what a person sees: characters, and whether they move."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCH))
    return import_module("silence")


def test_a_bar_that_is_drawn_as_it_was_changes_nothing_and_neither_does_a_color(silence: Any) -> None:
    screen = silence.Screen(20)
    assert screen.feed("a bar ==\r\n")
    assert not screen.feed("\x1b[1A\r\x1b[32ma bar ==\x1b[0m\r\n")
    assert screen.feed("\x1b[1A\r\x1b[2Ka bar ===\r\n")
    assert screen.text() == "a bar ==="


def test_a_sequence_that_is_cut_in_two_is_read_whole(silence: Any) -> None:
    screen = silence.Screen(20)
    screen.feed("word\x1b[")
    assert screen.feed("2K\rnext")
    assert screen.text() == "next"


def test_text_wraps_at_the_edge_and_a_panel_is_redrawn_in_its_place(silence: Any) -> None:
    screen = silence.Screen(5)
    screen.feed("abcdefg\r\n")
    assert screen.text() == "abcde\nfg"
    screen.feed("\x1b[2A\x1b[Jnew\r\n")
    assert screen.text() == "new"


@pytest.mark.parametrize("is_pipe", [False, True])
def test_a_command_is_heard_to_its_end(silence: Any, tmp_path: Path, is_pipe: bool) -> None:
    code = "import sys; print(sys.stdout.isatty()); print('b', file=sys.stderr); sys.exit(3)"
    heard = silence.listen([sys.executable, "-c", code], tmp_path, tmp_path / "cache", is_pipe=is_pipe)
    assert heard.exit_code == 3
    assert sorted(heard.screen.split()) == sorted([str(not is_pipe), "b"])
    assert 0 < heard.seconds <= heard.total_s
