"""`data`, the group of keys that says where data sets lie, the same in every command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Files that tasks read."""

    root: str | None  # a folder; tasks take it as their own setting
