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


def test_a_count_tells_how_long_its_rest_takes_once_it_has_gone_on_for_a_while() -> None:
    activity = Activity("final test", "", 0.0)
    for done, time_s in ((100, 1.0), (200, 2.0), (400, 4.0)):
        activity = activity.with_detail(f"{done:,} of 1,000 episodes", time_s)
        if time_s < 4:
            assert "left" not in activity.describe(time_s)
    assert activity.describe(4.0) == "final test, 400 of 1,000 episodes, 4 s, about 6 s left"
    assert activity.describe(7.0) == "final test, 400 of 1,000 episodes, 7 s, about 3 s left"
    assert activity.describe(60.0) == "final test, 400 of 1,000 episodes, 60 s"
    slow = activity.with_detail("401 of 1,000 episodes", 304.0)
    assert slow.describe(304.0).endswith(", 304 s, about 10 min left")


def test_another_count_of_the_same_phase_is_timed_anew() -> None:
    activity = Activity("final test", "", 0.0)
    for detail, time_s in (("1 of 2 episodes", 0.0), ("2 of 2 episodes", 100.0), ("1 of 5 episodes", 101.0)):
        activity = activity.with_detail(detail, time_s)
    assert activity.describe(101.0) == "final test, 1 of 5 episodes, 101 s"
    assert activity.with_detail("2 of 5 episodes", 104.0).describe(104.0).endswith(", about 9 s left")
    assert activity.with_detail("drawing", 110.0).describe(110.0) == "final test, drawing, 110 s"
