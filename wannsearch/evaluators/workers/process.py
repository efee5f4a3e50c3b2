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

from wannsearch.evaluators.workers.worker import STACK

_BLOCKED_S = 10  # longest that half a message may take
_STACK_S = 0.2
_MOST_WRITTEN, _TOLD = 2**20, 6_000
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from wannsearch.evaluators.workers.worker import main; main(*json.loads(sys.argv[2]))"
)


def import_path() -> list[str]:
    """Where this process finds modules, without relative places."""
    return [os.path.abspath(place) for place in sys.path]  # noqa: PTH100  # '' is here


class WorkerProcess:
    """A process, its socket, and what it is doing."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            for option in (socket.SO_SNDTIMEO, socket.SO_RCVTIMEO):
                ours.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", _BLOCKED_S, 0))
            self.connection: Connection[Any, Any] = Connection(ours.detach())
            self._written = tempfile.TemporaryFile("a+b")  # noqa: SIM115  # lives as long as the worker
            bound = threading.current_thread() is threading.main_thread()
            settings = [theirs.fileno(), os.getpid(), bound]
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(import_path()), json.dumps(settings)],
                stdin=subprocess.DEVNULL,
                stdout=self._written,
                stderr=self._written,
                pass_fds=[theirs.fileno()],
                env=os.environ | _ONE_THREAD,
                start_new_session=True,
            )
        self.loading = True  # until it says that it is ready
        self.loaded: Any = None  # evaluator and task that it holds
        self.units: list[int] = []  # given and not yet told about, in order
        self.again: int | None = None  # a unit that killed the worker before this one
        self.since = time.monotonic()

    @property
    def idle(self) -> bool:
        """It waits for work."""
        return not self.loading and not self.units

    def give(self, numbers: list[int], piece: tuple[Any, ...]) -> None:
        """Units to play."""
        self.connection.send(("play", *piece))
        self.units, self.since = list(numbers), time.monotonic()
        if os.fstat(self._written.fileno()).st_size > _MOST_WRITTEN:
            self._written.truncate(0)

    def load(self, plugins: dict[str, str], packed: bytes, what: Any) -> None:
        """The evaluator and the task that the next units are for."""
        self.loading, self.since = True, time.monotonic()
        self.connection.send(("load", import_path(), plugins))
        self.connection.send_bytes(packed)
        self.loaded = what

    def heard(self) -> tuple[bytes, bytes]:
        """The letter and the rest of what it says; EOFError or OSError where it is gone."""
        said = self.connection.recv_bytes()
        self.since = time.monotonic()
        return said[:1], said[1:]

    def wrote(self) -> str:
        """The end of what it printed: its task's words, a crash's stack."""
        size = os.fstat(self._written.fileno()).st_size
        self._written.seek(max(0, size - _TOLD))
        return self._written.read().decode(errors="replace").strip()

    def leave(self) -> None:
        """An idle worker ends by itself once nobody is there."""
        if self.idle:
            self.connection.close()

    def end(self, patience_s: float = 0.0, asked_where: bool = False) -> str:
        """Kill it, and all that it started, unless it ends by itself so soon; how it ended, in words."""
        if self._process.returncode is None:
            if asked_where and self._gone(0.0) is None:
                os.kill(self._process.pid, STACK)
                time.sleep(_STACK_S)
            self._gone(patience_s)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.connection.close()
        return _in_words(self._process.returncode)

    def _gone(self, seconds: float) -> object:
        """What waitid says if it ends within these seconds; it stays a zombie, and its group its own."""
        until = time.monotonic() + seconds
        while True:
            seen = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if seen is not None or time.monotonic() > until:
                return seen
            time.sleep(0.002)

    def forget(self) -> None:
        """Let go of what is open."""
        self._written.close()


def _in_words(code: int) -> str:
    if code >= 0:
        return f"its worker exited with code {code}"
    with suppress(ValueError):
        return f"its worker was killed by {signal.Signals(-code).name}"
    return f"its worker was killed by signal {-code}"
