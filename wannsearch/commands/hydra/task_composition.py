"""One task with its settings, composed for a command that takes plain arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf

from wannsearch.commands.hydra.config_loader import use_wannsearch_loader
from wannsearch.commands.hydra.errors import as_config_error, find_conf_dir
from wannsearch.core.errors import ConfigError
from wannsearch.core.tasks.task_name import name_task

_CONFIG = "evaluate"
"""A network is filmed on a task as `wannsearch-evaluate` evaluates it there."""
_KEYS = ("task.", "evaluator", "seed=", "data.")


@dataclass(frozen=True)
class ComposedTask:
    """The settings of a task and of the evaluator that fits it."""

    task: dict[str, Any]
    evaluator: dict[str, Any]
    task_name: str
    seed: int


def list_tasks() -> list[str]:
    """List the options of `conf/task`."""
    return sorted(path.stem for path in (find_conf_dir() / "task").glob("*.yaml"))


def compose_task(name: str, settings: Sequence[str]) -> ComposedTask:
    """Compose the task of this name with settings such as `task.horizon=200`; ConfigError for wrong ones."""
    for setting in settings:
        if not setting.startswith(_KEYS) or "=" not in setting:
            raise ConfigError(
                f"--set is {setting!r}; it must be a setting of the task, such as task.horizon=200, "
                "or seed=1."
            )
    overrides = [f"task={name}", "network=none", *settings]
    running_hydra = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with use_wannsearch_loader(), hydra.initialize_config_dir(str(find_conf_dir()), version_base="1.3"):
            config: Any = OmegaConf.to_container(hydra.compose(_CONFIG, overrides), resolve=True)
    except Exception as error:
        raise as_config_error(error, _CONFIG, overrides) from error
    finally:
        GlobalHydra.instance().hydra = running_hydra
    seed = config["seed"]
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise ConfigError(f"seed is {seed!r}; it must be a whole number, 0 or more.")
    return ComposedTask(config["task"], config["evaluator"], name_task(config["task"], name), seed)
