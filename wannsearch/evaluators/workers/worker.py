"""The loop inside a worker: receive units, evaluate them, send scores, until the socket closes.

A worker ends soon after its parent process. Its socket closes when that process ends, for any reason. A
thread watches the socket while the worker computes. On Linux, if the main thread started the worker, the
kernel kills it at once, even in C code that never releases the interpreter. A worker ignores SIGINT, which
a terminal sends to all processes, because the parent process decides. An exception in a task is sent as a
traceback, unit by unit, and the next unit is evaluated.
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
"""The first byte of a message: ready for more, scores, a unit failed, the task cannot be loaded."""
STACK_DUMP_SIGNAL = signal.SIGUSR1
"""The signal that makes a worker write its stack before it is killed."""

_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG
_GRACE_S = 1.0
_MAX_TRACEBACK_CHARS = 20_000


def main(handle: int, parent_pid: int, ends_with_thread: bool) -> None:
    """Serve the parent process at the other end of this socket, until the socket closes.

    With `ends_with_thread`, Linux kills the worker when the thread that started it ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if ends_with_thread and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent_pid:
        return  # the parent process ended before prctl took effect
    faulthandler.enable()
    faulthandler.register(STACK_DUMP_SIGNAL, all_threads=False)
    threading.Thread(target=_exit_with_parent, args=(handle,), daemon=True).start()
    connection = Connection(handle)
    try:
        _serve(connection)
    except (EOFError, ConnectionError):
        return  # the parent process has closed its end, or has ended


def _exit_with_parent(handle: int) -> None:
    """Wait until the other end is closed; a second later end this process, even if it is busy."""
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
                except BaseException:  # a task may also call sys.exit()
                    message = FAILED + _format_traceback()
                connection.send_bytes(message)


def _format_traceback() -> bytes:
    text, half_chars = traceback.format_exc(), _MAX_TRACEBACK_CHARS // 2
    if len(text) > _MAX_TRACEBACK_CHARS:  # the start names the place, the end the error
        text = f"{text[:half_chars]}\n[...]\n{text[-half_chars:]}"
    return text.encode(errors="replace")
