"""Sweeps that another sweeper plans (`hydra/sweeper=basic`, Optuna's): our ledger beside what it writes.

Ours (`hydra_plugins/wannsearch_sweeper.py`) knows its jobs before it launches the first; another asks for
a job when it has seen what became of those before. So the ledger begins empty here, and every job enters
itself (`hydra_job.Jobs`). At the end both kinds of sweep are summed up alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf

from wannsearch.commands.hydra.job import Jobs
from wannsearch.commands.hydra.sweep import owned
from wannsearch.core.errors import WannsearchError
from wannsearch.records.ledger import Entries

_OURS = "hydra_plugins.wannsearch_sweeper.TolerantSweeper"
_RUNNING: list[tuple[Jobs, ExitStack]] = []
"""The command of this process, where Hydra's callbacks find it."""


class _Refused(BaseException):
    """Carries an error past Hydra, which makes a warning of any other that a callback raises."""

    def __init__(self, error: WannsearchError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def command_of(jobs: Jobs) -> Iterator[None]:
    """While Hydra runs these jobs; afterwards no sweep of another sweeper is owned."""
    try:
        with ExitStack() as folders:
            _RUNNING.append((jobs, folders))
            yield
    except _Refused as refused:
        raise refused.error from None
    finally:
        _RUNNING.clear()


class LedgerBeside(Callback):
    """Owns the folder of a sweep that is not planned by us, and begins its ledger."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Before the sweeper is made."""
        if OmegaConf.select(config, "hydra.sweeper._target_") == _OURS or not _RUNNING:
            return
        HydraConfig.instance().set_config(config)  # the folder's name asks it for the choices
        jobs, folders = _RUNNING[0]
        stop = OmegaConf.select(config, "on_error", default="continue") == "stop"
        entries = Entries((jobs.program, *jobs.words), stop, ())
        try:
            jobs.ledger = folders.enter_context(owned(Path(config.hydra.sweep.dir).absolute(), entries))
        except WannsearchError as error:
            raise _Refused(error) from None
