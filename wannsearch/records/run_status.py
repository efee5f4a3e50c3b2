"""The state of a run, from its files and its lock; correct after any kill.

A run that was killed could not record it: its status is `running`, and no process holds its lock. All files
are read as what a stranger may have written.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from wannsearch.core.errors import ConfigError, DamagedFile, StorageError
from wannsearch.core.tasks.task_name import name_task
from wannsearch.core.untrusted import damaged_file_error, is_integer, short_repr
from wannsearch.records import layout, lock
from wannsearch.records.files import encode_json, write_atomically
from wannsearch.records.reader import RunFolder


class RunState(str, Enum):
    """The state of a run, as its files and its lock show it."""

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    KILLED = "killed"  # its status is running, and no process holds its lock
    NOT_STARTED = "not started"  # claimed, and no more
    DAMAGED = "damaged"

    @property
    def can_resume(self) -> bool:
        """Return whether a run in this state can be continued: stopped, failed, killed or not started."""
        return self in (RunState.STOPPED, RunState.FAILED, RunState.KILLED, RunState.NOT_STARTED)


_STATE_BY_STATUS = {
    "running": RunState.KILLED,
    **{state.value: state for state in (RunState.DONE, RunState.STOPPED, RunState.FAILED)},
}


@dataclass(frozen=True)
class RunStatus:
    """The state and progress of a run; a value is None where the folder has none."""

    folder: Path
    state: RunState
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


def write_status(folder: Path, state: str, why: str | None, **fields: Any) -> None:
    """Write `status.json`: format number, state, the reason of it, and further fields of strict JSON.

    Raise StorageError where it cannot be written.
    """
    status = {"format": layout.FORMAT, "state": state, "why": why, **fields}
    write_atomically(folder / layout.STATUS, encode_json(status))


def read_status(folder: Path) -> RunStatus:
    """Return the status of the run in this folder; a damaged one has the state DAMAGED and the reason.

    The config is read only for a run that can be continued; otherwise its fields are those of the status.
    """
    run = RunStatus(folder, RunState.DAMAGED)
    try:
        run = _add_status(run)
        run = _add_history(run)
        return _add_config(run) if run.state.can_resume else run
    except (ConfigError, DamagedFile, StorageError, OSError) as error:
        return replace(run, state=RunState.DAMAGED, why=" ".join(str(error).split()))


def _add_status(run: RunStatus) -> RunStatus:
    status = RunFolder(run.folder).read_status()
    is_running = lock.is_held(run.folder / layout.LOCK)
    if not is_running:
        status = RunFolder(run.folder).read_status()  # it may have ended since
    if status is None:
        return replace(run, state=RunState.RUNNING if is_running else RunState.NOT_STARTED)
    state = _STATE_BY_STATUS.get(status.get("state", ""))
    if state is None:
        where = str(run.folder / layout.STATUS)
        raise damaged_file_error(
            where,
            f"state is {short_repr(status.get('state'))}",
            f"it is one of {', '.join(_STATE_BY_STATUS)}",
        )
    return replace(
        run,
        state=RunState.RUNNING if is_running else state,
        why=None if is_running else _get_text(status, "why"),
        task=_get_text(status, "task"),
        method=_get_text(status, "method"),
        seed=_get_count(status, "seed"),
        generations=_get_count(status, "generations"),
    )


def _get_text(values: dict[str, Any], key: str) -> str | None:
    value = values.get(key)
    return value[:500] if isinstance(value, str) else None


def _get_count(values: dict[str, Any], key: str) -> int | None:
    value = values.get(key)
    return value if is_integer(value) and 0 <= value < 2**63 else None


def _add_history(run: RunStatus) -> RunStatus:
    path = run.folder / layout.HISTORY
    row = RunFolder(run.folder).read_last_row()
    if row is None:
        return replace(run, generation=0)
    try:
        best_score = float(row["best_so_far"])
        generation = int(row["generation"][:20])
    except (KeyError, ValueError):
        raise damaged_file_error(
            str(path), "its last row is no row", "it has a generation and a best_so_far"
        ) from None
    age_s = max(0.0, time.time() - path.stat().st_mtime)
    return replace(
        run,
        generation=generation,
        best_so_far=best_score if math.isfinite(best_score) else None,
        last_row_age_s=age_s,
    )


def _add_config(run: RunStatus) -> RunStatus:
    """Add the command to continue with, and fields that the status lacks, from the config."""
    config = RunFolder(run.folder).read_config()
    plugins = config.get("plugins")
    names = tuple(sorted(plugins)) if isinstance(plugins, dict) else ()
    return replace(
        run,
        plugins=names,
        program="wannsearch-tune" if "method" not in config and "network" in config else run.program,
        generations=run.generations or _get_count(config, "generations"),
        seed=_get_count(config, "seed") if run.seed is None else run.seed,
        task=run.task or _name_task(config),
        method=run.method or _target_module(config, "method"),
    )


def _name_task(config: dict[str, Any]) -> str | None:
    module = _target_module(config, "task")
    return None if module is None else name_task(config["task"], module)


def _target_module(config: dict[str, Any], config_group: str) -> str | None:
    """Return the module of a group's class, which is normally the name of its option."""
    option_config = config.get(config_group)
    target_parts = str(option_config.get("_target_")).split(".") if isinstance(option_config, dict) else []
    return target_parts[-2] if len(target_parts) > 1 else None
