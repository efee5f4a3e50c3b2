"""What a film is of: a network with its task, the evaluator of its scores, and the weights that tell most.

A run brings all of it. Of three or more shared weights a film shows three: the smallest, the largest, and of
those between them the one with the highest held-out mean. A file brings a network alone: a task of
`conf/task` is named for it, and settings of that task as in a config.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wannsearch.commands.hydra.build import build
from wannsearch.commands.run_task import find_run, read_run_task
from wannsearch.commands.unfinished_run import open_records
from wannsearch.core.errors import ConfigError, DamagedFile, not_allowed_error
from wannsearch.core.plugin_files import PLUGIN_PACKAGE
from wannsearch.core.protocols import Evaluator, Task
from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.core.untrusted import is_finite_number, is_integer
from wannsearch.formats import networks
from wannsearch.records import layout
from wannsearch.records.reader import RunFolder
from wannsearch.records.stored_config import check_is_run

_DENSE_PREFIX = "dense:"


@dataclass(frozen=True)
class FilmSource:
    """One network, and all that is needed to play it."""

    network: Population
    task: Task
    evaluator: Evaluator
    seed: int  # of the held-out episodes
    shared_weights: tuple[float, ...] | None  # those that a film shows unless others are named
    title: str
    default_path: Path  # of the film
    notes: tuple[str, ...] = ()


def open_run(run: Path) -> FilmSource:
    """Read the recorded best of a run, finished or not, with its task; nothing is written.

    Raise ConfigError or DamagedFile for a folder that is no run, has no network yet, or is damaged.
    """
    check_is_run(run, run / layout.CONFIG)
    RunFolder(run).check_format()
    config = RunFolder(run).read_config()
    run_task = read_run_task(run)
    _check_plugin(run, run_task.settings["_target_"])
    task, evaluator = build("task", run_task.settings), build("evaluator", config.get("evaluator"))
    seed = config.get("seed")
    if not is_integer(seed):
        raise DamagedFile(f"{run / layout.CONFIG} has no seed.")
    with open_records(run) as records:
        if not RunFolder(records.folder).has_file(layout.NETWORK) and not RunFolder(run).has_file(
            layout.MASKS
        ):
            raise ConfigError(
                f"{run} has no {layout.NETWORK}; a film shows one network, of a topology search."
            )
        try:
            network = networks.read(records.folder, task.ports)
        except (ConfigError, DamagedFile) as error:
            raise type(error)(str(error).replace(str(records.folder), str(run))) from None
        notes = tuple(records.notes)
    weights = _choose_weights(run, config)
    return FilmSource(network, task, evaluator, seed, weights, run_task.name, run / layout.FILM, notes)


def _check_plugin(run: Path, target: str) -> None:
    """Raise ConfigError where the task lives in a plugin that was not named."""
    from wannsearch.core.plugin_files import find_missing_plugin

    module = target.rpartition(".")[0]
    file_name = find_missing_plugin(module)
    if module.partition(".")[0] == PLUGIN_PACKAGE and file_name is not None:
        raise ConfigError(f"{run}: its task is in {file_name}; name it: --plugin {file_name}.")


def _choose_weights(run: Path, config: dict[str, Any]) -> tuple[float, ...] | None:
    """Return at most three shared weights of a run, or None where the network has its own."""
    if RunFolder(run).has_file(layout.EVALUATION):
        evaluation = RunFolder(run).read_evaluation()
        weights, means = evaluation.get("weights"), evaluation.get("mean")
    else:
        trials = config.get("trials")
        weights, means = (trials.get("shared_weights") if isinstance(trials, dict) else None), None
    if not isinstance(weights, list) or not all(is_finite_number(weight) for weight in weights):
        return None
    if not isinstance(means, list) or len(means) != len(weights):
        means = [None] * len(weights)
    return pick_weights(weights, [mean if is_finite_number(mean) else None for mean in means])


def pick_weights(weights: Sequence[float], means: Sequence[float | None]) -> tuple[float, ...]:
    """Return the smallest and the largest weight, and between them the one with the highest mean.

    Of equal means the middle one is taken, as where all of them are None.
    """
    by_weight = sorted(dict(zip(map(float, weights), means, strict=True)).items())
    if len(by_weight) <= 3:
        return tuple(weight for weight, _ in by_weight)
    inner = by_weight[1:-1]
    order = sorted(range(len(inner)), key=lambda index: abs(2 * index - len(inner) + 1))

    def mean_of(index: int) -> float:
        mean = inner[index][1]
        return -math.inf if mean is None else mean

    return by_weight[0][0], inner[max(order, key=mean_of)][0], by_weight[-1][0]


def open_file(argument: str, task_name: str | None, settings: Sequence[str]) -> FilmSource:
    """Read a network from a file, or make the one that `dense:10` names, for the task of this name.

    `settings` are words such as `task.horizon=200`. Raise ConfigError where the task is missing or unknown,
    and the errors of the file.
    """
    from wannsearch.commands.hydra.task_composition import compose_task, list_tasks

    is_dense = argument.startswith(_DENSE_PREFIX)
    if not is_dense and not Path(argument).is_file():
        raise ConfigError(f"{argument!r} does not exist; name a run folder, or a file of a network.")
    if task_name is None:
        raise ConfigError(f"{argument} does not say what it plays; name its task: --task NAME.")
    if task_name not in list_tasks():
        raise not_allowed_error("--task", task_name, list_tasks())
    composed = compose_task(task_name, settings)
    task, evaluator = build("task", composed.task), build("evaluator", composed.evaluator)
    network = networks.load_network(argument, task.ports)
    name = argument.replace(":", "_") if is_dense else Path(argument).stem
    weights = None if _has_own_weights(network) else SIX_WEIGHTS
    title = f"{composed.task_name}  ·  {argument if is_dense else Path(argument).name}"
    return FilmSource(network, task, evaluator, composed.seed, weights, title, Path(f"{name}.gif"))


def _has_own_weights(network: Population) -> bool:
    weights = network.weight[0, : int(network.edges[0])]
    return len(set(weights.tolist())) > 1


def find_film_run(argument: str) -> Path | None:
    """Return the run that an argument names, by its folder or by the network file in it; None for a file."""
    path = Path(argument)
    return path if path.is_dir() else find_run(argument)
