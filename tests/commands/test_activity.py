"""What a command is doing is one value, which any thread may read."""

from __future__ import annotations

from wannsearch.commands.activity import (
    Activity,
    get_activity,
    reset_activity,
    set_activity,
    set_activity_detail,
)


def test_a_detail_leaves_the_clock_of_its_phase_and_a_phase_starts_it_anew() -> None:
    with reset_activity():
        assert get_activity().phase == "starting"
        set_activity("reading the runs")
        start_s = get_activity().start_s
        set_activity_detail("3 of 60")
        assert get_activity() == Activity("reading the runs", "3 of 60", start_s)
        set_activity("drawing")
        assert (get_activity().detail, get_activity().start_s >= start_s) == ("", True)
    assert get_activity().phase == "starting"


def test_an_activity_counts_whole_seconds_from_the_first_on() -> None:
    activity = Activity("reading the runs", "3 of 60", 10.0)
    assert activity.describe(10.9) == "reading the runs, 3 of 60"
    assert activity.describe(12.5) == "reading the runs, 3 of 60, 2 s"
    assert Activity("drawing", "", 10.0).describe(11.0) == "drawing, 1 s"
