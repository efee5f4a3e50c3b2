"""The moving line of a terminal: drawn in stillness, and gone before anything else is written."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from terminal_streams import Terminal

from wannsearch.commands import activity_line
from wannsearch.commands.activity import reset_activity, set_activity
from wannsearch.commands.activity_line import (
    ActivityLine,
    hide_activity_line,
    put_before_activity,
    show_activity_line,
)
from wannsearch.commands.standard_streams import StandardStream, StandardStreams

ERASE = "\r\x1b[2K"
LATE_S = 1e9
"""A time of the clock at which the terminal has been still for long."""


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def stream(terminal: Terminal) -> StandardStream:
    return StandardStream(terminal)


def drawn(line: ActivityLine, terminal: Terminal) -> str:
    """What a tick writes, long after the last text."""
    before = len(terminal.getvalue())
    line.tick(LATE_S)
    return terminal.getvalue()[before:]


def attached(stream: StandardStream) -> ActivityLine:
    line = ActivityLine(stream)
    stream.line = line
    return line


def test_a_still_terminal_gets_the_line_and_other_text_erases_it_first(
    terminal: Terminal, stream: StandardStream
) -> None:
    line = attached(stream)
    with reset_activity():
        set_activity("reading the runs")
        text = drawn(line, terminal)
    assert text.startswith(f"{ERASE}| reading the runs, ")
    assert text.endswith(" s\r")
    stream.write("a table\n")
    assert terminal.getvalue() == f"{text}{ERASE}a table\n"
    stream.write("and more\n")
    assert terminal.getvalue().endswith("a table\nand more\n")


def test_a_line_moves_with_every_tick_and_never_leaves_its_row(
    terminal: Terminal, stream: StandardStream
) -> None:
    line = attached(stream)
    with reset_activity():
        set_activity("x" * 200)
        first, second = drawn(line, terminal), drawn(line, terminal)
    assert first != second
    assert len(first) - len(f"{ERASE}\r") == 79


def test_no_line_follows_text_at_once_or_stands_behind_a_half_written_one(
    terminal: Terminal, stream: StandardStream
) -> None:
    line = attached(stream)
    stream.write("done\n")
    line.tick(line._last_text_s)
    assert terminal.getvalue() == "done\n"
    stream.write("half of a ")
    assert drawn(line, terminal) == ""
    stream.write("\x1b[0m")  # a color ends, and the place stays
    assert drawn(line, terminal) == ""
    stream.write("line\n")
    assert drawn(line, terminal)


def test_text_on_standard_error_erases_the_line_too(terminal: Terminal, stream: StandardStream) -> None:
    errors = StandardStream(Terminal())
    line = ActivityLine(stream, (errors,))
    stream.line = errors.line = line
    assert drawn(line, terminal)
    errors.write("a warning\n")
    assert terminal.getvalue().endswith(ERASE)
    errors.write("half")
    assert drawn(line, terminal) == ""


def test_a_hidden_line_is_erased_and_comes_back(terminal: Terminal, stream: StandardStream) -> None:
    line = attached(stream)
    assert drawn(line, terminal)
    with line.hide():
        assert terminal.getvalue().endswith(ERASE)
        assert drawn(line, terminal) == ""
    assert drawn(line, terminal)


def test_a_sweep_stands_before_the_activity_of_its_run(terminal: Terminal, stream: StandardStream) -> None:
    line = attached(stream)
    with line.put_before(lambda: "3 of 60 runs ended; "), reset_activity():
        assert drawn(line, terminal).startswith(f"{ERASE}| 3 of 60 runs ended; starting")
    with reset_activity():
        assert drawn(line, terminal).startswith(f"{ERASE}/ starting")


def test_a_file_name_cannot_move_the_cursor(terminal: Terminal, stream: StandardStream) -> None:
    line = attached(stream)
    with reset_activity():
        set_activity("reading \x1b[2J\n")
        assert "reading \\x1b[2J\\n" in drawn(line, terminal)


def watch(streams: StandardStreams, work: Callable[[], None] = lambda: None) -> None:
    with show_activity_line(streams):
        work()


def test_at_the_end_nothing_is_left_of_a_line(terminal: Terminal, stream: StandardStream) -> None:
    streams = StandardStreams(stream, StandardStream(Terminal()))

    def work() -> None:
        line = stream.line
        assert isinstance(line, ActivityLine)
        assert streams.err.line is line
        with hide_activity_line():
            assert drawn(line, terminal) == ""
        with put_before_activity(lambda: "1 of 2; "):
            assert "1 of 2; " in drawn(line, terminal)

    watch(streams, work)
    assert terminal.getvalue().endswith(ERASE)


def test_a_pipe_has_no_line_and_its_output_may_have_one_on_standard_error() -> None:
    pipe, errors = StandardStream(None), Terminal()

    def work() -> None:
        with hide_activity_line(), put_before_activity(str):
            pass

    streams = StandardStreams(pipe, StandardStream(None))
    watch(streams, work)
    assert not isinstance(pipe.line, ActivityLine)
    streams = StandardStreams(pipe, StandardStream(errors))
    with show_activity_line(streams):
        assert isinstance(streams.err.line, ActivityLine)
        assert not isinstance(streams.out.line, ActivityLine)


def test_a_terminal_that_knows_no_control_sequences_gets_none(
    stream: StandardStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with show_activity_line(StandardStreams(stream, StandardStream(None))):
        assert not isinstance(stream.line, ActivityLine)


def test_text_is_written_even_where_a_signal_left_the_line_locked(
    terminal: Terminal, stream: StandardStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_line, "_MAX_LOCK_WAIT_S", 0.01)
    line = attached(stream)
    locking = threading.Thread(target=line._lock.acquire)
    locking.start()
    locking.join()
    stream.write("still written\n")
    assert terminal.getvalue() == "still written\n"
