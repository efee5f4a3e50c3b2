"""wannsearch-runs: list the state of every run in some folders, and the commands that continue them.

The exit code is 0; 2 for a wrong argument or a folder that does not exist; 65 if a named folder holds runs
and none of them is readable. The folders are untrusted: no link in them is followed, and no code in them is
run.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.commands.entry import run_command
from wannsearch.commands.plain_arguments import make_parser
from wannsearch.commands.running.run_result import make_resume_command
from wannsearch.commands.running.terminal import escape_unprintable, shell_join, show_table
from wannsearch.core.errors import ConfigError, DamagedFile, WannsearchError
from wannsearch.records import layout, lock
from wannsearch.records.ledger import JobState, Ledger, LedgerEntries, SweepJob, format_state_counts
from wannsearch.records.run_folders import find_run_folders
from wannsearch.records.run_status import RunState, RunStatus, read_status

_PROGRAM = "wannsearch-runs"
_COLUMNS = ("run", "task", "method", "seed", "state", "generation", "best so far", "last row", "why")


_EXAMPLES = (
    (_PROGRAM, "every run in outputs/"),
    (f"{_PROGRAM} outputs/sweeps/mine", "the runs of a sweep"),
    (f"{_PROGRAM} --json", "the same for scripts"),
)
_NOTES = """\
columns:
  run                   folder of the run
  task, method, seed    what was run; an environment is named by its id
  generation            generations done, of those wanted
  best so far           re-tested score of the recorded best
  last row              age of the last row of history.csv
  why                   the reason of the state
states:
  running               a process holds its lock
  done, stopped, failed what the run has written at its end
  killed                it could write no end; it can go on
  not started           its folder is claimed, and holds no more
  damaged               a file cannot be what a run writes
  pending, refused      jobs of a sweep without a folder

exit code: 0; 2 for a folder that does not exist; 65 where a folder holds runs
and none of them can be read"""


@dataclass(frozen=True)
class _SweepStatus:
    folder: Path
    is_alive: bool
    entries: LedgerEntries

    @property
    def command(self) -> list[str] | None:
        """Return the command that continues the sweep; None while it runs and if no job is left."""
        final_states = (JobState.DONE, JobState.REFUSED)  # a refused job would be refused again
        has_open_jobs = any(job.state not in final_states for job in self.entries.jobs)
        return list(self.entries.command) if has_open_jobs and not self.is_alive else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_command(_PROGRAM, lambda _: _parse_and_list(arguments))


def _parse_and_list(arguments: Sequence[str] | None) -> int:
    parser = make_parser(_PROGRAM, "the state of every run, and how to go on with it.", _EXAMPLES, _NOTES)
    parser.add_argument(
        "folders",
        metavar="FOLDER",
        nargs="*",
        default=["outputs"],
        help="folders that hold runs, at any depth; outputs where none is named",
    )
    parser.add_argument("--json", action="store_true", help="for scripts: one JSON object instead of a table")
    namespace = parser.parse_args(arguments)
    try:
        return _list_runs([Path(name) for name in namespace.folders], namespace.json)
    except WannsearchError as error:
        print(f"wannsearch-runs: {escape_unprintable(str(error))}", file=sys.stderr)
        return error.exit_code


def _list_runs(roots: list[Path], as_json: bool) -> int:
    for root in roots:
        if not root.is_dir():
            raise ConfigError(f"{str(root)!r} is no folder; name folders that hold runs.")
    runs: dict[Path, RunStatus] = {}
    sweeps: list[_SweepStatus] = []
    exit_code = 0
    for root in roots:
        num_before = len(runs)
        run_folder_scan = find_run_folders(root)
        root_runs = [read_status(folder) for folder in run_folder_scan.runs]
        root_runs += [
            RunStatus(folder, RunState.DAMAGED, why) for folder, why in run_folder_scan.unreadable_folders
        ]
        for folder in run_folder_scan.sweeps:
            try:
                is_alive = lock.is_held(folder / layout.LOCK)
                sweeps.append(_SweepStatus(folder, is_alive, Ledger(folder).read()))
            except (WannsearchError, OSError) as error:
                root_runs.append(RunStatus(folder, RunState.DAMAGED, str(error)))
        runs |= {run.folder: run for run in root_runs}
        if root_runs and all(run.state is RunState.DAMAGED for run in root_runs):
            exit_code = DamagedFile.exit_code
        if len(runs) == num_before and not run_folder_scan.sweeps:
            print(f"wannsearch-runs: {escape_unprintable(str(root))} holds no runs", file=sys.stderr)
    rows = [_describe_run(run) for run in runs.values()]
    rows += [row for sweep in sweeps for row in _describe_jobs(sweep, runs)]
    rows.sort(key=lambda row: str(row["run"]))
    if as_json:
        sweep_rows = [_describe_sweep(sweep) for sweep in sweeps]
        print(json.dumps({"runs": rows, "sweeps": sweep_rows}, indent=2, allow_nan=False))
    else:
        _print_tables(rows, sweeps)
    return exit_code


def _describe_run(run: RunStatus) -> dict[str, Any]:
    command = make_resume_command(run, str(run.folder)) if run.state.can_resume else None
    age_s = run.last_row_age_s
    return _make_row(
        run.folder,
        run.state.value,
        why=run.why,
        task=run.task,
        method=run.method,
        seed=run.seed,
        generation=run.generation,
        generations=run.generations,
        best_so_far=run.best_so_far,
        last_row_age_s=None if age_s is None else round(age_s, 1),
        go_on=None if command is None else shell_join(command),
    )


def _make_row(folder: Path, state: str, **values: Any) -> dict[str, Any]:
    keys = "task method seed generation generations best_so_far last_row_age_s why go_on".split()
    name = os.fsencode(folder).decode("utf-8", "backslashreplace")
    return {"run": name, "state": state} | {key: values.get(key) for key in keys}


def _describe_jobs(sweep: _SweepStatus, runs: dict[Path, RunStatus]) -> list[dict[str, Any]]:
    """Build the rows of jobs without a run folder, which only the ledger records."""
    command = sweep.command
    resume_command = None if command is None else shell_join(command)
    return [
        _make_row(
            sweep.folder / (job.folder or " ".join(job.overrides)),
            _state_without_folder(job),
            why=job.why,
            go_on=None if job.state is JobState.REFUSED else resume_command,
        )
        for job in sweep.entries.jobs
        if not _has_own_row(sweep.folder, job, runs)
    ]


def _has_own_row(sweep_folder: Path, job: SweepJob, runs: dict[Path, RunStatus]) -> bool:
    """Return whether the job's folder is listed as a run, or the job is done and was no search."""
    if not job.folder:
        return False
    folder = sweep_folder / job.folder
    return folder in runs or (job.state is JobState.DONE and folder.is_dir())


def _state_without_folder(job: SweepJob) -> str:
    return job.state.value if job.state.is_failure else JobState.PENDING.value


def _describe_sweep(sweep: _SweepStatus) -> dict[str, Any]:
    states = [job.state.value for job in sweep.entries.jobs]
    command = sweep.command
    return {
        "sweep": os.fsencode(sweep.folder).decode("utf-8", "backslashreplace"),
        "alive": sweep.is_alive,
        "jobs": {state: states.count(state) for state in sorted(set(states))},
        "go_on": None if command is None else shell_join(command),
    }


def _print_tables(rows: list[dict[str, Any]], sweeps: list[_SweepStatus]) -> None:
    if rows:
        show_table(_COLUMNS, [_format_cells(row) for row in rows])
    for sweep in sweeps:
        states = format_state_counts([job.state.value for job in sweep.entries.jobs])
        alive_note = ", alive" if sweep.is_alive else ""
        print(f"sweep {escape_unprintable(str(sweep.folder))}{alive_note}: {states}")
    commands = dict.fromkeys(row["go_on"] for row in rows if row["go_on"])
    if commands:
        print("to go on:")
    for command in commands:
        print(f"  {command}")


def _format_cells(row: dict[str, Any]) -> list[str]:
    def format_cell(value: Any) -> str:
        return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)

    progress = "-" if row["generation"] is None else f"{row['generation']}/{format_cell(row['generations'])}"
    return [
        *(format_cell(row[key]) for key in ("run", "task", "method", "seed", "state")),
        progress,
        format_cell(row["best_so_far"]),
        _format_age(row["last_row_age_s"]),
        row["why"] or "",
    ]


def _format_age(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, unit_s in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"
