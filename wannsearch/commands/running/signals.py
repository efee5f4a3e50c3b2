"""Signals that stop a run: HUP, INT, TERM, USR1.

The first one raises `Stopped` in the main thread. The run then writes its results so far, its status names
the signal, and so does the exit code. A second INT ends the process at once; other later signals are
ignored. A library that the signal interrupts may turn `Stopped` into an error of its own, or drop it
(numpy's comparisons do). So all work runs inside `reraise_stop` and calls `raise_pending_stop` after each
generation.
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
    """Raise `Stopped`, with the name of the first signal, if one has arrived inside `handle_signals`."""
    if _pending_signals:
        raise Stopped(_pending_signals[0])


@contextmanager
def reraise_stop() -> Iterator[None]:
    """Raise `Stopped` if a signal arrived inside this context, even if a library caught the first one."""
    try:
        yield
    except Exception as error:
        if _pending_signals:
            raise Stopped(_pending_signals[0]) from error
        raise
    raise_pending_stop()


@contextmanager
def handle_signals() -> Iterator[None]:
    """Raise `Stopped` for the four signals inside this context; restore the earlier handlers after it.

    In any thread but the main one the context has no effect.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python accepts signal handlers in the main thread only
        return
    signal_names = {getattr(signal, f"SIG{name}"): name for name in Stopped.exit_codes}

    def handle_signal(signal_number: int, frame: FrameType | None) -> None:
        for other_signal in signal_names:  # later signals must not interrupt the writing of results
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
