"""Checkpoints: the state of a search, stored so that a kill at any moment leaves one intact.

A checkpoint is the search before a generation: the method's state, the champion, the front, the counts,
and how far `history.csv` reached, with the checksum of those rows. It is one file of arrays
(`array_file`), written whole, read back and compared before an older one is removed; the newest two
stay. What was written after it is computed again, from the same streams, to the same bytes.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.core.errors import ConfigError, DamagedFile, check_at_least
from wannsearch.core.front import check_front
from wannsearch.core.protocols import ValidatesState
from wannsearch.core.settings import convert_fields
from wannsearch.core.untrusted import damaged_file_error, is_integer, short_repr
from wannsearch.records import layout
from wannsearch.records.array_file import Arrays, dumps, read
from wannsearch.records.champion_arrays import champion_from_arrays, champion_to_arrays
from wannsearch.records.csv_files import CsvPosition
from wannsearch.records.files import write_atomically
from wannsearch.records.state_arrays import state_from_arrays, state_to_arrays
from wannsearch.search import Search, SearchState

_NUM_KEPT = 2
_MAX_BYTES = 2**34
_NAME_PATTERN = re.compile(r"generation-(\d{9})\.state")


@dataclass(frozen=True, kw_only=True)
class CheckpointSettings:
    """The settings `checkpoint`: one is due every `every` generations, but not sooner than `min_seconds`.

    `RunWriter.close` also writes the newest state, which is never that after the last generation.
    """

    every: int  # generations between two checkpoints, at least 1
    min_seconds: float  # shortest time between two checkpoints, 0 or more

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("checkpoint.every", self.every, 1)
        if not 0 <= self.min_seconds < float("inf"):
            raise ConfigError(f"checkpoint.min_seconds is {self.min_seconds}; it must be 0 or more.")


@dataclass
class CheckpointWriter:
    """Writes checkpoints into a run folder that this process has claimed."""

    folder: Path
    settings: CheckpointSettings
    environment: dict[str, str]
    _pending: tuple[SearchState, CsvPosition] | None = None
    _last_write_s: float = -float("inf")

    def note_progress(self, search_state: SearchState, history_position: CsvPosition) -> bool:
        """Keep the newest state of the search, unwritten; return whether a checkpoint is due."""
        self._pending = (search_state, history_position)
        is_late = time.monotonic() - self._last_write_s >= self.settings.min_seconds
        return is_late and (search_state.next_generation - 1) % self.settings.every == 0

    def write(self) -> None:
        """Write the newest state unless it is written, and remove all but the newest two checkpoints.

        The history must be on the disk before. Raise StorageError where the file cannot be written.
        """
        if self._pending is None:
            return
        search_state, history_position = self._pending
        path = self.folder / layout.CHECKPOINT / _file_name(search_state)
        content = dumps(
            _build_metadata(search_state, history_position, self.environment), _collect_arrays(search_state)
        )
        write_atomically(path, content, verify=True)
        self._pending, self._last_write_s = None, time.monotonic()
        for old_path in list(_newest_first(path.parent))[_NUM_KEPT:]:
            old_path.unlink(missing_ok=True)


@dataclass(frozen=True)
class LoadedCheckpoint:
    """The content of a checkpoint that was read and checked."""

    search_state: SearchState
    history_position: CsvPosition
    environment: dict[str, str]
    skip_reasons: list[str]  # newer ones that could not be used, and why


def load_newest(
    folder: Path, search: Search, check_history: Callable[[CsvPosition], None]
) -> LoadedCheckpoint | None:
    """Return the newest intact checkpoint that `check_history` accepts; None if there is no checkpoint.

    `check_history` raises DamagedFile to refuse one. Raise DamagedFile if there are some and none can be
    used, StorageError where one cannot be read.
    """
    skip_reasons: list[str] = []
    for path in _newest_first(folder / layout.CHECKPOINT):
        try:
            metadata, arrays = read(path, _MAX_BYTES)
            search_state, history_position = _parse_search_state(metadata, arrays, search, str(path))
            if path.name != _file_name(search_state):
                raise damaged_file_error(
                    str(path), f"it is of generation {search_state.next_generation}", "its name says another"
                )
            check_history(history_position)
            return LoadedCheckpoint(
                search_state, history_position, _parse_environment(metadata), skip_reasons
            )
        except DamagedFile as error:
            skip_reasons.append(str(error))
    if skip_reasons:
        raise DamagedFile(f"no checkpoint of {folder} can be used: {' '.join(skip_reasons)}")
    return None


def _file_name(search_state: SearchState) -> str:
    return f"generation-{search_state.next_generation:09d}.state"


def _newest_first(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from sorted(
            (path for path in folder.iterdir() if _NAME_PATTERN.fullmatch(path.name)), reverse=True
        )


def _build_metadata(
    search_state: SearchState, history_position: CsvPosition, environment: dict[str, str]
) -> dict[str, Any]:
    return {
        "next_generation": search_state.next_generation,
        "evaluations": search_state.evaluations,
        "env_steps": search_state.env_steps,
        "history": {"bytes": history_position.num_bytes, "sha256": history_position.sha256},
        "environment": environment,
    }


def _collect_arrays(search_state: SearchState) -> Arrays:
    parts = {
        "champion": champion_to_arrays(search_state.champion),
        "front": state_to_arrays(search_state.front),
        "state": state_to_arrays(search_state.method_state),
    }
    return {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}


def _parse_search_state(
    metadata: dict[str, Any], arrays: Arrays, search: Search, where: str
) -> tuple[SearchState, CsvPosition]:
    next_generation, evaluations, env_steps = (
        _parse_count(metadata, name, where) for name in ("next_generation", "evaluations", "env_steps")
    )
    history = metadata.get("history")
    if not isinstance(history, dict) or not isinstance(history.get("sha256"), str) or next_generation < 1:
        raise damaged_file_error(
            where, f"its header says {short_repr(str(metadata))}", "generation, and bytes and sha256 of rows"
        )
    history_position = CsvPosition(_parse_count(history, "bytes", where), history["sha256"])
    parts: dict[str, Arrays] = {"state": {}, "champion": {}, "front": {}}
    for name, array in arrays.items():
        part, _, array_name = name.partition(".")
        if part not in parts:
            raise damaged_file_error(
                where, f"it holds {short_repr(name)}", "a checkpoint holds a state, a champion and a front"
            )
        parts[part][array_name] = array
    ports = search.task.ports
    initial_state = search.initial_state()
    state = state_from_arrays(initial_state.method_state, parts["state"], where)
    front = state_from_arrays(initial_state.front, parts["front"], where)
    try:
        if isinstance(search.method, ValidatesState):
            search.method.check(state, ports)
        champion = champion_from_arrays(
            parts["champion"], ports, search.method.ask(initial_state.method_state), where
        )
        check_front(front)
    except ConfigError as error:
        raise DamagedFile(f"{where}: {error}") from None
    return SearchState(next_generation, evaluations, env_steps, champion, front, state), history_position


def _parse_count(values: dict[str, Any], name: str, where: str) -> int:
    number = values.get(name)
    if not is_integer(number) or not 0 <= number < 2**63:
        raise damaged_file_error(
            where, f"{name} is {short_repr(number)}", "it must be a whole number, 0 or more"
        )
    return number


def _parse_environment(metadata: dict[str, Any]) -> dict[str, str]:
    environment = metadata.get("environment")
    return (
        {str(key): str(value) for key, value in environment.items()} if isinstance(environment, dict) else {}
    )
