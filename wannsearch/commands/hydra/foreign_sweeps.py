"""Sweeps that another sweeper plans (`hydra/sweeper=basic`, Optuna's): our ledger beside its files.

Our sweeper (`hydra_plugins/wannsearch_sweeper.py`) has all jobs before it launches the first. Another one
may choose a job by the outcomes of earlier jobs. So the ledger starts empty here, and every job adds itself
(`job.JobRunner`). At the end both kinds of sweep have the same report.
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
"""The running command of this process, for Hydra's callbacks, which get no other reference to it."""


class _CallbackError(BaseException):
    """Carries an error through Hydra, which turns any other error of a callback into a warning."""

    def __init__(self, error: WannsearchError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def register_runner(runner: JobRunner) -> Iterator[None]:
    """Register the runner inside this context, then release the lock of a foreign sweep.

    An error that a callback carried through Hydra is raised again here.
    """
    try:
        with ExitStack() as exit_stack:
            _ACTIVE_RUNNERS.append((runner, exit_stack))
            yield
    except _CallbackError as refusal:
        raise refusal.error from None
    finally:
        _ACTIVE_RUNNERS.clear()


class ForeignSweepLedger(Callback):
    """Lock the folder of a sweep that another sweeper plans, and start its ledger."""

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Lock the sweep's folder before Hydra constructs the sweeper; our own sweeper locks it later."""
        if OmegaConf.select(config, "hydra.sweeper._target_") == _WANNSEARCH_SWEEPER or not _ACTIVE_RUNNERS:
            return
        HydraConfig.instance().set_config(config)  # the folder's name is resolved from the choices in it
        runner, exit_stack = _ACTIVE_RUNNERS[0]
        stop_at_failure = OmegaConf.select(config, "on_error", default="continue") == "stop"
        entries = LedgerEntries((runner.program, *runner.argv), stop_at_failure, ())
        try:
            runner.ledger = exit_stack.enter_context(
                lock_sweep(Path(config.hydra.sweep.dir).absolute(), entries)
            )
        except WannsearchError as error:
            raise _CallbackError(error) from None
