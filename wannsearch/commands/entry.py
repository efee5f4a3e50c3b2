"""What every command goes through: where it prints, what the environment may change, its exit code.

The variables dropped here would change how kernels are compiled, or end a library's import, behind the
back of the config; docs/reliability.md lists all that were looked at. They are back when the command ends.
"""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from wannsearch.commands.standard_streams import StandardStreams, guard_streams
from wannsearch.core.errors import StorageError

_DROPPED_VARIABLES = ("SOURCE_DATE_EPOCH", "PYTHONWARNINGS")
_DROPPED_PREFIX = "NUMBA_"
_THREADS_VARIABLE = "NUMBA_NUM_THREADS"
"""A limit that a cluster sets for a plugin's kernels; ours have one thread."""


class CommandResult:
    """Where a command's result is, besides the exit code."""

    def __init__(self) -> None:
        self.is_kept = False  # in a folder, so that what is printed is not all there is of it


def run_command(program: str, work: Callable[[CommandResult], int]) -> int:
    """Do the work in a process that is fit for it; gives the exit code.

    Where standard output cannot be written, a line says so, and code 74 where nothing else holds the
    result. A reader that has gone, such as `head`, has seen enough, and is nothing to speak of.
    """
    command_result = CommandResult()
    with prepare_process() as streams:
        try:
            code = work(command_result)
        except SystemExit as stop:  # Hydra and argparse end so when they have printed help
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        streams.out.flush()
        error = streams.out.error
        if error is not None and error.errno != errno.EPIPE:
            print(f"{program}: standard output cannot be written: {error.strerror}.", file=sys.stderr)
            if not (code or command_result.is_kept):
                code = StorageError.exit_code
    return code


@contextmanager
def prepare_process() -> Iterator[StandardStreams]:
    """Streams that never raise; no variable and no warning filter that only the caller's programs want."""
    dropped_variables = {name: value for name, value in os.environ.items() if _is_dropped(name, value)}
    for name in dropped_variables:
        del os.environ[name]
    try:
        with guard_streams() as streams, _use_default_warnings() if sys.warnoptions else nullcontext():
            yield streams
    finally:
        os.environ.update(dropped_variables)


def _is_dropped(name: str, value: str) -> bool:
    if name == _THREADS_VARIABLE:
        return not value.isdecimal()
    return name in _DROPPED_VARIABLES or name.startswith(_DROPPED_PREFIX)


@contextmanager
def _use_default_warnings() -> Iterator[None]:
    """Python's own filters, without what PYTHONWARNINGS adds: a library's warning is no error of ours."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        yield
