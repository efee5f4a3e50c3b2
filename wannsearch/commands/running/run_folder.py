"""A search recorded in its run folder: claim it, start or continue, record every generation, finish.

The last step is the `finish_run` of each command: it tests, trains or tunes the recorded best and draws
the plots.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.commands.activity import set_activity, set_activity_detail
from wannsearch.commands.running.champion_accuracy import ChampionAccuracy
from wannsearch.commands.running.display import Display, DisplayMode, RunHeading, make_display
from wannsearch.commands.running.outcome import Outcome, Stopped
from wannsearch.commands.running.resume import load_progress
from wannsearch.commands.running.run_result import RunResult, describe_end, shorten_path
from wannsearch.commands.running.signals import raise_pending_stop, reraise_stop
from wannsearch.commands.running.work_unit import find_work_unit
from wannsearch.core.champion import Champion
from wannsearch.core.errors import AllEvaluationsFailed, StorageError
from wannsearch.core.protocols import Evaluator, ReportsProgress, SupervisesWorkers, Task
from wannsearch.core.score_names import name_fitness
from wannsearch.records import layout
from wannsearch.records.checkpoint import CheckpointSettings

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search, SearchState


@dataclass(frozen=True)
class RunSpec:
    """The run that a folder is to hold, and the functions that prepare and finish it."""

    request: Request
    method_name: str  # the method's name in status and display
    seed: int
    generations: int
    display_mode: DisplayMode
    checkpoint: CheckpointSettings
    require_same_environment: bool
    task: Task
    evaluator: Evaluator
    engine: str  # the evaluator's description of itself, for log and display
    weight_names: tuple[str, ...]  # (K,) names of the trial's weights in `ranking.csv`
    prepare_search: Callable[[Display], Search]  # called after the folder is claimed
    finish_run: Callable[[Search, Champion, RunWriter], RunResult]
    has_fixed_length: bool = False  # a larger budget adds no generations
    # Returns lines about the time that the search takes, from where it goes on and the number of candidates.
    describe_time: Callable[[Search, SearchState | None, int], list[str]] | None = None


def run_in_folder(spec: RunSpec) -> Outcome:
    """Claim the run folder and record the search in it; a run that is finished stays unchanged.

    Raises ConfigError if a named folder is locked or holds anything else, and Stopped after a signal. Errors
    of the search and of the disk propagate. If the run had a status, `status.json` records the reason first.
    """
    from wannsearch.records.claim import FolderContent, claim_folder

    heading = _make_heading(spec)
    folder_claim = claim_folder(spec.request.folder, spec.request.has_named_folder, spec.request.config)
    spec.request.print_warnings()
    try:
        if folder_claim.content is FolderContent.FINISHED:
            if not spec.request.is_sweep:
                print(f"{folder_claim.folder} holds this run, finished; nothing to do")
            return Outcome(0, "already done", folder_claim.folder)
        is_continuation = folder_claim.content is FolderContent.UNFINISHED
        return _run_claimed(spec, heading, folder_claim.folder, is_continuation)
    finally:
        folder_claim.release()


def _run_claimed(spec: RunSpec, heading: RunHeading, folder: Path, is_continuation: bool) -> Outcome:
    """Start or continue the search in a claimed folder, and record in `status.json` how it ended."""
    request = spec.request
    display = make_display(spec.display_mode, heading, request.is_sweep)
    status_file = _StatusFile(spec, folder)
    try:
        if not is_continuation:
            status_file.write_running()
        if isinstance(spec.evaluator, ReportsProgress):
            spec.evaluator.listeners[:] = [set_activity_detail]
        with reraise_stop():
            search = spec.prepare_search(display)
        # A continuation that is refused leaves the status as it was.
        state = load_progress(folder, search, spec.require_same_environment) if is_continuation else None
        status_file.write_running()
        for name in (layout.SUMMARY, layout.TRAJECTORY, layout.FRAMES):  # of an earlier end
            (folder / name).unlink(missing_ok=True)
        result = _record(spec, folder, search, state, display)
        status_file.write("done", None)
    except BaseException as error:
        if isinstance(error, Stopped):
            error.folder = folder
        if status_file.is_written:
            is_stopped = isinstance(error, Stopped)
            with suppress(StorageError):  # the first error is the one to report
                status_file.write("stopped" if is_stopped else "failed", _format_reason(error))
        raise
    finally:
        display.close()
        if isinstance(spec.evaluator, SupervisesWorkers):
            spec.evaluator.close()
    if not request.is_sweep:  # a sweep has a line of its own for each job
        _print_end(spec, folder, result)
    return Outcome(0, result.line, folder)


def _make_heading(spec: RunSpec) -> RunHeading:
    work = find_work_unit(spec.task, spec.evaluator)
    return RunHeading(
        title=f"{spec.request.task_name} · {spec.method_name} · seed {spec.seed}",
        generations=spec.generations,
        score_name=name_fitness(spec.task, spec.evaluator),
        work_name=work.name,
        work_per_step=work.per_step,
    )


def _print_end(spec: RunSpec, folder: Path, result: RunResult) -> None:
    """Print the end of a run; with `display=off` it is one line, with the folder."""
    if spec.display_mode is DisplayMode.OFF:
        print(f"{shorten_path(folder)}: {result.line}", flush=True)
        return
    for line in describe_end(folder, result, spec.request.config.get("plugins") or {}):
        print(line, flush=True)


def _format_reason(error: BaseException) -> str:
    """Return the error's text as one line, or its type if it has none."""
    return " ".join(str(error).split()) or type(error).__name__


class _StatusFile:
    """The file `status.json`, and the config that is written before it."""

    def __init__(self, spec: RunSpec, folder: Path) -> None:
        self.is_written = False
        self._spec, self._folder = spec, folder

    def write_running(self) -> None:
        """Write the config, once, and the status "running"; the folder holds this run from then on."""
        from wannsearch.records.claim import write_config

        if not self.is_written:
            write_config(self._folder, self._spec.request.config_yaml, self._spec.request.overrides)
            self.write("running", None)

    def write(self, state: str, why: str | None) -> None:
        """Write the status with its reason; StorageError if the run folder is gone."""
        from wannsearch.records.run_status import write_status

        spec = self._spec
        if not self._folder.is_dir():
            raise StorageError(f"{self._folder / layout.STATUS} cannot be written: the run folder is gone.")
        write_status(
            self._folder,
            state,
            why,
            generations=spec.generations,
            task=spec.request.task_name,
            method=spec.method_name,
            seed=spec.seed,
            options=spec.request.options,
            **({"final": True} if spec.has_fixed_length else {}),
        )
        self.is_written = True


def _record(
    spec: RunSpec, folder: Path, search: Search, state: SearchState | None, display: Display
) -> RunResult:
    """Search with an open log, history and checkpoints, then finish; return the result."""
    from wannsearch.kinds.candidate_kind import find_kind
    from wannsearch.records.checkpoint import CheckpointWriter
    from wannsearch.records.environment import collect_environment
    from wannsearch.records.writer import RunWriter

    checkpoints = CheckpointWriter(folder, spec.checkpoint, collect_environment())
    candidates = search.method.ask(search.initial_state().method_state)
    kind = find_kind(candidates)
    writer = RunWriter(folder, search.task.ports, spec.weight_names, kind, candidates, checkpoints, state)
    try:
        overrides = " ".join(spec.request.overrides) or "no overrides"
        writer.log(f"wannsearch {version('wannsearch')}: {overrides}")
        writer.log(spec.engine)
        display.print_line(spec.engine)
        if state is not None:
            writer.log(f"continues with generation {state.next_generation}")
            display.print_line(
                f"{folder} holds this run; it continues with generation {state.next_generation}"
            )
        _write_failures(search, writer, "before the first generation")
        if spec.describe_time is not None and display.has_rows:
            with reraise_stop():
                for line in spec.describe_time(search, state, len(candidates)):
                    writer.log(line)
                    display.print_line(line)
        begin_s = time.perf_counter()
        with reraise_stop():
            champion = _search(search, state, writer, display)
            seconds = time.perf_counter() - begin_s
            set_activity("final test")
            result = spec.finish_run(search, champion, writer)
            result = replace(result, line=f"{result.line}; searched {seconds:.1f} s")
        writer.log(result.line)
    except BaseException as error:
        is_stopped = isinstance(error, Stopped)
        set_activity("stopping, writing what was found")
        with suppress(StorageError):
            writer.log(f"{'stopped by' if is_stopped else 'failed:'} {_format_reason(error)}")
        raise
    finally:
        _write_failures(search, writer, "before the end")
    return result


def _search(search: Search, state: SearchState | None, writer: RunWriter, display: Display) -> Champion:
    """Run the generations while a background thread records them; return the champion."""
    from wannsearch.records.background import BackgroundWriter
    from wannsearch.search import Generation, run_search

    champion_accuracy = ChampionAccuracy(search) if display.has_rows else None

    def record_and_show(recorded: tuple[Generation, float | None]) -> None:
        generation, accuracy = recorded
        display.show_row(writer.record_generation(generation), accuracy, generation.is_last)

    first_generation = 1 if state is None else state.next_generation
    set_activity(f"generation {first_generation}")
    try:
        with BackgroundWriter[tuple[Generation, float | None]](record_and_show) as recorder:

            def record_generation(generation: Generation) -> None:
                raise_pending_stop()
                _write_failures(search, writer, f"generation {generation.number}")
                accuracy = champion_accuracy.measure(generation.champion) if champion_accuracy else None
                recorder.submit((generation, accuracy))

            champion = run_search(search, state or search.initial_state(), record_generation)
        if champion.record is None and search.generations:
            raise AllEvaluationsFailed("no network survived its re-test; there is no best to write.")
    finally:
        writer.close()
    return champion


def _write_failures(search: Search, writer: RunWriter, stage: str) -> None:
    """Log the failures that an evaluator with workers has collected since the last call, and clear them."""
    if isinstance(search.evaluator, SupervisesWorkers):
        for failure in search.evaluator.failures:
            writer.log_failure(stage, failure)
        search.evaluator.failures.clear()
