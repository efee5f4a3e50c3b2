"""What the command is doing at this moment, for whoever shows it: a moving line, a panel, a line in a log.

An activity has a phase, such as `drawing the pictures`, and perhaps a detail, such as `12 of 60`. It is set
where the work is done and read by threads that show it, so it is one value of the process, as its signals
are.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Activity:
    """A phase of the work, the detail it has come to, and the clock's time at its begin."""

    phase: str
    detail: str = ""
    start_s: float = field(default_factory=time.monotonic)

    def describe(self, time_s: float) -> str:
        """Return phase, detail and the seconds that the phase has taken, from one second on."""
        seconds = int(time_s - self.start_s)
        parts = [self.phase, self.detail, f"{seconds} s" if seconds >= 1 else ""]
        return ", ".join(part for part in parts if part)


_current_activity: list[Activity] = [Activity("starting")]


def get_activity() -> Activity:
    """Return the activity that was set last."""
    return _current_activity[0]


def set_activity(phase: str) -> None:
    """Set the phase, in which any thread may now set details; its clock starts anew."""
    _current_activity[0] = Activity(phase)


def set_activity_detail(detail: str) -> None:
    """Set the detail of the phase, whose clock goes on."""
    activity = get_activity()
    _current_activity[0] = Activity(activity.phase, detail, activity.start_s)


@contextmanager
def reset_activity() -> Iterator[None]:
    """Start a command as `starting`, and forget its last activity at its end."""
    set_activity("starting")
    try:
        yield
    finally:
        set_activity("starting")
