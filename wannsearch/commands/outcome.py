"""How a job ended. Jobs record outcomes and never raise or exit; the command's exit code follows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

SWEEP_FAILED = 1

REFUSED: list[tuple[str, Exception]] = []
"""Overrides of a sweep's jobs that could not be composed, and why; the sweeper fills it."""


@dataclass(frozen=True)
class Outcome:
    """Exit code, the folder if there is one, and a line for the user."""

    code: int
    line: str
    folder: Path | None = None

    @property
    def stopped(self) -> bool:
        """A signal ended it."""
        return self.code in Stopped.exit_codes.values()


class Stopped(BaseException):
    """A signal asked the run to stop; its name is the text."""

    exit_codes: ClassVar[dict[str, int]] = {"HUP": 129, "INT": 130, "USR1": 138, "TERM": 143}


def exit_code(outcomes: list[Outcome], sweep: bool) -> int:
    """A single job's own code; for a sweep 0 or 1."""
    failed = [outcome for outcome in outcomes if outcome.code]
    stopped = [outcome.code for outcome in failed if outcome.stopped]
    if stopped:
        return stopped[0]
    if sweep:
        return SWEEP_FAILED if failed else 0
    return failed[0].code if failed else 0
