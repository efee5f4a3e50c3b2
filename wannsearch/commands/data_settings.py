"""`data`, the group of keys that says where data sets lie, the same in every command."""

from __future__ import annotations

from dataclasses import dataclass

from wannsearch.core.settings import convert_fields


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Files that tasks read."""

    root: str | None  # a folder; tasks take it as their own setting

    def __post_init__(self) -> None:
        convert_fields(self)
