"""Signals that ask a run to stop: HUP, INT, TERM, USR1.

Each raises `Stopped` in the main thread, once; the run writes what it has, its status says why, and
the exit code names the signal. A second INT stops at once.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from wannsearch.commands.outcome import Stopped


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
        raise Stopped(numbers[signal.Signals(number)])

    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
