"""wannsearch: one search, from config to run folder.

The command checks all settings, claims the folder and runs the search. Then it tests the recorded best as the
kind of its candidates says (`kinds/`), and writes summary and plots.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.activity import set_activity
from wannsearch.commands.entry import run_composed_command
from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.running.expected_time import describe_expected_time, find_quick_experiment
from wannsearch.commands.running.objective import measure_objective
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.run_folder import RunSpec, run_in_folder
from wannsearch.commands.running.run_result import RUN, RunResult
from wannsearch.commands.running.run_settings import RecordedRunSettings
from wannsearch.commands.running.stop_score import (
    adopt_stored_score,
    check_stop_at,
    find_stop_score,
    store_stop_score,
)
from wannsearch.commands.running.summary import summarize_search
from wannsearch.core.candidates import check_pairing
from wannsearch.core.champion import Champion
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.protocols import LimitsGenerations
from wannsearch.records import layout
from wannsearch.reporting.plots.plot_selection import PlotSelection

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.commands.running.run_film import RunFilm
    from wannsearch.core.protocols import Method
    from wannsearch.kinds.candidate_kind import CandidateKind
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search, SearchState


@dataclass(frozen=True, kw_only=True)
class RunSettings(RecordedRunSettings):
    """One field per top-level key of `conf/config.yaml`, which describes the keys."""

    task: Any
    method: Any
    evaluator: Any
    trials: Any
    generations: int
    stop_at: Any  # a finite score, AUTO, or None for never
    device: str  # the torch device on which an evaluator trains

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("generations", self.generations, 1)
        object.__setattr__(self, "stop_at", check_stop_at(self.stop_at))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_composed_command("config", run_search_job, arguments)


def run_search_job(request: Request) -> Outcome:
    """Check all settings, claim the folder, search, test the recorded best and draw the plots.

    Invalid settings raise ConfigError before the folder is claimed. In a sweep the outcome has an objective;
    it is NaN otherwise.
    """
    from wannsearch.core.streams import Role
    from wannsearch.kinds.best_episode import check_scene
    from wannsearch.kinds.candidate_kind import find_kind

    request = adopt_stored_score(request)
    config = build_dataclass(RunSettings, "", request.config)
    set_activity(f"preparing {request.task_name}")
    search = build_search(config)
    request = store_stop_score(request, search.stop_at)
    for weight in search.trials.shared_weights or ():
        if not math.isfinite(weight):
            raise ConfigError(f"trials.shared_weights holds {weight}; every weight must be finite.")
    search.task.episode_seeds(
        config.seed, Role.HELD_OUT, 0, config.held_out.episodes
    )  # raises now, not at the end
    check_scene(search.task, config.seed)  # an error in a task's scene would otherwise end a finished search
    set_activity("proposing the first candidates")
    # The first `ask` raises if the method does not fit the task; the pairing with the evaluator is next.
    candidates = search.method.ask(search.initial_state().method_state)
    check_pairing(candidates, search.evaluator)
    kind = find_kind(candidates)
    set_activity("preparing the evaluator")
    engine = request.describe_engine(search.evaluator.describe(search.task, search.draw_trials(1)))
    outcome = run_in_folder(
        RunSpec(
            request=request,
            method_name=request.choices["method"],
            seed=config.seed,
            generations=search.generations,
            display_mode=config.display,
            checkpoint=config.checkpoint,
            require_same_environment=config.require_same_environment,
            task=search.task,
            evaluator=search.evaluator,
            engine=engine,
            weight_names=search.trials.weight_names(),
            prepare_search=lambda display: search,
            finish_run=partial(_finish, request, kind, config),
            has_fixed_length=search.generations == _max_generations(search.method),
            describe_time=partial(_describe_time, request, kind, config),
        )
    )
    if not request.is_sweep or outcome.folder is None:
        return outcome
    return replace(outcome, objective=measure_objective(outcome.folder, search, kind))


def build_search(config: RunSettings) -> Search:
    """Build all parts of the search that these settings describe; ConfigError where one cannot be built."""
    from wannsearch.search import Search

    method, task = build("method", config.method), build("task", config.task)
    max_generations = _max_generations(method)
    return Search(
        task=task,
        method=method,
        evaluator=build("evaluator", config.evaluator),
        trials=build("trials", config.trials),
        retest=config.retest,
        seed=config.seed,
        generations=config.generations
        if max_generations is None
        else min(config.generations, max_generations),
        stop_at=find_stop_score(config.stop_at, task),
    )


def _max_generations(method: Method[Any]) -> int | None:
    return method.max_generations if isinstance(method, LimitsGenerations) else None


def _describe_time(
    request: Request,
    kind: CandidateKind,
    config: RunSettings,
    search: Search,
    state: SearchState | None,
    num_candidates: int,
) -> list[str]:
    """Return lines about the time that the search and its final test take at most; there may be none."""
    from wannsearch.commands.hydra.errors import find_conf_dir
    from wannsearch.kinds.candidate_kind import CountsTestEpisodes

    experiments = [path.stem for path in (find_conf_dir() / "experiment").glob("*.yaml")]
    return describe_expected_time(
        search,
        state,
        num_candidates,
        kind.count_test_episodes(search, config.held_out) if isinstance(kind, CountsTestEpisodes) else 0,
        config.held_out,
        find_quick_experiment(request.choices, experiments),
    )


def _finish(
    request: Request,
    kind: CandidateKind,
    config: RunSettings,
    search: Search,
    champion: Champion,
    writer: RunWriter,
) -> RunResult:
    """Test the recorded best as its kind says, write the results and draw the plots.

    A failure that the final test survived is a warning, with its traceback in the log.
    """
    from wannsearch.commands.hydra.errors import format_one_line
    from wannsearch.commands.running.run_film import FilmFailed
    from wannsearch.records.files import write_atomically

    record, last_generation = champion.record, writer.last_generation
    assert record is not None  # a search without a champion has raised AllEvaluationsFailed
    assert last_generation is not None  # a run has at least one generation
    test = kind.run_final_test(search, record, last_generation, config.held_out)
    network_name = writer.write_best(test.best, id=record.id, generation=record.generation)
    for name, content in test.files.items():
        writer.write_file(name, content)
    evaluation = {"task": request.task_name, "network": network_name, **test.evaluation}
    writer.write_json(layout.EVALUATION, evaluation)
    summary = summarize_search(request, search, last_generation, kind, test.best, evaluation)
    writer.write_json(layout.SUMMARY, summary)
    for failure in test.failures:
        line = format_one_line(failure.line)
        writer.log(f"{line}\n{failure.traceback}")
        print(f"wannsearch: {line}; see {writer.folder / layout.LOG}", file=sys.stderr, flush=True)
    set_activity("drawing the pictures")
    with _start_film(search, config.plots, writer.folder) as film:
        plots = kind.draw_plots(writer.folder, config.plots)
        for name, content in plots.items():
            write_atomically(writer.folder / name, content)
        if film is not None:
            set_activity("making the film")
            try:
                plots[layout.FILM] = film.collect()
                write_atomically(writer.folder / layout.FILM, plots[layout.FILM])
            except FilmFailed as error:
                warning = format_one_line(f"this run has no film: {error}")
                writer.log(warning)
                print(f"wannsearch: {warning}", file=sys.stderr, flush=True)
    line, next_commands = test.line, test.next_commands
    if replace(search, generations=search.generations + 1).is_finished(last_generation.next_state):
        reached = f"reached {search.stop_at:g} (stop_at) in generation {last_generation.number:,}"
        line += f"; the champion {reached} of the search"
    else:
        next_commands += (("wannsearch", f"resume={RUN}", f"generations={2 * search.generations}"),)
    return RunResult(line, tuple(plots), next_commands)


def _start_film(
    search: Search, selection: PlotSelection, run: Path
) -> AbstractContextManager[RunFilm | None]:
    """Return the film of this run, which its context makes; of None where no film is wanted or possible."""
    from wannsearch.commands.running.run_film import RunFilm
    from wannsearch.kinds.film_recording import can_be_filmed

    is_wanted = selection is PlotSelection.ALL and (run / layout.NETWORK).is_file()
    return RunFilm(run) if is_wanted and can_be_filmed(search.task) else nullcontext()
