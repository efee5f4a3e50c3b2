"""How often a checkpoint is written."""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.settings import convert_fields


@dataclass(frozen=True, kw_only=True)
class CheckpointSettings:
    """At the end and when a run is stopped there is always one; between, as often as this."""

    every: int  # generations
    min_seconds: float  # between two

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("checkpoint.every", self.every, 1)
        if not 0 <= self.min_seconds < float("inf"):
            raise ConfigError(f"checkpoint.min_seconds is {self.min_seconds}; it must be 0 or more.")
