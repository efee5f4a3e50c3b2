"""Runs as children: forked from this process, which has imported the package once, or fresh commands.

A forked child starts in milliseconds, as kernels and libraries are there already; it runs the whole
command all the same. `prepare` must come first: it plays every task once, in this process, and sees
to it that no thread is left that a fork would cut in two.
"""

from __future__ import annotations

import gc
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import fault_hooks  # the line above must come before numpy

FRESH = "import sys; sys.path.insert(0, {!r}); import children; children.run_here(sys.argv[1:])"


@dataclass
class Child:
    """A run that is alive, or was."""

    pid: int
    pipe: int  # what it tells (`fault_hooks.Told`)
    said: Path  # its stderr
    text: str = ""
    code: int | None = None
    begun: float = field(default_factory=time.monotonic)

    def listen(self, seconds: float = 0.0) -> None:
        """Take in what it told."""
        if select.select([self.pipe], [], [], seconds)[0]:
            self.text += os.read(self.pipe, 65536).decode()

    @property
    def words(self) -> list[str]:
        return self.text.split(";")[:-1]

    @property
    def rows(self) -> list[int]:
        """Generations that it recorded."""
        return [int(word[1:]) for word in self.words if word[0] == "R"]

    @property
    def in_protocol(self) -> bool:
        marks = [word[0] for word in self.words if word[0] in "Cc"]
        return bool(marks) and marks[-1] == "C"

    @property
    def kept(self) -> int:
        """The newest checkpoint that it finished: the generation to ask next."""
        return max((int(word[1:]) for word in self.words if word[0] == "c"), default=0)

    @property
    def failed_call(self) -> str:
        """The kind of the call that was made to fail first."""
        return next((word[1:] for word in self.words if word[0] == "X"), "")

    def ended(self) -> bool:
        """Whether it is over; notes its exit code, negative for a signal."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def wait(self, seconds: float = 120.0) -> int:
        """Its exit code; killed with code -9 and a note where it takes longer."""
        end = time.monotonic() + seconds
        while not self.ended():
            self.listen(0.002)
            if time.monotonic() > end:
                self.text += "HANGS;"
                self.signal(signal.SIGKILL)
                end = float("inf")
        self.finish()
        assert self.code is not None
        return self.code

    def until(self, mark: str, seconds: float = 60.0) -> bool:
        """Wait until it tells a word that begins so; False if it ended before."""
        end = time.monotonic() + seconds
        while not any(word.startswith(mark) for word in self.words):
            if self.ended() or time.monotonic() > end:
                return False
            self.listen(0.002)
        return True

    def signal(self, number: int) -> None:
        if not self.ended():
            os.kill(self.pid, number)

    def kill_after(self, seconds: float) -> None:
        """SIGKILL after a while, unless it ends before."""
        end = time.monotonic() + seconds
        while not self.ended() and time.monotonic() < end:
            time.sleep(0.0005)
        self.signal(signal.SIGKILL)

    def finish(self) -> None:
        if self.pipe >= 0:
            while select.select([self.pipe], [], [], 0)[0]:
                more = os.read(self.pipe, 65536).decode()
                if not more:
                    break
                self.text += more
            os.close(self.pipe)
            self.pipe = -1

    @property
    def errors(self) -> list[str]:
        """Lines it said on stderr."""
        return self.said.read_text(errors="replace").splitlines() if self.said.exists() else []


def run_here(words: list[str]) -> None:
    """The command in this process, hooks and all; ends it."""
    code = 99
    try:
        fault_hooks.install()
        from wannsearch.commands.search import main

        code = main(words)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def forked(words: list[str], folder: Path, fault: str = "", **more: str) -> Child:
    """The command with these words in a child of this process; its run folder is `folder`."""
    reads, writes = os.pipe()
    said = folder.with_name(f"{folder.name}.stderr")
    pid = os.fork()
    if not pid:
        os.close(reads)
        os.environ.update(_environment(folder, fault, writes, more))
        os.chdir(folder.parent)
        for number, path in ((1, os.devnull), (2, str(said))):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            os.dup2(handle, number)
        run_here(words)
    os.close(writes)
    return Child(pid, reads, said)


def fresh(words: list[str], folder: Path, fault: str = "", **more: str) -> Child:
    """The same as a whole new command."""
    reads, writes = os.pipe()
    said = folder.with_name(f"{folder.name}.stderr")
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", FRESH.format(str(Path(__file__).parent)), *words],
            cwd=folder.parent,
            env=os.environ | _environment(folder, fault, writes, more),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=[writes],
        )
    os.close(writes)
    process.returncode = 0  # this module waits for it
    return Child(process.pid, reads, said)


def _environment(folder: Path, fault: str, report: int, more: dict[str, str]) -> dict[str, str]:
    names = {"": fault, "_ROOT": str(folder), "_REPORT": str(report)} | more
    return {f"WANNSEARCH_FAULT{name}": value for name, value in names.items()}


def prepare(runs: dict[str, list[str]]) -> None:
    """Import, compile and draw once, so that children start at once."""
    from wannsearch.commands.search import main
    from wannsearch.evaluators import compiled
    from wannsearch.evaluators.kernels import engine

    shared: dict[Any, Any] = {}

    def kernel(self: Any, written: Any, arguments: Any, task: Any, shape: Any, weights: Any) -> Any:
        """As the engine's own, but kept for all tasks that are equal, not for one object."""
        key = (repr(task), written, shape, weights, self.bits)
        if key not in shared:
            shared[key] = engine.load_function(
                written(task, shape, weights), engine.KERNEL_NAME, len(arguments)
            )
        return shared[key]

    engine.Engine.load_kernel = kernel  # type: ignore[method-assign]
    compiled.probe_rate = lambda *_: "not probed"  # type: ignore[assignment]
    folder = Path(tempfile.mkdtemp(prefix="wannsearch-faults-"))
    try:
        for name, words in runs.items():
            code = main([*words, "generations=3", f"hydra.run.dir={folder / name}"])
            if code:
                raise SystemExit(f"the first run of {name} ended with {code}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    left = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if left:
        raise SystemExit(f"threads are left, a fork would cut them: {left}")
    gc.collect()
    gc.freeze()
