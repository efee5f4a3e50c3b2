"""Workers under supervision: every unit comes back, as scores or as a failure, in bounded time.

    a task raises       the unit failed; the worker goes on
    a worker dies       a fresh one plays the unit once more; the second death is the unit's
    a unit takes longer than its limit: its worker is killed, which is a death

A unit that fails takes its individual with it: what is left of that is not played. Playing a unit
again is safe, for its scores depend on seeds alone. An evaluation that is left early, by a signal or
an error, leaves no worker busy with what nobody waits for.
"""

from __future__ import annotations

import os
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from wannsearch.core.errors import ConfigError, EvaluationFailed
from wannsearch.core.plugin_files import LOADED
from wannsearch.evaluators.workers.process import WorkerProcess
from wannsearch.evaluators.workers.units import Job
from wannsearch.evaluators.workers.worker import BROKEN, READY, REFUSED, SCORES

_DEATHS = 2
"""Of workers in one unit, before the unit is taken for the cause."""
_STILLBORN = 10
"""Workers in a row that may die before any of them has said a score."""
_START_S = 120.0
_FAREWELL_S = 0.5
_DYING_S = 2.0
"""Longest from the end of a worker's socket to its exit code."""
_PIECES_PER_WORKER = 8
_LONGEST_REASON = 500


def packed(evaluator: Any, task: Any) -> bytes:
    """Both as they travel to workers; ConfigError where they cannot."""
    try:
        return bytes(ForkingPickler.dumps((evaluator, task)))
    except Exception as error:
        raise ConfigError(
            f"evaluator=processes cannot send {type(task).__name__} to its workers, {type(error).__name__}: "
            f"{error}. Its class must stand in a module or in a file named by plugins=[...]."
        ) from error


def _started() -> WorkerProcess:
    try:
        return WorkerProcess()
    except OSError as error:
        raise EvaluationFailed(f"a worker process cannot be started: {error}.") from error


def _closed(workers: list[WorkerProcess], owner: int) -> None:
    """End all of them; a forked child of ours has none of its own."""
    if os.getpid() != owner:
        return
    for worker in workers:
        worker.leave()
    for worker in workers:
        worker.end(_FAREWELL_S if worker.idle else 0.0)
        worker.forget()
    workers.clear()


@dataclass
class Progress:
    """One evaluation under way."""

    job: Job
    limit_s: float | None
    chunk: int
    scores: Callable[[int, bytes], None]
    failed: Callable[[int, str, str], None]  # row, reason, details
    waiting: deque[int] = field(init=False)
    left: set[int] = field(init=False)
    deaths: Counter[int] = field(default_factory=Counter)
    broken: set[int] = field(default_factory=set)  # rows

    def __post_init__(self) -> None:
        self.waiting = deque(range(len(self.job.units)))
        self.left = set(self.waiting)

    def next_units(self, again: int | None) -> list[int]:
        """The unit that is to be played again, or the next few; those of failed rows are left out."""
        chosen: list[int] = []
        if again is not None:
            self.waiting.appendleft(again)
        most = self.chunk if again is None else 1
        while self.waiting and len(chosen) < most:
            number = self.waiting.popleft()
            if self.job.units[number].row in self.broken:
                self.left.discard(number)
            else:
                chosen.append(number)
        return chosen

    def breaks(self, number: int, reason: str, details: str) -> None:
        """This unit, and with it its row, has failed."""
        self.left.discard(number)
        row = self.job.units[number].row
        if row not in self.broken:
            self.broken.add(row)
            self.failed(row, reason, details)


class Crew:
    """So many workers, started when there is work and kept until `close`."""

    def __init__(self) -> None:
        self.workers: list[WorkerProcess] = []
        self._stillborn = 0
        self._end = weakref.finalize(self, _closed, self.workers, os.getpid())  # at exit, too

    def close(self) -> None:
        """End the workers."""
        _closed(self.workers, os.getpid())

    def play(
        self,
        job: Job,
        size: int,
        limit_s: float | None,
        chunk: int | None,
        scores: Callable[[int, bytes], None],
        failed: Callable[[int, str, str], None],
    ) -> None:
        """Call `scores` or `failed` for every unit, in whatever order they come."""
        piece = chunk or max(1, -(-len(job.units) // (_PIECES_PER_WORKER * size)))
        progress = Progress(job, limit_s, piece, scores, failed)
        wanted = min(size, len(job.units))
        self._stillborn = 0
        try:
            while len(self.workers) < wanted:
                self.workers.append(_started())
            while progress.left:
                for place in range(wanted):
                    self._employ(place, progress)
                if progress.left:
                    self._attend(wanted, progress)
        except BaseException:
            self._abandon()
            raise

    def _employ(self, place: int, progress: Progress) -> None:
        """Give an idle worker what it needs next."""
        worker, what = self.workers[place], (progress.job.evaluator, progress.job.task)
        if not worker.idle or not (progress.waiting or worker.again is not None):
            return
        try:
            if worker.loaded is None or any(a is not b for a, b in zip(worker.loaded, what, strict=True)):
                worker.load(dict(LOADED), packed(*what), what)
                return
            numbers = progress.next_units(worker.again)
            worker.again = None
            if numbers:
                try:
                    worker.give(numbers, progress.job.piece(numbers))
                except OSError:
                    progress.waiting.extendleft(reversed(numbers))
                    raise
        except OSError:  # it died while it had nothing to do: nobody's fault
            self._replaced(place, progress, worker.again)

    def _attend(self, wanted: int, progress: Progress) -> None:
        """Wait until a worker says something or is overdue, and deal with it."""
        busy = {self.workers[i].connection: i for i in range(wanted) if not self.workers[i].idle}
        due = {i: self._due(self.workers[i], progress.limit_s) for i in busy.values()}
        first = min(due.values(), default=float("inf"))
        patience = None if first == float("inf") else max(0.0, first - time.monotonic())
        for connection in wait(list(busy), patience):
            place = busy[connection]  # type: ignore[index]  # what came is what was asked about
            due.pop(place)
            try:
                self._hear(place, *self.workers[place].heard(), progress)
            except (EOFError, OSError):
                self._lost(place, progress, overdue=False)
        for place, moment in due.items():
            if moment <= time.monotonic():
                self._lost(place, progress, overdue=True)

    @staticmethod
    def _due(worker: WorkerProcess, limit_s: float | None) -> float:
        if worker.loading:
            return worker.since + _START_S
        return float("inf") if limit_s is None else worker.since + limit_s

    def _hear(self, place: int, letter: bytes, content: bytes, progress: Progress) -> None:
        worker = self.workers[place]
        if letter == READY and worker.loading:
            worker.loading = False
        elif letter == REFUSED and worker.loading:
            text = content.decode()
            raise ConfigError(
                f"evaluator=processes: a worker cannot load {type(progress.job.task).__name__}: {_last(text)}"
            )
        elif letter in (SCORES, BROKEN) and worker.units:
            number = worker.units[0]
            if letter == SCORES and len(content) != progress.job.units[number].bytes():
                raise EOFError("not what a worker says")
            worker.units.pop(0)
            self._stillborn = 0
            if letter == SCORES:
                progress.left.discard(number)
                progress.scores(number, content)
            else:
                text = content.decode(errors="replace")
                progress.breaks(number, _last(text), text)
        else:
            raise EOFError("not what a worker says")

    def _lost(self, place: int, progress: Progress, overdue: bool) -> None:
        """A worker died, or has to: who was it playing, and shall it be played again?"""
        worker = self.workers[place]
        limit = _START_S if worker.loading else progress.limit_s
        how = worker.end(0.0 if overdue else _DYING_S, asked_where=overdue)
        how = f"no answer within {limit:g} s" if overdue else how
        if worker.loading or not worker.units:
            self._replaced(place, progress, worker.again, how)
            return
        number, *rest = worker.units
        progress.waiting.extendleft(reversed(rest))
        progress.deaths[number] += 1
        if progress.deaths[number] < _DEATHS and progress.job.units[number].row not in progress.broken:
            self._replaced(place, progress, number, how)
        else:
            progress.breaks(number, f"{how}, {_DEATHS} times", f"{how}\n{worker.wrote()}\n")
            self._replaced(place, progress, None, how)

    def _replaced(self, place: int, progress: Progress, again: int | None, how: str = "") -> None:
        """A fresh worker in the place of a lost one."""
        old = self.workers[place]
        how = how or old.end(_DYING_S)
        self._stillborn += 1
        if self._stillborn > _STILLBORN:
            raise EvaluationFailed(
                f"{_STILLBORN} workers in a row died before they played anything; the last: {how}. "
                f"{_last(old.wrote())}"
            )
        old.forget()
        self.workers[place] = _started()
        self.workers[place].again = again

    def _abandon(self) -> None:
        """No worker goes on with what nobody waits for."""
        for worker in [worker for worker in self.workers if not worker.idle or worker.again is not None]:
            self.workers.remove(worker)
            worker.end()
            worker.forget()


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    said = lines[-1].strip()[:_LONGEST_REASON] if lines else "no reason given"
    return "".join(sign if sign.isprintable() else "?" for sign in said)
