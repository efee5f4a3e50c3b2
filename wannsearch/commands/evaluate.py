"""wannsearch-evaluate: play a saved or published network, print a table, write evaluation.json."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.data_settings import DataSettings
from wannsearch.commands.hydra.build import build, made
from wannsearch.commands.run_task import describe_task, find_run, read_network, read_run_weights
from wannsearch.commands.running.outcome import Outcome
from wannsearch.commands.typed_arguments import is_typed, select_typed
from wannsearch.core.errors import ConfigError, at_least, not_allowed
from wannsearch.core.protocols import Supervising
from wannsearch.core.settings import convert_fields
from wannsearch.records import layout

if TYPE_CHECKING:
    from wannsearch.commands.request import Request
    from wannsearch.core.protocols import Task
    from wannsearch.core.topologies.population import Population
    from wannsearch.formats.published_parameters import TunedVector

_FILE = "evaluation.json"
_ROWS_ON_A_SCREEN = 21
_WORDS = ("six", "sweep", "own", "random", "shared_random", "show")
_DRAWN = ("random", "shared_random")  # a draw an episode


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """The top level of `conf/evaluate.yaml`."""

    task: Any
    evaluator: Any
    network: str
    weights: Any
    parameters: str | None
    parameters_offset: float
    episodes: int
    seed: int
    sweep_weights: int
    data: DataSettings
    plugins: Any

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("seed", self.seed, 0)
        at_least("episodes", self.episodes, 1)
        at_least("sweep_weights", self.sweep_weights, 2)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; gives the exit code."""
    from wannsearch.commands.hydra.app import run

    return run("evaluate", evaluate_job, arguments)


def evaluate_job(request: Request) -> Outcome:
    """Check everything, play, print, write."""
    from wannsearch.formats import published_parameters
    from wannsearch.records.claim import claim, write_config
    from wannsearch.records.files import json_bytes, write_whole

    request, whose = _settle_weights(request)
    config = made(EvaluateConfig, "", request.config)
    weights = _weights(config)
    _check_effect(request, config)
    said = describe_task(request)
    said = said if whose is None else f"{said}; {whose}"
    task, evaluator = build("task", config.task), build("evaluator", config.evaluator)
    network = read_network(request, task)
    vector = None if config.parameters is None else _vector(config.parameters)
    if vector is not None:
        network = published_parameters.laid_over(network, 0, vector.parameters, config.parameters_offset)
    for line in (said, _unread_episodes(request, config, task)):
        if line is not None:
            print(line, flush=True)
    if weights == "show":
        _show(network, task)
        return Outcome(0, "shown")
    try:
        result = _played(config, weights, network, task, evaluator)
    finally:
        if isinstance(evaluator, Supervising):
            evaluator.close()
            for failure in evaluator.failures:
                print(failure, file=sys.stderr)
    owned = claim(request.folder, request.named, request.config)
    try:
        names: dict[str, Any] = {"task": request.choices["task"], "network": config.network}
        if vector is not None:
            names["parameters"] = {
                "file": config.parameters,
                "offset": config.parameters_offset,
                "recorded_mean": vector.mean_return,
                "recorded_std": vector.std_return,
            }
        write_config(owned.folder, request.written, request.overrides)
        write_whole(owned.folder / _FILE, json_bytes(names | result))
        write_whole(owned.folder / layout.STATUS, json_bytes({"state": "done", "why": None}))
    finally:
        owned.release()
    if not request.sweep:
        _print(result)
        if vector is not None:
            spread = "" if vector.std_return is None else f" ± {vector.std_return:g}"
            print(f"recorded in {config.parameters}: {vector.mean_return:g}{spread}")
        print(owned.folder / _FILE)
    return Outcome(0, f"mean {result['mean_over_weights']}", owned.folder)


def _weights(config: EvaluateConfig) -> str | tuple[float, ...]:
    """A word, or the shared weights that were listed."""
    given = config.weights
    listed = given if isinstance(given, list) else [given]
    numbers = (isinstance(weight, (int, float)) and not isinstance(weight, bool) for weight in listed)
    if listed and all(numbers) and all(math.isfinite(weight) for weight in listed):
        return tuple(float(weight) for weight in listed)
    if given not in _WORDS:
        raise not_allowed("weights", given, [*_WORDS, "[a list of finite numbers]"])
    return str(given)


def _settle_weights(request: Request) -> tuple[Request, str | None]:
    """The request with the weights to play where none were asked for, and whose they are if a run's.

    A vector of parameters plays as own weights; what a run found, with the weights of its search.
    """
    from omegaconf import OmegaConf

    if is_typed(request.overrides, "weights"):
        return request, None
    whose, run = None, find_run(str(request.config["network"]))
    weights = request.config["weights"]
    if request.config.get("parameters") is not None:
        weights = "own"
    elif run is not None and is_typed(request.overrides, "network"):
        weights = read_run_weights(run)
        shown = f"[{','.join(f'{weight:g}' for weight in weights)}]" if isinstance(weights, list) else weights
        whose = None if weights == request.config["weights"] else f"weights={shown}, as it was searched with"
    config = request.config | {"weights": weights}
    return replace(request, config=config, written=OmegaConf.to_yaml(config)), whose


def _check_effect(request: Request, config: EvaluateConfig) -> None:
    """Refuse what was asked for and nothing would read."""
    if config.parameters is not None and config.weights != "own":
        raise ConfigError(
            f"parameters={config.parameters} has no effect with weights={config.weights}; "
            "the parameters are the network's own weights: weights=own plays them."
        )
    read_with = {
        "parameters_offset": (config.parameters is not None, "parameters=FILE"),
        "sweep_weights": (config.weights == "sweep", "weights=sweep"),
        "episodes": (config.weights != "show", "weights that are played"),
    }
    for key, (is_read, where) in read_with.items():
        for word in select_typed(request.overrides, key):
            if not is_read:
                raise ConfigError(
                    f"{word} has no effect with weights={config.weights}; it goes with {where}."
                )


def _unread_episodes(request: Request, config: EvaluateConfig, task: Task) -> str | None:
    """What is to be said where episodes were asked for that are all the same."""
    from wannsearch.core.protocols import distinct_episodes

    words = select_typed(request.overrides, "episodes")
    if not words or config.weights in _DRAWN or distinct_episodes(task, config.episodes) == config.episodes:
        return None
    return f"{words[-1]} has no effect: all episodes of {request.choices['task']} are the same, one is played"


def _vector(parameters: str) -> TunedVector:
    from wannsearch.formats import published_parameters

    if not Path(parameters).is_file():
        what = "is no plain file" if Path(parameters).exists() else "does not exist"
        raise ConfigError(f"parameters is {parameters!r}, which {what}.")
    return published_parameters.read_vector(Path(parameters))


def _played(
    config: EvaluateConfig, weights: str | tuple[float, ...], network: Population, task: Task, evaluator: Any
) -> dict[str, Any]:
    import numpy as np

    from wannsearch.commands.running.final_test import graded, held_out_seeds, sweep
    from wannsearch.core.measurement import TestProtocol
    from wannsearch.core.plateau import order_weights
    from wannsearch.core.protocols import distinct_episodes
    from wannsearch.core.streams import Role
    from wannsearch.core.trials import SIX_WEIGHTS
    from wannsearch.records.files import strict_number
    from wannsearch.records.writer import table, weight_values
    from wannsearch.tuning.random_weights import measure_drawn

    drawn = weights in _DRAWN
    episodes = config.episodes if drawn else distinct_episodes(task, config.episodes)
    seeds = task.episode_seeds(config.seed, Role.HELD_OUT, 0, episodes)
    shared: tuple[float, ...] | None = weights if isinstance(weights, tuple) else None
    if weights == "six":
        shared = SIX_WEIGHTS
    elif weights == "sweep":
        shared = sweep(config.sweep_weights)
    grades: dict[str, Any] = {}
    if drawn:
        draws = "each weight its own" if weights == "random" else "one for all"
        protocol = f"draw i of U(-2, 2) with episode i, {draws}"
        tested = measure_drawn(
            evaluator, network, task, seeds, config.seed, shared=weights == "shared_random"
        )
    else:
        protocol = "own weights" if shared is None else "shared weights"
        tested = evaluator.measure(network, task, TestProtocol(shared, seeds))
        grades = graded(evaluator, network, task, TestProtocol(shared, seeds))
    best = int(order_weights(shared, tested.mean)[0]) if shared is not None else 0
    return {
        "protocol": f"{protocol}; std over episodes, ddof 0",
        **held_out_seeds(config.seed, episodes),
        **table(tested.names, tested.mean, tested.std),
        "min": [strict_number(value) for value in tested.returns.min(axis=1)],
        "max": [strict_number(value) for value in tested.returns.max(axis=1)],
        "mean_over_weights": strict_number(tested.mean.mean()),
        "std_within_weights": strict_number(float(np.sqrt((tested.std**2).mean()))),
        "std_of_all": strict_number(tested.returns.std()),
        "best_weight": {
            "weight": weight_values(tested.names)[best],
            "mean": strict_number(tested.mean[best]),
            "std": strict_number(tested.std[best]),
        },
        **grades,
    }


def _show(network: Population, task: Task) -> None:
    from wannsearch.core.activations import NAMES
    from wannsearch.formats.published_out import flat_positions

    ports, nodes = task.ports, int(network.nodes[0])
    hidden = int(network.hidden(ports)[0])
    print(f"{nodes} nodes: bias, {ports.inputs} inputs, {hidden} hidden, {ports.outputs} outputs")
    for slot in range(ports.first_hidden, nodes):
        role = "output" if slot >= nodes - ports.outputs else "hidden"
        print(f"  {slot:4d}  {role}  {NAMES[int(network.activation[0, slot])]}")
    print(f"{int(network.edges[0])} connections, flat positions (row-major, source x {nodes} + target):")
    print(", ".join(str(position) for position in flat_positions(network, 0)))


def _print(result: dict[str, Any]) -> None:
    """At most a screen of weights, then what they come to."""
    from wannsearch.commands.running.terminal import show_table

    columns = ["weights", "mean", "std", "min", "max"]
    columns += ["accuracy"] if "accuracy" in result else []
    rows = list(zip(*(result[name] for name in columns), strict=True))
    step = -(-len(rows) // _ROWS_ON_A_SCREEN)
    print(f"{result['protocol'].split(';')[0]}, {result['episodes']} episodes each")
    show_table(
        ["weight", *columns[1:]], [[_shown(value) for value in row] for row in rows[::step]], right=True
    )
    mean, within, overall = (result[key] for key in ("mean_over_weights", "std_within_weights", "std_of_all"))
    if mean is None:
        print("some episodes failed; there is no mean")
        return
    print(f"mean {mean:.4f} ± {within:.4f} within weights (± {overall:.4f} over all)")
    if len(rows) > 1:
        best = result["best_weight"]
        print(f"best weight {best['weight']}: {best['mean']:.4f} ± {best['std']:.4f}")


def _shown(value: str | float | None) -> str:
    if value is None:
        return "failed"
    return value if isinstance(value, str) else f"{value:.6g}"
