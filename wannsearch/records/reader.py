"""The one reader of run folders: every file that a later command reads is opened here, and only here.

The files may come from a stranger. Each is a regular file of bounded size in UTF-8; JSON is strict, with
finite numbers. A document with another format number than `layout.FORMAT` is refused. An error is one line:
DamagedFile for a file that is missing or cannot be a run's, StorageError where the disk refuses. Callers
interpret the values; `checkpoint` reads checkpoints and `ledger` reads a sweep's ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.errors import DamagedFile
from wannsearch.core.run_files import (
    MAX_STATUS_BYTES,
    Columns,
    check_format,
    read_columns,
    read_intact_status,
    read_object,
    read_plain_text,
)
from wannsearch.core.untrusted import (
    MAX_EXACT_INTEGER,
    MAX_NETWORK_BYTES,
    damaged_file_error,
    parse_json,
    short_repr,
)
from wannsearch.records import layout
from wannsearch.records.csv_files import read_last_row
from wannsearch.records.stored_config import read_config

_MAX_JSON_BYTES = 2**24
_MAX_EVALUATION_BYTES = 2**28  # a run of sub-networks lists every network that it trained
_MAX_OVERRIDES_BYTES = 2**18
_MAX_OVERRIDES = 1000
_MEDIAN_PREFIX = "median_"  # of the columns of sizes in `history.csv`


@dataclass(frozen=True)
class TuningDocument:
    """The object in `tuning.json` and the digest of the file."""

    document: dict[str, Any]
    sha256: str  # of the file's text


@dataclass(frozen=True)
class RunFolder:
    """A run folder that is only read; each method opens one of its files."""

    path: Path

    def has_file(self, name: str) -> bool:
        """Return whether the folder has a regular file of this name; a symbolic link does not count."""
        path = self.path / name
        return path.is_file() and not path.is_symlink()

    def read_status(self) -> dict[str, Any] | None:
        """Return `status.json`, or None where the run was claimed but not started.

        Raises DamagedFile where the status is no object, its state is no text, or its format is another.
        """
        path = self.path / layout.STATUS
        if not path.exists() and not path.is_symlink():
            return None
        status = read_object(path, MAX_STATUS_BYTES)
        check_format(self.path, status)
        if not isinstance(status.get("state", ""), str):
            raise damaged_file_error(
                str(path), f"it holds {short_repr(status)}", "a status is an object with a state"
            )
        return status

    def read_intact_status(self) -> dict[str, Any]:
        """Return `status.json`, or {} where it is missing or damaged, which a continuation repairs.

        Raises DamagedFile where the status has another format number.
        """
        return read_intact_status(self.path)

    def check_format(self) -> None:
        """Raise DamagedFile where the status has another format number; a missing status is no old format."""
        self.read_intact_status()

    def read_config(self) -> dict[str, Any]:
        """Return the nested, resolved config of the run, from `.hydra/config.yaml`; see `stored_config`."""
        return read_config(self.path / layout.CONFIG)

    def read_overrides(self) -> tuple[str, ...]:
        """Return the overrides that were typed, at most 1000; () where the file is missing."""
        if not self.has_file(layout.OVERRIDES):
            return ()
        lines = read_plain_text(self.path / layout.OVERRIDES, _MAX_OVERRIDES_BYTES).splitlines()
        return tuple(line.removeprefix("- ") for line in lines[:_MAX_OVERRIDES])

    def read_summary(self) -> dict[str, Any]:
        """Return `summary.json`, the result of a finished run; its format number is checked."""
        summary = read_object(self.path / layout.SUMMARY, _MAX_JSON_BYTES)
        check_format(self.path, summary)
        return summary

    def read_evaluation(self) -> dict[str, Any]:
        """Return `best/evaluation.json`, the final test of the recorded best; no format number is checked."""
        return read_object(self.path / layout.EVALUATION, _MAX_EVALUATION_BYTES)

    def read_validation_accuracies(self) -> list[float] | None:
        """Return the final validation accuracy of each trained network; None where none was trained.

        They stand in `best/evaluation.json`; networks whose training broke are left out. Raises DamagedFile
        where that file lists trained networks without such accuracies.
        """
        if not self.has_file(layout.EVALUATION):
            return None
        trained_networks = self.read_evaluation().get("trained")
        if trained_networks is None:
            return None
        try:
            accuracies = [network["validation_accuracy"][-1] for network in trained_networks]
            return [float(accuracy) for accuracy in accuracies if accuracy is not None]
        except (KeyError, IndexError, TypeError, ValueError):
            raise damaged_file_error(
                str(self.path / layout.EVALUATION),
                "it has no validation accuracies",
                "a run of sub-networks has",
            ) from None

    def read_frames(self) -> dict[str, Any]:
        """Return `best/frames.json`; `episode_files` checks its contents and its own format number."""
        return read_object(self.path / layout.FRAMES, _MAX_JSON_BYTES)

    def read_tuning(self) -> TuningDocument:
        """Return `tuning.json` and its digest; its format number is checked."""
        path = self.path / layout.TUNING
        text = read_plain_text(path, _MAX_JSON_BYTES)
        document = parse_json(text, str(path))
        if not isinstance(document, dict):
            raise damaged_file_error(str(path), f"it holds {short_repr(document)}", "a tuning is an object")
        check_format(self.path, document)
        return TuningDocument(document, hashlib.sha256(text.encode()).hexdigest())

    def read_network(self) -> dict[str, Any]:
        """Return the document in `best/network.json`; `formats.network_json` makes a network of it."""
        return read_object(self.path / layout.NETWORK, MAX_NETWORK_BYTES)

    def network_sha256(self) -> str | None:
        """Return the SHA-256 of `best/network.json` in hexadecimal; None where there is no such file."""
        if not self.has_file(layout.NETWORK):
            return None
        text = read_plain_text(self.path / layout.NETWORK, MAX_NETWORK_BYTES)
        return hashlib.sha256(text.encode()).hexdigest()

    def read_columns(
        self, name: str, required: Sequence[str], optional: Sequence[str] = (), may_be_empty: bool = False
    ) -> Columns:
        """Return columns of a CSV file of the folder; see `core.run_files.read_columns`."""
        return read_columns(self.path / name, required, optional, may_be_empty)

    def read_history(
        self, required: Sequence[str], optional: Sequence[str] = (), may_be_empty: bool = False
    ) -> Columns:
        """Return columns of `history.csv`, one row a generation.

        Raises DamagedFile where `generation` or `evaluations`, if requested, are below 1 or not a number, or
        do not rise from row to row.
        """
        path = self.path / layout.HISTORY
        history = self.read_columns(layout.HISTORY, required, optional, may_be_empty)
        for name in {"generation", "evaluations"} & set(history):
            counts = history[name]
            is_wrong = np.isnan(counts).any() or (np.diff(counts) <= 0).any() or (counts < 1).any()
            if is_wrong or (counts > MAX_EXACT_INTEGER).any():
                raise DamagedFile(f"{path}, column {name!r}, does not rise from row to row.")
        return history

    def read_size_names(self) -> tuple[str, ...]:
        """Return the names of the two sizes that this kind of candidates has, such as "connections".

        They are in the header of `history.csv`; there are none before its first row.
        """
        names = (name for name in self.read_last_row() or {} if name.startswith(_MEDIAN_PREFIX))
        return tuple(name.removeprefix(_MEDIAN_PREFIX) for name in names)[:2]

    def read_last_row(self) -> dict[str, str] | None:
        """Return the last whole row of `history.csv` as text by column; None before the first row."""
        if not (self.path / layout.HISTORY).exists():
            return None
        return read_last_row(self.path / layout.HISTORY)
