"""What an evaluation that went wrong leaves: who, why, and all that is known about where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One individual that could not be played."""

    row: int  # of the population that was asked
    of: int  # how many were asked
    reason: str  # one line
    details: str  # traceback, and what its process wrote

    def __str__(self) -> str:
        return f"network {self.row} of {self.of} failed: {self.reason}"
