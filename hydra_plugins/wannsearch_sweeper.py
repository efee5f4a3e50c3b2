"""Our sweeper: composes all jobs first, then launches those that are left to do.

Hydra's own refuses the whole sweep for one job that cannot be composed, launches finished jobs again,
and writes a file of its own into the sweep's folder. What a sweep is, `wannsearch.commands.sweep`
knows; this file lives in this namespace because Hydra looks for plugins nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

if TYPE_CHECKING:
    from wannsearch.commands.sweep import Planned


class TolerantSweeper(BasicSweeper):
    """Cartesian products of choices, as Hydra's."""

    def setup(self, *, hydra_context: Any, task_function: Any, config: Any) -> None:
        """Hydra hands over what it has."""
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        self._jobs = task_function

    def sweep(self, arguments: list[str]) -> None:
        """Plan, own the folder, launch what is left."""
        # Here and not above: every Hydra application imports this file, few need the rest.
        from wannsearch.commands.sweep import launch, listed, owned
        from wannsearch.records.ledger import Entries, Job, JobState

        config, launcher = self.config, self.launcher
        assert config is not None
        assert launcher is not None
        assert self.hydra_context is not None  # Hydra has called setup
        folder = Path(config.hydra.sweep.dir).absolute()
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        words = chain.from_iterable(self.split_arguments(overrides, None))
        planned = [self._planned(job) for job in words]
        jobs = listed(folder, planned, self._jobs.skip_finished)
        self._jobs.refuse([job for job in jobs if job.state is JobState.REFUSED], len(jobs))
        stop = OmegaConf.select(config, "on_error", default="continue") == "stop"
        command = (self._jobs.program, *self._jobs.words)
        begun = 0

        def launched(batch: Sequence[Job]) -> None:
            nonlocal begun
            begun += len(batch)
            launcher.launch([list(job.overrides) for job in batch], initial_job_idx=begun - len(batch))

        with owned(folder, Entries(command, stop, tuple(jobs))) as ledger:
            self._jobs.ledger = ledger
            todo = [job for job in jobs if job.state is JobState.PENDING]
            size = self.max_batch_size or len(todo) or 1
            for first in range(0, len(todo), size):
                launch(ledger, todo[first : first + size], launched)

    def _planned(self, job: list[str]) -> Planned:
        """The job's config and folder, as Hydra will make them."""
        from wannsearch.commands.hydra_errors import refusal
        from wannsearch.commands.sweep import Planned

        assert self.hydra_context is not None
        hydra_config = HydraConfig.instance()
        before = hydra_config.cfg
        try:
            config = self.hydra_context.config_loader.load_sweep_config(self.config, list(job))
            hydra_config.set_config(config)
            folder = Path(config.hydra.sweep.dir, config.hydra.sweep.subdir)
            with read_write(config.hydra.runtime), open_dict(config.hydra.runtime):
                config.hydra.runtime.output_dir = str(folder.absolute())
            hydra_config.set_config(config)
            with read_write(config), open_dict(config):
                del config["hydra"]
            return Planned(tuple(job), self._jobs.request(config))
        except (HydraException, OmegaConfBaseException) as error:
            return Planned(tuple(job), None, refusal(error, self._jobs.config_name, job))
        finally:
            hydra_config.cfg = before
