"""One job, as Hydra calls it in this process or in a launcher's.

A job records its outcome and raises nothing out of Hydra's function, since that would end the rest of a
sweep. `Stopped` alone is raised, for that purpose.
"""

from __future__ import annotations

import math
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.commands.entry import prepare_process
from wannsearch.commands.hydra.error_origin import describe_unexpected_error
from wannsearch.commands.hydra.errors import as_config_error, format_one_line
from wannsearch.commands.hydra.evaluator_choice import read_choices
from wannsearch.commands.hydra.folders import remove_empty_folders
from wannsearch.commands.hydra.sweep import run_and_record
from wannsearch.commands.request import Request
from wannsearch.commands.running.outcome import Outcome, Stopped
from wannsearch.commands.running.run_result import shorten_path
from wannsearch.commands.running.signals import handle_signals
from wannsearch.commands.running.terminal import wrap_words
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError
from wannsearch.core.plugin_files import load_plugin
from wannsearch.records import layout
from wannsearch.records.ledger import Ledger, SweepJob

Work = Callable[[Request], Outcome]


@dataclass
class JobRunner:
    """Run the jobs of one command.

    A launcher sends the runner to other processes, so it holds plain data only.
    """

    program: str
    config_name: str
    argv: list[str]  # the command line, as typed
    plugin_files: dict[str, str]  # absolute path -> digest: a job may run in another working folder
    plugins: dict[str, str]  # file name -> digest
    work: Work
    skip_finished: bool
    search_path_arguments: list[str] = field(default_factory=list)  # they add config folders
    warnings: tuple[str, ...] = ()  # printed once, by the first job that is not refused
    main_pid: int = field(default_factory=os.getpid)
    outcome: Outcome | None = None  # of a single job; None in a sweep
    ledger: Ledger | None = None  # of a sweep; None for a single job
    is_planned: bool = False  # the ledger lists all jobs before the first runs

    def __call__(self, config: DictConfig) -> float:
        """Run the job that this config describes and return its objective for a sweeper, higher is better.

        The objective is NaN if the job failed, was refused, or has none. Raises Stopped after a signal in the
        main process.
        """
        hydra_config = HydraConfig.get()
        folder = Path(hydra_config.runtime.output_dir)
        if hydra_config.mode is not RunMode.MULTIRUN:
            self.outcome = self._print_outcome(self._run_with_plugins(config, folder), folder, "")
            return self.outcome.objective
        sweep_folder = Path(hydra_config.sweep.dir).absolute()
        is_main_process = os.getpid() == self.main_pid
        ledger, name = Ledger(sweep_folder), os.path.relpath(folder, sweep_folder)
        with (
            nullcontext() if is_main_process else prepare_process(),
            nullcontext() if is_main_process else handle_signals(),
        ):
            if not self.is_planned:
                ledger.add_job(SweepJob(tuple(_list_unresolved(hydra_config.overrides.task)), name))
            outcome = run_and_record(
                ledger,
                name,
                lambda: self._print_outcome(
                    self._run_with_plugins(config, folder), folder, f"{shorten_path(folder)}: "
                ),
            )
        if is_main_process and outcome is not None and outcome.is_stopped:
            raise Stopped(next(name for name, code in Stopped.exit_codes.items() if code == outcome.code))
        return math.nan if outcome is None or outcome.code else outcome.objective

    def _run_with_plugins(self, config: DictConfig, folder: Path) -> Outcome:
        if os.getpid() != self.main_pid:
            for path, digest in self.plugin_files.items():
                load_plugin(Path(path), digest)
        return run_job(self.work, lambda: self._build_request_with_warnings(config), folder)

    def _build_request_with_warnings(self, config: DictConfig) -> Request:
        warnings, self.warnings = self.warnings, ()
        return replace(self.build_request(config), warnings=warnings)

    def _print_outcome(self, outcome: Outcome, folder: Path, label: str) -> Outcome:
        if outcome.code:
            advice = "" if label else outcome.describe_continuation()
            print(f"{self.program}: {outcome.line}{advice}", file=sys.stderr, flush=True)
            remove_empty_folders(*([folder] if label else []))
        elif label:
            print(wrap_words(f"{label}{outcome.line}", indent=2), flush=True)
        return outcome

    def report_refused_jobs(self, refused_jobs: Sequence[SweepJob], num_jobs: int) -> None:
        """Print an error for each job of a sweep that was refused; ConfigError if all `num_jobs` were."""
        if refused_jobs and len(refused_jobs) == num_jobs:
            raise ConfigError(" ".join(dict.fromkeys(str(job.why) for job in refused_jobs)))
        for job in refused_jobs:
            self._print_outcome(Outcome(job.exit_code or 0, str(job.why)), Path(), "")

    def build_request(self, config: DictConfig) -> Request:
        """Build the request of a job from its composed config; `HydraConfig` must hold its Hydra settings.

        OmegaConfBaseException if a value is missing or an interpolation cannot be resolved. ConfigError if
        the evaluator does not fit the method and the task.
        """
        hydra_config = HydraConfig.get()
        evaluator_choice, choices = read_choices(hydra_config.runtime.choices)
        if evaluator_choice.refusal is not None:
            raise ConfigError(evaluator_choice.refusal)
        container = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        assert isinstance(container, dict)  # the primary config is a mapping
        resolved_config = {str(key): value for key, value in container.items()} | {
            "plugins": dict(self.plugins)
        }
        is_sweep = hydra_config.mode is RunMode.MULTIRUN
        has_named_folder = any(
            override.startswith("hydra.run.dir=")
            for override in _list_unresolved(hydra_config.overrides.hydra)
        )
        return Request(
            config=resolved_config,
            config_yaml=OmegaConf.to_yaml(resolved_config),
            overrides=[str(override) for override in hydra_config.overrides.task],
            choices=choices,
            evaluator_choice=evaluator_choice.describe(),
            folder=Path(hydra_config.runtime.output_dir),
            has_named_folder=has_named_folder or is_sweep,
            is_sweep=is_sweep,
        )


def _list_unresolved(overrides: Any) -> list[str]:
    """Return the overrides as texts, without resolving `${...}`, whose values may not exist yet."""
    items = OmegaConf.to_container(overrides, resolve=False)
    assert isinstance(items, list)  # Hydra's schema declares a list
    return [str(item) for item in items]


def run_job(work: Work, make_request: Callable[[], Request], folder: Path) -> Outcome:
    """Run one job and return its outcome, whatever error it raises.

    `folder` stands for the run folder until the request names it. A full disk or a missing folder has exit
    code 74. An unexpected error, also one of a plugin, has exit code 70, and its traceback is appended to the
    log in that folder.
    """
    try:
        request = make_request()
        folder = request.folder
        return work(request)
    except WannsearchError as error:
        return Outcome(error.exit_code, format_one_line(error), folder)
    except OmegaConfBaseException as error:
        return Outcome(ConfigError.exit_code, format_one_line(as_config_error(error, "", [])), folder)
    except Stopped as stop:
        return Outcome(Stopped.exit_codes[str(stop)], f"stopped by {stop}", stop.folder or folder)
    except OSError as error:  # a full disk or a missing folder, anywhere in the job
        return Outcome(StorageError.exit_code, describe_os_error(error, folder), folder)
    except Exception as error:
        with suppress(OSError), (folder / layout.LOG).open("a", encoding="utf-8") as log:
            log.write(traceback.format_exc())
        return Outcome(70, describe_unexpected_error(error, folder / layout.LOG), folder)


def describe_os_error(error: OSError, folder: Path | None = None) -> str:
    """Describe the error in one line, with the file that the system names.

    If the system names none, the line adds the run folder without blaming it.
    """
    message = format_one_line(error.strerror or error)
    if error.filename is not None:
        return f"{format_one_line(error.filename)}: {message}."
    folder_note = "" if folder is None else f"; the run folder is {folder}"
    return f"{message}, of a file that the system does not name{folder_note}."
