"""A sweep: the lock on its folder, its remaining jobs, and the outcome of each.

The ledger (`records/ledger.py`) is the only data that its jobs share, so a job may run in any process. A
job that fails, is refused or loses its process is recorded, and the others go on. With `on_error=stop` the
jobs after it stay pending.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from wannsearch.commands.activity import set_activity
from wannsearch.commands.activity_line import put_before_activity
from wannsearch.commands.request import Request
from wannsearch.commands.running.outcome import SWEEP_FAILED, Outcome, Stopped
from wannsearch.commands.running.stop_score import adopt_stored_score
from wannsearch.commands.running.terminal import shell_join, show_table
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError
from wannsearch.records import layout, lock
from wannsearch.records.claim import FolderContent, inspect_folder
from wannsearch.records.ledger import (
    JobState,
    Ledger,
    LedgerEntries,
    SweepJob,
    format_state_counts,
    is_inside,
)
from wannsearch.records.run_status import read_status

_ALREADY_DONE = "already done"


@dataclass(frozen=True)
class ComposedJob:
    """A job that was composed, or the error that prevented it."""

    overrides: tuple[str, ...]
    request: Request | None
    refusal: WannsearchError | None = None
    number: int = 0  # index in the sweep, from 0
    uses_number: bool = False  # the job's config contains the number, such as in its folder's name


def plan_jobs(
    sweep_folder: Path, composed_jobs: Sequence[ComposedJob], skip_finished: bool
) -> list[SweepJob]:
    """Return the jobs in their state before the sweep runs, one per folder.

    A job that was not composed, or whose folder lies outside the sweep's, is refused. With `skip_finished` a
    job whose run is finished is done. Of several jobs with one folder the first stays.
    """
    jobs: dict[str, SweepJob] = {}
    for composed_job in composed_jobs:
        job = _plan_job(sweep_folder, composed_job, skip_finished)
        jobs.setdefault(job.folder or "\0".join(job.overrides), job)
    return list(jobs.values())


def _plan_job(sweep_folder: Path, composed_job: ComposedJob, skip_finished: bool) -> SweepJob:
    if composed_job.request is None:
        refusal = composed_job.refusal
        assert refusal is not None  # a job is composed or refused
        return SweepJob(
            composed_job.overrides, "", JobState.REFUSED, refusal.exit_code, " ".join(str(refusal).split())
        )
    folder = composed_job.request.folder
    name = os.path.relpath(folder, sweep_folder)
    if not is_inside(name) or not folder.resolve().is_relative_to(sweep_folder.resolve()):
        why = f"{folder} leads out of the sweep's folder {sweep_folder}."
        return SweepJob(composed_job.overrides, "", JobState.REFUSED, ConfigError.exit_code, why)
    try:
        has_config = skip_finished and (folder / layout.CONFIG).is_file()
        request = adopt_stored_score(composed_job.request) if has_config else composed_job.request
        if has_config and inspect_folder(folder, request.config) is FolderContent.FINISHED:
            return SweepJob(composed_job.overrides, name, JobState.DONE, 0, _ALREADY_DONE)
    except (WannsearchError, OSError):
        pass  # the job itself reports the error
    return SweepJob(composed_job.overrides, name)


def number_jobs(sweep_folder: Path, composed_jobs: Sequence[ComposedJob]) -> dict[str, int]:
    """Map the folder of each composed job, relative to the sweep's, to the index of its first job."""
    numbers: dict[str, int] = {}
    for composed_job in composed_jobs:
        if composed_job.request is not None:
            numbers.setdefault(
                os.path.relpath(composed_job.request.folder, sweep_folder), composed_job.number
            )
    return numbers


def split_into_batches(
    jobs: Sequence[SweepJob], numbers: dict[str, int] | None, batch_size: int | None
) -> list[list[SweepJob]]:
    """Split the jobs into batches that are launched together, at most `batch_size` each.

    A launcher numbers the jobs of a batch upwards from the first. If `numbers` are given, a batch therefore
    ends wherever the next job, by its number, does not follow directly.
    """
    job_batches: list[list[SweepJob]] = []
    for job in jobs:
        batch = job_batches[-1] if job_batches else []
        is_consecutive = not numbers or (batch and numbers[job.folder] == numbers[batch[-1].folder] + 1)
        if batch and is_consecutive and len(batch) < (batch_size or len(jobs)):
            batch.append(job)
        else:
            job_batches.append([job])
    return job_batches


@contextmanager
def lock_sweep(sweep_folder: Path, entries: LedgerEntries) -> Iterator[Ledger]:
    """Lock the sweep's folder and start its ledger inside this context.

    At the end, a job that is still `running` without a lock becomes stopped or failed. Raises ConfigError if
    another sweep holds the lock, and StorageError if the folder cannot be made.
    """
    try:
        sweep_folder.mkdir(parents=True, exist_ok=True)
        handle = lock.acquire(sweep_folder / layout.LOCK)
    except OSError as error:
        raise StorageError(f"{sweep_folder}: the sweep's folder cannot be made: {error.strerror}.") from error
    if handle is None:
        owner = lock.describe_owner(sweep_folder / layout.LOCK)
        raise ConfigError(
            f"{sweep_folder} is owned by a sweep that is still alive, {owner}; wait for it to end."
        )
    ledger = Ledger(sweep_folder)
    try:
        ledger.write(entries)
        try:
            with put_before_activity(lambda: _describe_progress(ledger)):
                yield ledger
        except Stopped as stop:
            _close_open_jobs(
                ledger, JobState.STOPPED, Stopped.exit_codes[str(stop)], f"ended with the sweep by {stop}"
            )
            raise
        finally:
            _close_open_jobs(ledger, JobState.FAILED, None, "its process died")
    finally:
        lock.release(handle)


def _describe_progress(ledger: Ledger) -> str:
    """Return the counts of the sweep's runs, to stand before what the running one does."""
    try:
        jobs = ledger.read().jobs
    except (WannsearchError, OSError):
        return ""
    counts = {state: sum(job.state is state for job in jobs) for state in JobState}
    num_ended = len(jobs) - counts[JobState.PENDING] - counts[JobState.RUNNING]
    running_text = f", {counts[JobState.RUNNING]} running" if counts[JobState.RUNNING] > 1 else ""
    return f"{num_ended} of {len(jobs)} runs ended{running_text}; "


def _close_open_jobs(ledger: Ledger, state: JobState, code: int | None, why: str) -> None:
    for job in ledger.read().jobs:
        if job.state is JobState.RUNNING and not lock.is_held(ledger.folder / job.folder / layout.LOCK):
            ledger.update_job(job.folder, lambda job, _: replace(job, state=state, exit_code=code, why=why))


def launch_jobs(
    ledger: Ledger, jobs: Sequence[SweepJob], launcher: Callable[[Sequence[SweepJob]], object]
) -> None:
    """Launch jobs together; if that breaks the launcher, launch the interrupted jobs one by one.

    The end of one process breaks a whole pool, and all its running jobs with it. Launched alone, only the job
    that caused it fails again.
    """
    if not jobs:
        return
    set_activity("running")
    try:
        launcher(jobs)
    except Exception as error:
        why = (
            f"its process died, or could not be begun: {type(error).__name__}: {' '.join(str(error).split())}"
        )
        folders = {job.folder for job in jobs}
        open_jobs = [
            job
            for job in ledger.read().jobs
            if job.folder in folders and job.state in (JobState.PENDING, JobState.RUNNING)
        ]
        if len(jobs) == 1:
            for job in open_jobs:
                _mark_failed(ledger, job.folder, why[:500])
            return
        running_jobs = [job for job in open_jobs if job.state is JobState.RUNNING] or open_jobs
        for job in running_jobs:
            ledger.update_job(job.folder, lambda job, _: replace(job, state=JobState.PENDING))
            launch_jobs(ledger, [job], launcher)
        launch_jobs(ledger, [job for job in open_jobs if job not in running_jobs], launcher)


def _mark_failed(ledger: Ledger, folder: str, why: str) -> None:
    ledger.update_job(folder, lambda job, _: replace(job, state=JobState.FAILED, exit_code=None, why=why))


def run_and_record(ledger: Ledger, folder: str, work: Callable[[], Outcome]) -> Outcome | None:
    """Run one job and record its state in the ledger before and after.

    Returns None if the sweep was stopped, or ended by a failure, before the job.
    """
    if ledger.update_job(folder, _try_start).state is not JobState.RUNNING:
        return None
    outcome = work()
    state = JobState.DONE
    if outcome.code:
        is_refused = outcome.code == ConfigError.exit_code
        state = (
            JobState.STOPPED if outcome.is_stopped else JobState.REFUSED if is_refused else JobState.FAILED
        )
    ledger.update_job(
        folder, lambda job, _: replace(job, state=state, exit_code=outcome.code, why=outcome.line)
    )
    return outcome


def _try_start(job: SweepJob, entries: LedgerEntries) -> SweepJob:
    """Return the job as running, or as pending with the reason: a stop, or an earlier failure."""
    earlier_jobs = entries.jobs[: entries.jobs.index(job)]
    if any(other_job.state is JobState.STOPPED for other_job in entries.jobs):
        return replace(job, why="the sweep was stopped")
    if entries.stop_at_failure and any(other_job.state.is_failure for other_job in earlier_jobs):
        return replace(job, why="a job before it failed, and on_error is stop")
    return replace(job, state=JobState.RUNNING, why=None)


def remove_if_all_refused(ledger: Ledger) -> bool:
    """Remove the files of a sweep whose jobs were all refused, and return whether that was so.

    Nothing is removed if the folder holds any other file; the result is then False. A ledger without jobs
    counts as refused.
    """
    if not all(job.state is JobState.REFUSED for job in ledger.read().jobs):
        return False
    sweep_files = {layout.SWEEP, layout.SWEEP_LOCK, layout.LOCK}
    if {path.name for path in ledger.folder.iterdir()} - sweep_files:
        return False
    for name in sweep_files:
        (ledger.folder / name).unlink(missing_ok=True)
    return True


def _explain_state(job: SweepJob) -> str:
    """Return the reason of the job's state; a job that was done now has printed its result already."""
    return "" if job.state is JobState.DONE and job.why != _ALREADY_DONE else job.why or ""


def report_sweep(ledger: Ledger) -> int:
    """Print a table of all jobs with their outcomes, and return the sweep's exit code.

    The table has a column for each key that was swept. The jobs of a task are in order of falling score,
    those without one last. The code is that of the first stopped job, else 1 if any job failed or was
    refused, else 0.
    """
    from wannsearch.reporting.tables.swept_keys import shorten_keys

    entries = ledger.read()
    jobs = entries.jobs
    values_by_job = [_parse_overrides(job.overrides) for job in jobs]
    keys = list(dict.fromkeys(key for values in values_by_job for key in values))
    swept_keys = [key for key in keys if len({values.get(key) for values in values_by_job}) > 1]
    scores = [read_status(ledger.folder / job.folder).best_so_far if job.folder else None for job in jobs]
    rows = []
    for place in _order_jobs(values_by_job, [key for key in swept_keys if key.startswith("task")], scores):
        job, score = jobs[place], scores[place]
        names = [values_by_job[place].get(key, "") for key in swept_keys] or [job.folder]
        rows.append([*names, job.state.value, "-" if score is None else f"{score:.6g}", _explain_state(job)])
    columns = shorten_keys(swept_keys) or ["job"]
    show_table((*columns, "state", "best so far", "why"), rows)
    print(
        f"{len(jobs)} runs: {format_state_counts([job.state.value for job in jobs])}; {ledger.folder}",
        flush=True,
    )
    if any(job.state in (JobState.STOPPED, JobState.PENDING) for job in jobs):
        print(f"to go on:\n  {shell_join(entries.command)}", flush=True)
    num_done = sum(job.state is JobState.DONE for job in jobs)
    if num_done > 1 and entries.command[:1] == ("wannsearch",):
        folder = os.path.relpath(ledger.folder)
        print(f"Which setting is best: {shell_join(['wannsearch-tables', f'runs={folder}'])}", flush=True)
    stop_codes = [
        job.exit_code for job in jobs if job.state is JobState.STOPPED and job.exit_code is not None
    ]
    if stop_codes:
        return stop_codes[0]
    return SWEEP_FAILED if any(job.state.is_failure for job in jobs) else 0


def _parse_overrides(overrides: Sequence[str]) -> dict[str, str]:
    """Return the text that each override sets, by its key; `~key` is a key as it stands."""
    pairs = (override.partition("=") for override in overrides)
    return {key.lstrip("+"): value for key, _, value in pairs}


def _order_jobs(
    values_by_job: Sequence[dict[str, str]], task_keys: Sequence[str], scores: Sequence[float | None]
) -> list[int]:
    """Return the indices of the jobs by task, in order of first appearance, then by falling score."""
    tasks = [tuple(values.get(key) for key in task_keys) for values in values_by_job]
    task_order = {task: place for place, task in enumerate(dict.fromkeys(tasks))}

    def sort_key(place: int) -> tuple[int, bool, float]:
        score = scores[place]
        return task_order[tasks[place]], score is None, 0.0 if score is None else -score

    return sorted(range(len(scores)), key=sort_key)
