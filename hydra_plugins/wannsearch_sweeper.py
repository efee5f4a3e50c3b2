"""Our sweeper: composes all jobs first, then launches those that are left to do.

Hydra's own refuses the whole sweep for one job that cannot be composed, launches finished jobs again,
and writes a file of its own into the sweep's folder. What a sweep is, `wannsearch.commands.hydra.sweep`
knows; this file lives in this namespace because Hydra looks for plugins nowhere else.
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
    from wannsearch.commands.hydra.sweep import Planned

_NUMBER = re.compile(r"\bjob\.num\b")
"""Where a config asks for its job's number."""


_SETTINGS = {
    "_target_": "hydra_plugins.wannsearch_sweeper.TolerantSweeper",
    "max_batch_size": None,
    "params": None,
}
"""The option `hydra/sweeper=wannsearch`, the default of our commands alone."""

ConfigStore.instance().store(group="hydra/sweeper", name="wannsearch", node=_SETTINGS, provider="wannsearch")


class TolerantSweeper(BasicSweeper):
    """Cartesian products of choices, as Hydra's."""

    def setup(self, *, hydra_context: Any, task_function: Any, config: Any) -> None:
        """Hydra hands over what it has."""
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        self._jobs = task_function

    def sweep(self, arguments: list[str]) -> None:
        """Plan, own the folder, launch what is left."""
        # Here and not above: every Hydra application imports this file, few need the rest.
        from wannsearch.commands.hydra.sweep import batches, launch, listed, numbered, owned
        from wannsearch.records.ledger import Entries, Job, JobState

        config, launcher = self.config, self.launcher
        assert config is not None
        assert launcher is not None
        assert self.hydra_context is not None  # Hydra has called setup
        folder = Path(config.hydra.sweep.dir).absolute()
        planned = [self._planned(number, job) for number, job in enumerate(self._words(arguments))]
        jobs = listed(folder, planned, self._jobs.skip_finished)
        numbers = numbered(folder, planned)
        self._jobs.refuse([job for job in jobs if job.state is JobState.REFUSED], len(jobs))
        stop = OmegaConf.select(config, "on_error", default="continue") == "stop"
        command = (self._jobs.program, *self._jobs.words)

        def launched(batch: Sequence[Job]) -> None:
            launcher.launch([list(job.overrides) for job in batch], initial_job_idx=numbers[batch[0].folder])

        with owned(folder, Entries(command, stop, tuple(jobs))) as ledger:
            self._jobs.ledger, self._jobs.planned = ledger, True
            todo = [job for job in jobs if job.state is JobState.PENDING]
            counts = any(job.counts for job in planned)
            for batch in batches(todo, numbers if counts else None, self.max_batch_size):
                launch(ledger, batch, launched)

    def _words(self, arguments: list[str]) -> list[list[str]]:
        """The overrides of each job."""
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

    def _planned(self, number: int, job: list[str]) -> Planned:
        """The job's config and folder, as Hydra will make them."""
        from wannsearch.commands.hydra.errors import refusal
        from wannsearch.commands.hydra.sweep import Planned

        assert self.hydra_context is not None
        hydra_config = HydraConfig.instance()
        before = hydra_config.cfg
        try:
            config = self.hydra_context.config_loader.load_sweep_config(self.config, list(job))
            with open_dict(config.hydra.job):
                config.hydra.job.num = number
            counts = _NUMBER.search(str(OmegaConf.to_container(config, resolve=False))) is not None
            hydra_config.set_config(config)
            folder = Path(config.hydra.sweep.dir, config.hydra.sweep.subdir)
            with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
                config.hydra.runtime.output_dir = str(folder.absolute())
            hydra_config.set_config(config)
            with read_write(config), open_dict(config):
                del config["hydra"]
            return Planned(tuple(job), self._jobs.request(config), number=number, counts=counts)
        except (HydraException, OmegaConfBaseException) as error:
            why = refusal(error, self._jobs.config_name, [*job, *self._jobs.where])
            return Planned(tuple(job), None, why, number)
        finally:
            hydra_config.cfg = before
