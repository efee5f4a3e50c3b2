"""Signals that ask a run to stop: HUP, INT, TERM, USR1.

Each raises `Stopped` in the main thread, once; the run writes what it has, its status says why, and
the exit code names the signal. A second INT stops at once. A library that the signal meets may turn
`Stopped` into an error of its own, or drop it (numpy's comparisons do), so work is done under
`never_swallowed` and asks `stop_if_asked` now and then.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from wannsearch.commands.running.outcome import Stopped

_asked: list[str] = []


def stop_if_asked() -> None:
    """Raise `Stopped` if a signal has come."""
    if _asked:
        raise Stopped(_asked[0])


@contextmanager
def never_swallowed() -> Iterator[None]:
    """Whatever came of it inside, a signal that came ends as `Stopped`."""
    try:
        yield
    except Exception as error:
        if _asked:
            raise Stopped(_asked[0]) from error
        raise
    stop_if_asked()


@contextmanager
def stoppable() -> Iterator[None]:
    """Inside, the four signals raise `Stopped`; afterwards they mean what they meant before."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may have handlers; a caller's thread has its own ways
        return
    numbers = {getattr(signal, f"SIG{name}"): name for name in Stopped.exit_codes}

    def stop(number: int, frame: FrameType | None) -> None:
        for other in numbers:  # what is begun to be written now is written
            signal.signal(other, signal.SIG_DFL if other == signal.SIGINT else signal.SIG_IGN)
        _asked.append(numbers[signal.Signals(number)])
        stop_if_asked()

    _asked.clear()
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        _asked.clear()
        for number, handler in before.items():
            signal.signal(number, handler)
