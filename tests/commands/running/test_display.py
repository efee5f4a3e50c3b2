"""What a display says of a run, and whose each number is."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from terminal_streams import Terminal

from wannsearch.commands.activity import get_activity, reset_activity, set_activity
from wannsearch.commands.running.display import (
    DisplayMode,
    PlainDisplay,
    ProgressEstimator,
    RichDisplay,
    RunHeading,
    SilentDisplay,
    SweepDisplay,
    format_rate,
    make_display,
)

HEADING = RunHeading("cartpole · wann · seed 0", 128, "return", "env steps")
Printed = pytest.CaptureFixture[str]


def row(generation: int, **changed: Any) -> dict[str, Any]:
    return {
        "generation": generation,
        "evaluations": 192 * generation,
        "env_steps": 100_000 * generation,
        "best": 500.0,
        "median": 12.25,
        "best_so_far": 487.3,
        "median_connections": 5.5,
        "median_hidden": 2.0,
        "best_so_far_connections": 12,
        "best_so_far_hidden": 4,
    } | changed


@pytest.fixture(autouse=True)
def _no_activity_left() -> Iterator[None]:
    with reset_activity():
        yield


@pytest.fixture
def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Replaces standard output, which pytest sets after a fixture and before its test."""

    def replace_output() -> Terminal:
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        return terminal

    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return replace_output


OpenTerminal = Callable[[], Terminal]


def test_a_plain_row_says_what_the_champion_has_and_what_the_population(capsys: Printed) -> None:
    display = PlainDisplay(HEADING)
    display.show_row(row(1))
    display.close()
    assert capsys.readouterr().out.splitlines() == [
        "cartpole · wann · seed 0",
        "generation 1/128  return: champion 487.3, population 500 best, 12.25 median  "
        "connections: champion 12, population 5.5 median",
    ]


def test_a_later_row_has_a_rate_in_what_an_evaluation_costs_and_the_time_left(capsys: Printed) -> None:
    display = PlainDisplay(RunHeading("digits", 2, "minus cross-entropy", "images", 1000))
    display.show_row(row(1))
    display.show_row(row(2), 0.93125)
    display.close()
    last = capsys.readouterr().out.splitlines()[-1]
    assert "  accuracy: champion 0.9313  " in last
    assert last.endswith(" images/s  0:00 left")


def test_the_generation_that_ends_a_search_early_has_its_row_and_no_time_left(
    capsys: Printed, open_terminal: OpenTerminal
) -> None:
    display = PlainDisplay(HEADING)
    display.show_row(row(1))
    display.show_row(row(2))
    display.show_row(row(3), is_last=True)
    display.close()
    assert get_activity().phase == "finishing"
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("  ")[0] for line in lines[1:]] == ["generation 1/128", "generation 3/128"]
    assert lines[-1].endswith(" 0:00 left")
    terminal = open_terminal()
    panel = RichDisplay(HEADING)
    panel.show_row(row(1))
    panel.show_row(row(3), is_last=True)
    panel.close()
    assert last_frame(terminal)[-1].endswith(" 0:00 left")


def test_the_rate_counts_work_and_not_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 110.0])
    monkeypatch.setattr("wannsearch.commands.running.display.time.perf_counter", lambda: next(clock))
    estimator = ProgressEstimator(21, 1000)
    assert all(math.isnan(value) for value in estimator.estimate(row(1)))
    assert estimator.estimate(row(2)) == (100_000 * 1000 / 10, 190.0)


def test_a_rate_is_read_at_a_glance() -> None:
    rates = [math.nan, 0.034, 7.25, 9512.4, 12_345.0, 999_700.0, 1_234_567.0, 72.5e6, 3.21e9]
    assert [format_rate(rate) for rate in rates] == [
        "?", "0.034", "7.2", "9,512", "12.3 k", "1000 k", "1.23 M", "72.5 M", "3.21 G",
    ]  # fmt: skip


def test_a_pipe_is_reminded_of_what_takes_long_once_ten_seconds_have_passed(capsys: Printed) -> None:
    display = PlainDisplay(HEADING)
    display.close()
    set_activity("final test")
    start_s = get_activity().start_s
    capsys.readouterr()
    display.remind(start_s + 9.0)
    assert capsys.readouterr().out == ""
    display.remind(start_s + 12.5)
    assert capsys.readouterr().out == "... final test, 12 s\n"


def test_every_display_that_shows_rows_names_the_generation_whose_turn_it_is(
    open_terminal: OpenTerminal,
) -> None:
    open_terminal()
    for display in (PlainDisplay(HEADING), RichDisplay(HEADING)):
        display.show_row(row(7))
        assert get_activity().phase == "generation 8"
        display.show_row(row(128))
        assert get_activity().phase == "finishing"
        display.close()


def test_a_job_of_a_sweep_names_its_run_in_the_moving_line_alone(capsys: Printed) -> None:
    display = make_display(DisplayMode.AUTO, HEADING, is_sweep=True)
    assert isinstance(display, SweepDisplay)
    assert get_activity().phase == "cartpole · wann · seed 0"
    display.show_row(row(7))
    assert get_activity().phase == "cartpole · wann · seed 0, generation 8"
    display.print_line("compiled")
    display.close()
    assert capsys.readouterr().out == ""


def test_a_display_that_is_off_shows_nothing_and_measures_nothing(capsys: Printed) -> None:
    display = make_display(DisplayMode.OFF, HEADING, is_sweep=False)
    assert isinstance(display, SilentDisplay)
    display.show_row(row(1))
    display.print_line("compiled")
    display.close()
    assert capsys.readouterr().out == ""
    assert not display.has_rows


def test_a_terminal_gets_a_panel_and_a_pipe_plain_lines(open_terminal: OpenTerminal) -> None:
    pipe_display = make_display(DisplayMode.AUTO, HEADING, is_sweep=False)
    assert isinstance(pipe_display, PlainDisplay)
    pipe_display.close()
    open_terminal()
    display = make_display(DisplayMode.AUTO, HEADING, is_sweep=False)
    assert isinstance(display, RichDisplay)
    display.close()


def last_frame(terminal: Terminal) -> list[str]:
    """The lines of the panel that was drawn last, without colors and frame."""
    plain = re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", terminal.getvalue())
    frame = plain.rpartition("╭")[2].splitlines()
    assert all(len(line) == 78 for line in frame[1:])  # two more are for ^C, which a terminal writes
    return [" ".join(line.strip("│╯╰─ ").split()) for line in frame[1:-1]]


def test_a_panel_names_each_row_and_fits_eighty_columns(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    display = RichDisplay(RunHeading("digits", 128, "minus cross-entropy", "images", 1000))
    display.show_row(row(1))
    display.show_row(row(2), 0.93125)
    display.close()
    assert last_frame(terminal)[:4] == [
        "minus cross-entropy accuracy connections hidden",
        "champion 487.3 0.9313 12 4",
        "population, best 500",
        "population, median 12.25 5.5 2",
    ]
    assert " images/s " in last_frame(terminal)[4]


def test_a_panel_moves_while_nothing_is_recorded_and_ends_without_its_activity(
    open_terminal: OpenTerminal,
) -> None:
    terminal = open_terminal()
    display = RichDisplay(HEADING)
    set_activity("final test")
    frames = []
    for _ in range(2):
        terminal.truncate(0)
        display._live.refresh()
        frames.append(last_frame(terminal))
    assert all("final test" in frame[-1] for frame in frames)
    assert frames[0] != frames[1]
    display.close()
    assert "final test" not in " ".join(last_frame(terminal))


def test_a_panel_is_drawn_before_the_first_line_is_printed_above_it(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    display = RichDisplay(HEADING)
    assert "╰" in terminal.getvalue()
    display.print_line("compiled: " + "word " * 20)
    display.close()
    above = terminal.getvalue().partition("compiled: ")[2].partition("╭")[0]
    assert "wo\nrd" not in above  # broken at spaces alone


def test_a_run_without_a_record_has_dashes_and_no_error(open_terminal: OpenTerminal) -> None:
    terminal = open_terminal()
    display = RichDisplay(HEADING)
    nothing = {"best_so_far_connections": "", "best_so_far_hidden": ""}
    display.show_row(row(1, best=math.nan, median=math.nan, best_so_far=math.nan, **nothing))
    display.close()
    assert last_frame(terminal)[1:4] == ["champion - - -", "population, best -", "population, median - 5.5 2"]
