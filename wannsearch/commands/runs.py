"""wannsearch-runs: what became of every run in some folders, and what to type to go on.

Exit code 0; 2 for a folder that is not there; 65 where a named folder holds runs and none of them can
be read. The folders may come from anybody: nothing in them is followed, run or believed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.commands.entry import run_command
from wannsearch.commands.running.terminal import printable, show_table, typed
from wannsearch.core.errors import ConfigError, DamagedFile, WannsearchError
from wannsearch.records import layout, lock
from wannsearch.records.ledger import Entries, Job, JobState, Ledger, counted
from wannsearch.records.run_folders import run_folders
from wannsearch.records.run_status import Observed, State, observed

_COLUMNS = ("run", "task", "method", "seed", "state", "generation", "best so far", "last row", "why")


@dataclass(frozen=True)
class _Sweep:
    folder: Path
    alive: bool
    entries: Entries

    @property
    def command(self) -> list[str] | None:
        """What goes on with it; None while it lives and where nothing is left."""
        ended = (JobState.DONE, JobState.REFUSED)  # what was refused would be refused again
        left = any(job.state not in ended for job in self.entries.jobs)
        return list(self.entries.command) if left and not self.alive else None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives the exit code."""
    return run_command("wannsearch-runs", lambda _: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(prog="wannsearch-runs", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", metavar="FOLDER", nargs="*", default=["outputs"], help="default: outputs")
    parser.add_argument("--json", action="store_true", help="for scripts: one JSON object")
    given = parser.parse_args(arguments)
    try:
        return _listed([Path(name) for name in given.folders], given.json)
    except WannsearchError as error:
        print(f"wannsearch-runs: {printable(str(error))}", file=sys.stderr)
        return error.exit_code


def _listed(roots: list[Path], as_json: bool) -> int:
    for root in roots:
        if not root.is_dir():
            raise ConfigError(f"{str(root)!r} is no folder; name folders that hold runs.")
    runs: dict[Path, Observed] = {}
    sweeps: list[_Sweep] = []
    code = 0
    for root in roots:
        before = len(runs)
        found = run_folders(root)
        here = [observed(folder) for folder in found.runs]
        here += [Observed(folder, State.DAMAGED, why) for folder, why in found.unreadable]
        for folder in found.sweeps:
            try:
                alive = lock.is_held(folder / layout.LOCK)
                sweeps.append(_Sweep(folder, alive, Ledger(folder).read()))
            except (WannsearchError, OSError) as error:
                here.append(Observed(folder, State.DAMAGED, str(error)))
        runs |= {run.folder: run for run in here}
        if here and all(run.state is State.DAMAGED for run in here):
            code = DamagedFile.exit_code
        if len(runs) == before and not found.sweeps:
            print(f"wannsearch-runs: {printable(str(root))} holds no runs", file=sys.stderr)
    rows = [_run_row(run) for run in runs.values()]
    rows += [row for sweep in sweeps for row in _job_rows(sweep, runs)]
    rows.sort(key=lambda row: str(row["run"]))
    if as_json:
        about = [_sweep_row(sweep) for sweep in sweeps]
        print(json.dumps({"runs": rows, "sweeps": about}, indent=2, allow_nan=False))
    else:
        _show(rows, sweeps)
    return code


def _run_row(run: Observed) -> dict[str, Any]:
    files = [name for name in run.plugins if name.isprintable() and not set(name) & set(",[]'\"")]
    plugins = [f"plugins=[{','.join(files)}]"] if files else []
    command = [run.program, f"resume={run.folder}", *plugins] if run.state.unfinished else None
    age = run.last_row_age_s
    return _row(
        run.folder,
        run.state.value,
        why=run.why,
        task=run.task,
        method=run.method,
        seed=run.seed,
        generation=run.generation,
        generations=run.generations,
        best_so_far=run.best_so_far,
        last_row_age_s=None if age is None else round(age, 1),
        go_on=None if command is None else typed(command),
    )


def _row(folder: Path, state: str, **known: Any) -> dict[str, Any]:
    keys = "task method seed generation generations best_so_far last_row_age_s why go_on".split()
    name = os.fsencode(folder).decode("utf-8", "backslashreplace")
    return {"run": name, "state": state} | {key: known.get(key) for key in keys}


def _job_rows(sweep: _Sweep, runs: dict[Path, Observed]) -> list[dict[str, Any]]:
    """Jobs that have no run folder: none of these files speaks for them but the ledger."""
    command = sweep.command
    go_on = None if command is None else typed(command)
    return [
        _row(
            sweep.folder / (job.folder or " ".join(job.overrides)),
            _without_folder(job),
            why=job.why,
            go_on=None if job.state is JobState.REFUSED else go_on,
        )
        for job in sweep.entries.jobs
        if not _speaks(sweep.folder, job, runs)
    ]


def _speaks(sweep: Path, job: Job, runs: dict[Path, Observed]) -> bool:
    """A job whose folder is listed, or that is done and was no search."""
    if not job.folder:
        return False
    folder = sweep / job.folder
    return folder in runs or (job.state is JobState.DONE and folder.is_dir())


def _without_folder(job: Job) -> str:
    return job.state.value if job.state.bad else JobState.PENDING.value


def _sweep_row(sweep: _Sweep) -> dict[str, Any]:
    states = [job.state.value for job in sweep.entries.jobs]
    command = sweep.command
    return {
        "sweep": os.fsencode(sweep.folder).decode("utf-8", "backslashreplace"),
        "alive": sweep.alive,
        "jobs": {state: states.count(state) for state in sorted(set(states))},
        "go_on": None if command is None else typed(command),
    }


def _show(rows: list[dict[str, Any]], sweeps: list[_Sweep]) -> None:
    if rows:
        show_table(_COLUMNS, [_cells(row) for row in rows])
    for sweep in sweeps:
        states = counted([job.state.value for job in sweep.entries.jobs])
        life = ", alive" if sweep.alive else ""
        print(f"sweep {printable(str(sweep.folder))}{life}: {states}")
    commands = dict.fromkeys(row["go_on"] for row in rows if row["go_on"])
    if commands:
        print("to go on:")
    for command in commands:
        print(f"  {command}")


def _cells(row: dict[str, Any]) -> list[str]:
    def cell(value: Any) -> str:
        return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)

    reached = "-" if row["generation"] is None else f"{row['generation']}/{cell(row['generations'])}"
    return [
        *(cell(row[key]) for key in ("run", "task", "method", "seed", "state")),
        reached,
        cell(row["best_so_far"]),
        _ago(row["last_row_age_s"]),
        row["why"] or "",
    ]


def _ago(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
