"""What Hydra calls for each job, here or in a launcher's process.

A job records its outcome and raises nothing out of Hydra's function, since that would kill the rest of
a sweep; `Stopped` is meant to.
"""

from __future__ import annotations

import math
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.commands.entry import prepare_process
from wannsearch.commands.hydra.errors import one_line, refusal
from wannsearch.commands.hydra.folders import remove_if_empty
from wannsearch.commands.hydra.sweep import noted
from wannsearch.commands.request import Request
from wannsearch.commands.running.outcome import Outcome, Stopped
from wannsearch.commands.running.signals import stoppable
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError
from wannsearch.core.plugin_files import load
from wannsearch.records import layout
from wannsearch.records.ledger import Job, Ledger

Work = Callable[[Request], Outcome]


@dataclass
class Jobs:
    """The jobs of one command. A launcher sends it to other processes: it holds plain data only."""

    program: str
    config_name: str
    words: list[str]  # the command line
    plugin_files: dict[str, str]  # absolute path -> digest: a job may run in another folder
    plugins: dict[str, str]
    work: Work
    skip_finished: bool
    where: list[str] = field(default_factory=list)  # those of the words that say where configs lie
    home: int = field(default_factory=os.getpid)
    outcome: Outcome | None = None  # of a command's only job
    ledger: Ledger | None = None  # of a sweep
    planned: bool = False  # the ledger knows all jobs of the sweep

    def __call__(self, config: DictConfig) -> float:
        """Do the job that this config describes; gives its objective, of which a sweeper wants more."""
        settings = HydraConfig.get()
        folder = Path(settings.runtime.output_dir)
        if settings.mode is not RunMode.MULTIRUN:
            self.outcome = self._said(self._outcome(config, folder), folder, "")
            return self.outcome.objective
        sweep = Path(settings.sweep.dir).absolute()
        here = os.getpid() == self.home
        ledger, name = Ledger(sweep), os.path.relpath(folder, sweep)
        with nullcontext() if here else prepare_process(), nullcontext() if here else stoppable():
            if not self.planned:
                ledger.enter(Job(tuple(_as_typed(settings.overrides.task)), name))
            outcome = noted(
                ledger, name, lambda: self._said(self._outcome(config, folder), folder, f"{folder}: ")
            )
        if here and outcome is not None and outcome.stopped:
            raise Stopped(next(name for name, code in Stopped.exit_codes.items() if code == outcome.code))
        return math.nan if outcome is None or outcome.code else outcome.objective

    def _outcome(self, config: DictConfig, folder: Path) -> Outcome:
        if os.getpid() != self.home:
            for path, digest in self.plugin_files.items():
                load(Path(path), digest)
        return done(self.work, lambda: self.request(config), folder)

    def _said(self, outcome: Outcome, folder: Path, label: str) -> Outcome:
        if outcome.code:
            print(f"{self.program}: {outcome.line}", file=sys.stderr, flush=True)
            remove_if_empty(*([folder] if label else []))
        elif label:
            print(f"{label}{outcome.line}", flush=True)
        return outcome

    def refuse(self, refused: Sequence[Job], of: int) -> None:
        """Say which jobs of a sweep cannot be; ConfigError where none is left."""
        if refused and len(refused) == of:
            raise ConfigError(" ".join(dict.fromkeys(str(job.why) for job in refused)))
        for job in refused:
            self._said(Outcome(job.code or 0, str(job.why)), Path(), "")

    def request(self, config: DictConfig) -> Request:
        """What the job is asked for, resolved; Hydra's own settings are set."""
        settings = HydraConfig.get()
        composed = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        assert isinstance(composed, dict)  # the primary config is a mapping
        resolved = {str(key): value for key, value in composed.items()} | {"plugins": dict(self.plugins)}
        sweep = settings.mode is RunMode.MULTIRUN
        named = any(word.startswith("hydra.run.dir=") for word in _as_typed(settings.overrides.hydra))
        return Request(
            config=resolved,
            written=OmegaConf.to_yaml(resolved),
            overrides=[str(override) for override in settings.overrides.task],
            choices={str(group): str(option) for group, option in settings.runtime.choices.items()},
            folder=Path(settings.runtime.output_dir),
            named=named or sweep,
            sweep=sweep,
        )


def _as_typed(overrides: Any) -> list[str]:
    """The words; what they ask for by `${...}` need not be there yet."""
    words = OmegaConf.to_container(overrides, resolve=False)
    assert isinstance(words, list)  # Hydra's schema says so
    return [str(word) for word in words]


def done(work: Work, request: Callable[[], Request], folder: Path) -> Outcome:
    """The outcome of a job, whatever happens in it; `folder` is where it is said to be until it is asked."""
    try:
        asked = request()
        folder = asked.folder
        return work(asked)
    except WannsearchError as error:
        return Outcome(error.exit_code, one_line(error), folder)
    except OmegaConfBaseException as error:
        return Outcome(ConfigError.exit_code, one_line(refusal(error, "", [])), folder)
    except Stopped as stop:
        return Outcome(Stopped.exit_codes[str(stop)], f"stopped by {stop}", folder)
    except OSError as error:  # the disk's or the folder's, wherever it was met
        return Outcome(StorageError.exit_code, name_os_error(error, folder), folder)
    except Exception as error:
        with suppress(OSError), (folder / layout.LOG).open("a", encoding="utf-8") as log:
            log.write(traceback.format_exc())
        return Outcome(
            70,
            f"our own mistake, {type(error).__name__}: {one_line(error)}; see {folder / layout.LOG}",
            folder,
        )


def name_os_error(error: OSError, folder: Path | None = None) -> str:
    """One line that blames the file which the system names; where it names none, not the run folder."""
    said = one_line(error.strerror or error)
    if error.filename is not None:
        return f"{one_line(error.filename)}: {said}."
    where = "" if folder is None else f"; the run folder is {folder}"
    return f"{said}, of a file that the system does not name{where}."
