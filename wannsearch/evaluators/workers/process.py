"""One worker as its parent sees it.

It is a new interpreter and not a fork: threads, compiled code and locks of the parent stay behind,
and no server or tracker process is left between us that could outlive either. What it says comes as
plain bytes with one letter in front; nothing a worker says is ever unpickled. It lives in a session
of its own, so that a kill takes along whatever its task has started.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from wannsearch.evaluators.workers.worker import STACK_DUMP_SIGNAL

_SOCKET_TIMEOUT_S = 10  # longest that half a message may take
_STACK_DUMP_WAIT_S = 0.2
_MAX_OUTPUT_BYTES, _MAX_CAPTURED_BYTES = 2**20, 6_000
_SINGLE_THREAD_ENV = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
_BOOTSTRAP_CODE = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from wannsearch.evaluators.workers.worker import main; main(*json.loads(sys.argv[2]))"
)


def import_path() -> list[str]:
    """Where this process finds modules, without relative places."""
    return [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  # '' is here


class WorkerProcess:
    """A process, its socket, and what it is doing."""

    def __init__(self) -> None:
        parent_socket, worker_socket = socket.socketpair()
        with worker_socket:
            for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                parent_socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _SOCKET_TIMEOUT_S, 0))
            self.connection: Connection[Any, Any] = Connection(parent_socket.detach())
            self._output_file = tempfile.TemporaryFile("a+b")  # noqa: SIM115  # lives as long as the worker
            ends_with_thread = threading.current_thread() is threading.main_thread()
            worker_arguments = [worker_socket.fileno(), os.getpid(), ends_with_thread]
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    _BOOTSTRAP_CODE,
                    json.dumps(import_path()),
                    json.dumps(worker_arguments),
                ],
                stdin=subprocess.DEVNULL,
                stdout=self._output_file,
                stderr=self._output_file,
                pass_fds=[worker_socket.fileno()],
                env=os.environ | _SINGLE_THREAD_ENV,
                start_new_session=True,
            )
        self.loading = True  # until it says that it is ready
        self.loaded_job: Any = None  # evaluator and task that it holds
        self.pending_units: list[int] = []  # given and not yet told about, in order
        self.retry_unit: int | None = None  # a unit that killed the worker before this one
        self.last_event_s = time.monotonic()

    @property
    def is_idle(self) -> bool:
        """It waits for work."""
        return not self.loading and not self.pending_units

    def submit(self, unit_indices: list[int], payload: tuple[Any, ...]) -> None:
        """Units to play."""
        self.connection.send(("evaluate", *payload))
        self.pending_units, self.last_event_s = list(unit_indices), time.monotonic()
        if os.fstat(self._output_file.fileno()).st_size > _MAX_OUTPUT_BYTES:
            self._output_file.truncate(0)

    def load(self, plugins: dict[str, str], pickled_job: bytes, evaluator_and_task: Any) -> None:
        """The evaluator and the task that the next units are for."""
        self.loading, self.last_event_s = True, time.monotonic()
        self.connection.send(("load", import_path(), plugins))
        self.connection.send_bytes(pickled_job)
        self.loaded_job = evaluator_and_task

    def receive(self) -> tuple[bytes, bytes]:
        """The letter and the rest of what it says; EOFError or OSError where it is gone."""
        message = self.connection.recv_bytes()
        self.last_event_s = time.monotonic()
        return message[:1], message[1:]

    def captured_output(self) -> str:
        """The end of what it printed: its task's words, a crash's stack."""
        size = os.fstat(self._output_file.fileno()).st_size
        self._output_file.seek(max(0, size - _MAX_CAPTURED_BYTES))
        return self._output_file.read().decode(errors="replace").strip()

    def request_exit(self) -> None:
        """An idle worker ends by itself once nobody is there."""
        if self.is_idle:
            self.connection.close()

    def terminate(self, grace_s: float = 0.0, dump_stack: bool = False) -> str:
        """Kill it, and all that it started, unless it ends by itself so soon; how it ended, in words."""
        if self._process.returncode is None:
            if dump_stack and self._wait_for_exit(0.0) is None:
                os.kill(self._process.pid, STACK_DUMP_SIGNAL)
                time.sleep(_STACK_DUMP_WAIT_S)
            self._wait_for_exit(grace_s)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.connection.close()
        return _describe_exit_code(self._process.returncode)

    def _wait_for_exit(self, timeout_s: float) -> object:
        """What waitid says if it ends within these seconds; it stays a zombie, and its group its own."""
        deadline = time.monotonic() + timeout_s
        while True:
            exit_info = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if exit_info is not None or time.monotonic() > deadline:
                return exit_info
            time.sleep(0.002)

    def close_files(self) -> None:
        """Let go of what is open."""
        self._output_file.close()


def _describe_exit_code(exit_code: int) -> str:
    if exit_code >= 0:
        return f"its worker exited with code {exit_code}"
    with suppress(ValueError):
        return f"its worker was killed by {signal.Signals(-exit_code).name}"
    return f"its worker was killed by signal {-exit_code}"
