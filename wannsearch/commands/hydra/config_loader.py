"""Hydra's config loader: it composes with the task of `network=RUN`, and chooses the evaluator.

Hydra reads the config of each job through one repository. If the overrides of a job name the network of a
run, that repository gets the run's task as an option of the group `task`, and as its default. So typed
settings override it like any other option, folders carry its name, and each job of a sweep over several
runs has its own. Two simpler ways fail. Overrides placed before the user's would count as typed. Settings
merged into a composed config come too late: its keys are checked and its folder is named by then.

The same repository gets the evaluator that fits at the place of `auto` (`evaluator_choice`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import hydra._internal.hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.default_element import GroupDefault, ResultDefault
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from wannsearch.commands.hydra.evaluator_choice import accept_settings, choose_evaluator
from wannsearch.commands.run_task import RunTask, find_run, read_run_task
from wannsearch.core.errors import WannsearchError
from wannsearch.core.plugin_files import DIGEST_BY_PATH, load_plugin

_NETWORK_CONFIGS = ("evaluate", "tune")
_EVALUATOR_CONFIGS = ("config", *_NETWORK_CONFIGS)
_MODE_KEY = "hydra.mode"

_SearchedRepository = tuple[tuple[str | None, list[str]], list[Override], CachingConfigRepository]
"""The config and the overrides of a search for Hydra's mode, and what they became."""


class WannsearchLoader(ConfigLoaderImpl):
    """Hydra's loader, with a run's task for the run's network, and an evaluator for `auto`.

    A launcher sends the loader to other processes, so it holds plain data only. Without `chooses_evaluator`
    the evaluator stays `auto`, and its keys are those that the command line sets.
    """

    def __init__(self, config_search_path: ConfigSearchPath, chooses_evaluator: bool = True) -> None:
        super().__init__(config_search_path)
        self._repositories: dict[tuple[str | None, tuple[str, ...]], CachingConfigRepository] = {}
        self._searched_repository: _SearchedRepository | None = None
        self._chooses_evaluator = chooses_evaluator
        self._plugin_files = dict(DIGEST_BY_PATH)  # absolute path -> digest

    def load_configuration(
        self,
        config_name: str | None,
        overrides: list[str],
        run_mode: RunMode,
        from_shell: bool = True,
        validate_sweep_overrides: bool = True,
    ) -> DictConfig:
        """Compose a config; where Hydra only searches for its mode, which it does first, nothing is composed.

        That search alone does without the validation. Its configs are kept for the composition after it.
        """
        if not validate_sweep_overrides and not self._sets_mode(config_name, overrides):
            return OmegaConf.create({"hydra": {"mode": None}})
        return super().load_configuration(
            config_name, overrides, run_mode, from_shell, validate_sweep_overrides
        )

    def _sets_mode(self, config_name: str | None, overrides: list[str]) -> bool:
        """Return whether an override or a config of this composition sets Hydra's mode."""
        parsed_overrides, repository = self._create_repository(config_name, overrides)
        if any(override.key_or_group in ("hydra", _MODE_KEY) for override in parsed_overrides):
            return True
        if config_name in _EVALUATOR_CONFIGS:
            accept_settings(parsed_overrides, repository)
        defaults = create_defaults_list(
            repo=repository,
            config_name=config_name,
            overrides_list=parsed_overrides,
            prepend_hydra=True,
            skip_missing=True,
        ).defaults
        if any(_is_mode_set(default, repository) for default in defaults):
            return True
        self._searched_repository = (config_name, list(overrides)), parsed_overrides, repository
        return False

    def _parse_overrides_and_create_caching_repo(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        parsed_overrides, repository = self._create_repository(config_name, overrides)
        if config_name not in _EVALUATOR_CONFIGS:
            return parsed_overrides, repository
        if not self._chooses_evaluator:
            accept_settings(parsed_overrides, repository)
            return parsed_overrides, repository
        self._load_missing_plugins()
        return choose_evaluator(config_name, parsed_overrides, repository), repository

    def _create_repository(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        """Parse the overrides, and create a repository with the task of the run whose network they name."""
        searched, self._searched_repository = self._searched_repository, None
        if searched is not None and searched[0] == (config_name, overrides[:-1]):
            (last_override,) = OverridesParser.create().parse_overrides(overrides[-1:])
            if last_override.key_or_group == _MODE_KEY:  # what Hydra adds when it has found no mode
                return [*searched[1], last_override], searched[2]
        parsed_overrides, repository = super()._parse_overrides_and_create_caching_repo(
            config_name, overrides
        )
        if config_name in _NETWORK_CONFIGS:
            try:
                run = find_run(_get_network(parsed_overrides))
                if run is not None:
                    _set_default_task(read_run_task(run), repository, config_name, parsed_overrides)
            except WannsearchError as error:
                raise HydraException(str(error)) from error  # the sweeper then refuses this job alone
        return parsed_overrides, repository

    def _load_missing_plugins(self) -> None:
        """Load the user's files into a launcher's process, in which a job is composed before it starts."""
        for path, digest in self._plugin_files.items():
            if path not in DIGEST_BY_PATH:
                with suppress(WannsearchError):  # the job loads the file again, and reports the error
                    load_plugin(Path(path), digest)

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        """Return the options of a group, from one cached repository per command line.

        The help requests many lists of options, and Hydra would copy its repository for each.
        """
        key = (config_name, tuple(overrides or ()))
        if key not in self._repositories:
            self._repositories[key] = self._create_repository(config_name, overrides or [])[1]
        return self._repositories[key].get_group_options(group_name, results_filter)


@contextmanager
def use_wannsearch_loader() -> Iterator[None]:
    """Replace Hydra's loader class inside this context.

    Hydra constructs its loader internally, so the name of the class in Hydra's own module is replaced.
    """
    hydra_module: Any = hydra._internal.hydra
    original_loader = hydra_module.ConfigLoaderImpl
    hydra_module.ConfigLoaderImpl = WannsearchLoader
    try:
        yield
    finally:
        hydra_module.ConfigLoaderImpl = original_loader


def _is_mode_set(default: ResultDefault, repository: CachingConfigRepository) -> bool:
    """Return whether this config sets Hydra's mode, whatever to; Hydra's own config leaves it open."""
    path, package = _MODE_KEY.split("."), [part for part in (default.package or "").split(".") if part]
    if default.config_path in (None, "hydra/config") or path[: len(package)] != package:
        return False
    loaded = repository.load_config(str(default.config_path))
    assert loaded is not None  # the defaults list was built from it
    content: Any = OmegaConf.to_container(loaded.config, resolve=False)
    for key in path[len(package) :]:
        if isinstance(content, str):
            return True  # an interpolation, which may become anything
        if not isinstance(content, dict) or key not in content:
            return False
        content = content[key]
    return True


def _get_network(overrides: Sequence[Override]) -> str:
    """Return the last value of `network` on the command line.

    Of a sweep over several networks it is the first, from which Hydra composes the config before all jobs.
    """
    for override in reversed(overrides):
        if override.key_or_group == "network":
            value: Any = override.value()
            if isinstance(value, ChoiceSweep):
                value = value.list[0] if value.list else ""
                return str(getattr(value, "text", value))
            return value if isinstance(value, str) else str(override.input_line).partition("=")[2]
    return ""


def _set_default_task(
    run_task: RunTask, repository: CachingConfigRepository, config_name: str, overrides: Sequence[Override]
) -> None:
    """Make the run's task the default of this composition, under its option name in the run."""
    primary_config = repository.load_config(config_name)
    assert primary_config is not None  # the primary config is part of the package
    for default in primary_config.defaults_list or []:
        if isinstance(default, GroupDefault) and default.group == "task":
            default.value = run_task.option
    OmegaConf.update(primary_config.config, "data.root", run_task.data_root)
    settings = dict(run_task.settings)
    if "root" in settings and any(override.key_or_group == "data.root" for override in overrides):
        settings["root"] = "${data.root}"  # as the task's own YAML has it
    repository.cache[f"config_path=task/{run_task.option}"] = ConfigResult(
        provider="run", path=str(run_task.run), config=OmegaConf.create(settings), header={"package": None},
        defaults_list=[],
    )  # fmt: skip
