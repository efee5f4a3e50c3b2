"""What runs in a worker: hear what to play, play it, say the scores, until nobody is there.

A worker never outlives its parent. Its socket ends when the parent does, however that happened; a
thread watches for it while the worker plays, and on Linux the kernel kills the worker at once, even
in C code that never lets go. It ignores INT, which a terminal sends to all: its parent decides. What
breaks in a task is told as a traceback, unit by unit, and the next unit is played.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import select
import signal
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from wannsearch.core.plugin_files import LOADED, load
from wannsearch.evaluators.workers.units import played

READY, SCORES, BROKEN, REFUSED = b"+", b"=", b"!", b"?"
"""The first byte of what a worker says: ready for more, scores, a unit broke, the task cannot be loaded."""
STACK = signal.SIGUSR1
"""Asks a worker to write where it is, before it is killed."""

_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG
_GRACE_S = 1.0
_LONGEST_TEXT = 20_000


def main(handle: int, parent: int, bound: bool) -> None:
    """Serve the parent at the other end of this socket; `bound`: die with the thread that started us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if bound and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        return  # it died before the kernel knew
    faulthandler.enable()
    faulthandler.register(STACK, all_threads=False)
    threading.Thread(target=_end_with, args=(handle,), daemon=True).start()
    connection = Connection(handle)
    try:
        _serve(connection)
    except (EOFError, ConnectionError):
        return  # the parent has closed its end, or is gone


def _end_with(handle: int) -> None:
    """Wait until the other end is closed; then end this process, busy or not."""
    hung_up = select.poll()
    hung_up.register(handle, 0)
    hung_up.poll()
    time.sleep(_GRACE_S)
    os._exit(1)


def _serve(connection: Connection[Any, Any]) -> None:
    evaluator, task = None, None
    connection.send_bytes(READY)
    while True:
        word, *what = connection.recv()
        if word == "load":
            try:
                sys.path[:] = what[0]
                for path, digest in what[1].items():
                    if path not in LOADED:
                        load(Path(path), digest)
                evaluator, task = connection.recv()
                connection.send_bytes(READY)
            except (EOFError, ConnectionError):
                raise
            except BaseException:
                connection.send_bytes(REFUSED + _told())
        else:
            for unit in what[-1]:
                try:
                    said = SCORES + played(evaluator, task, tuple(what), unit)
                except BaseException:  # sys.exit() in a task is a way to break, too
                    said = BROKEN + _told()
                connection.send_bytes(said)


def _told() -> bytes:
    text, half = traceback.format_exc(), _LONGEST_TEXT // 2
    if len(text) > _LONGEST_TEXT:  # where it was, and how what it says ends
        text = f"{text[:half]}\n[...]\n{text[-half:]}"
    return text.encode(errors="replace")
