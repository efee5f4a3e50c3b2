"""What a job was asked for: a composed config, or the config of a run that is to go on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.core.errors import ConfigError, no_such_key
from wannsearch.records import layout
from wannsearch.records.claim import flat, may_differ, stored_status
from wannsearch.records.stored_config import check_is_run, read_config

_KEY = "resume="
_GROUPS = ("task", "method")


@dataclass(frozen=True)
class Request:
    """What a job was asked for."""

    config: dict[str, Any]  # resolved
    written: str  # the config as composed, in YAML
    overrides: list[str]
    choices: dict[str, str]  # group -> option
    folder: Path
    named: bool  # the user, not the clock, gave the folder its name
    sweep: bool


def resumed(words: Sequence[str], plugins: dict[str, str]) -> Request:
    """The run in the folder that `resume=` names; the other words may set what is free to change."""
    folders = [word[len(_KEY) :] for word in words if word.startswith(_KEY)]
    others = [word for word in words if not word.startswith(_KEY)]
    if len(folders) != 1:
        raise ConfigError(f"resume names {len(folders)} folders; one run goes on at a time.")
    if not folders[0]:
        raise ConfigError("resume= names no folder; write resume=FOLDER.")
    folder = _folder(folders[0])
    check_is_run(folder, folder / layout.CONFIG)
    config = read_config(folder / layout.CONFIG)
    if config.get("plugins", {}) != plugins:
        begun = config["plugins"] if isinstance(config.get("plugins"), dict) else {}
        needed = ", ".join(begun) or "none"
        raise ConfigError(
            f"{folder} was searched with the plugins {needed}, as they were then; name the same."
        )
    for word in others:
        _lay_over(config, word, folder)
    choices = {group: read_choice(folder, group, config) for group in _GROUPS}
    written = str(OmegaConf.to_yaml(config))
    return Request(config, written, list(words), choices, folder, named=True, sweep=False)


def _folder(name: str) -> Path:
    """The folder of this name; quotes around it are taken for Hydra's, unless they are a part of it."""
    quoted = len(name) > 1 and name[0] == name[-1] and name[0] in "'\""
    return Path(name[1:-1] if quoted and not Path(name).exists() else name).absolute()


def _lay_over(config: dict[str, Any], word: str, folder: Path) -> None:
    """Set a free key; refuse any other that differs, by name."""
    key, equals, _ = word.partition("=")
    if not equals or not re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", key):
        raise ConfigError(
            f"{word!r} beside resume= is not a setting; write key=value, such as generations=400."
        )
    known = flat(config)
    if key.split(".")[0] == "hydra":
        raise ConfigError(f"{word!r} is for Hydra, which resume= does without: a run goes on in its folder.")
    if isinstance(config.get(key), dict):
        raise ConfigError(f"{word!r} chooses {key} anew; a run goes on as it began. Single keys may be set.")
    if key not in known:
        raise no_such_key(key, known)
    try:
        value = OmegaConf.to_container(OmegaConf.from_dotlist([word]))
    except (OmegaConfBaseException, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{word!r} cannot be read: {' '.join(str(error).split())}") from None
    given: Any = value
    for part in key.split("."):
        given = given[part]
    is_text = isinstance(known[key], str) and not isinstance(given, str)
    if is_text or (isinstance(given, bool) and not isinstance(known[key], bool)):
        given = word.partition("=")[2]  # `display=off` and `network=1e5` are words here, as in a new run
    if given != known[key] and not may_differ(key):
        raise ConfigError(f"{key} is {known[key]} in {folder} and {given} here; a run goes on as it began.")
    *path, last = key.split(".")
    place = config
    for part in path:
        place = place[part]
    place[last] = given


def read_choice(folder: Path, group: str, config: dict[str, Any]) -> str:
    """What the run called its task or method; the module's name where its status cannot be read."""
    name = stored_status(folder).get(group)
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name):
        return name
    target = config.get(group, {}).get("_target_") if isinstance(config.get(group), dict) else None
    parts = str(target).split(".")
    return parts[-2] if len(parts) > 1 else "unknown"
