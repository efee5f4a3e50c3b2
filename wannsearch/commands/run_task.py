"""The task of a network that a run found: the run's own, with all its settings.

A network is worth what it is worth on the task that it was searched on: with that run's horizon, start
states, gate or environment. So `network=RUN` (or the network file inside RUN) brings the task that RUN
has stored, and what is typed lies over it; `hydra_run_task.py` composes it so. Here is what both that
composition and the commands need: where a network comes from, and the line that says what is played.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.request import Request, read_choice
from wannsearch.commands.typed_arguments import is_typed, select_typed
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.plugin_files import PACKAGE as PLUGIN_FILES
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.formats.untrusted import damaged, is_finite_number
from wannsearch.records import layout
from wannsearch.records.stored_config import read_config

if TYPE_CHECKING:
    from wannsearch.core.protocols import Task
    from wannsearch.core.topologies.population import Population

_TARGET = "_target_"


@dataclass(frozen=True)
class RunTask:
    """The task that a run has stored."""

    run: Path
    option: str  # what the run's command called it
    settings: dict[str, Any]  # its class under `_target_`, and every field
    data_root: str | None
    plugins: dict[str, str]  # file name -> digest


def find_run(network: str) -> Path | None:
    """The run folder that this network is the best of; None for any other file or word."""
    path = Path(network)
    folder = path.parents[1] if path.parts[-2:] == Path(layout.NETWORK).parts else path
    try:
        found = (folder / layout.CONFIG).is_file() and (folder / layout.NETWORK).is_file()
    except OSError:  # too long a name, a folder that lets nobody in: whoever reads the network says it
        return None
    return folder if network and found else None


def read_run_task(run: Path) -> RunTask:
    """The task in this run's config, which a stranger may have written; DamagedFile where there is none."""
    where = run / layout.CONFIG
    config = read_config(where)
    settings = config.get("task")
    if not isinstance(settings, dict) or not isinstance(settings.get(_TARGET), str):
        raise damaged(str(where), f"it has no task with a {_TARGET}", "a run's config has one")
    data, plugins = config.get("data"), config.get("plugins")
    root = data.get("root") if isinstance(data, dict) else None
    return RunTask(
        run=run,
        option=read_choice(run, "task", config),
        settings=settings,
        data_root=root if isinstance(root, str) else None,
        plugins={name: str(digest) for name, digest in plugins.items()} if isinstance(plugins, dict) else {},
    )


def read_run_weights(run: Path) -> str | list[float]:
    """What this run's networks are played with: own weights, the six of the paper, or those it lists."""
    where = run / layout.CONFIG
    trials = read_config(where).get("trials")
    if trials is None:
        return "own"  # a tuning: its result is weights
    weights = trials.get("shared_weights") if isinstance(trials, dict) else trials
    if weights is None:
        return "own"
    if not isinstance(weights, list) or not all(is_finite_number(weight) for weight in weights):
        raise damaged(str(where), "trials.shared_weights is no list of numbers", "or it is null")
    return "six" if tuple(weights) == SIX_WEIGHTS else [float(weight) for weight in weights]


def describe_task(request: Request) -> str | None:
    """The line that says which task is played and whose settings; None where all was typed.

    ConfigError where the run's task lives in a plugin that was not named.
    """
    network, played = str(request.config["network"]), request.choices["task"]
    if is_typed(request.overrides, "resume"):
        return None
    run = find_run(network)
    if run is None:
        if is_typed(request.overrides, "task"):
            return None
        return f"no task was named for {network}: {played} is played; task=NAME names another"
    if not is_typed(request.overrides, "network"):
        return f"network= stands in a config file: the task's settings are this command's, not those of {run}"
    searched = read_run_task(run)
    if played != searched.option:
        return (
            f"played on another task than it was searched on: {played} with settings of its own; "
            f"{run} was searched on {searched.option}"
        )
    line = f"task and settings of {run}"
    typed = [word for word in select_typed(request.overrides, "task", "data") if not word.startswith("task=")]
    if typed:
        line += f"; typed over them: {', '.join(typed)}"
    return line + _check_plugin(request, searched)


def _check_plugin(request: Request, searched: RunTask) -> str:
    """What is to be said of the plugin that the run's task lives in."""
    package, _, module = searched.settings[_TARGET].partition(".")
    if package != PLUGIN_FILES:
        return ""
    file = f"{module.partition('.')[0]}.py"
    named = request.config.get("plugins") or {}
    if file not in named:
        raise ConfigError(
            f"{searched.run} was searched on a task of the plugin {file}; name it too: plugins=[{file}]."
        )
    changed = searched.plugins.get(file) not in (None, named[file])
    return f"; {file} has changed since" if changed else ""


def read_network(request: Request, task: Task) -> Population:
    """The network that the request names; an error says which task it was to fit, where none was named."""
    from wannsearch.formats import networks

    network = str(request.config["network"])
    try:
        return networks.named(network, task.ports)
    except (ConfigError, DamagedFile) as error:
        named = any(is_typed(request.overrides, key) for key in ("task", "resume")) or find_run(network)
        if named or not Path(network).is_file():
            raise
        played = request.choices["task"]
        raise type(error)(f"{error} No task was named, so it is {played}; name it: task=NAME.") from None
