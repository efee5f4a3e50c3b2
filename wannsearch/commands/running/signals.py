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

_pending_signals: list[str] = []


def raise_pending_stop() -> None:
    """Raise `Stopped` if a signal has come."""
    if _pending_signals:
        raise Stopped(_pending_signals[0])


@contextmanager
def reraise_stop() -> Iterator[None]:
    """Whatever came of it inside, a signal that came ends as `Stopped`."""
    try:
        yield
    except Exception as error:
        if _pending_signals:
            raise Stopped(_pending_signals[0]) from error
        raise
    raise_pending_stop()


@contextmanager
def handle_signals() -> Iterator[None]:
    """Inside, the four signals raise `Stopped`; afterwards they mean what they meant before."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may have handlers; a caller's thread has its own ways
        return
    signal_names = {getattr(signal, f"SIG{name}"): name for name in Stopped.exit_codes}

    def handle_signal(signal_number: int, frame: FrameType | None) -> None:
        for other_signal in signal_names:  # what is begun to be written now is written
            signal.signal(other_signal, signal.SIG_DFL if other_signal == signal.SIGINT else signal.SIG_IGN)
        _pending_signals.append(signal_names[signal.Signals(signal_number)])
        raise_pending_stop()

    _pending_signals.clear()
    old_handlers = {
        signal_number: signal.signal(signal_number, handle_signal) for signal_number in signal_names
    }
    try:
        yield
    finally:
        _pending_signals.clear()
        for signal_number, handler in old_handlers.items():
            signal.signal(signal_number, handler)
