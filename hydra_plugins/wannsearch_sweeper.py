"""Our sweeper: it composes all jobs first, then launches those that remain.

Hydra's own sweeper refuses the whole sweep for one job that cannot be composed, launches finished jobs
again, and writes a file into the sweep's folder. The sweep itself is in `wannsearch.commands.hydra.sweep`.
This file lies in the namespace `hydra_plugins` because Hydra searches that one for plugins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

if TYPE_CHECKING:
    from wannsearch.commands.hydra.sweep import ComposedJob

_JOB_NUMBER = re.compile(r"\bjob\.num\b")
"""This pattern matches a config that uses the number of its job."""


_SWEEPER_SETTINGS = {
    "_target_": "hydra_plugins.wannsearch_sweeper.TolerantSweeper",
    "max_batch_size": None,
    "params": None,
}
"""The option `hydra/sweeper=wannsearch`, the default of our commands alone."""

ConfigStore.instance().store(
    group="hydra/sweeper", name="wannsearch", node=_SWEEPER_SETTINGS, provider="wannsearch"
)


class TolerantSweeper(BasicSweeper):
    """Run the Cartesian product of choices, as Hydra's sweeper does, without the jobs that are refused."""

    def setup(self, *, hydra_context: Any, task_function: Any, config: Any) -> None:
        """Store Hydra's context, the config and the runner of the jobs."""
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        self._runner = task_function

    def sweep(self, arguments: list[str]) -> None:
        """Plan the jobs, lock the sweep's folder and launch the jobs that remain.

        `arguments` are the overrides of the command line. ConfigError if every job is refused.
        """
        # These imports are local: every Hydra application imports this file, and few need the rest.
        from wannsearch.commands.hydra.sweep import (
            launch_jobs,
            lock_sweep,
            number_jobs,
            plan_jobs,
            split_into_batches,
        )
        from wannsearch.records.ledger import JobState, LedgerEntries, SweepJob

        config, launcher = self.config, self.launcher
        assert config is not None
        assert launcher is not None
        assert self.hydra_context is not None  # Hydra has called setup
        folder = Path(config.hydra.sweep.dir).absolute()
        composed_jobs = [
            self._compose_job(number, job) for number, job in enumerate(self._split_jobs(arguments))
        ]
        jobs = plan_jobs(folder, composed_jobs, self._runner.skip_finished)
        numbers = number_jobs(folder, composed_jobs)
        self._runner.report_refused_jobs([job for job in jobs if job.state is JobState.REFUSED], len(jobs))
        stop_at_failure = OmegaConf.select(config, "on_error", default="continue") == "stop"
        command = (self._runner.program, *self._runner.argv)

        def launch_batch(batch: Sequence[SweepJob]) -> None:
            launcher.launch([list(job.overrides) for job in batch], initial_job_idx=numbers[batch[0].folder])

        with lock_sweep(folder, LedgerEntries(command, stop_at_failure, tuple(jobs))) as ledger:
            self._runner.ledger, self._runner.is_planned = ledger, True
            pending_jobs = [job for job in jobs if job.state is JobState.PENDING]
            uses_number = any(job.uses_number for job in composed_jobs)
            for batch in split_into_batches(
                pending_jobs, numbers if uses_number else None, self.max_batch_size
            ):
                launch_jobs(ledger, batch, launch_batch)

    def _split_jobs(self, arguments: list[str]) -> list[list[str]]:
        """Return the overrides of each job.

        ConfigError for a range without steps, an empty list, or a `max_batch_size` below 1.
        """
        from wannsearch.core.errors import ConfigError

        assert self.hydra_context is not None
        if self.max_batch_size is not None and self.max_batch_size < 1:
            raise ConfigError(
                f"hydra.sweeper.max_batch_size is {self.max_batch_size}; it must be at least 1."
            )
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        for override in overrides:
            if override.is_sweep_override() and not override.is_discrete_sweep():
                raise ConfigError(
                    f"{override.input_line} is a range without steps, for a sweeper that chooses by what "
                    "came before (hydra/sweeper=NAME); this one tries lists, as KEY=a,b or KEY=range(0,3)."
                )
            if override.is_sweep_override() and not list(override.sweep_string_iterator()):
                raise ConfigError(f"{override.input_line} names nothing, so the sweep has no jobs.")
        return list(chain.from_iterable(self.split_arguments(overrides, None)))

    def _compose_job(self, number: int, overrides: list[str]) -> ComposedJob:
        """Compose the job's config and folder, as Hydra will when it launches the job.

        A composition error becomes the refusal of this job, and so does an evaluator that does not fit.
        """
        from wannsearch.commands.activity import set_activity_detail
        from wannsearch.commands.hydra.errors import as_config_error
        from wannsearch.commands.hydra.sweep import ComposedJob
        from wannsearch.core.errors import ConfigError

        assert self.hydra_context is not None
        set_activity_detail(f"run {number + 1}")
        hydra_config = HydraConfig.instance()
        saved_config = hydra_config.cfg
        try:
            config = self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))
            with open_dict(config.hydra.job):
                config.hydra.job.num = number
            uses_number = _JOB_NUMBER.search(str(OmegaConf.to_container(config, resolve=False))) is not None
            hydra_config.set_config(config)
            folder = Path(config.hydra.sweep.dir, config.hydra.sweep.subdir)
            with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
                config.hydra.runtime.output_dir = str(folder.absolute())
            hydra_config.set_config(config)
            with read_write(config), open_dict(config):
                del config["hydra"]
            return ComposedJob(
                tuple(overrides), self._runner.build_request(config), number=number, uses_number=uses_number
            )
        except (HydraException, OmegaConfBaseException, ConfigError) as error:
            config_error = as_config_error(
                error, self._runner.config_name, [*overrides, *self._runner.search_path_arguments]
            )
            return ComposedJob(tuple(overrides), None, config_error, number)
        finally:
            hydra_config.cfg = saved_config
