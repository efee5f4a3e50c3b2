"""The loop inside a worker: receive units, evaluate them, send scores, until the socket closes.

A worker ends soon after its parent process. Its socket closes when that process ends, for any reason. A
thread watches the socket while the worker computes. On Linux, if the main thread started the worker, the
kernel kills it at once, even in C code that never releases the interpreter. A worker ignores SIGINT, which
a terminal sends to all processes, because the parent process decides. An exception in a task is sent as the
traceback of its unit, and the other units are evaluated. An answer names its unit by its position in the
chunk, since units that are evaluated together finish in any order.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import select
import signal
import struct
import sys
import threading
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from wannsearch.core.plugin_files import DIGEST_BY_PATH, load_plugin
from wannsearch.evaluators.workers.progress import UnitProgress
from wannsearch.evaluators.workers.units import UnitResult, evaluate_units

READY, SCORES, FAILED, REFUSED = b"+", b"=", b"!", b"?"
"""The first byte of a message: ready for more, scores, a unit failed, the task cannot be loaded."""
POSITION_FORMAT = struct.Struct("<I")
"""What follows in an answer for a unit: its position in the chunk."""
STACK_DUMP_SIGNAL = signal.SIGUSR1
"""The signal that makes a worker write its stack before it is killed."""

_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG
_GRACE_S = 1.0
_MAX_TRACEBACK_CHARS = 20_000


def main(handle: int, progress_handle: int, parent_pid: int, ends_with_thread: bool) -> None:
    """Serve the parent process at the other end of this socket, until the socket closes.

    `progress_handle` is the descriptor of the file for the progress. With `ends_with_thread`, Linux kills the
    worker when the thread that started it ends.
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
        _serve(connection, UnitProgress(progress_handle))
    except (EOFError, ConnectionError):
        return  # the parent process has closed its end, or has ended


def _exit_with_parent(handle: int) -> None:
    """Wait until the other end is closed; a second later end this process, even if it is busy."""
    poller = select.poll()
    poller.register(handle, 0)
    poller.poll()
    time.sleep(_GRACE_S)
    os._exit(1)


def _serve(connection: Connection[Any, Any], progress: UnitProgress) -> None:
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
            except BaseException as error:
                connection.send_bytes(REFUSED + _format_traceback(error))
        else:
            _evaluate_chunk(connection, evaluator, task, tuple(arguments), progress)


def _evaluate_chunk(
    connection: Connection[Any, Any], evaluator: Any, task: Any, payload: Any, progress: UnitProgress
) -> None:
    """Send one answer for each unit of the payload; an evaluator that breaks down fails the open ones."""
    open_positions = set(range(len(payload[3])))
    results = evaluate_units(evaluator, task, payload, progress)
    while open_positions:
        try:
            position, result = next(results)
        except BaseException as error:
            for position in sorted(open_positions):
                _send_answer(connection, position, error)
            return
        open_positions.discard(position)
        _send_answer(connection, position, result)


def _send_answer(connection: Connection[Any, Any], position: int, result: UnitResult) -> None:
    header = POSITION_FORMAT.pack(position)
    if isinstance(result, bytes):
        connection.send_bytes(SCORES + header + result)
    else:
        connection.send_bytes(FAILED + header + _format_traceback(result))


def _format_traceback(error: BaseException) -> bytes:
    text, half_chars = "".join(traceback.format_exception(error)), _MAX_TRACEBACK_CHARS // 2
    if len(text) > _MAX_TRACEBACK_CHARS:  # the start names the place, the end the error
        text = f"{text[:half_chars]}\n[...]\n{text[-half_chars:]}"
    return text.encode(errors="replace")
