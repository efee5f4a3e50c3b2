"""The config group `data`: the folder of the data sets, the same in every command."""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.settings import convert_fields


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """The location of the files that tasks read."""

    root: str | None  # a folder; the config of a task refers to it

    def __post_init__(self) -> None:
        convert_fields(self)
