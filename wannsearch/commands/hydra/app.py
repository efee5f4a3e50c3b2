"""The entry of each command into Hydra: compose configs, run the jobs, return the exit code.

Only this room imports Hydra. Hydra makes folders and writes nothing of its own (`conf/hydra/settings`, and
our own sweeper).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

import hydra
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from wannsearch.commands.activity import set_activity
from wannsearch.commands.activity_line import hide_activity_line
from wannsearch.commands.entry import HELP_FLAGS, PROGRAM_BY_CONFIG, CommandResult
from wannsearch.commands.hydra import folders
from wannsearch.commands.hydra.arguments import prepare_arguments
from wannsearch.commands.hydra.config_loader import use_wannsearch_loader
from wannsearch.commands.hydra.error_origin import as_plugin_error
from wannsearch.commands.hydra.errors import (
    as_config_error,
    find_conf_dir,
    format_one_line,
    is_internal_error,
)
from wannsearch.commands.hydra.foreign_sweeps import register_runner
from wannsearch.commands.hydra.help_text import format_help
from wannsearch.commands.hydra.job import JobRunner, describe_os_error, run_job
from wannsearch.commands.hydra.plugins import load_plugins
from wannsearch.commands.hydra.sweep import remove_if_all_refused, report_sweep
from wannsearch.commands.request import Request, read_resumed_request
from wannsearch.commands.running.outcome import SWEEP_FAILED, Outcome, Stopped
from wannsearch.commands.running.signals import handle_signals
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError
from wannsearch.core.plugin_files import DIGEST_BY_PATH


def run_with_hydra(
    config_name: str, work: Callable[[Request], Outcome], argv: list[str], result: CommandResult
) -> int:
    """Compose a config, run one job or a sweep of jobs, and return the exit code.

    `config_name` is the primary config in `conf/`. `work` runs one job.
    """
    with hide_activity_line() if "display=off" in argv else nullcontext(), use_wannsearch_loader():
        return _run_jobs(config_name, work, argv, result)


def _run_jobs(
    config_name: str, work: Callable[[Request], Outcome], argv: list[str], result: CommandResult
) -> int:
    program = PROGRAM_BY_CONFIG[config_name]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises errors instead of printing them
    folders.reset_new_folders()
    runner, arguments, failure = None, argv, None
    try:
        with handle_signals():
            if "--version" in argv:
                print(f"wannsearch {version('wannsearch')} (Hydra {hydra.__version__})")
                return 0
            arguments, plugins = load_plugins(argv)
            if not HELP_FLAGS.isdisjoint(arguments):
                print(format_help(program, config_name, arguments))
                return 0
            if any(argument.startswith("resume=") for argument in arguments):
                outcome = run_job(work, lambda: read_resumed_request(arguments, plugins), Path())
                result.is_stored = True
                return _print_outcome(program, outcome.code, outcome.line + outcome.describe_continuation())
            set_activity("reading the settings")
            hydra_arguments = prepare_arguments(program, config_name, arguments)
            if hydra_arguments.is_sweep:
                os.environ["WANNSEARCH_SWEEP"] = hydra_arguments.digest  # workers of a launcher inherit it
            arguments = [*hydra_arguments.argv, *hydra_arguments.search_path_arguments]
            plugin_files = {
                path: digest
                for path, digest in DIGEST_BY_PATH.items()
                if plugins.get(Path(path).name) == digest
            }
            # A finished search is skipped. An evaluation runs again: its network may have changed.
            skip_finished = config_name == "config"
            runner = JobRunner(
                program,
                config_name,
                argv,
                plugin_files,
                plugins,
                work,
                skip_finished,
                hydra_arguments.search_path_arguments,
                hydra_arguments.warnings,
            )
            with _replace_argv(hydra_arguments.argv), register_runner(runner):
                hydra.main(version_base="1.3", config_path=str(find_conf_dir()), config_name=config_name)(
                    runner
                )()
    except Stopped as stop:
        exit_code = Stopped.exit_codes[str(stop)]
        if runner is not None and runner.ledger is not None and report_sweep(runner.ledger) == exit_code:
            return exit_code  # the job's own line has reported the signal
        return _print_outcome(program, exit_code, f"stopped by {stop}")
    except WannsearchError as error:
        failure = error
    except (HydraException, OmegaConfBaseException, ValueError, TypeError) as error:
        # Jobs raise nothing, so Hydra itself failed on an argument such as evaluator=-1 or task=[1,2].
        failure = as_plugin_error(error) or as_config_error(error, config_name, arguments)
    except (RuntimeError, ImportError, AttributeError, LookupError, AssertionError) as error:
        if is_internal_error(error):
            raise
        failure = as_plugin_error(error) or ConfigError(f"{type(error).__name__}: {error}")
    except OSError as error:
        error_type = ConfigError if error.errno == errno.ENAMETOOLONG else StorageError
        failure = StorageError(describe_os_error(error))
        if error.filename is not None:
            failure = error_type(f"{error.filename}: the run folder cannot be made: {error.strerror}.")
    if (
        failure is not None
        and runner is not None
        and runner.ledger is not None
        and not remove_if_all_refused(runner.ledger)
    ):
        _print_outcome(
            program, SWEEP_FAILED, f"the sweeper ended before its sweep: {format_one_line(failure)}"
        )
        report_sweep(runner.ledger)
        return SWEEP_FAILED
    if failure is not None:
        folders.remove_empty_folders()
        return _print_outcome(program, failure.exit_code, format_one_line(failure))
    if runner is not None and runner.ledger is not None:
        result.is_stored = True
        if remove_if_all_refused(runner.ledger):
            folders.remove_empty_folders(runner.ledger.folder)
            return ConfigError.exit_code
        return report_sweep(runner.ledger)
    result.is_stored = runner is not None and runner.outcome is not None and runner.outcome.folder is not None
    return runner.outcome.code if runner is not None and runner.outcome is not None else 0


def _print_outcome(program: str, exit_code: int, line: str) -> int:
    if exit_code:
        print(f"{program}: {line}", file=sys.stderr)
    return exit_code


@contextmanager
def _replace_argv(argv: list[str]) -> Iterator[None]:
    """Replace `sys.argv` inside this context; Hydra reads the command line from nowhere else."""
    saved_argv = sys.argv
    sys.argv = [saved_argv[0], *argv]
    try:
        yield
    finally:
        sys.argv = saved_argv
