"""wannsearch-evaluate: evaluate a saved or published network, print a table, write evaluation.json.

The network is evaluated with shared weights, its own weights or random weights, on the held-out episodes
of its task. Each weight gets the mean, std (ddof 0), minimum and maximum of its returns over episodes.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.activity import set_activity, set_activity_detail
from wannsearch.commands.data_settings import DataSettings
from wannsearch.commands.entry import run_composed_command
from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.run_task import describe_task, find_run, read_network, read_run_weights
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.typed_arguments import has_override, select_overrides
from wannsearch.core.errors import ConfigError, check_at_least, not_allowed_error
from wannsearch.core.measurement import HeldOutSettings
from wannsearch.core.protocols import ReportsProgress, SupervisesWorkers
from wannsearch.core.settings import convert_fields

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.core.protocols import Task
    from wannsearch.core.topologies.population import Population
    from wannsearch.formats.published_parameters import TunedParameters

_EVALUATION_FILE = "evaluation.json"
_MAX_SCREEN_ROWS = 21
_WEIGHT_MODES = ("six", "sweep", "own", "random", "shared_random", "show")
_RANDOM_MODES = ("random", "shared_random")  # one draw per episode


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings:
    """One field per top-level key of `conf/evaluate.yaml`, which describes the keys."""

    task: Any
    evaluator: Any
    network: str
    weights: Any
    parameters: str | None
    parameters_offset: float
    episodes: int
    seed: int
    sweep_weights: int
    held_out: HeldOutSettings  # of the task; the defaults of `episodes` and `sweep_weights`
    data: DataSettings
    plugins: Any

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("seed", self.seed, 0)
        check_at_least("episodes", self.episodes, 1)
        check_at_least("sweep_weights", self.sweep_weights, 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    `arguments` replace those of the process, `sys.argv[1:]`.
    """
    return run_composed_command("evaluate", run_evaluate_job, arguments)


def run_evaluate_job(request: Request) -> Outcome:
    """Check all settings, evaluate the network, write `evaluation.json` and print a table.

    The folder is claimed after the evaluation, so a failed one leaves none. With `weights=show` the network
    is printed instead, and nothing is written. Jobs of a sweep print no table. Raises ConfigError for
    settings that do not fit, and DamagedFile for a damaged network or parameter file.
    """
    from wannsearch.formats import published_parameters
    from wannsearch.records.claim import claim_folder, write_config
    from wannsearch.records.files import encode_json, write_atomically
    from wannsearch.records.run_status import write_status

    request, weights_note = _resolve_weights(request)
    config = build_dataclass(EvaluateSettings, "", request.config)
    weights = _parse_weights(config)
    _check_unread_overrides(request, config)
    task_note = describe_task(request)
    task_note = task_note if weights_note is None else f"{task_note}; {weights_note}"
    task, evaluator = build("task", config.task), build("evaluator", config.evaluator)
    network = read_network(request, task)
    vector = None if config.parameters is None else _read_parameters(config.parameters)
    if vector is not None:
        network = published_parameters.with_parameters(
            network, 0, vector.parameters, config.parameters_offset
        )
    evaluator_note = None if weights == "show" else request.evaluator_choice
    for line in (task_note, _describe_unread_episodes(request, config, task), evaluator_note):
        if line is not None:
            print(line, flush=True)
    if weights == "show":
        _print_network(network, task)
        return Outcome(0, "shown")
    set_activity(f"evaluating on {request.task_name}")
    if isinstance(evaluator, ReportsProgress):
        evaluator.listeners[:] = [set_activity_detail]
    try:
        result = _evaluate_network(config, weights, network, task, evaluator)
    finally:
        if isinstance(evaluator, SupervisesWorkers):
            evaluator.close()
            for failure in evaluator.failures:
                print(failure, file=sys.stderr)
    folder_claim = claim_folder(request.folder, request.has_named_folder, request.config)
    request.print_warnings()
    try:
        names: dict[str, Any] = {"task": request.task_name, "network": config.network}
        if vector is not None:
            names["parameters"] = {
                "file": config.parameters,
                "offset": config.parameters_offset,
                "recorded_mean": vector.mean_return,
                "recorded_std": vector.std_return,
            }
        write_config(folder_claim.folder, request.config_yaml, request.overrides)
        write_atomically(folder_claim.folder / _EVALUATION_FILE, encode_json(names | result))
        write_status(folder_claim.folder, "done", None)
    finally:
        folder_claim.release()
    if not request.is_sweep:
        _print_result(result)
        if vector is not None:
            std_text = "" if vector.std_return is None else f" ± {vector.std_return:g}"
            print(f"recorded in {config.parameters}: {vector.mean_return:g}{std_text}")
        print(folder_claim.folder / _EVALUATION_FILE)
    return Outcome(0, f"mean {result['mean_over_weights']}", folder_claim.folder)


def _parse_weights(config: EvaluateSettings) -> str | tuple[float, ...]:
    """Return the mode of `weights`, or the shared weights (K,) of a list or a single number.

    ConfigError for anything else.
    """
    value = config.weights
    values = value if isinstance(value, list) else [value]
    are_numbers = (isinstance(weight, (int, float)) and not isinstance(weight, bool) for weight in values)
    if values and all(are_numbers) and all(math.isfinite(weight) for weight in values):
        return tuple(float(weight) for weight in values)
    if value not in _WEIGHT_MODES:
        raise not_allowed_error("weights", value, [*_WEIGHT_MODES, "[a list of finite numbers]"])
    return str(value)


def _resolve_weights(request: Request) -> tuple[Request, str | None]:
    """Choose `weights` if the command line does not, and return the request with a note on the choice.

    A vector of parameters supplies own weights. The network of a run gets the weights of the run's search;
    there is no note if those are the default of `weights`.
    """
    from omegaconf import OmegaConf

    if has_override(request.overrides, "weights"):
        return request, None
    weights_note, run = None, find_run(str(request.config["network"]))
    weights = request.config["weights"]
    if request.config.get("parameters") is not None:
        weights = "own"
    elif run is not None and has_override(request.overrides, "network"):
        weights = read_run_weights(run)
        weights_text = (
            f"[{','.join(f'{weight:g}' for weight in weights)}]" if isinstance(weights, list) else weights
        )
        weights_note = (
            None
            if weights == request.config["weights"]
            else f"weights={weights_text}, as it was searched with"
        )
    config = request.config | {"weights": weights}
    return replace(request, config=config, config_yaml=OmegaConf.to_yaml(config)), weights_note


def _check_unread_overrides(request: Request, config: EvaluateSettings) -> None:
    """Refuse an override that has no effect in this mode; raises ConfigError."""
    if config.parameters is not None and config.weights != "own":
        raise ConfigError(
            f"parameters={config.parameters} has no effect with weights={config.weights}; "
            "the parameters are the network's own weights: weights=own plays them."
        )
    conditions = {
        "parameters_offset": (config.parameters is not None, "parameters=FILE"),
        "sweep_weights": (config.weights == "sweep", "weights=sweep"),
        "episodes": (config.weights != "show", "weights that are played"),
    }
    for key, (is_read, requirement) in conditions.items():
        for override in select_overrides(request.overrides, key):
            if not is_read:
                raise ConfigError(
                    f"{override} has no effect with weights={config.weights}; it goes with {requirement}."
                )


def _describe_unread_episodes(request: Request, config: EvaluateSettings, task: Task) -> str | None:
    """Return a note if `episodes` was set although all episodes of the task are the same.

    With random weights there is no note, since each episode has a draw of its own.
    """
    from wannsearch.core.protocols import count_distinct_episodes

    overrides = select_overrides(request.overrides, "episodes")
    if (
        not overrides
        or config.weights in _RANDOM_MODES
        or count_distinct_episodes(task, config.episodes) == config.episodes
    ):
        return None
    return f"{overrides[-1]} has no effect: all episodes of {request.task_name} are the same, one is played"


def _read_parameters(parameters: str) -> TunedParameters:
    from wannsearch.formats import published_parameters

    if not Path(parameters).is_file():
        problem = "is no plain file" if Path(parameters).exists() else "does not exist"
        raise ConfigError(f"parameters is {parameters!r}, which {problem}.")
    return published_parameters.read_tuned_parameters(Path(parameters))


def _evaluate_network(
    config: EvaluateSettings,
    weights: str | tuple[float, ...],
    network: Population,
    task: Task,
    evaluator: Any,
) -> dict[str, Any]:
    import numpy as np

    from wannsearch.core.measurement import TestProtocol
    from wannsearch.core.plateau import order_weights
    from wannsearch.core.protocols import count_distinct_episodes
    from wannsearch.core.score_names import name_score
    from wannsearch.core.streams import Role
    from wannsearch.core.trials import SIX_WEIGHTS, shared_weight_grid
    from wannsearch.kinds.final_test import accuracy_by_weight, describe_held_out_seeds
    from wannsearch.records.files import finite_or_none
    from wannsearch.records.writer import weight_table, weight_values
    from wannsearch.tuning.random_weights import measure_random_weights

    is_random = weights in _RANDOM_MODES
    episodes = config.episodes if is_random else count_distinct_episodes(task, config.episodes)
    seeds = task.episode_seeds(config.seed, Role.HELD_OUT, 0, episodes)
    shared_weights: tuple[float, ...] | None = weights if isinstance(weights, tuple) else None
    if weights == "six":
        shared_weights = SIX_WEIGHTS
    elif weights == "sweep":
        shared_weights = tuple(shared_weight_grid(config.sweep_weights).tolist())
    accuracy: dict[str, Any] = {}
    if is_random:
        draw_note = "each weight its own" if weights == "random" else "one for all"
        protocol = f"draw i of U(-2, 2) with episode i, {draw_note}"
        measurement = measure_random_weights(
            evaluator, network, task, seeds, config.seed, shared=weights == "shared_random"
        )
    else:
        protocol = "own weights" if shared_weights is None else "shared weights"
        measurement = evaluator.measure(network, task, TestProtocol(shared_weights, seeds))
        accuracy = accuracy_by_weight(evaluator, network, task, TestProtocol(shared_weights, seeds))
    best_row = int(order_weights(shared_weights, measurement.mean)[0]) if shared_weights is not None else 0
    return {
        "protocol": f"{protocol}; std over episodes, ddof 0",
        "score_name": name_score(task, evaluator),
        **describe_held_out_seeds(config.seed, episodes),
        **weight_table(measurement.weight_names, measurement.mean, measurement.std),
        "min": [finite_or_none(value) for value in measurement.returns.min(axis=1)],
        "max": [finite_or_none(value) for value in measurement.returns.max(axis=1)],
        "mean_over_weights": finite_or_none(measurement.mean.mean()),
        "std_within_weights": finite_or_none(float(np.sqrt((measurement.std**2).mean()))),
        "std_of_all": finite_or_none(measurement.returns.std()),
        "best_weight": {
            "weight": weight_values(measurement.weight_names)[best_row],
            "mean": finite_or_none(measurement.mean[best_row]),
            "std": finite_or_none(measurement.std[best_row]),
        },
        **accuracy,
    }


def _print_network(network: Population, task: Task) -> None:
    from wannsearch.core.activations import ACTIVATION_NAMES
    from wannsearch.formats.published_out import flat_positions

    ports, num_nodes = task.ports, int(network.nodes[0])
    num_hidden = int(network.count_hidden(ports)[0])
    print(f"{num_nodes} nodes: bias, {ports.inputs} inputs, {num_hidden} hidden, {ports.outputs} outputs")
    for slot in range(ports.first_hidden, num_nodes):
        role = "output" if slot >= num_nodes - ports.outputs else "hidden"
        print(f"  {slot:4d}  {role}  {ACTIVATION_NAMES[int(network.activation[0, slot])]}")
    print(f"{int(network.edges[0])} connections, flat positions (row-major, source x {num_nodes} + target):")
    print(", ".join(str(position) for position in flat_positions(network, 0)))


def _print_result(result: dict[str, Any]) -> None:
    """Print at most 21 weights, evenly chosen, then the mean over all weights and the best weight."""
    from wannsearch.commands.running.terminal import show_table
    from wannsearch.core.score_names import RETURN

    columns = ["weights", "mean", "std", "min", "max"]
    columns += ["accuracy"] if "accuracy" in result else []
    rows = list(zip(*(result[name] for name in columns), strict=True))
    step = -(-len(rows) // _MAX_SCREEN_ROWS)
    score_name = result["score_name"]
    score_note = "" if score_name == RETURN else f"; the score is {score_name}"
    print(f"{result['protocol'].split(';')[0]}, {result['episodes']} episodes each{score_note}")
    show_table(
        ["weight", *columns[1:]],
        [[_format_value(value) for value in row] for row in rows[::step]],
        align_right=True,
    )
    mean, std_within, std_overall = (
        result[key] for key in ("mean_over_weights", "std_within_weights", "std_of_all")
    )
    if mean is None:
        print("some episodes failed; there is no mean")
        return
    print(f"mean {mean:.4f} ± {std_within:.4f} within weights (± {std_overall:.4f} over all)")
    if len(rows) > 1:
        best = result["best_weight"]
        print(f"best weight {best['weight']}: {best['mean']:.4f} ± {best['std']:.4f}")


def _format_value(value: str | float | None) -> str:
    if value is None:
        return "failed"
    return value if isinstance(value, str) else f"{value:.6g}"
