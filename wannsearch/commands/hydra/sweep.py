"""A sweep: who owns its folder, which of its jobs are left, and what became of each.

The ledger (`records/ledger.py`) is the only thing that its jobs share, so it does not matter in which
process a job runs. A job that fails, is refused or dies is noted, and the others go on; with
`on_error=stop` the jobs behind it stay pending.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from wannsearch.commands.request import Request
from wannsearch.commands.running.outcome import SWEEP_FAILED, Outcome, Stopped
from wannsearch.commands.running.terminal import show_table
from wannsearch.core.errors import ConfigError, StorageError, WannsearchError
from wannsearch.records import layout, lock
from wannsearch.records.claim import Held, held
from wannsearch.records.ledger import Entries, Job, JobState, Ledger, counted, is_inside
from wannsearch.records.run_status import observed


@dataclass(frozen=True)
class Planned:
    """A job that was composed, or why it could not be."""

    overrides: tuple[str, ...]
    request: Request | None
    refusal: WannsearchError | None = None
    number: int = 0  # its place in the sweep
    counts: bool = False  # the number is part of what it is, such as its folder's name


def listed(sweep: Path, planned: Sequence[Planned], skip_finished: bool) -> list[Job]:
    """The jobs as they stand before anything is done, each folder once."""
    jobs: dict[str, Job] = {}
    for one in planned:
        job = _listed(sweep, one, skip_finished)
        jobs.setdefault(job.folder or "\0".join(job.overrides), job)
    return list(jobs.values())


def _listed(sweep: Path, planned: Planned, skip_finished: bool) -> Job:
    if planned.request is None:
        refusal = planned.refusal
        assert refusal is not None  # a job is composed or refused
        return Job(planned.overrides, "", JobState.REFUSED, refusal.exit_code, " ".join(str(refusal).split()))
    folder = planned.request.folder
    name = os.path.relpath(folder, sweep)
    if not is_inside(name) or not folder.resolve().is_relative_to(sweep.resolve()):
        why = f"{folder} leads out of the sweep's folder {sweep}."
        return Job(planned.overrides, "", JobState.REFUSED, ConfigError.exit_code, why)
    try:
        known = skip_finished and (folder / layout.CONFIG).is_file()
        if known and held(folder, planned.request.config) is Held.FINISHED:
            return Job(planned.overrides, name, JobState.DONE, 0, "already done")
    except (WannsearchError, OSError):
        pass  # the job itself says it
    return Job(planned.overrides, name)


def numbered(sweep: Path, planned: Sequence[Planned]) -> dict[str, int]:
    """The place in the sweep of each job, by its folder."""
    numbers: dict[str, int] = {}
    for job in planned:
        if job.request is not None:
            numbers.setdefault(os.path.relpath(job.request.folder, sweep), job.number)
    return numbers


def batches(jobs: Sequence[Job], numbers: dict[str, int] | None, size: int | None) -> list[list[Job]]:
    """Jobs that are launched together, at most `size`.

    Where numbers are given, a launcher that counts from the number of the first must come to those of
    the others: between them nothing is missing that is done already.
    """
    parts: list[list[Job]] = []
    for job in jobs:
        part = parts[-1] if parts else []
        follows = not numbers or (part and numbers[job.folder] == numbers[part[-1].folder] + 1)
        if part and follows and len(part) < (size or len(jobs)):
            part.append(job)
        else:
            parts.append([job])
    return parts


@contextmanager
def owned(sweep: Path, entries: Entries) -> Iterator[Ledger]:
    """Own the sweep's folder and begin its ledger; at the end no job is left `running` that is dead."""
    try:
        sweep.mkdir(parents=True, exist_ok=True)
        handle = lock.take(sweep / layout.LOCK)
    except OSError as error:
        raise StorageError(f"{sweep}: the sweep's folder cannot be made: {error.strerror}.") from error
    if handle is None:
        who = lock.owner(sweep / layout.LOCK)
        raise ConfigError(f"{sweep} is owned by a sweep that is still alive, {who}; wait for it to end.")
    ledger = Ledger(sweep)
    try:
        ledger.write(entries)
        try:
            yield ledger
        except Stopped as stop:
            _settle(
                ledger, JobState.STOPPED, Stopped.exit_codes[str(stop)], f"ended with the sweep by {stop}"
            )
            raise
        finally:
            _settle(ledger, JobState.FAILED, None, "its process died")
    finally:
        lock.release(handle)


def _settle(ledger: Ledger, state: JobState, code: int | None, why: str) -> None:
    for job in ledger.read().jobs:
        if job.state is JobState.RUNNING and not lock.is_held(ledger.sweep / job.folder / layout.LOCK):
            ledger.change(job.folder, lambda job, _: replace(job, state=state, code=code, why=why))


def launch(ledger: Ledger, jobs: Sequence[Job], launcher: Callable[[Sequence[Job]], object]) -> None:
    """Launch jobs together; where a death takes the launcher down, those that it hit go alone.

    A pool of processes is broken by one that dies, and the others die with it: launched one by one,
    only the guilty job fails again.
    """
    if not jobs:
        return
    try:
        launcher(jobs)
    except Exception as error:
        why = (
            f"its process died, or could not be begun: {type(error).__name__}: {' '.join(str(error).split())}"
        )
        names = {job.folder for job in jobs}
        left = [
            job
            for job in ledger.read().jobs
            if job.folder in names and job.state in (JobState.PENDING, JobState.RUNNING)
        ]
        if len(jobs) == 1:
            for job in left:
                _failed(ledger, job.folder, why[:500])
            return
        hit = [job for job in left if job.state is JobState.RUNNING] or left
        for job in hit:
            ledger.change(job.folder, lambda job, _: replace(job, state=JobState.PENDING))
            launch(ledger, [job], launcher)
        launch(ledger, [job for job in left if job not in hit], launcher)


def _failed(ledger: Ledger, folder: str, why: str) -> None:
    ledger.change(folder, lambda job, _: replace(job, state=JobState.FAILED, code=None, why=why))


def noted(ledger: Ledger, folder: str, work: Callable[[], Outcome]) -> Outcome | None:
    """Do one job and note it before and after; None where the sweep was stopped before it."""
    if ledger.change(folder, _begun).state is not JobState.RUNNING:
        return None
    outcome = work()
    state = JobState.DONE
    if outcome.code:
        refused = outcome.code == ConfigError.exit_code
        state = JobState.STOPPED if outcome.stopped else JobState.REFUSED if refused else JobState.FAILED
    ledger.change(folder, lambda job, _: replace(job, state=state, code=outcome.code, why=outcome.line))
    return outcome


def _begun(job: Job, entries: Entries) -> Job:
    """Running; or pending, and why: the sweep was stopped, or a job before it failed and ends it."""
    before = entries.jobs[: entries.jobs.index(job)]
    if any(other.state is JobState.STOPPED for other in entries.jobs):
        return replace(job, why="the sweep was stopped")
    if entries.stop_at_failure and any(other.state.bad for other in before):
        return replace(job, why="a job before it failed, and on_error is stop")
    return replace(job, state=JobState.RUNNING, why=None)


def withdrawn(ledger: Ledger) -> bool:
    """Whether every job was refused; then nothing of the sweep stays, unless something else is there."""
    if not all(job.state is JobState.REFUSED for job in ledger.read().jobs):
        return False
    ours = {layout.SWEEP, layout.SWEEP_TURN, layout.LOCK}
    if {path.name for path in ledger.sweep.iterdir()} - ours:
        return False
    for name in ours:
        (ledger.sweep / name).unlink(missing_ok=True)
    return True


def summed_up(ledger: Ledger) -> int:
    """Show what became of every job; gives the sweep's exit code."""
    jobs = ledger.read().jobs
    common = set.intersection(*(set(job.overrides) for job in jobs)) if len(jobs) > 1 else set()
    rows = []
    for job in jobs:
        name = " ".join(word for word in job.overrides if word not in common) or job.folder
        score = observed(ledger.sweep / job.folder).best_so_far if job.folder else None
        rows.append([name, job.state.value, "-" if score is None else f"{score:.6g}", job.why or ""])
    show_table(("job", "state", "best so far", "why"), rows)
    print(f"{len(jobs)} runs: {counted([job.state.value for job in jobs])}; {ledger.sweep}", flush=True)
    stopped = [job.code for job in jobs if job.state is JobState.STOPPED and job.code is not None]
    if stopped:
        return stopped[0]
    return SWEEP_FAILED if any(job.state.bad for job in jobs) else 0
