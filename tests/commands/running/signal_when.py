"""A signal that comes from outside while a command of this process runs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def signal_when(reached: Callable[[], bool], number: signal.Signals) -> Iterator[None]:
    """Send it to this process once that is reached; where it comes too late, it does nothing."""
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.002):
            if reached():
                os.kill(os.getpid(), number)
                return

    before = signal.signal(number, lambda *_: None)
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
        signal.signal(number, before)


def has_rows(history: Path, rows: int) -> bool:
    """Whether that many generations are recorded; the first line is the head."""
    return history.is_file() and history.read_text(encoding="utf-8").count("\n") > rows
