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

from wannsearch.commands.hydra.job import JobRunner
from wannsearch.commands.hydra.sweep import lock_sweep
from wannsearch.core.errors import WannsearchError
from wannsearch.records.ledger import LedgerEntries

_WANNSEARCH_SWEEPER = "hydra_plugins.wannsearch_sweeper.TolerantSweeper"
_ACTIVE_RUNNERS: list[tuple[JobRunner, ExitStack]] = []
"""The command of this process, where Hydra's callbacks find it."""


class _CallbackError(BaseException):
    """Carries an error past Hydra, which makes a warning of any other that a callback raises."""

    def __init__(self, error: WannsearchError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def register_runner(runner: JobRunner) -> Iterator[None]:
    """While Hydra runs these jobs; afterwards no sweep of another sweeper is owned."""
    try:
        with ExitStack() as exit_stack:
            _ACTIVE_RUNNERS.append((runner, exit_stack))
            yield
    except _CallbackError as refusal:
        raise refusal.error from None
    finally:
        _ACTIVE_RUNNERS.clear()


class ForeignSweepLedger(Callback):
    """Owns the folder of a sweep that is not planned by us, and begins its ledger."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Before the sweeper is made."""
        if OmegaConf.select(config, "hydra.sweeper._target_") == _WANNSEARCH_SWEEPER or not _ACTIVE_RUNNERS:
            return
        HydraConfig.instance().set_config(config)  # the folder's name asks it for the choices
        runner, exit_stack = _ACTIVE_RUNNERS[0]
        stop_at_failure = OmegaConf.select(config, "on_error", default="continue") == "stop"
        entries = LedgerEntries((runner.program, *runner.argv), stop_at_failure, ())
        try:
            runner.ledger = exit_stack.enter_context(
                lock_sweep(Path(config.hydra.sweep.dir).absolute(), entries)
            )
        except WannsearchError as error:
            raise _CallbackError(error) from None
