"""The input of one job: a composed config, or the stored config of a run to resume."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.core.errors import ConfigError, unknown_key_error
from wannsearch.core.tasks.task_name import name_task
from wannsearch.records import layout
from wannsearch.records.claim import flatten_keys, may_change_on_resume
from wannsearch.records.reader import RunFolder
from wannsearch.records.stored_config import check_is_run

_PREFIX = "resume="
_GROUPS = ("task", "method")


@dataclass(frozen=True)
class Request:
    """The resolved config of one job, its folder, and the choices behind both."""

    config: dict[str, Any]  # resolved
    config_yaml: str  # the same config as YAML text
    overrides: list[str]  # of the command line; names may have got quotes
    choices: dict[str, str]  # config group -> chosen option
    folder: Path
    has_named_folder: bool  # the user or the sweep named the folder, not the clock
    is_sweep: bool
    warnings: tuple[str, ...] = ()  # lines about arguments that have no effect
    evaluator_choice: str | None = None  # which evaluator `auto` became; None if it was named, or stored

    @property
    def task_name(self) -> str:
        """Return the name of what is run: the id of an environment, or the option of the task."""
        return name_task(self.config.get("task"), self.choices["task"])

    @property
    def options(self) -> dict[str, str]:
        """Return the chosen options of task and method, by which a later command composes the same."""
        return {group: self.choices[group] for group in _GROUPS if group in self.choices}

    def describe_engine(self, description: str) -> str:
        """Return the evaluator's description of itself, with a note if `evaluator=auto` chose it."""
        return description if self.evaluator_choice is None else f"{description}; {self.evaluator_choice}"

    def print_warnings(self) -> None:
        """Print the warnings; a command does so once its config is accepted, since a refusal is one line."""
        for warning in self.warnings:
            print(warning, file=sys.stderr, flush=True)


def read_resumed_request(arguments: Sequence[str], plugins: dict[str, str]) -> Request:
    """Build the request of the run in the folder that `resume=` names.

    The other arguments may change a key of `RESUMABLE_KEYS`; any other key must keep its stored value.
    Raises ConfigError if it does not, if there is no run or more than one folder, or if the plugins differ.
    DamagedFile if the folder's config is damaged or has another format number.
    """
    folders = [argument[len(_PREFIX) :] for argument in arguments if argument.startswith(_PREFIX)]
    other_arguments = [argument for argument in arguments if not argument.startswith(_PREFIX)]
    if len(folders) != 1:
        raise ConfigError(f"resume names {len(folders)} folders; one run goes on at a time.")
    if not folders[0]:
        raise ConfigError("resume= names no folder; write resume=FOLDER.")
    folder = _parse_folder(folders[0])
    check_is_run(folder, folder / layout.CONFIG)
    run = RunFolder(folder)
    run.check_format()
    config = run.read_config()
    if config.get("plugins", {}) != plugins:
        stored_plugins = config["plugins"] if isinstance(config.get("plugins"), dict) else {}
        plugin_names = ", ".join(stored_plugins) or "none"
        raise ConfigError(
            f"{folder} was searched with the plugins {plugin_names}, as they were then; name the same."
        )
    for argument in other_arguments:
        _set_free_key(config, argument, folder)
    choices = {group: read_choice(folder, group, config) for group in _GROUPS}
    config_yaml = str(OmegaConf.to_yaml(config))
    return Request(
        config, config_yaml, list(arguments), choices, folder, has_named_folder=True, is_sweep=False
    )


def _parse_folder(name: str) -> Path:
    """Return the absolute path of this folder.

    Quotes around the name belong to Hydra's syntax, unless a folder of that exact name exists.
    """
    is_quoted = len(name) > 1 and name[0] == name[-1] and name[0] in "'\""
    return Path(name[1:-1] if is_quoted and not Path(name).exists() else name).absolute()


def _set_free_key(config: dict[str, Any], argument: str, folder: Path) -> None:
    """Set a key that a continuation may change; raise ConfigError for any other that differs."""
    key, equals, _ = argument.partition("=")
    if not equals or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", key):
        raise ConfigError(
            f"{argument!r} beside resume= is not a setting; write key=value, such as generations=400."
        )
    flat_config = flatten_keys(config)
    if key.split(".")[0] == "hydra":
        raise ConfigError(
            f"{argument!r} is for Hydra, which resume= does without: a run goes on in its folder."
        )
    if isinstance(config.get(key), dict):
        raise ConfigError(
            f"{argument!r} chooses {key} anew; a run goes on as it began. Single keys may be set."
        )
    if key not in flat_config:
        raise unknown_key_error(key, flat_config)
    try:
        container = OmegaConf.to_container(OmegaConf.from_dotlist([argument]))
    except (OmegaConfBaseException, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{argument!r} cannot be read: {' '.join(str(error).split())}") from None
    value: Any = container
    for key_part in key.split("."):
        value = value[key_part]
    is_text = isinstance(flat_config[key], str) and not isinstance(value, str)
    if is_text or (isinstance(value, bool) and not isinstance(flat_config[key], bool)):
        # YAML reads `display=off` as a bool and `network=1e5` as a number; a new run reads both as texts.
        value = argument.partition("=")[2]
    if value != flat_config[key] and not may_change_on_resume(key):
        raise ConfigError(
            f"{key} is {flat_config[key]} in {folder} and {value} here; a run goes on as it began."
        )
    *section_keys, last_key = key.split(".")
    section = config
    for key_part in section_keys:
        section = section[key_part]
    section[last_key] = value


def read_choice(folder: Path, group: str, config: dict[str, Any]) -> str:
    """Return the option that the run chose for its task or method.

    If `status.json` does not hold it, the module of the class stands in; "unknown" if that is missing too.
    """
    options = RunFolder(folder).read_intact_status().get("options")
    name = options.get(group) if isinstance(options, dict) else None
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        return name
    target = config.get(group, {}).get("_target_") if isinstance(config.get(group), dict) else None
    parts = str(target).split(".")
    return parts[-2] if len(parts) > 1 else "unknown"
