"""The settings of every command that records a run: search and tune.

They lie at the top level of the command's config; `conf/config.yaml` describes each key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from wannsearch.commands.data_settings import DataSettings
from wannsearch.commands.running.display import DisplayMode
from wannsearch.core.champion import RetestSettings
from wannsearch.core.errors import check_at_least
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.core.settings import convert_fields
from wannsearch.records.checkpoint import CheckpointSettings
from wannsearch.reporting.plots.plot_selection import PlotSelection


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """The config group `sweep`: the name of a sweep's folder in `outputs/sweeps`."""

    name: str

    def __post_init__(self) -> None:
        convert_fields(self)


class OnError(str, Enum):
    """The rule for the remaining jobs of a sweep after one has failed."""

    CONTINUE = "continue"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class RecordedRunSettings:
    """Settings for the record, the display and the tests of a run; ConfigError for a negative seed."""

    seed: int
    display: DisplayMode
    plots: PlotSelection
    on_error: OnError
    retest: RetestSettings
    held_out: HeldOutSettings
    checkpoint: CheckpointSettings
    require_same_environment: bool
    sweep: SweepSettings
    data: DataSettings
    plugins: Any  # plugin file -> SHA-256 digest

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("seed", self.seed, 0)
