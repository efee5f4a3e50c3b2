"""wannsearch-tune: good weights for one network, shared and own, with their final tests.

The command has three steps:

1. It finds the best weight that all connections can share (`tuning.shared_weight`).
2. It finds each connection's own weight, by CMA-ES (`methods.cma_es`) or by gradient (`tuning.gradient`).
   It starts from that shared weight or from the network's own weights. CMA-ES is a search like any other,
   with history, checkpoints and champion. `weights=shared_only` leaves this step out.
3. It measures the four columns of Gaier & Ha (2019), Table 1, on held-out episodes that no earlier step
   used, and writes them to `tuning.json`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from wannsearch.commands.activity import set_activity
from wannsearch.commands.entry import run_composed_command
from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.run_task import describe_task, read_network
from wannsearch.commands.running.display import Display
from wannsearch.commands.running.objective import read_recorded_score
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.running.run_folder import RunSpec, run_in_folder
from wannsearch.commands.running.run_result import RUN, RunResult
from wannsearch.commands.running.run_settings import RecordedRunSettings
from wannsearch.commands.typed_arguments import get_override_key, select_unread_overrides
from wannsearch.core.arrays import FloatArray
from wannsearch.core.champion import Champion
from wannsearch.core.errors import ConfigError, check_at_least, check_between
from wannsearch.core.measurement import HeldOutSettings, Measurement, TestProtocol
from wannsearch.core.plateau import order_weights
from wannsearch.core.protocols import Evaluator, Task, count_distinct_episodes
from wannsearch.core.score_names import name_score
from wannsearch.core.streams import Role
from wannsearch.core.tasks.labelled_task import LabelledTask
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS, Trials, shared_weight_grid
from wannsearch.kinds.final_test import accuracy_by_weight, describe_held_out_seeds, describe_solved
from wannsearch.records import layout
from wannsearch.records.files import finite_or_none, write_atomically
from wannsearch.records.writer import weight_table
from wannsearch.reporting.plots.plot_selection import PlotSelection
from wannsearch.tuning.gradient import GradientSettings, train_weights
from wannsearch.tuning.random_weights import measure_random_weights
from wannsearch.tuning.shared_weight import (
    SharedWeightResult,
    SharedWeightSettings,
    tune_shared_weight,
)
from wannsearch.variation.cma_es import CovarianceType

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.methods.cma_es import CmaEsWeights
    from wannsearch.records.writer import RunWriter
    from wannsearch.search import Search

_METHOD_NAME = "tune"


class TuningMethod(str, Enum):
    """The way in which each connection's own weight is found."""

    EVOLVE = "evolve"
    GRADIENT = "gradient"
    SHARED_ONLY = "shared_only"  # no search for own weights: the best shared weight stays


class InitialWeightSource(str, Enum):
    """The weights from which the search for own weights starts."""

    SHARED = "shared"  # the best shared weight, then other good ones
    OWN = "own"  # the weights of the given network


@dataclass(frozen=True, kw_only=True)
class TuneSettings(RecordedRunSettings):
    """One field per top-level key of `conf/tune.yaml` and `conf/tuning/`, which describe the keys."""

    task: Any
    evaluator: Any
    network: str
    network_sha256: str | None
    weights: TuningMethod
    initial_weights: InitialWeightSource
    generations: int
    population_size: int
    initial_sigma: float
    covariance: CovarianceType
    patience: int
    final_restart_fraction: float
    episodes: int
    shared: SharedWeightSettings
    gradient: GradientSettings

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("generations", self.generations, 1)
        check_at_least("episodes", self.episodes, 1)
        check_between("final_restart_fraction", self.final_restart_fraction, 0, 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_composed_command("tune", run_tune_job, arguments)


def run_tune_job(request: Request) -> Outcome:
    """Check all settings, claim the folder, tune and test the network, and write the results.

    Invalid settings raise ConfigError before the folder is claimed. The objective of the outcome is the
    score of the recorded best, or NaN unless `weights=evolve`.
    """
    from wannsearch.core.streams import Role
    from wannsearch.methods.cma_es import check_weight_count

    config = build_dataclass(TuneSettings, "", request.config)
    notes = [describe_task(request), _describe_unread(request, config)]
    set_activity(f"preparing {request.task_name}")
    task, evaluator = build("task", config.task), build("evaluator", config.evaluator)
    network = read_network(request, task)
    num_edges = int(network.edges[0])
    network = replace(network, **{name: getattr(network, name)[:, :num_edges] for name in _EDGE_ARRAYS})
    if config.weights is TuningMethod.EVOLVE:
        check_weight_count(num_edges, config.covariance)
    if config.weights is TuningMethod.GRADIENT and not (isinstance(task, LabelledTask) and num_edges):
        raise ConfigError("weights=gradient needs a task with labelled data, such as digits; or use evolve.")
    task.episode_seeds(config.seed, Role.HELD_OUT, 0, config.held_out.episodes)  # raises now, not at the end
    trials = Trials(shared_weights=None, episodes=config.episodes)
    set_activity("preparing the evaluator")
    engine = request.describe_engine(evaluator.describe(task, trials))
    first_lines = tuple(line for line in notes if line is not None)
    job = _TuneJob(
        _add_network_digest(request, config), config, task, evaluator, network, trials, first_lines
    )
    job.build_method(network.weight)  # invalid settings raise before the folder is claimed
    outcome = run_in_folder(
        RunSpec(
            request=job.request,
            method_name=_METHOD_NAME,
            seed=config.seed,
            generations=config.generations,
            display_mode=config.display,
            checkpoint=config.checkpoint,
            require_same_environment=config.require_same_environment,
            task=task,
            evaluator=evaluator,
            engine=engine,
            weight_names=trials.weight_names(),
            prepare_search=job.prepare_search,
            finish_run=job.finish_run,
        )
    )
    return (
        outcome if outcome.folder is None else replace(outcome, objective=read_recorded_score(outcome.folder))
    )


_METHODS_READING_KEY = {
    "gradient": ("gradient",),
    "initial_weights": ("evolve", "gradient"),
    "episodes": ("evolve", "gradient"),
    **dict.fromkeys(
        (
            "generations",
            "population_size",
            "initial_sigma",
            "covariance",
            "patience",
            "final_restart_fraction",
            "retest",
        ),
        ("evolve",),
    ),
}
"""Config key -> the values of `weights` that read it; all values read the other keys."""


def _describe_unread(request: Request, config: TuneSettings) -> str | None:
    """Return a note on typed keys that this tuning method ignores, or None.

    ConfigError for a key of `gradient`, since its user has probably forgotten `weights=gradient`.
    """
    tuning_method = config.weights.value
    unread_overrides = select_unread_overrides(request.overrides, _METHODS_READING_KEY, tuning_method)
    if unread_overrides and get_override_key(unread_overrides[0]).startswith("gradient"):
        raise ConfigError(
            f"{unread_overrides[0]} has no effect with weights={tuning_method}; it goes with "
            "weights=gradient."
        )
    return (
        f"without effect with weights={tuning_method}: {', '.join(unread_overrides)}"
        if unread_overrides
        else None
    )


def _format_mean(result: dict[str, Any]) -> str:
    mean, std = result["mean"], result["std"]
    return "failed" if mean is None or std is None else f"{mean:.4g} ± {std:.4g}"


_EDGE_ARRAYS = ("source", "target", "weight")


def _add_network_digest(request: Request, config: TuneSettings) -> Request:
    """Add the SHA-256 digest of the network's file to the config, so that another network is another run.

    The digest is None for a network without a file, such as `dense:10`. ConfigError if the config of a
    resumed run holds another digest.
    """
    from omegaconf import OmegaConf

    from wannsearch.records import layout

    path = Path(config.network)
    path = path / layout.NETWORK if path.is_dir() else path
    digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
    if config.network_sha256 not in (None, digest):
        raise ConfigError(f"{path} is not the file that was tuned here; its content has changed since.")
    request_config = request.config | {"network_sha256": digest}
    return replace(request, config=request_config, config_yaml=OmegaConf.to_yaml(request_config))


@dataclass
class _TuneJob:
    """The tuning of one network: its inputs, and the result for the shared weight."""

    request: Request
    config: TuneSettings
    task: Task
    evaluator: Evaluator
    network: Population
    trials: Trials
    first_lines: tuple[str, ...]
    shared_result: SharedWeightResult = field(init=False)

    def build_method(self, initial_means: FloatArray) -> CmaEsWeights:
        """Build CMA-ES around initial weights (C, n); ConfigError for settings that do not fit."""
        from wannsearch.methods.cma_es import CmaEsWeights

        config = self.config
        restart_generations = round(config.final_restart_fraction * config.generations)
        is_evolving = config.weights is TuningMethod.EVOLVE
        return CmaEsWeights(
            network=self.network,
            initial_means=initial_means,
            initial_sigma=config.initial_sigma,
            covariance=config.covariance if is_evolving else CovarianceType.DIAGONAL,
            patience=config.patience,
            population_size=config.population_size,
            final_restart_generation=config.generations - restart_generations + 1
            if restart_generations
            else None,
            key_prefix="",
        )

    def prepare_search(self, display: Display) -> Search:
        """Tune the shared weight, then build the search for own weights.

        The search has no generations unless `weights=evolve`. Its initial means are one row per peak of the
        shared weight, or the network's own weights.
        """
        import numpy as np

        from wannsearch.search import Search

        for line in self.first_lines:
            display.print_line(line)
        config = self.config
        set_activity("tuning the shared weight")
        self.shared_result = tune_shared_weight(
            self.evaluator, self.network, self.task, config.shared, config.seed
        )
        display.print_line(
            f"best shared weight {self.shared_result.weight:g}, mean {self.shared_result.mean:.6g}"
        )
        initial_means = self.network.weight
        if config.initial_weights is InitialWeightSource.SHARED:
            peaks = np.array(self.shared_result.peaks)
            initial_means = np.repeat(peaks[:, None], self.network.weight.shape[1], axis=1)
        self.network = replace(self.network, weight=initial_means[:1])
        return Search(
            task=self.task,
            method=self.build_method(initial_means),
            evaluator=self.evaluator,
            trials=self.trials,
            retest=config.retest,
            seed=config.seed,
            generations=config.generations if config.weights is TuningMethod.EVOLVE else 0,
        )

    def finish_run(self, search: Search, champion: Champion, writer: RunWriter) -> RunResult:
        """Run the final tests, write the results and return what the user is told.

        With `weights=gradient` the own weights are trained here first.
        """

        config, cost = self.config, {"evaluations": 0, "env_steps": 0}
        tuned_network: Population | None = None
        if champion.record is not None:
            assert writer.last_generation is not None  # a champion belongs to a recorded generation
            tuned_network = cast("Population", champion.record.network)
            cost = {
                "evaluations": writer.last_generation.next_state.evaluations,
                "env_steps": writer.last_generation.next_state.env_steps + champion.retest_env_steps,
            }
        elif config.weights is TuningMethod.GRADIENT:
            assert isinstance(self.task, LabelledTask)  # checked before the folder was claimed
            set_activity("training the weights")
            training = train_weights(
                self.evaluator, self.network, self.task, config.gradient, config.seed, config.episodes
            )
            for step, mean in training.validations:
                writer.log(f"step {step}: {mean!r}")
            tuned_network = training.network
            cost = {
                "evaluations": config.gradient.steps + len(training.validations),
                "env_steps": training.episodes * self.task.horizon,
            }
        set_activity("final tests")
        result = run_tests(
            self.evaluator,
            self.task,
            self.network,
            tuned_network,
            self.shared_result,
            config.held_out,
            config.seed,
        )
        if result["tuned_weights"] is not None:
            result["tuned_weights"] |= cost
        origin = self._describe_origin()
        plots = write_results(
            writer,
            self.request.task_name,
            search,
            origin | result,
            self.network,
            tuned_network,
            self.config.plots,
        )
        own_row, shared_row = result["tuned_weights"], result["tuned_shared_weight"]
        score_name = name_score(self.task, self.evaluator)
        parts = [
            f"held-out {score_name} {_format_mean(shared_row)} with the best shared weight, "
            f"{shared_row['weight']:g}"
        ]
        if own_row is not None:
            parts.append(f"{_format_mean(own_row)} with own weights")
            parts += [
                f"accuracy {accuracy:.4f}" for accuracy in own_row.get("accuracy", []) if accuracy is not None
            ]
        last_row = own_row or shared_row
        parts += describe_solved(last_row | {"mean": [last_row["mean"]]}, self.task)
        return RunResult("; ".join(parts), plots, (("wannsearch-evaluate", f"network={RUN}"),))

    def _describe_origin(self) -> dict[str, Any]:
        path = Path(self.config.network)
        return {
            "format": layout.FORMAT,
            "network": self.config.network,
            "network_sha256": self.request.config["network_sha256"],
            "from_run": str(path) if path.is_dir() else None,
            "task": self.request.task_name,
            "seed": self.config.seed,
            "weights": self.config.weights.value,
        }


def run_tests(
    evaluator: Evaluator,
    task: Task,
    network: Population,
    tuned_network: Population | None,
    shared_result: SharedWeightResult,
    held_out: HeldOutSettings,
    seed: int,
) -> dict[str, Any]:
    """Run the final tests and return their results for `tuning.json`.

    Random weights are drawn anew for each of `held_out.episodes` episodes. All other rows use the distinct
    ones among these. Each row has mean and std over episodes (ddof 0), except `six_weights`, which has its
    mean alone. NaN becomes None.

    `tuned_network` has own weights; it is None if the tuning had no search for own weights.
    """
    seeds = task.episode_seeds(seed, Role.HELD_OUT, 0, held_out.episodes)
    distinct_seeds = seeds[: count_distinct_episodes(task, held_out.episodes)]

    def measure(weights: tuple[float, ...] | None, population: Population = network) -> Measurement:
        return evaluator.measure(population, task, TestProtocol(weights, distinct_seeds))

    random_measurements = {
        name: measure_random_weights(
            evaluator, network, task, seeds, seed, shared=name == "random_shared_weight"
        )
        for name in ("random_weights", "random_shared_weight")
    }
    sweep_weights = shared_weight_grid(held_out.sweep_weights)
    sweep_measurement, shared_measurement = (
        measure(tuple(sweep_weights.tolist())),
        measure((shared_result.weight,)),
    )
    best_row = int(order_weights(sweep_weights, sweep_measurement.mean)[0])
    result: dict[str, Any] = {
        **describe_held_out_seeds(seed, len(distinct_seeds)),
        **{
            name: _mean_and_std(measurement) | {"trials": len(seeds)}
            for name, measurement in random_measurements.items()
        },
        "six_weights": {"mean": finite_or_none(measure(SIX_WEIGHTS).mean.mean())},
        "tuned_shared_weight": {
            "weight": shared_result.weight,
            **_mean_and_std(shared_measurement),
            "episodes": len(distinct_seeds),
            "evaluations": shared_result.evaluations,
            "env_steps": shared_result.env_steps,
        },
        "best_of_sweep": {
            "protocol": "the best weight of a sweep on the very episodes reported, as the paper's tool does",
            "weight": float(sweep_measurement.weight_names[best_row]),
            "mean": finite_or_none(sweep_measurement.mean[best_row]),
            "std": finite_or_none(sweep_measurement.std[best_row]),
        },
        "sweep": weight_table(sweep_measurement.weight_names, sweep_measurement.mean, sweep_measurement.std),
        "tuned_weights": None,
    }
    result["random_shared_weight"]["std_within"] = finite_or_none(np.sqrt((sweep_measurement.std**2).mean()))
    result["random_shared_weight"]["sweep_mean"] = finite_or_none(sweep_measurement.mean.mean())
    if tuned_network is not None:
        own_measurement = measure(None, tuned_network)
        accuracy = accuracy_by_weight(evaluator, tuned_network, task, TestProtocol(None, distinct_seeds))
        result["tuned_weights"] = (
            _mean_and_std(own_measurement) | {"episodes": len(distinct_seeds)} | accuracy
        )
    return result


def _mean_and_std(measurement: Measurement) -> dict[str, Any]:
    return {"mean": finite_or_none(measurement.mean[0]), "std": finite_or_none(measurement.std[0])}


def write_results(
    writer: RunWriter,
    task: str,
    search: Search,
    result: dict[str, Any],
    network: Population,
    tuned_network: Population | None,
    plots: PlotSelection,
) -> tuple[str, ...]:
    """Write `tuning.json`, the network with its weights, its evaluation, the summary and the plots.

    Returns the paths of the plots in the run folder. `tuned_network` has own weights. If it is None, every
    connection gets the best shared weight. `plots` selects the plots.
    """
    from wannsearch.records.environment import collect_environment
    from wannsearch.reporting.plots.pictures import draw_tuning

    ports, last_generation = search.task.ports, writer.last_generation
    shared_row = result["tuned_shared_weight"]
    if tuned_network is None:
        tuned_network = replace(network, weight=np.full_like(network.weight, shared_row["weight"]))
    if last_generation is None:
        writer.write_best(tuned_network)
    own_row = result["tuned_weights"] or shared_row
    writer.write_json(
        layout.EVALUATION,
        {
            "task": task,
            "network": layout.NETWORK,
            "protocol": "held-out episodes that tuning never saw; std over episodes, ddof 0",
            **{key: result[key] for key in ("episodes", "seeds")},
            "weights": ["own"],
            "mean": [own_row["mean"]],
            "std": [own_row["std"]],
            "mean_over_weights": own_row["mean"],
        },
    )
    writer.write_json(layout.TUNING, result)
    writer.write_json(
        layout.SUMMARY,
        {
            "format": layout.FORMAT,
            "task": task,
            "method": "tune",
            "seed": search.seed,
            "generations": last_generation.number if last_generation else 0,
            "evaluations": last_generation.next_state.evaluations if last_generation else 0,
            "env_steps": last_generation.next_state.env_steps if last_generation else 0,
            "best": {
                **writer.kind.describe_sizes(tuned_network, ports),
                "score_name": name_score(search.task, search.evaluator),
            },
            "held_out": {"weights": ["own"], "mean": [own_row["mean"]], "std": [own_row["std"]]}
            | {"mean_over_weights": own_row["mean"], "episodes": result["episodes"]},
            "environment": collect_environment(),
        },
    )
    set_activity("drawing the pictures")
    files = draw_tuning(writer.folder, plots)
    for name, content in files.items():
        write_atomically(writer.folder / name, content)
    return tuple(files)
