"""Hydra, kept from all else: it composes configs and runs jobs, and only `hydra_*.py` know it.

Hydra makes folders and writes nothing of its own (`conf/hydra/settings`, and our own sweeper).
`main` turns outcomes into the exit code.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import hydra
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from wannsearch.commands.entry import Result, run_command
from wannsearch.commands.hydra import folders
from wannsearch.commands.hydra.arguments import prepare_arguments
from wannsearch.commands.hydra.config_loader import compose_run_tasks
from wannsearch.commands.hydra.errors import conf_dir, is_our_mistake, one_line, refusal
from wannsearch.commands.hydra.foreign_sweeps import command_of
from wannsearch.commands.hydra.job import Jobs, done, name_os_error
from wannsearch.commands.hydra.plugins import load_plugins
from wannsearch.commands.hydra.sweep import summed_up, withdrawn
from wannsearch.commands.request import Request, resumed
from wannsearch.commands.running.outcome import SWEEP_FAILED, Outcome, Stopped
from wannsearch.commands.running.signals import stoppable
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError
from wannsearch.core.plugin_files import LOADED

_PROGRAM = {
    "config": "wannsearch",
    "evaluate": "wannsearch-evaluate",
    "tune": "wannsearch-tune",
    "tables": "wannsearch-tables",
}
"""The command that each primary config belongs to."""


@compose_run_tasks()
def run(config_name: str, work: Callable[[Request], Outcome], arguments: Sequence[str] | None = None) -> int:
    """Compose, run one job or a sweep of them, and give the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return run_command(_PROGRAM[config_name], lambda result: _run(config_name, work, words, result))


def _run(config_name: str, work: Callable[[Request], Outcome], words: list[str], result: Result) -> int:
    program = _PROGRAM[config_name]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors reach us instead of being printed
    folders.forget()
    jobs, given, refused = None, words, None
    try:
        with stoppable():
            if "--version" in words:
                print(f"wannsearch {version('wannsearch')} (Hydra {hydra.__version__})")
                return 0
            given, plugins = load_plugins(words)
            if any(word.startswith("resume=") for word in given):
                outcome = done(work, lambda: resumed(given, plugins), Path())
                result.is_kept = True
                return _said(program, outcome.code, outcome.line)
            asked = prepare_arguments(program, config_name, given)
            if asked.sweep:
                os.environ["WANNSEARCH_SWEEP"] = asked.digest  # workers of a launcher inherit it
            given = [*asked.words, *asked.where]
            files = {
                path: digest for path, digest in LOADED.items() if plugins.get(Path(path).name) == digest
            }
            # A finished search need not be looked at again; what an evaluation plays may have changed.
            finds = config_name == "config"
            jobs = Jobs(program, config_name, words, files, plugins, work, finds, asked.where)
            with _argv(asked.words), command_of(jobs):
                hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=config_name)(jobs)()
    except Stopped as stop:
        code = Stopped.exit_codes[str(stop)]
        if jobs is not None and jobs.ledger is not None and summed_up(jobs.ledger) == code:
            return code  # a job has said so
        return _said(program, code, f"stopped by {stop}")
    except WannsearchError as error:
        refused = error
    except (HydraException, OmegaConfBaseException, ValueError, TypeError) as error:
        # Jobs raise nothing: Hydra met a word that it does not foresee, such as evaluator=-1 or task=[1,2].
        refused = refusal(error, config_name, given)
    except (RuntimeError, ImportError, AttributeError, LookupError, AssertionError) as error:
        if is_our_mistake(error):
            raise
        refused = ConfigError(f"{type(error).__name__}: {error}")
    except OSError as error:
        kind = ConfigError if error.errno == errno.ENAMETOOLONG else StorageError
        refused = StorageError(name_os_error(error))
        if error.filename is not None:
            refused = kind(f"{error.filename}: the run folder cannot be made: {error.strerror}.")
    if refused is not None and jobs is not None and jobs.ledger is not None and not withdrawn(jobs.ledger):
        _said(program, SWEEP_FAILED, f"the sweeper ended before its sweep: {one_line(refused)}")
        summed_up(jobs.ledger)
        return SWEEP_FAILED
    if refused is not None:
        folders.remove_if_empty()
        return _said(program, refused.exit_code, one_line(refused))
    if jobs is not None and jobs.ledger is not None:
        result.is_kept = True
        if withdrawn(jobs.ledger):
            folders.remove_if_empty(jobs.ledger.sweep)
            return ConfigError.exit_code
        return summed_up(jobs.ledger)
    result.is_kept = jobs is not None and jobs.outcome is not None and jobs.outcome.folder is not None
    return jobs.outcome.code if jobs is not None and jobs.outcome is not None else 0


def _said(program: str, code: int, line: str) -> int:
    if code:
        print(f"{program}: {line}", file=sys.stderr)
    return code


@contextmanager
def _argv(words: list[str]) -> Iterator[None]:
    """Hydra reads the command line from nowhere else."""
    before = sys.argv
    sys.argv = [before[0], *words]
    try:
        yield
    finally:
        sys.argv = before
