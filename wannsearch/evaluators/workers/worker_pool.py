"""A supervised worker pool: every unit ends with scores or as a failure, if need be by a time limit.

    a task raises              the unit has failed; the worker continues
    a worker ends              a fresh one evaluates the unit once more; at the second end the unit has failed
    a unit exceeds its limit   its worker is killed, which counts as an end

A unit that fails makes its individual fail: units of that row that no worker has yet are skipped. A unit
can safely be evaluated again, because its scores depend on seeds alone. If a signal or an error ends an
evaluation early, its busy workers are killed.
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
from wannsearch.core.plugin_files import DIGEST_BY_PATH
from wannsearch.evaluators.workers.process import WorkerProcess
from wannsearch.evaluators.workers.units import EvaluationJob
from wannsearch.evaluators.workers.worker import FAILED, POSITION_FORMAT, READY, REFUSED, SCORES

_MAX_DEATHS_PER_UNIT = 2
"""The number of workers that end in one unit before the unit counts as the cause."""
_MAX_STARTUP_DEATHS = 10
"""The number of workers in a row that may end before any of them has answered a unit."""
_START_TIMEOUT_S = 120.0
_EXIT_GRACE_S = 0.5
_EXIT_CODE_WAIT_S = 2.0
"""The longest wait from the end of a worker's socket to its exit code."""
_MIN_CHECK_INTERVAL_S = 0.01
_CHUNKS_PER_WORKER = 8
_MAX_REASON_CHARS = 500


def pickle_job(evaluator: Any, task: Any) -> bytes:
    """Return evaluator and task, pickled for workers; raise ConfigError where that fails."""
    try:
        return bytes(ForkingPickler.dumps((evaluator, task)))
    except Exception as error:
        raise ConfigError(
            f"{type(task).__name__} cannot be sent to worker processes, {type(error).__name__}: {error}. Its "
            "class must stand in a module or in a file named by plugins=[...]."
        ) from error


def _start_worker() -> WorkerProcess:
    try:
        return WorkerProcess()
    except OSError as error:
        raise EvaluationFailed(f"a worker process cannot be started: {error}.") from error


def _close_workers(workers: list[WorkerProcess], owner_pid: int) -> None:
    """End all workers and empty the list; in a forked child of the owner, do nothing."""
    if os.getpid() != owner_pid:
        return
    for worker in workers:
        worker.request_exit()
    for worker in workers:
        worker.terminate(_EXIT_GRACE_S if worker.is_idle else 0.0)
        worker.close_files()
    workers.clear()


@dataclass
class EvaluationState:
    """The state of one evaluation in progress."""

    job: EvaluationJob
    limit_s: float | None
    chunk: int
    on_scores: Callable[[int, bytes], None]
    on_failure: Callable[[int, str, str], None]  # row, reason, details
    waiting_units: deque[int] = field(init=False)
    open_units: set[int] = field(init=False)
    death_counts: Counter[int] = field(default_factory=Counter)
    failed_rows: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.waiting_units = deque(range(len(self.job.units)))
        self.open_units = set(self.waiting_units)

    def take_next_units(self, retry_unit: int | None) -> list[int]:
        """Return the unit to evaluate again, or the next ones, at most `chunk`; maybe none.

        Units of failed rows are left out, and count as done.
        """
        unit_indices: list[int] = []
        if retry_unit is not None:
            self.waiting_units.appendleft(retry_unit)
        max_units = self.chunk if retry_unit is None else 1
        while self.waiting_units and len(unit_indices) < max_units:
            unit_index = self.waiting_units.popleft()
            if self.job.units[unit_index].row in self.failed_rows:
                self.open_units.discard(unit_index)
            else:
                unit_indices.append(unit_index)
        return unit_indices

    def mark_failed(self, unit_index: int, reason: str, details: str) -> None:
        """Record that this unit, and with it its row, has failed; report the first failure of a row."""
        self.open_units.discard(unit_index)
        row = self.job.units[unit_index].row
        if row not in self.failed_rows:
            self.failed_rows.add(row)
            self.on_failure(row, reason, details)


class WorkerPool:
    """Workers that are started when there is work and kept until `close`, or until the pool is deleted."""

    def __init__(self) -> None:
        self.workers: list[WorkerProcess] = []
        self._startup_deaths = 0
        self._finalizer = weakref.finalize(self, _close_workers, self.workers, os.getpid())  # also at exit

    def close(self) -> None:
        """End all workers; the next evaluation starts new ones."""
        _close_workers(self.workers, os.getpid())

    def evaluate_units(
        self,
        job: EvaluationJob,
        num_workers: int,
        limit_s: float | None,
        chunk: int | None,
        on_scores: Callable[[int, bytes], None],
        on_failure: Callable[[int, str, str], None],
    ) -> None:
        """Call `on_scores` for every finished unit and `on_failure` for every failed row, as they come.

        `on_scores` receives the unit's index and its bytes; `on_failure` receives row, reason and details. An
        exception in either ends the evaluation. `limit_s` bounds a unit in seconds. `chunk` is the number of
        units sent at a time; None means about eight chunks a worker. Raises EvaluationFailed where workers
        cannot be started or end again and again, and ConfigError where the evaluator or the task cannot be
        pickled or loaded.
        """
        chunk_size = chunk or max(1, -(-len(job.units) // (_CHUNKS_PER_WORKER * num_workers)))
        state = EvaluationState(job, limit_s, chunk_size, on_scores, on_failure)
        num_active = min(num_workers, len(job.units))
        self._startup_deaths = 0
        try:
            while len(self.workers) < num_active:
                self.workers.append(_start_worker())
            while state.open_units:
                for worker_index in range(num_active):
                    self._dispatch(worker_index, state)
                if state.open_units:
                    self._wait_for_event(num_active, state)
        except BaseException:
            self._kill_busy_workers()
            raise

    def _dispatch(self, worker_index: int, state: EvaluationState) -> None:
        """Send an idle worker the evaluator and task, or its next units."""
        worker, evaluator_and_task = self.workers[worker_index], (state.job.evaluator, state.job.task)
        if not worker.is_idle or not (state.waiting_units or worker.retry_unit is not None):
            return
        try:
            if worker.loaded_job is None or any(
                a is not b for a, b in zip(worker.loaded_job, evaluator_and_task, strict=True)
            ):
                worker.load(dict(DIGEST_BY_PATH), pickle_job(*evaluator_and_task), evaluator_and_task)
                return
            unit_indices = state.take_next_units(worker.retry_unit)
            worker.retry_unit = None
            if unit_indices:
                try:
                    worker.submit(unit_indices, state.job.build_payload(unit_indices))
                except OSError:
                    state.waiting_units.extendleft(reversed(unit_indices))
                    raise
        except OSError:  # the worker ended while it was idle: no unit is the cause
            self._replace_worker(worker_index, state, worker.retry_unit)

    def _wait_for_event(self, num_active: int, state: EvaluationState) -> None:
        """Wait until a worker sends a message or is overdue, and handle that."""
        index_by_connection = {
            self.workers[i].connection: i for i in range(num_active) if not self.workers[i].is_idle
        }
        deadlines = {i: self._deadline(self.workers[i], state.limit_s) for i in index_by_connection.values()}
        first_deadline = min(deadlines.values(), default=float("inf"))
        timeout_s = None if first_deadline == float("inf") else max(0.0, first_deadline - time.monotonic())
        for connection in wait(list(index_by_connection), timeout_s):
            worker_index = index_by_connection[connection]  # type: ignore[index]  # `wait` returns its own objects
            deadlines.pop(worker_index)
            try:
                self._handle_message(worker_index, *self.workers[worker_index].receive(), state)
            except (EOFError, OSError):
                self._handle_death(worker_index, state, is_overdue=False)
        for worker_index, deadline in deadlines.items():
            if deadline <= time.monotonic():
                self._handle_silence(worker_index, state)

    @staticmethod
    def _deadline(worker: WorkerProcess, limit_s: float | None) -> float:
        """Return the time at which the worker may be overdue."""
        if worker.loading:
            return worker.last_event_s + _START_TIMEOUT_S
        if limit_s is None:
            return float("inf")
        # No message puts it off: units beside a slow one may send theirs all the time.
        return max(worker.submitted_s + limit_s, worker.next_check_s)

    def _handle_silence(self, worker_index: int, state: EvaluationState) -> None:
        """Kill a worker whose unit has run too long; one that evaluates several together has more time."""
        worker, limit_s = self.workers[worker_index], state.limit_s
        remaining_s = 0.0 if worker.loading or limit_s is None else limit_s - worker.seconds_in_unit()
        if remaining_s > 0:
            worker.next_check_s = time.monotonic() + max(remaining_s, _MIN_CHECK_INTERVAL_S)
        else:
            self._handle_death(worker_index, state, is_overdue=True)

    def _handle_message(
        self, worker_index: int, message_type: bytes, content: bytes, state: EvaluationState
    ) -> None:
        worker = self.workers[worker_index]
        if message_type == READY and worker.loading:
            worker.loading = False
        elif message_type == REFUSED and worker.loading:
            text = content.decode()
            raise ConfigError(
                f"a worker process cannot load {type(state.job.task).__name__}: {_last_line(text)}"
            )
        elif message_type in (SCORES, FAILED) and len(content) >= POSITION_FORMAT.size:
            position, content = POSITION_FORMAT.unpack_from(content)[0], content[POSITION_FORMAT.size :]
            unit_index = worker.pending_units.get(position, -1)
            is_expected = unit_index >= 0 and (
                message_type == FAILED or len(content) == state.job.units[unit_index].num_score_bytes()
            )
            if not is_expected:
                raise EOFError("not what a worker says")
            del worker.pending_units[position]
            self._startup_deaths = 0
            if message_type == SCORES:
                state.open_units.discard(unit_index)
                state.on_scores(unit_index, content)
            else:
                text = content.decode(errors="replace")
                state.mark_failed(unit_index, _last_line(text), text)
        else:
            raise EOFError("not what a worker says")

    def _handle_death(self, worker_index: int, state: EvaluationState, is_overdue: bool) -> None:
        """Handle a worker that ended or is overdue: retry its unit, or mark the unit as failed."""
        worker = self.workers[worker_index]
        limit_s = _START_TIMEOUT_S if worker.loading else state.limit_s
        cause = worker.terminate(0.0 if is_overdue else _EXIT_CODE_WAIT_S, dump_stack=is_overdue)
        cause = f"no answer within {limit_s:g} s" if is_overdue else cause
        if worker.loading or not worker.pending_units:
            self._replace_worker(worker_index, state, worker.retry_unit, cause)
            return
        unit_index = worker.take_current_unit()
        state.waiting_units.extendleft(reversed(worker.pending_units.values()))
        state.death_counts[unit_index] += 1
        if (
            state.death_counts[unit_index] < _MAX_DEATHS_PER_UNIT
            and state.job.units[unit_index].row not in state.failed_rows
        ):
            self._replace_worker(worker_index, state, unit_index, cause)
        else:
            state.mark_failed(
                unit_index, f"{cause}, {_MAX_DEATHS_PER_UNIT} times", f"{cause}\n{worker.captured_output()}\n"
            )
            self._replace_worker(worker_index, state, None, cause)

    def _replace_worker(
        self, worker_index: int, state: EvaluationState, retry_unit: int | None, cause: str = ""
    ) -> None:
        """Start a fresh worker in the place of a lost one; EvaluationFailed after too many in a row."""
        dead_worker = self.workers[worker_index]
        cause = cause or dead_worker.terminate(_EXIT_CODE_WAIT_S)
        self._startup_deaths += 1
        if self._startup_deaths > _MAX_STARTUP_DEATHS:
            raise EvaluationFailed(
                f"{_MAX_STARTUP_DEATHS} workers in a row died before they played anything; the last: "
                f"{cause}. {_last_line(dead_worker.captured_output())}"
            )
        dead_worker.close_files()
        self.workers[worker_index] = _start_worker()
        self.workers[worker_index].retry_unit = retry_unit

    def _kill_busy_workers(self) -> None:
        """Kill and remove the workers of an abandoned evaluation that are busy or have a unit to retry."""
        for worker in [
            worker for worker in self.workers if not worker.is_idle or worker.retry_unit is not None
        ]:
            self.workers.remove(worker)
            worker.terminate()
            worker.close_files()


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    reason = lines[-1].strip()[:_MAX_REASON_CHARS] if lines else "no reason given"
    return "".join(char if char.isprintable() else "?" for char in reason)
