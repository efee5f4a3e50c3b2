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

from wannsearch.core.plugin_files import DIGEST_BY_PATH, load_plugin
from wannsearch.evaluators.workers.units import evaluate_unit

READY, SCORES, FAILED, REFUSED = b"+", b"=", b"!", b"?"
"""The first byte of what a worker says: ready for more, scores, a unit broke, the task cannot be loaded."""
STACK_DUMP_SIGNAL = signal.SIGUSR1
"""Asks a worker to write where it is, before it is killed."""

_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG
_GRACE_S = 1.0
_MAX_TRACEBACK_CHARS = 20_000


def main(handle: int, parent_pid: int, ends_with_thread: bool) -> None:
    """Serve the parent at the other end of this socket; `bound`: die with the thread that started us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if ends_with_thread and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent_pid:
        return  # it died before the kernel knew
    faulthandler.enable()
    faulthandler.register(STACK_DUMP_SIGNAL, all_threads=False)
    threading.Thread(target=_exit_with_parent, args=(handle,), daemon=True).start()
    connection = Connection(handle)
    try:
        _serve(connection)
    except (EOFError, ConnectionError):
        return  # the parent has closed its end, or is gone


def _exit_with_parent(handle: int) -> None:
    """Wait until the other end is closed; then end this process, busy or not."""
    poller = select.poll()
    poller.register(handle, 0)
    poller.poll()
    time.sleep(_GRACE_S)
    os._exit(1)


def _serve(connection: Connection[Any, Any]) -> None:
    evaluator, task = None, None
    connection.send_bytes(READY)
    while True:
        command, *arguments = connection.recv()
        if command == "load":
            try:
                sys.path[:] = arguments[0]
                for path, digest in arguments[1].items():
                    if path not in DIGEST_BY_PATH:
                        load_plugin(Path(path), digest)
                evaluator, task = connection.recv()
                connection.send_bytes(READY)
            except (EOFError, ConnectionError):
                raise
            except BaseException:
                connection.send_bytes(REFUSED + _format_traceback())
        else:
            for unit in arguments[-1]:
                try:
                    message = SCORES + evaluate_unit(evaluator, task, tuple(arguments), unit)
                except BaseException:  # sys.exit() in a task is a way to break, too
                    message = FAILED + _format_traceback()
                connection.send_bytes(message)


def _format_traceback() -> bytes:
    text, half_chars = traceback.format_exc(), _MAX_TRACEBACK_CHARS // 2
    if len(text) > _MAX_TRACEBACK_CHARS:  # where it was, and how what it says ends
        text = f"{text[:half_chars]}\n[...]\n{text[-half_chars:]}"
    return text.encode(errors="replace")
