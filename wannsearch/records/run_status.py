"""What became of a run, from its files and its lock; true after any death.

A run that was killed could not say so: its status says `running`, and nobody holds its lock. All of it
is read as what a stranger may have written.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from wannsearch.core.errors import ConfigError, DamagedFile, StorageError
from wannsearch.formats.untrusted import damaged, is_integer, parse_json, read_text, shown
from wannsearch.records import layout, lock
from wannsearch.records.csv_files import last_row
from wannsearch.records.stored_config import read_config

_MOST_BYTES = 2**16


class State(str, Enum):
    """What became of a run."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    KILLED = "killed"  # its status says running, and nobody holds its lock
    NOT_STARTED = "not started"  # claimed, and no more
    DAMAGED = "damaged"

    @property
    def unfinished(self) -> bool:
        """There is something to go on with."""
        return self in (State.STOPPED, State.FAILED, State.KILLED, State.NOT_STARTED)


_WRITTEN = {
    "running": State.KILLED,
    **{state.value: state for state in (State.DONE, State.STOPPED, State.FAILED)},
}


@dataclass(frozen=True)
class Observed:
    """A run as its folder shows it; None where it does not say."""

    folder: Path
    state: State
    why: str | None = None
    task: str | None = None
    method: str | None = None
    seed: int | None = None
    generation: int | None = None
    generations: int | None = None
    best_so_far: float | None = None
    last_row_age_s: float | None = None
    plugins: tuple[str, ...] = ()
    program: str = "wannsearch"  # the command that goes on with it


def observed(folder: Path) -> Observed:
    """The run in this folder."""
    run = Observed(folder, State.DAMAGED)
    try:
        run = _with_status(run)
        run = _with_history(run)
        return _with_config(run) if run.state.unfinished else run
    except (ConfigError, DamagedFile, StorageError, OSError) as error:
        return replace(run, state=State.DAMAGED, why=" ".join(str(error).split()))


def _with_status(run: Observed) -> Observed:
    status = _status(run.folder)
    alive = lock.is_held(run.folder / layout.LOCK)
    if not alive:
        status = _status(run.folder)  # it may have ended since
    if status is None:
        return replace(run, state=State.RUNNING if alive else State.NOT_STARTED)
    state = _WRITTEN.get(status.get("state", ""))
    if state is None:
        where = str(run.folder / layout.STATUS)
        raise damaged(where, f"state is {shown(status.get('state'))}", f"it is one of {', '.join(_WRITTEN)}")
    return replace(
        run,
        state=State.RUNNING if alive else state,
        why=None if alive else _text(status, "why"),
        task=_text(status, "task"),
        method=_text(status, "method"),
        seed=_whole(status, "seed"),
        generations=_whole(status, "generations"),
    )


def _status(folder: Path) -> dict[str, Any] | None:
    path = folder / layout.STATUS
    if path.is_symlink():
        raise damaged(str(path), "it is a symbolic link", "a run writes plain files")
    if not path.exists():
        return None
    status = parse_json(read_text(path, _MOST_BYTES), str(path))
    if not isinstance(status, dict) or not isinstance(status.get("state", ""), str):
        raise damaged(str(path), f"it holds {shown(status)}", "a status is an object with a state")
    return status


def _text(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value[:500] if isinstance(value, str) else None


def _whole(values: dict[str, Any], key: str) -> int | None:
    value = values.get(key)
    return value if is_integer(value) and 0 <= value < 2**63 else None


def _with_history(run: Observed) -> Observed:
    path = run.folder / layout.HISTORY
    if not path.exists():
        return replace(run, generation=0)
    row = last_row(path)
    if row is None:
        return replace(run, generation=0)
    try:
        best = float(row["best_so_far"])
        generation = int(row["generation"][:20])
    except (KeyError, ValueError):
        raise damaged(str(path), "its last row is no row", "it has a generation and a best_so_far") from None
    age = max(0.0, time.time() - path.stat().st_mtime)
    return replace(
        run, generation=generation, best_so_far=best if math.isfinite(best) else None, last_row_age_s=age
    )


def _with_config(run: Observed) -> Observed:
    """What is needed to go on, and what the status does not say."""
    config = read_config(run.folder / layout.CONFIG)
    plugins = config.get("plugins")
    names = tuple(sorted(plugins)) if isinstance(plugins, dict) else ()
    return replace(
        run,
        plugins=names,
        program="wannsearch-tune" if "method" not in config and "network" in config else run.program,
        generations=run.generations or _whole(config, "generations"),
        seed=_whole(config, "seed") if run.seed is None else run.seed,
        task=run.task or _module(config, "task"),
        method=run.method or _module(config, "method"),
    )


def _module(config: dict[str, Any], group: str) -> str | None:
    """The name of the file whose class was used: what a group's option is called as a rule."""
    part = config.get(group)
    words = str(part.get("_target_")).split(".") if isinstance(part, dict) else []
    return words[-2] if len(words) > 1 else None
