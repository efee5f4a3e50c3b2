"""The arguments of a command, checked and prepared for Hydra.

Input that Hydra would answer with pages of usage, a traceback or silence gets an error of one line here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra._internal.utils import get_args_parser

from wannsearch.commands.hydra import folders
from wannsearch.commands.hydra.argument_quoting import check_groups, check_sweeps, defer_keys, quote_names
from wannsearch.commands.hydra.errors import list_groups
from wannsearch.commands.hydra.groups import NESTED_GROUPS
from wannsearch.commands.hydra.run_patterns import expand_run_patterns
from wannsearch.core.errors import ConfigError

_GROUP_BY_NESTED_KEY = {group.key: group.name for group in NESTED_GROUPS}
_NESTED_KEYS = "|".join(re.escape(key) for key in _GROUP_BY_NESTED_KEY)
_NESTED_CHOICE = re.compile(rf"^({_NESTED_KEYS})=([a-z][a-z0-9_]*(?:,[a-z][a-z0-9_]*)*)$")
"""The choice of an option for a nested group, which Hydra writes as group@place=name."""
_SWEEP_FOLDER_KEYS = ("hydra.sweep.dir", "hydra.sweep.subdir", "sweep.name")


@dataclass(frozen=True)
class Arguments:
    """The command line in the form that Hydra takes, and its properties."""

    argv: list[str]  # overrides, then flags
    is_sweep: bool
    digest: str  # of the overrides, see `folders.hash_overrides`
    search_path_arguments: list[str]  # the arguments that add config folders
    warnings: tuple[str, ...]  # a line for each key that has no effect


def prepare_arguments(program: str, config_name: str, argv: Sequence[str]) -> Arguments:
    """Check the arguments and rewrite them for Hydra; ConfigError for those that Hydra cannot take.

    `program` is the command's name in warnings, `config_name` its primary config.
    """
    parser = get_args_parser()

    def refuse(message: str) -> None:
        raise ConfigError(f"{message}; --help shows what there is.")

    parser.error = refuse  # type: ignore[method-assign,assignment]  # instead of usage and an exit
    namespace = parser.parse_intermixed_args(list(argv))  # Hydra accepts no flags between overrides
    for argument in argv:
        if re.search(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]", argument):
            raise ConfigError(f"{argument[:200]!r} holds a control character or a byte that is not UTF-8.")
    if namespace.experimental_rerun is not None:
        raise ConfigError("--experimental-rerun does what a pickle says; resume=FOLDER goes on with a run.")
    overrides: list[str] = namespace.overrides
    is_sweep = namespace.multirun or "hydra.mode=MULTIRUN" in overrides
    _check_overrides(overrides)
    default_groups = list_groups(config_name)
    check_groups(overrides, default_groups)
    check_sweeps(overrides)
    groups = {*default_groups, *_list_added_groups(namespace.config_dir)}
    expanded_overrides = [
        _NESTED_CHOICE.sub(_expand_nested_choice, argument)
        for argument in expand_run_patterns(overrides, is_sweep)
    ]
    hydra_overrides = quote_names(expanded_overrides, groups, is_sweep)
    if is_sweep:
        hydra_overrides = defer_keys(hydra_overrides, groups)
    search_path_arguments = [] if namespace.config_dir is None else ["--config-dir", namespace.config_dir]
    search_path_arguments += [
        argument for argument in hydra_overrides if argument.startswith("hydra.searchpath=")
    ]
    return Arguments(
        [*hydra_overrides, *_select_flags(argv, overrides)],
        is_sweep,
        folders.hash_overrides(expanded_overrides),
        search_path_arguments,
        _describe_without_effect(program, overrides, is_sweep),
    )


def _select_flags(argv: Sequence[str], overrides: Sequence[str]) -> list[str]:
    remaining_overrides, flags = list(overrides), []
    for argument in argv:
        if remaining_overrides and argument == remaining_overrides[0]:
            del remaining_overrides[0]
        else:
            flags.append(argument)
    return flags


def _expand_nested_choice(match: re.Match[str]) -> str:
    return f"{_GROUP_BY_NESTED_KEY[match[1]]}@{match[1]}={match[2]}"


def _list_added_groups(folder: str | None) -> list[str]:
    """List the groups that the user's own config folder adds."""
    config_dir = Path(folder or "")
    return (
        [path.name for path in config_dir.iterdir() if path.is_dir()]
        if folder and config_dir.is_dir()
        else []
    )


def _check_overrides(overrides: Sequence[str]) -> None:
    for override in overrides:
        key, _, text = override.partition("=")
        if override.startswith("~") and not override.startswith("~hydra"):
            raise ConfigError(f"{override!r} takes a key away, and all are needed; give it a value instead.")
        if key == "sweep.name":
            folders.check_folder_name(text)
        if key == "hydra.output_subdir" and text not in ("null", ""):
            raise ConfigError(
                f"{override!r} would have Hydra write into the run folder, which is ours; the config and the "
                "overrides stand in its .hydra anyway."
            )


def _describe_without_effect(program: str, overrides: Sequence[str], is_sweep: bool) -> tuple[str, ...]:
    """Return a line for each key of a sweep's folder in a single run, or of a run's folder in a sweep."""
    keys = ("hydra.run.dir",) if is_sweep else _SWEEP_FOLDER_KEYS
    reason = (
        "in a sweep; hydra.sweep.dir=FOLDER or sweep.name=NAME names a sweep's folder"
        if is_sweep
        else "without -m; hydra.run.dir=FOLDER names a run's folder"
    )
    return tuple(
        f"{program}: {override} has no effect {reason}."
        for override in overrides
        if override.partition("=")[0] in keys
    )
