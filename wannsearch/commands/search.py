"""wannsearch: one search, from config to run folder."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.build import build, made
from wannsearch.commands.display import Display, Mode, chosen
from wannsearch.commands.outcome import Outcome, Stopped
from wannsearch.commands.resume import continued
from wannsearch.commands.summary import summary
from wannsearch.core.champion import Champion, Retest
from wannsearch.core.errors import ConfigError, NothingSucceeded, StorageError, at_least
from wannsearch.core.measurement import HeldOut
from wannsearch.core.protocols import Supervising
from wannsearch.records import layout
from wannsearch.records.throttle import Throttle

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Progress, Search


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """A sweep's folder."""

    name: str


class OnError(str, Enum):
    """What a sweep does when a run fails."""

    CONTINUE = "continue"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """The top level of `conf/config.yaml`."""

    task: Any
    method: Any
    evaluator: Any
    trials: Any
    seed: int
    generations: int
    stop_at: float | None
    display: Mode
    on_error: OnError
    retest: Retest
    held_out: HeldOut
    checkpoint: Throttle
    strict: bool
    sweep: SweepSettings
    plugins: Any  # file -> digest: what was loaded for this run

    def __post_init__(self) -> None:
        at_least("seed", self.seed, 0)
        at_least("generations", self.generations, 1)
        if self.stop_at is not None and not math.isfinite(self.stop_at):
            raise ConfigError(f"stop_at is {self.stop_at}; it must be a finite return, or null.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives the exit code."""
    from wannsearch.commands.hydra_app import run

    return run("config", search_job, arguments)


def search_job(request: Request) -> Outcome:
    """Check everything, claim the folder, search, measure, draw."""
    from wannsearch.core.streams import Role
    from wannsearch.records.claim import Held, claim
    from wannsearch.search import Search

    config = made(RunConfig, "", request.config)
    search = Search(
        task=build("task", config.task),
        method=build("method", config.method),
        evaluator=build("evaluator", config.evaluator),
        trials=build("trials", config.trials),
        retest=config.retest,
        seed=config.seed,
        generations=config.generations,
        stop_at=config.stop_at,
    )
    for weight in search.trials.shared_weights or ():
        if not math.isfinite(weight):
            raise ConfigError(f"trials.shared_weights holds {weight}; every weight must be finite.")
    search.task.episode_seeds(
        config.seed, Role.HELD_OUT, 0, config.held_out.episodes
    )  # refused now, not at the end
    engine = search.evaluator.describe(search.task, search.trials)  # refused now if they do not fit
    owned = claim(request.folder, request.named, request.config)
    try:
        if owned.held is Held.FINISHED:
            if not request.sweep:
                print(f"{owned.folder} holds this run, finished; nothing to do")
            return Outcome(0, "already done", owned.folder)
        found = None
        if owned.held is Held.UNFINISHED:
            found = continued(owned.folder, search, config.strict)
        return _run(request, config, search, engine, owned.folder, found)
    finally:
        owned.release()


def _run(
    request: Request,
    config: RunConfig,
    search: Search,
    engine: str,
    folder: Path,
    found: Progress | None,
) -> Outcome:
    from wannsearch.records.checkpoint import Checkpoints
    from wannsearch.records.claim import write_config
    from wannsearch.records.environment import environment
    from wannsearch.records.writer import RunWriter

    write_config(folder, request.written, request.overrides)
    checkpoints = Checkpoints(folder, config.checkpoint, environment())
    writer = RunWriter(folder, search.task.ports, search.trials.names(), checkpoints, found)
    status = {
        "state": "running",
        "why": None,
        "generations": config.generations,
        "task": request.choices["task"],
        "method": request.choices["method"],
        "seed": config.seed,
    }
    title = f"{request.choices['task']} · {request.choices['method']} · seed {config.seed}"
    display = chosen(config.display, title, config.generations, request.sweep)
    try:
        writer.json(layout.STATUS, status)
        writer.log(f"wannsearch {version('wannsearch')}: {' '.join(request.overrides) or 'no overrides'}")
        writer.log(engine)
        display.say(engine)
        if found is not None:
            writer.log(f"continues with generation {found.next}")
            display.say(f"{folder} holds this run; it continues with generation {found.next}")
        line = _searched(request, search, config.held_out, found, writer, display)
        writer.log(line)
        writer.json(layout.STATUS, status | {"state": "done"})
    except BaseException as error:
        stopped = isinstance(error, Stopped)
        why = " ".join(str(error).split()) or type(error).__name__
        with suppress(StorageError):  # what the disk said first is what is told
            writer.json(layout.STATUS, status | {"state": "stopped" if stopped else "failed", "why": why})
            writer.log(f"{'stopped by' if stopped else 'failed:'} {why}")
        raise
    finally:
        display.close()
        _write_failures(search, writer, "before the end")
        if isinstance(search.evaluator, Supervising):
            search.evaluator.close()
    display.say(f"{folder}: {line}")
    return Outcome(0, line, folder)


def _searched(
    request: Request,
    search: Search,
    held_out: HeldOut,
    found: Progress | None,
    writer: RunWriter,
    display: Display,
) -> str:
    """Search, test the best, write and draw; gives the line that sums it up."""
    from wannsearch.records.background import Background
    from wannsearch.records.files import write_whole
    from wannsearch.reporting.pictures import draw_all
    from wannsearch.search import Generation, searched

    begin = time.perf_counter()
    try:
        with Background[Generation](lambda now: display.show(writer.generation(now))) as recorder:

            def record(now: Generation) -> None:
                _write_failures(search, writer, f"generation {now.number}")
                recorder.put(now)

            champion = searched(search, found or search.opening(), record)
        if champion.record is None:
            raise NothingSucceeded("no network survived its re-test; there is no best to write.")
    finally:
        writer.close()
    seconds = time.perf_counter() - begin
    evaluation = _evaluated(request, search, held_out, champion)
    writer.json(layout.EVALUATION, evaluation)
    assert writer.last is not None  # a run has at least one generation
    writer.json(layout.SUMMARY, summary(request.choices, search, writer.last, evaluation))
    for name, content in draw_all(writer.folder).items():
        write_whole(writer.folder / name, content)
    mean = evaluation["mean_over_weights"]
    shown = "failed" if mean is None else f"{mean:.4g}"
    episodes, count = evaluation["episodes"], len(evaluation["weights"])
    return f"held-out mean {shown} over {count} weight(s), {episodes} episode(s); searched {seconds:.1f} s"


def _write_failures(search: Search, writer: RunWriter, when: str) -> None:
    """What a supervising evaluator could not play since it was last asked."""
    if isinstance(search.evaluator, Supervising):
        for failure in search.evaluator.failures:
            writer.failure(when, failure)
        search.evaluator.failures.clear()


def _evaluated(request: Request, search: Search, held_out: HeldOut, champion: Champion) -> dict[str, Any]:
    from wannsearch.commands.final_test import final_test

    record = champion.record
    assert record is not None  # a generation of nothing but failures has stopped the run
    names = {"task": request.choices["task"], "network": layout.NETWORK}
    weights = search.trials.shared_weights
    return names | final_test(record.network, search.task, search.evaluator, weights, held_out, search.seed)
