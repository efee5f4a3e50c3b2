"""A sweeper that a job which cannot be composed does not stop.

Hydra's own refuses the whole sweep for one such job. This one composes all jobs first, keeps the
refused ones for the command to report, and launches the rest. It lives in this namespace because
Hydra looks for plugins nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException


class TolerantSweeper(BasicSweeper):
    """Cartesian products of choices, as Hydra's, less the jobs that cannot be composed."""

    def get_job_batch(self) -> Sequence[Sequence[str]]:
        """The next jobs that can be composed."""
        # Here and not above: every Hydra application imports this file, few need the rest.
        from wannsearch.commands.outcome import REFUSED

        assert self.hydra_context is not None  # Hydra has called setup
        sound = []
        for job in super().get_job_batch():
            try:
                self.hydra_context.config_loader.load_sweep_config(self.config, list(job))
                sound.append(job)
            except (HydraException, OmegaConfBaseException) as error:
                REFUSED.append((" ".join(job), error))
        return sound
