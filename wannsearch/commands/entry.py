"""The entry of every command: its standard streams, its environment variables, its exit code.

The variables dropped here would change the compilation of kernels, or end a library's import, without a
trace in the config. docs/reliability.md lists every variable that was examined. The variables return when
the command ends.
"""

from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from wannsearch.commands.activity import reset_activity
from wannsearch.commands.activity_line import show_activity_line
from wannsearch.commands.standard_streams import StandardStreams, guard_streams
from wannsearch.core.errors import StorageError

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.commands.running.outcome import Outcome

_DROPPED_VARIABLES = ("SOURCE_DATE_EPOCH", "PYTHONWARNINGS")
_DROPPED_PREFIX = "NUMBA_"
_THREADS_VARIABLE = "NUMBA_NUM_THREADS"
"""Clusters set this limit for the kernels of plugins; our own kernels have one thread."""

HELP_FLAGS = frozenset({"--help", "-h"})
PROGRAM_BY_CONFIG = {
    "config": "wannsearch",
    "evaluate": "wannsearch-evaluate",
    "tune": "wannsearch-tune",
    "tables": "wannsearch-tables",
}
"""The command that each primary config belongs to."""


class CommandResult:
    """Whether a folder holds the command's result, beside the exit code."""

    def __init__(self) -> None:
        self.is_stored = False  # True if a folder holds the result: standard output is not its only copy


def run_command(program: str, work: Callable[[CommandResult], int]) -> int:
    """Run the work in a prepared process and return the exit code.

    A failed write to standard output is reported in one line on standard error. The exit code is then 74,
    unless the work failed with another code or a folder holds the result. A closed pipe (EPIPE), as after
    `head`, is no error. SystemExit becomes its code; any other exception of the work propagates.
    """
    command_result = CommandResult()
    # At its end Python looks for garbage among all objects, seconds with torch loaded and a person waiting.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    with prepare_process() as streams:
        try:
            with reset_activity(), show_activity_line(streams):
                code = work(command_result)
        except SystemExit as stop:  # Hydra and argparse exit after they print help
            code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        streams.out.flush()
        error = streams.out.error
        if error is not None and error.errno != errno.EPIPE:
            print(f"{program}: standard output cannot be written: {error.strerror}.", file=sys.stderr)
            if not (code or command_result.is_stored):
                code = StorageError.exit_code
    return code


def run_composed_command(
    config_name: str, work: Callable[[Request], Outcome], arguments: Sequence[str] | None = None
) -> int:
    """Run a command whose config Hydra composes, and return the exit code.

    `config_name` is the primary config in `conf/`. `work` runs one job. `arguments` replace those of the
    process, `sys.argv[1:]`. Hydra is imported once the moving line can say that the command is starting.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)

    def run_jobs(result: CommandResult) -> int:
        # Help has to be quick; looking for garbage, of which it makes little, takes a sixth of its time.
        with nullcontext() if HELP_FLAGS.isdisjoint(argv) else _pause_garbage_collection():
            from wannsearch.commands.hydra.app import run_with_hydra

            return run_with_hydra(config_name, work, argv, result)

    return run_command(PROGRAM_BY_CONFIG[config_name], run_jobs)


@contextmanager
def _pause_garbage_collection() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def prepare_process() -> Iterator[StandardStreams]:
    """Guard the standard streams, drop variables and reset typed warning filters inside this context.

    It yields the guarded streams. Every command and every worker process of a launcher runs inside it.
    """
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
    """Use Python's default warning filters inside this context, without those of PYTHONWARNINGS.

    With a filter `error` the warning of a library would end the command.
    """
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", category)
        yield
