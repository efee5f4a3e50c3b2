"""A search into its run folder: claim it, go on or begin, record every generation, finish.

What a command does with the recorded best afterwards (test it, tune it, draw it) is its `finish`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.commands.running.display import Display, Mode, chosen
from wannsearch.commands.running.outcome import Outcome, Stopped
from wannsearch.commands.running.resume import continued
from wannsearch.commands.running.signals import never_swallowed, stop_if_asked
from wannsearch.core.champion import Champion
from wannsearch.core.errors import NothingSucceeded, StorageError
from wannsearch.core.protocols import Evaluator, Supervising, Telling
from wannsearch.records import layout
from wannsearch.records.throttle import Throttle

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Progress, Search


@dataclass(frozen=True)
class Plan:
    """What a folder is to hold."""

    request: Request
    kind: str  # what status and display call the method
    seed: int
    generations: int
    mode: Mode
    checkpoint: Throttle
    strict: bool
    evaluator: Evaluator
    engine: str  # the line that says what is computed with
    weights: tuple[str, ...]  # what a ranking calls the trial's weights
    prepare: Callable[[Display], Search]  # once the folder is ours
    finish: Callable[[Search, Champion, RunWriter], str]  # gives the line that sums the run up
    final: bool = False  # however many generations are asked, there are no more


def recorded(plan: Plan) -> Outcome:
    """Own the folder and fill it, or say that it is full."""
    from wannsearch.records.claim import Held, claim

    owned = claim(plan.request.folder, plan.request.named, plan.request.config)
    try:
        if owned.held is Held.FINISHED:
            if not plan.request.sweep:
                print(f"{owned.folder} holds this run, finished; nothing to do")
            return Outcome(0, "already done", owned.folder)
        return _filled(plan, owned.folder, owned.held is Held.UNFINISHED)
    finally:
        owned.release()


def _filled(plan: Plan, folder: Path, begun: bool) -> Outcome:
    request = plan.request
    title = f"{request.choices['task']} · {plan.kind} · seed {plan.seed}"
    display = chosen(plan.mode, title, plan.generations, request.sweep)
    said = _Status(plan, folder)
    try:
        if not begun:
            said.running()
        if isinstance(plan.evaluator, Telling):
            plan.evaluator.told[:] = [display.progress]
        with never_swallowed():
            search = plan.prepare(display)
        # A continuation that is refused leaves the status as it was.
        found = continued(folder, search, plan.strict) if begun else None
        said.running()
        (folder / layout.SUMMARY).unlink(missing_ok=True)
        line = _run(plan, folder, search, found, display)
        said.say("done", None)
    except BaseException as error:
        if said.told:
            stopped = isinstance(error, Stopped)
            with suppress(StorageError):  # what the disk said first is what is told
                said.say("stopped" if stopped else "failed", _why(error))
        raise
    finally:
        display.close()
        if isinstance(plan.evaluator, Supervising):
            plan.evaluator.close()
    display.say(f"{folder}: {line}")
    return Outcome(0, line, folder)


def _why(error: BaseException) -> str:
    """In one line."""
    return " ".join(str(error).split()) or type(error).__name__


class _Status:
    """`status.json`, and the config before it."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.told = False
        self._plan, self._folder = plan, folder

    def running(self) -> None:
        """The folder holds this run from now on."""
        from wannsearch.records.claim import write_config

        if not self.told:
            write_config(self._folder, self._plan.request.written, self._plan.request.overrides)
            self.say("running", None)

    def say(self, state: str, why: str | None) -> None:
        """Write it."""
        from wannsearch.records.files import json_bytes, write_whole

        plan = self._plan
        if not self._folder.is_dir():
            raise StorageError(f"{self._folder / layout.STATUS} cannot be written: the run folder is gone.")
        status = {
            "state": state,
            "why": why,
            "generations": plan.generations,
            "task": plan.request.choices["task"],
            "method": plan.kind,
            "seed": plan.seed,
        } | ({"final": True} if plan.final else {})
        write_whole(self._folder / layout.STATUS, json_bytes(status))
        self.told = True


def _run(plan: Plan, folder: Path, search: Search, found: Progress | None, display: Display) -> str:
    from wannsearch.records.checkpoint import Checkpoints
    from wannsearch.records.environment import environment
    from wannsearch.records.writer import RunWriter

    checkpoints = Checkpoints(folder, plan.checkpoint, environment())
    kind = search.method.ask(search.opening().state)
    writer = RunWriter(folder, search.task.ports, plan.weights, kind, checkpoints, found)
    try:
        words = " ".join(plan.request.overrides) or "no overrides"
        writer.log(f"wannsearch {version('wannsearch')}: {words}")
        writer.log(plan.engine)
        display.say(plan.engine)
        if found is not None:
            writer.log(f"continues with generation {found.next}")
            display.say(f"{folder} holds this run; it continues with generation {found.next}")
        _write_failures(search, writer, "before the first generation")
        begin = time.perf_counter()
        with never_swallowed():
            champion = _searched(search, found, writer, display)
            seconds = time.perf_counter() - begin
            line = f"{plan.finish(search, champion, writer)}; searched {seconds:.1f} s"
        writer.log(line)
    except BaseException as error:
        stopped = isinstance(error, Stopped)
        with suppress(StorageError):
            writer.log(f"{'stopped by' if stopped else 'failed:'} {_why(error)}")
        raise
    finally:
        _write_failures(search, writer, "before the end")
    return line


def _searched(search: Search, found: Progress | None, writer: RunWriter, display: Display) -> Champion:
    from wannsearch.records.background import Background
    from wannsearch.search import Generation, searched

    try:
        with Background[Generation](lambda now: display.show(writer.generation(now))) as recorder:

            def record(now: Generation) -> None:
                stop_if_asked()
                _write_failures(search, writer, f"generation {now.number}")
                recorder.put(now)

            champion = searched(search, found or search.opening(), record)
        if champion.record is None and search.generations:
            raise NothingSucceeded("no network survived its re-test; there is no best to write.")
    finally:
        writer.close()
    return champion


def _write_failures(search: Search, writer: RunWriter, when: str) -> None:
    """What a supervising evaluator could not play since it was last asked."""
    if isinstance(search.evaluator, Supervising):
        for failure in search.evaluator.failures:
            writer.failure(when, failure)
        search.evaluator.failures.clear()
