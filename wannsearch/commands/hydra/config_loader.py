"""Hydra's config loader, in which `network=RUN` composes with the task that RUN has stored.

Hydra reads the config of each job through one repository. If the overrides of a job name the network of a
run, that repository gets the run's task as an option of the group `task`, and as its default. So typed
settings override it like any other option, folders carry its name, and each job of a sweep over several
runs has its own. Two simpler ways fail. Overrides placed before the user's would count as typed. Settings
merged into a composed config come too late: its keys are checked and its folder is named by then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import hydra._internal.hydra
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.default_element import GroupDefault
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import ChoiceSweep, Override
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult
from omegaconf import OmegaConf

from wannsearch.commands.run_task import RunTask, find_run, read_run_task
from wannsearch.core.errors import WannsearchError

_CONFIG_NAMES = ("evaluate", "tune")


class RunTaskLoader(ConfigLoaderImpl):
    """Hydra's loader, with a run's task as the default if the command line names the run's network."""

    def __init__(self, config_search_path: ConfigSearchPath) -> None:
        super().__init__(config_search_path)
        self._repositories: dict[tuple[str | None, tuple[str, ...]], CachingConfigRepository] = {}

    def _parse_overrides_and_create_caching_repo(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        parsed_overrides, repository = super()._parse_overrides_and_create_caching_repo(
            config_name, overrides
        )
        if config_name in _CONFIG_NAMES:
            try:
                run = find_run(_get_network(parsed_overrides))
                if run is not None:
                    _set_default_task(read_run_task(run), repository, config_name, parsed_overrides)
            except WannsearchError as error:
                raise HydraException(str(error)) from error  # the sweeper then refuses this job alone
        return parsed_overrides, repository

    def get_group_options(
        self,
        group_name: str,
        results_filter: ObjectType | None = ObjectType.CONFIG,
        config_name: str | None = None,
        overrides: list[str] | None = None,
    ) -> list[str]:
        """Return the options of a group, from one cached repository per command line.

        For --help Hydra requests a hundred lists of options, and would copy its repository for each.
        """
        key = (config_name, tuple(overrides or ()))
        if key not in self._repositories:
            self._repositories[key] = self._parse_overrides_and_create_caching_repo(
                config_name, overrides or []
            )[1]
        return self._repositories[key].get_group_options(group_name, results_filter)


@contextmanager
def use_run_task_loader() -> Iterator[None]:
    """Replace Hydra's loader class inside this context.

    Hydra constructs its loader internally, so the name of the class in Hydra's own module is replaced.
    """
    hydra_module: Any = hydra._internal.hydra
    original_loader = hydra_module.ConfigLoaderImpl
    hydra_module.ConfigLoaderImpl = RunTaskLoader
    try:
        yield
    finally:
        hydra_module.ConfigLoaderImpl = original_loader


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
