"""The outcome of a job, from which the exit code of the command follows.

A job returns its outcome (`hydra.job.run_job`) instead of raising its error or exiting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

SWEEP_FAILED = 1


@dataclass(frozen=True)
class Outcome:
    """Exit code, one line for the user, run folder and objective of a job."""

    code: int
    line: str
    folder: Path | None = None
    objective: float = math.nan  # score for a sweeper, higher is better; NaN if there is none

    def describe_continuation(self) -> str:
        """Return what follows the line of a stopped run: how to go on with it. Else it is empty."""
        from wannsearch.commands.running.run_result import describe_stop

        return describe_stop(self.folder) if self.is_stopped and self.folder is not None else ""

    @property
    def is_stopped(self) -> bool:
        """Return whether a signal ended the job."""
        return self.code in Stopped.exit_codes.values()


class Stopped(BaseException):
    """A signal stopped the run; the text is the signal's name, such as INT."""

    folder: Path | None = None  # of the run, once it was claimed
    exit_codes: ClassVar[dict[str, int]] = {"HUP": 129, "INT": 130, "USR1": 138, "TERM": 143}
