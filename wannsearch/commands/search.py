"""wannsearch: one search, from config to run folder.

The command checks all settings, claims the folder and runs the search. Then it tests the recorded best (a
topology on held-out episodes, a sub-network after a full training) and writes summary and plots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.running.objective import measure_objective
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.run_folder import RunSpec, run_in_folder
from wannsearch.commands.running.run_settings import RecordedRunSettings
from wannsearch.commands.running.summary import summarize_search
from wannsearch.core.candidates import accepted_candidate_type, check_pairing
from wannsearch.core.champion import Champion
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.core.protocols import LimitsGenerations
from wannsearch.core.subnetworks.subnetworks import Subnetworks
from wannsearch.records import layout
from wannsearch.reporting.plots.plot_selection import PlotSelection

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search


@dataclass(frozen=True, kw_only=True)
class RunSettings(RecordedRunSettings):
    """One field per top-level key of `conf/config.yaml`, which describes the keys."""

    task: Any
    method: Any
    evaluator: Any
    trials: Any
    generations: int
    stop_at: float | None
    device: str  # the torch device on which an evaluator trains

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("generations", self.generations, 1)
        if self.stop_at is not None and not math.isfinite(self.stop_at):
            raise ConfigError(f"stop_at is {self.stop_at}; it must be a finite return, or null.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    from wannsearch.commands.hydra.app import run_with_hydra

    return run_with_hydra("config", run_search_job, arguments)


def run_search_job(request: Request) -> Outcome:
    """Check all settings, claim the folder, search, test the recorded best and draw the plots.

    Invalid settings raise ConfigError before the folder is claimed. In a sweep the outcome has an objective;
    it is NaN otherwise.
    """
    from wannsearch.core.streams import Role
    from wannsearch.search import Search

    config = build_dataclass(RunSettings, "", request.config)
    method = build("method", config.method)
    max_generations = method.max_generations if isinstance(method, LimitsGenerations) else None
    generations = config.generations if max_generations is None else min(config.generations, max_generations)
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
    )  # raises now, not at the end
    # The first `ask` raises if the method does not fit the task; the pairing with the evaluator is next.
    check_pairing(search.method.ask(search.initial_state().method_state), search.evaluator)
    engine = search.evaluator.describe(search.task, search.trials)
    trains_subnetworks = accepted_candidate_type(search.evaluator) is Subnetworks
    outcome = run_in_folder(
        RunSpec(
            request=request,
            method_name=request.choices["method"],
            seed=config.seed,
            generations=generations,
            display_mode=config.display,
            checkpoint=config.checkpoint,
            require_same_environment=config.require_same_environment,
            evaluator=search.evaluator,
            engine=engine,
            weight_names=search.trials.weight_names(),
            prepare_search=lambda display: search,
            finish_run=partial(_finish_training, request, config.plots)
            if trains_subnetworks
            else partial(_finish_search, request, config.plots, config.held_out),
            has_fixed_length=generations == max_generations,
        )
    )
    if not request.is_sweep or outcome.folder is None:
        return outcome
    return replace(outcome, objective=measure_objective(outcome.folder, search))


def _finish_training(
    request: Request, plots: PlotSelection, search: Search, champion: Champion, writer: RunWriter
) -> str:
    """Train the recorded sub-network, or every candidate, in full, test once and write the results.

    Returns the line that sums the run up.
    """
    from wannsearch.commands.running.final_training import run_final_training
    from wannsearch.records.files import write_atomically
    from wannsearch.reporting.plots.trained_subnetworks import draw_trained_networks

    assert champion.record is not None  # a search without a champion has raised AllEvaluationsFailed
    assert writer.last_generation is not None  # a run has at least one generation
    record, result = champion.record, run_final_training(search, champion.record, writer.last_generation)
    evaluation = {"task": request.choices["task"], "network": layout.MASKS, **result.evaluation}
    writer.write_best(result.best_network, id=record.id, generation=record.generation)
    writer.write_file(layout.WEIGHTS, result.weights)
    writer.write_json(layout.EVALUATION, evaluation)
    writer.write_json(
        layout.SUMMARY,
        summarize_search(request.choices, search, writer.last_generation, result.best_network, evaluation),
    )
    for name, content in draw_trained_networks(writer.folder, plots).items():
        write_atomically(writer.folder / name, content)
    count = len(evaluation["trained"])
    mean = evaluation["mean_over_weights"]
    mean_text = "failed" if mean is None else f"{mean:.4f}"
    return f"test accuracy {mean_text}" + (f", mean of {count} networks" if count > 1 else "")


def _finish_search(
    request: Request,
    plots: PlotSelection,
    held_out: HeldOutSettings,
    search: Search,
    champion: Champion,
    writer: RunWriter,
) -> str:
    """Test the recorded topology on held-out episodes and write the results.

    Returns the line that sums the run up.
    """
    from wannsearch.commands.running.final_test import run_final_test
    from wannsearch.records.files import write_atomically
    from wannsearch.reporting.plots.pictures import draw_run

    record = champion.record
    assert record is not None  # a search without a champion has raised AllEvaluationsFailed
    assert writer.last_generation is not None  # a run has at least one generation
    names = {"task": request.choices["task"], "network": layout.NETWORK}
    weights = search.trials.shared_weights
    evaluation = names | run_final_test(
        record.network, search.task, search.evaluator, weights, held_out, search.seed
    )
    writer.write_json(layout.EVALUATION, evaluation)
    writer.write_json(
        layout.SUMMARY,
        summarize_search(request.choices, search, writer.last_generation, record.network, evaluation),
    )
    for name, content in draw_run(writer.folder, plots).items():
        write_atomically(writer.folder / name, content)
    mean = evaluation["mean_over_weights"]
    mean_text = "failed" if mean is None else f"{mean:.4g}"
    episodes, count = evaluation["episodes"], len(evaluation["weights"])
    return f"held-out mean {mean_text} over {count} weight(s), {episodes} episode(s)"
