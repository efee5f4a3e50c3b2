"""Checkpoints: where a search stands, kept so that no death can lose or bend it.

A checkpoint is the search before a generation is asked: the method's state, the champion, the counts,
and how far `history.csv` reached, with the checksum of those rows. It is one file of arrays
(`array_file`), written whole, read back and proven before an older one is taken away; the newest two
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

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.front import check_front
from wannsearch.core.protocols import Checking
from wannsearch.formats.untrusted import damaged, is_integer, shown
from wannsearch.records import layout
from wannsearch.records.array_file import Arrays, dumps, read
from wannsearch.records.champion_arrays import champion_arrays, champion_from
from wannsearch.records.csv_files import Mark
from wannsearch.records.files import write_whole
from wannsearch.records.state_arrays import arrays_of, state_from
from wannsearch.records.throttle import Throttle
from wannsearch.search import Progress, Search

_KEPT = 2
_MOST_BYTES = 2**34
_NAME = re.compile(r"generation-(\d{9})\.state")


@dataclass
class Checkpoints:
    """Writes into a run folder that is ours."""

    folder: Path
    throttle: Throttle
    environment: dict[str, str]
    _pending: tuple[Progress, Mark] | None = None
    _written: float = -float("inf")

    def reached(self, progress: Progress, mark: Mark) -> bool:
        """Note where the search stands; is a checkpoint due?"""
        self._pending = (progress, mark)
        late = time.monotonic() - self._written >= self.throttle.min_seconds
        return late and (progress.next - 1) % self.throttle.every == 0

    def write(self) -> None:
        """Write what was last reached, if it is not there yet; the history must be on the disk."""
        if self._pending is None:
            return
        progress, mark = self._pending
        path = self.folder / layout.CHECKPOINT / _name(progress)
        content = dumps(_about(progress, mark, self.environment), _arrays(progress))
        write_whole(path, content, prove=True)
        self._pending, self._written = None, time.monotonic()
        for old in list(_newest_first(path.parent))[_KEPT:]:
            old.unlink(missing_ok=True)


@dataclass(frozen=True)
class Found:
    """A checkpoint that was read."""

    progress: Progress
    mark: Mark
    environment: dict[str, str]
    skipped: list[str]  # newer ones that could not be used, and why


def newest(folder: Path, search: Search, fits: Callable[[Mark], None]) -> Found | None:
    """The newest checkpoint that proves itself and whose rows `fits` the history; None if there is none.

    DamagedFile if there are some and none can be used.
    """
    skipped: list[str] = []
    for path in _newest_first(folder / layout.CHECKPOINT):
        try:
            about, arrays = read(path, _MOST_BYTES)
            progress, mark = _progress(about, arrays, search, str(path))
            if path.name != _name(progress):
                raise damaged(str(path), f"it is of generation {progress.next}", "its name says another")
            fits(mark)
            return Found(progress, mark, _environment(about), skipped)
        except DamagedFile as error:
            skipped.append(str(error))
    if skipped:
        raise DamagedFile(f"no checkpoint of {folder} can be used: {' '.join(skipped)}")
    return None


def _name(progress: Progress) -> str:
    return f"generation-{progress.next:09d}.state"


def _newest_first(folder: Path) -> Iterator[Path]:
    with suppress(FileNotFoundError):
        yield from sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)


def _about(progress: Progress, mark: Mark, environment: dict[str, str]) -> dict[str, Any]:
    return {
        "next": progress.next,
        "evaluations": progress.evaluations,
        "env_steps": progress.env_steps,
        "history": {"bytes": mark.bytes, "sha256": mark.sha256},
        "environment": environment,
    }


def _arrays(progress: Progress) -> Arrays:
    parts = {
        "champion": champion_arrays(progress.champion),
        "front": arrays_of(progress.front),
        "state": arrays_of(progress.state),
    }
    return {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}


def _progress(about: dict[str, Any], arrays: Arrays, search: Search, where: str) -> tuple[Progress, Mark]:
    at, evaluations, env_steps = (_count(about, name, where) for name in ("next", "evaluations", "env_steps"))
    history = about.get("history")
    if not isinstance(history, dict) or not isinstance(history.get("sha256"), str) or at < 1:
        raise damaged(
            where, f"its header says {shown(str(about))}", "generation, and bytes and sha256 of rows"
        )
    mark = Mark(_count(history, "bytes", where), history["sha256"])
    parts: dict[str, Arrays] = {"state": {}, "champion": {}, "front": {}}
    for name, array in arrays.items():
        part, _, rest = name.partition(".")
        if part not in parts:
            raise damaged(
                where, f"it holds {shown(name)}", "a checkpoint holds a state, a champion and a front"
            )
        parts[part][rest] = array
    ports = search.task.ports
    opening = search.opening()
    state = state_from(opening.state, parts["state"], where)
    front = state_from(opening.front, parts["front"], where)
    try:
        if isinstance(search.method, Checking):
            search.method.check(state, ports)
        champion = champion_from(parts["champion"], ports, search.method.ask(opening.state), where)
        check_front(front)
    except ConfigError as error:
        raise DamagedFile(f"{where}: {error}") from None
    return Progress(at, evaluations, env_steps, champion, front, state), mark


def _count(numbers: dict[str, Any], name: str, where: str) -> int:
    number = numbers.get(name)
    if not is_integer(number) or not 0 <= number < 2**63:
        raise damaged(where, f"{name} is {shown(number)}", "it must be a whole number, 0 or more")
    return number


def _environment(about: dict[str, Any]) -> dict[str, str]:
    found = about.get("environment")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
