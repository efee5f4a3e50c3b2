"""wannsearch: one search, from config to run folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

from wannsearch.commands.data_settings import DataSettings
from wannsearch.commands.hydra.build import build, made
from wannsearch.commands.running.display import Mode
from wannsearch.commands.running.objective import objective
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.run_folder import Plan, recorded
from wannsearch.commands.running.summary import summary
from wannsearch.core.candidates import check_pairing
from wannsearch.core.champion import Champion, Retest
from wannsearch.core.errors import ConfigError, at_least
from wannsearch.core.measurement import HeldOut
from wannsearch.core.settings import convert_fields
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.records import layout
from wannsearch.records.throttle import Throttle

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """A sweep's folder."""

    name: str

    def __post_init__(self) -> None:
        convert_fields(self)


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
    data: DataSettings
    device: str  # that an evaluator trains on
    plugins: Any  # file -> digest: what was loaded for this run

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("seed", self.seed, 0)
        at_least("generations", self.generations, 1)
        if self.stop_at is not None and not math.isfinite(self.stop_at):
            raise ConfigError(f"stop_at is {self.stop_at}; it must be a finite return, or null.")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives the exit code."""
    from wannsearch.commands.hydra.app import run

    return run("config", search_job, arguments)


def search_job(request: Request) -> Outcome:
    """Check everything, claim the folder, search, measure, draw."""
    from wannsearch.core.streams import Role
    from wannsearch.search import Search

    config = made(RunConfig, "", request.config)
    method = build("method", config.method)
    most = getattr(method, "most_generations", None)
    generations = config.generations if most is None else min(config.generations, most)
    search = Search(
        task=build("task", config.task),
        method=method,
        evaluator=build("evaluator", config.evaluator),
        trials=build("trials", config.trials),
        retest=config.retest,
        seed=config.seed,
        generations=generations,
        stop_at=config.stop_at,
    )
    for weight in search.trials.shared_weights or ():
        if not math.isfinite(weight):
            raise ConfigError(f"trials.shared_weights holds {weight}; every weight must be finite.")
    search.task.episode_seeds(
        config.seed, Role.HELD_OUT, 0, config.held_out.episodes
    )  # refused now, not at the end
    # What a method cannot begin with on this task, and a pairing that does not fit, are refused now.
    check_pairing(search.method.ask(search.opening().state), search.evaluator)
    engine = search.evaluator.describe(search.task, search.trials)
    trained = getattr(search.evaluator, "candidates", None) is Subnetworks
    outcome = recorded(
        Plan(
            request=request,
            kind=request.choices["method"],
            seed=config.seed,
            generations=generations,
            mode=config.display,
            checkpoint=config.checkpoint,
            strict=config.strict,
            evaluator=search.evaluator,
            engine=engine,
            weights=search.trials.names(),
            prepare=lambda display: search,
            finish=partial(_trained, request) if trained else partial(_finished, request, config.held_out),
            final=generations == most,
        )
    )
    if not request.sweep or outcome.folder is None:
        return outcome
    return replace(outcome, objective=objective(outcome.folder, search))


def _trained(request: Request, search: Search, champion: Champion, writer: RunWriter) -> str:
    """Train in full, test once, sum up and draw."""
    from wannsearch.commands.running.final_training import final_training
    from wannsearch.records.files import write_whole
    from wannsearch.reporting.plots.trained_subnetworks import draw_trained

    assert champion.record is not None  # a search that found nobody has said so
    assert writer.last is not None  # a run has at least one generation
    record, trained = champion.record, final_training(search, champion.record, writer.last)
    evaluation = {"task": request.choices["task"], "network": layout.MASKS, **trained.evaluation}
    writer.network(trained.best, id=record.id, generation=record.generation)
    writer.whole(layout.WEIGHTS, trained.weights)
    writer.json(layout.EVALUATION, evaluation)
    writer.json(layout.SUMMARY, summary(request.choices, search, writer.last, trained.best, evaluation))
    for name, content in draw_trained(writer.folder).items():
        write_whole(writer.folder / name, content)
    count = len(evaluation["trained"])
    mean = evaluation["mean_over_weights"]
    shown = "failed" if mean is None else f"{mean:.4f}"
    return f"test accuracy {shown}" + (f", mean of {count} networks" if count > 1 else "")


def _finished(
    request: Request, held_out: HeldOut, search: Search, champion: Champion, writer: RunWriter
) -> str:
    """Test the best, sum up and draw."""
    from wannsearch.commands.running.final_test import final_test
    from wannsearch.records.files import write_whole
    from wannsearch.reporting.plots.pictures import draw_all

    record = champion.record
    assert record is not None  # a search that found nobody has said so
    assert writer.last is not None  # a run has at least one generation
    names = {"task": request.choices["task"], "network": layout.NETWORK}
    weights = search.trials.shared_weights
    evaluation = names | final_test(
        record.network, search.task, search.evaluator, weights, held_out, search.seed
    )
    writer.json(layout.EVALUATION, evaluation)
    writer.json(layout.SUMMARY, summary(request.choices, search, writer.last, record.network, evaluation))
    for name, content in draw_all(writer.folder).items():
        write_whole(writer.folder / name, content)
    mean = evaluation["mean_over_weights"]
    shown = "failed" if mean is None else f"{mean:.4g}"
    episodes, count = evaluation["episodes"], len(evaluation["weights"])
    return f"held-out mean {shown} over {count} weight(s), {episodes} episode(s)"
