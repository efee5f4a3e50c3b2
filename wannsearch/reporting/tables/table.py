"""The input of every kind of table, and the protocol that a kind fulfils."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from wannsearch.reporting.tables.document import Document
from wannsearch.reporting.tables.groups import RunGroups
from wannsearch.reporting.tables.tuning import Tuning


@dataclass(frozen=True)
class TableInput:
    """Runs by setting, all finished tunings, and the folder of published logs, which need not exist."""

    run_groups: RunGroups
    tunings: tuple[Tuning, ...]
    reference_folder: Path


class Table(Protocol):
    """A kind of table, whose settings are a file in `conf/table/`."""

    def build(self, table_input: TableInput) -> Document:
        """Return the document of these runs, without writing anything.

        Raise ConfigError where the settings do not fit the runs, and MissingData where no run is left.
        """
        ...
