"""How a job ended. Jobs record outcomes and never raise or exit; the command's exit code follows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

SWEEP_FAILED = 1


@dataclass(frozen=True)
class Outcome:
    """Exit code, the folder if there is one, and a line for the user."""

    code: int
    line: str
    folder: Path | None = None
    objective: float = math.nan  # what a sweeper may choose by; NaN where there is none

    @property
    def is_stopped(self) -> bool:
        """A signal ended it."""
        return self.code in Stopped.exit_codes.values()


class Stopped(BaseException):
    """A signal asked the run to stop; its name is the text."""

    exit_codes: ClassVar[dict[str, int]] = {"HUP": 129, "INT": 130, "USR1": 138, "TERM": 143}
