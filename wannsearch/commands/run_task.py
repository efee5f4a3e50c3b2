"""The task of a network that a run found: the run's own, with all its settings.

The score of a network is meaningful on the task of its search only: with that run's horizon, start
states, gate or environment. So `network=RUN` (or the network file inside RUN) brings the task that RUN
has stored, and typed settings override it. `commands.hydra.config_loader` composes the config so. This
module holds the parts that composition and commands share: the run of a network, its stored task, and the
line that names the task.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wannsearch.commands.request import Request, read_choice
from wannsearch.commands.typed_arguments import has_override, select_overrides
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.plugin_files import PLUGIN_PACKAGE
from wannsearch.core.tasks.task_name import name_task
from wannsearch.core.trials import SIX_WEIGHTS
from wannsearch.core.untrusted import damaged_file_error, is_finite_number
from wannsearch.records import layout
from wannsearch.records.reader import RunFolder

if TYPE_CHECKING:
    from wannsearch.core.protocols import Task
    from wannsearch.core.topologies.population import Population

_TARGET = "_target_"


@dataclass(frozen=True)
class RunTask:
    """The task that a run has stored in its config."""

    run: Path
    option: str  # the option of the config group `task` that the run chose
    settings: dict[str, Any]  # the class under `_target_`, and every field
    data_root: str | None
    plugins: dict[str, str]  # file name -> digest

    @property
    def name(self) -> str:
        """Return the name of what was run: the id of an environment, or the option."""
        return name_task(self.settings, self.option)


def find_run(network: str) -> Path | None:
    """Return the run folder whose best network this is, or None for any other argument.

    `network` names the run folder itself or the network file inside it. Raises DamagedFile where the run
    folder has another format number.
    """
    path = Path(network)
    folder = path.parents[1] if path.parts[-2:] == Path(layout.NETWORK).parts else path
    try:
        has_network = (folder / layout.CONFIG).is_file() and (folder / layout.NETWORK).is_file()
    except OSError:  # an overlong name or a protected folder; `read_network` reports it
        return None
    if not network or not has_network:
        return None
    RunFolder(folder).check_format()
    return folder


def read_run_task(run: Path) -> RunTask:
    """Read the task from a run's config, which is untrusted; DamagedFile if it holds none."""
    config_path = run / layout.CONFIG
    config = RunFolder(run).read_config()
    settings = config.get("task")
    if not isinstance(settings, dict) or not isinstance(settings.get(_TARGET), str):
        raise damaged_file_error(
            str(config_path), f"it has no task with a {_TARGET}", "a run's config has one"
        )
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
    """Return the value of `weights` that repeats the run's search.

    It is "own", "six" (the six shared weights of the paper) or a list of shared weights. DamagedFile if the
    stored weights are no numbers.
    """
    config_path = run / layout.CONFIG
    trials = RunFolder(run).read_config().get("trials")
    if trials is None:
        return "own"  # a tuning has no trials: its result is the network's own weights
    weights = trials.get("shared_weights") if isinstance(trials, dict) else trials
    if weights is None:
        return "own"
    if not isinstance(weights, list) or not all(is_finite_number(weight) for weight in weights):
        raise damaged_file_error(
            str(config_path), "trials.shared_weights is no list of numbers", "or it is null"
        )
    return "six" if tuple(weights) == SIX_WEIGHTS else [float(weight) for weight in weights]


def describe_task(request: Request) -> str | None:
    """Return the line that names the task and the origin of its settings.

    The result is None for a resumed run, and for a typed task of a network that no run found. ConfigError if
    the run's task lives in a plugin that was not named.
    """
    network, task_name = str(request.config["network"]), request.task_name
    if has_override(request.overrides, "resume"):
        return None
    run = find_run(network)
    if run is None:
        if has_override(request.overrides, "task"):
            return None
        return f"no task was named for {network}: {task_name} is played; task=NAME names another"
    if not has_override(request.overrides, "network"):
        return f"network= stands in a config file: the task's settings are this command's, not those of {run}"
    run_task = read_run_task(run)
    if request.choices["task"] != run_task.option:
        return (
            f"played on another task than it was searched on: {task_name} with settings of its own; "
            f"{run} was searched on {run_task.name}"
        )
    line = f"task and settings of {run}"
    overrides = [
        override
        for override in select_overrides(request.overrides, "task", "data")
        if not override.startswith("task=")
    ]
    if overrides:
        line += f"; typed over them: {', '.join(overrides)}"
    return line + _check_plugin(request, run_task)


def _check_plugin(request: Request, run_task: RunTask) -> str:
    """Return a note if the plugin of the run's task has changed since, else an empty text.

    ConfigError if the plugin was not named.
    """
    package, _, module = run_task.settings[_TARGET].partition(".")
    if package != PLUGIN_PACKAGE:
        return ""
    file_name = f"{module.partition('.')[0]}.py"
    plugins = request.config.get("plugins") or {}
    if file_name not in plugins:
        raise ConfigError(
            f"{run_task.run} was searched on a task of the plugin {file_name}; name it too: "
            f"plugins=[{file_name}]."
        )
    is_changed = run_task.plugins.get(file_name) not in (None, plugins[file_name])
    return f"; {file_name} has changed since" if is_changed else ""


def read_network(request: Request, task: Task) -> Population:
    """Load the network that the request names, as a population of one.

    Raises ConfigError or DamagedFile if it is missing, unreadable, or does not fit the task's ports. If the
    task is only the default, the error adds its name.
    """
    from wannsearch.formats import networks

    network = str(request.config["network"])
    run = find_run(network)
    try:
        return networks.load_network(network, task.ports)
    except (ConfigError, DamagedFile) as error:
        is_named = any(has_override(request.overrides, key) for key in ("task", "resume"))
        if is_named or run is not None or not Path(network).is_file():
            raise
        raise type(error)(
            f"{error} No task was named, so it is {request.task_name}; name it: task=NAME."
        ) from None
