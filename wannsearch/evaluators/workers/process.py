"""One worker from the side of the parent process.

A worker is a new interpreter and not a fork. Threads, compiled code and locks of the parent process stay
behind, and no server or tracker process is left that could outlive either. Its messages are plain bytes,
the first of which names their type, and they are never unpickled. A worker has an operating-system
session of its own, so that a kill also ends the processes that its task has started in its group.
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

from wannsearch.evaluators.workers.progress import UnitProgress, make_progress_file
from wannsearch.evaluators.workers.worker import STACK_DUMP_SIGNAL

_SOCKET_TIMEOUT_S = 10  # longest wait for the rest of a message
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
    """Return the folders from which this process imports modules, as absolute paths."""
    return [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  # '' is here


class WorkerProcess:
    """A worker process, its socket, and the units that it evaluates; OSError if it cannot be started."""

    def __init__(self) -> None:
        parent_socket, worker_socket = socket.socketpair()
        with worker_socket:
            for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                parent_socket.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _SOCKET_TIMEOUT_S, 0))
            self.connection: Connection[Any, Any] = Connection(parent_socket.detach())
            self._output_file = tempfile.TemporaryFile("a+b")  # noqa: SIM115  # lives as long as the worker
            progress_handle = make_progress_file()
            self.progress = UnitProgress(progress_handle)
            ends_with_thread = threading.current_thread() is threading.main_thread()
            worker_arguments = [worker_socket.fileno(), progress_handle, os.getpid(), ends_with_thread]
            try:
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
                    pass_fds=[worker_socket.fileno(), progress_handle],
                    env=os.environ | _SINGLE_THREAD_ENV,
                    start_new_session=True,
                )
            finally:
                os.close(progress_handle)
        self.loading = True  # until the worker reports that it is ready
        self.loaded_job: Any = None  # (evaluator, task) that the worker has loaded
        self.pending_units: dict[int, int] = {}  # position in the chunk -> unit; not yet answered
        self.retry_unit: int | None = None  # the unit in which the previous worker ended
        self.last_event_s = self.submitted_s = time.monotonic()
        self.next_check_s = 0.0  # when the time of its unit is looked at again

    @property
    def is_idle(self) -> bool:
        """Whether the worker has reported that it is ready, and has answered every submitted unit."""
        return not self.loading and not self.pending_units

    def submit(self, unit_indices: list[int], payload: tuple[Any, ...]) -> None:
        """Send units to evaluate; `EvaluationJob.build_payload` gives the payload. OSError if it fails."""
        self.progress.enter(0, 0.0, time.monotonic())  # of the last chunk, if the worker never begins
        self.connection.send(("evaluate", *payload))
        self.pending_units = dict(enumerate(unit_indices))
        self.last_event_s = self.submitted_s = time.monotonic()
        self.next_check_s = 0.0

    def load(self, plugins: dict[str, str], pickled_job: bytes, evaluator_and_task: Any) -> None:
        """Send import path, plugins, evaluator and task of the next units; OSError if it fails.

        `plugins` maps the path of a file to its digest. The worker counts as loading until it has answered.
        """
        self.loading, self.last_event_s = True, time.monotonic()
        self.connection.send(("load", import_path(), plugins))
        self.connection.send_bytes(pickled_job)
        self.loaded_job = evaluator_and_task

    def receive(self) -> tuple[bytes, bytes]:
        """Return the first byte and the rest of a message; EOFError or OSError if the worker has ended.

        A captured output of more than 1 MiB is emptied.
        """
        message = self.connection.recv_bytes()
        self.last_event_s = time.monotonic()
        if os.fstat(self._output_file.fileno()).st_size > _MAX_OUTPUT_BYTES:
            self._output_file.truncate(0)
        return message[:1], message[1:]

    def seconds_in_unit(self) -> float:
        """Return the seconds that the unit which the worker is in has run so far.

        The worker's entry counts from its last message at the earliest, since a worker that could not send
        was in no unit. Where its own account makes no sense, they are counted from that message alone.
        """
        entry = self.progress.read()
        now_s = time.monotonic()  # after the entry, which would else lie in the future
        spent_s = entry.spent_s + now_s - max(entry.entered_s, self.last_event_s)
        return spent_s if 0 <= spent_s <= now_s - self.submitted_s else now_s - self.last_event_s

    def take_current_unit(self) -> int:
        """Remove the unit that the worker is, or was, in from the pending ones, and return it."""
        position = self.progress.read().position
        return self.pending_units.pop(
            int(position) if position in self.pending_units else next(iter(self.pending_units))
        )

    def captured_output(self) -> str:
        """Return the last 6,000 bytes of the worker's output, as text.

        They hold messages of its task, or the stack of a crash.
        """
        size = os.fstat(self._output_file.fileno()).st_size
        self._output_file.seek(max(0, size - _MAX_CAPTURED_BYTES))
        return self._output_file.read().decode(errors="replace").strip()

    def request_exit(self) -> None:
        """Close the socket of an idle worker, which then ends by itself; a busy one is left alone."""
        if self.is_idle:
            self.connection.close()

    def terminate(self, grace_s: float = 0.0, dump_stack: bool = False) -> str:
        """Kill the worker and the processes of its group; return a phrase that names its end.

        The worker may first end by itself within `grace_s` seconds. `dump_stack` makes a running worker write
        its stack before. The socket is closed.
        """
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
        """Return the result of waitid, or None if the worker does not end within these seconds.

        An ended worker stays a zombie, so that its process group still belongs to it.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            exit_info = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if exit_info is not None or time.monotonic() > deadline:
                return exit_info
            time.sleep(0.002)

    def close_files(self) -> None:
        """Close the file of the captured output and the memory of the progress."""
        self._output_file.close()
        self.progress.close()


def _describe_exit_code(exit_code: int) -> str:
    if exit_code >= 0:
        return f"its worker exited with code {exit_code}"
    with suppress(ValueError):
        return f"its worker was killed by {signal.Signals(-exit_code).name}"
    return f"its worker was killed by signal {-exit_code}"
