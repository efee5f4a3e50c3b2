"""What the command is doing at this moment, for whoever shows it: a moving line, a panel, a line in a log.

An activity has a phase, such as `drawing the pictures`, and perhaps a detail, such as `12 of 60`. It is set
where the work is done and read by threads that show it, so it is one value of the process, as its signals
are. A detail that counts in this form tells how long the rest takes, once the count has gone on for some
seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

_MIN_COUNTED_S = 2.0
_COUNT = re.compile(r"([\d,]+) of ([\d,]+)\b")


@dataclass(frozen=True)
class _Count:
    """What a detail counts, with the clock's time of this count and of the first one with this total."""

    done: int
    total: int
    time_s: float
    first_done: int
    first_time_s: float

    def estimate_rest_s(self, time_s: float) -> float | None:
        """Return the seconds that are left at this time of the clock; None where it is too early to say."""
        seconds, num_done = self.time_s - self.first_time_s, self.done - self.first_done
        if seconds < _MIN_COUNTED_S or num_done < 1:
            return None
        return seconds / num_done * (self.total - self.done) - (time_s - self.time_s)


def _read_count(detail: str, previous_count: _Count | None, time_s: float) -> _Count | None:
    match = _COUNT.match(detail)
    if match is None:
        return None
    done, total = (int(number.replace(",", "") or 0) for number in match.groups())
    if previous_count is None or previous_count.total != total or previous_count.done > done:
        return _Count(done, total, time_s, done, time_s)
    return replace(previous_count, done=done, time_s=time_s)


@dataclass(frozen=True)
class Activity:
    """A phase of the work, the detail it has come to, and the clock's time at its begin."""

    phase: str
    detail: str = ""
    start_s: float = field(default_factory=time.monotonic)
    count: _Count | None = field(default=None, compare=False)

    def with_detail(self, detail: str, time_s: float) -> Activity:
        """Return the activity with the detail that it has at this time of the clock."""
        return replace(self, detail=detail, count=_read_count(detail, self.count, time_s))

    def describe(self, time_s: float) -> str:
        """Return phase and detail, the seconds of the phase so far, and those that are left of a count."""
        seconds = int(time_s - self.start_s)
        rest_s = None if self.count is None else self.count.estimate_rest_s(time_s)
        rest_text = "" if rest_s is None or rest_s < 1 else f"about {_format_rest(rest_s)} left"
        parts = [self.phase, self.detail, f"{seconds} s" if seconds >= 1 else "", rest_text]
        return ", ".join(part for part in parts if part)


def _format_rest(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


_current_activity: list[Activity] = [Activity("starting")]


def get_activity() -> Activity:
    """Return the activity that was set last."""
    return _current_activity[0]


def set_activity(phase: str) -> None:
    """Set the phase, in which any thread may now set details; its clock starts anew."""
    _current_activity[0] = Activity(phase)


def set_activity_detail(detail: str) -> None:
    """Set the detail of the phase, whose clock goes on."""
    _current_activity[0] = get_activity().with_detail(detail, time.monotonic())


@contextmanager
def reset_activity() -> Iterator[None]:
    """Start a command as `starting`, and forget its last activity at its end."""
    set_activity("starting")
    try:
        yield
    finally:
        set_activity("starting")
