"""The film that a run leaves: `wannsearch-film` in a process of its own, while the run draws its pictures.

An environment that draws may crash, hang, print or need a display. In a process of its own it can do no harm:
the run keeps its results and has one line of warning. The process has a limit of seconds, since drawing
without a graphics card may be slow. The run itself writes the film, so that an interrupted run has no half of
it, and the bytes are those of the command.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from wannsearch.core.plugin_files import DIGEST_BY_PATH

LIMIT_S = 15.0
"""The seconds after which a film is given up."""
_BOOTSTRAP_CODE = (
    "import sys, json, os; sys.path[:] = json.loads(sys.argv[1]); "
    "from wannsearch.commands.running.run_film import end_with_parent; end_with_parent(int(sys.argv[2])); "
    "from wannsearch.commands.film import main; sys.exit(main(json.loads(sys.argv[3])))"
)
_PARENT_DEATH_SIGNAL = 1  # prctl's PR_SET_PDEATHSIG
_MAX_OUTPUT_BYTES = 4_000
_NAME = "film.gif"


class FilmFailed(Exception):
    """There is no film; the text says why in one line."""


def end_with_parent(parent_pid: int) -> None:
    """Let Linux end this process when its parent process ends, for whatever reason."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent_pid:
            sys.exit(0)  # the parent process ended before prctl took effect


class RunFilm:
    """The film of a run that is being made; leaving the context ends the process that makes it."""

    def __init__(self, run: Path) -> None:
        self._run = run

    def __enter__(self) -> RunFilm:
        """Start the process; OSError if it cannot be started."""
        self._folder = tempfile.TemporaryDirectory(prefix="wannsearch-film-")  # until __exit__
        self._output_file = tempfile.TemporaryFile()  # until __exit__
        plugins = [word for path in DIGEST_BY_PATH for word in ("--plugin", path)]
        arguments = [str(self._run.absolute()), "--out", str(Path(self._folder.name) / _NAME), *plugins]
        import_path = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  # '' is here
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _BOOTSTRAP_CODE,
                json.dumps(import_path),
                str(os.getpid()),
                json.dumps(arguments),
            ],
            stdin=subprocess.DEVNULL,
            stdout=self._output_file,
            stderr=self._output_file,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Kill the process and those that it has started in its group, if any is left."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output_file.close()
        self._folder.cleanup()

    def collect(self) -> bytes:
        """Wait for the film and return its bytes; FilmFailed where there is none."""
        try:
            code = self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            raise FilmFailed(f"it was not ready within {LIMIT_S:g} s") from None
        if code != 0:
            raise FilmFailed(self._read_last_line() or f"its process ended with code {code}")
        try:
            return (Path(self._folder.name) / _NAME).read_bytes()
        except OSError as error:
            raise FilmFailed(f"it cannot be read: {error.strerror}") from None

    def _read_last_line(self) -> str:
        size = self._output_file.seek(0, os.SEEK_END)
        self._output_file.seek(max(0, size - _MAX_OUTPUT_BYTES))
        lines = self._output_file.read().decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix("wannsearch-film: ") if lines else ""
