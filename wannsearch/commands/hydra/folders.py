"""Folders that Hydra makes: names that are no paths, and removal if a job was refused.

The name of a folder consists of choices, a seed and a sweep's name, which may come from a command line, a
config or the environment. The resolvers here ensure that none of them is a path. `plain` replaces all
characters but letters, digits, `_` and `-`; `folder_name`, for the name that a user invents, refuses
them. `task_name` puts the id of an environment in the place of its option.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.core.errors import ConfigError
from wannsearch.core.tasks.task_name import ENVIRONMENT_KEY, name_task

_DIGEST_EXCLUDED_PREFIXES = (
    "seed=",
    "display=",
    "on_error=",
    "sweep.name=",
    "hydra/launcher=",
    "hydra.launcher.",
)
_MAX_NAME_LENGTH = 80
_NEW_FOLDERS: list[Path] = []


def hash_overrides(overrides: Sequence[str]) -> str:
    """Return a digest of ten characters for a set of overrides.

    It ignores their order, and the overrides that set seed, display, on_error, sweep.name or the launcher.
    """
    counted_overrides = sorted(
        str(override) for override in overrides if not str(override).startswith(_DIGEST_EXCLUDED_PREFIXES)
    )
    return hashlib.sha256("\0".join(counted_overrides).encode()).hexdigest()[:10]


def slug(text: object) -> str:
    """Return the first 80 characters of the text, after each run of other characters became one `-`.

    Letters, digits, `_` and `-` stay, so the result is no path.
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", str(text))[:_MAX_NAME_LENGTH]


def check_folder_name(text: object) -> str:
    """Return the folder name that a user chose, unchanged.

    ConfigError unless it has 1 to 80 letters, digits, `_`, `-` and `.`, the first no `-` or `.`.
    """
    if not re.fullmatch(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{_MAX_NAME_LENGTH - 1}}}", str(text)):
        raise ConfigError(f"sweep.name is {str(text)[:200]!r}; use letters, digits, '_', '-' and '.'.")
    return str(text)


def name_composed_task(option: str, *, _root_: DictConfig) -> str:
    """Return the name of the task of this composition, whose option is given.

    OmegaConf passes the whole config as `_root_`, a name that it prescribes.
    """
    env_id = OmegaConf.select(_root_, f"task.{ENVIRONMENT_KEY}")
    return name_task({ENVIRONMENT_KEY: env_id}, option)


OmegaConf.register_new_resolver("digest", hash_overrides, replace=True)
OmegaConf.register_new_resolver("plain", slug, replace=True)
OmegaConf.register_new_resolver("task_name", name_composed_task, replace=True)
OmegaConf.register_new_resolver("folder_name", check_folder_name, replace=True)


class TrackNewFolders(Callback):
    """Record the folders that a command's own folder requires, so that a refusal leaves none."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Record the new folders before Hydra makes the run folder."""
        self._record_new_folders(config, "run")

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Record the new folders before Hydra makes the sweep folder."""
        self._record_new_folders(config, "sweep")

    @staticmethod
    def _record_new_folders(config: DictConfig, mode: str) -> None:
        HydraConfig.instance().set_config(config)  # the folder's name is resolved from the choices in it
        with suppress(OmegaConfBaseException, OSError):  # Hydra itself raises the same error next
            folder = Path(config.hydra[mode].dir).absolute()
            _NEW_FOLDERS[:] = [path for path in (folder, *folder.parents) if not path.exists()]


def reset_new_folders() -> None:
    """Clear the record at the start of a command."""
    _NEW_FOLDERS.clear()


def remove_empty_folders(*folders: Path) -> None:
    """Remove these folders and the recorded new ones, where they are empty.

    Empty logs that Hydra opened in them are closed and removed first.
    """
    all_folders = (*folders, *_NEW_FOLDERS)
    for handler in list(logging.getLogger().handlers):
        if isinstance(handler, logging.FileHandler):
            log = Path(handler.baseFilename)
            if log.parent in all_folders and log.is_file() and not log.stat().st_size:
                handler.close()
                log.unlink()
    for path in all_folders:
        with suppress(OSError):
            path.rmdir()
