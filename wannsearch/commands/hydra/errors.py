"""Composition errors of Hydra as one line that names the given and the allowed values.

Hydra's own message for a wrong command line is several lines and a traceback.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from wannsearch.commands.hydra.build import TARGET
from wannsearch.commands.hydra.evaluator_choice import read_choices
from wannsearch.commands.hydra.groups import GROUPS, NESTED_GROUPS
from wannsearch.core.errors import ConfigError, WannsearchError, not_allowed_error
from wannsearch.records.claim import flatten_keys


def find_conf_dir() -> Path:
    """Return the folder `conf/`, inside the installed package or at the top of a checkout.

    ConfigError if there is neither.
    """
    package_dir = Path(__file__).resolve().parents[2]
    for folder in (package_dir.parent / "conf", package_dir / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise ConfigError(f"no conf/ folder beside or inside {package_dir}; reinstall wannsearch.")


def quote_for_hydra(text: str) -> str:
    """Return the text in quotes, so that Hydra's grammar reads it as a string."""
    return QuotedString(text=text, quote=Quote.single).with_quotes()


def format_one_line(error: object) -> str:
    """Return the error's text on one line, with unprintable characters as escapes."""
    line = " ".join(str(error).split())
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in line)


def as_config_error(error: Exception, config_name: str, arguments: list[str]) -> WannsearchError:
    """Convert an error of Hydra or OmegaConf into an error of one line.

    If it wraps a WannsearchError, that one is returned. `arguments` are the overrides and the arguments that
    add config folders.
    """
    message = str(error)
    original = _find_original_error(error)
    if original is not None:
        return original
    if isinstance(error, MissingMandatoryValue):
        return ConfigError(f"{error.full_key} is needed and has no default; give {error.full_key}=...")
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return not_allowed_error(group, option, error.options)
    if isinstance(error, OverrideParseException):
        return ConfigError(
            f"{error.override!r} is not a setting; write key=value, such as task=cartpole."
            if "=" not in error.override
            else f"{error.override!r} cannot be read: {message.splitlines()[0]}"
            + _format_quoting_hint(error.override)
        )
    ambiguity_match = re.match(
        r"Ambiguous value for argument '(.*)'$|Sweep parameters '(.*)' requires", message, re.M
    )
    if ambiguity_match:
        return ConfigError(
            f"{ambiguity_match[1] or ambiguity_match[2]} names several values; a sweep over them needs -m."
        )
    if "hydra.job.id" in message:
        return ConfigError("hydra.job.id is known to a job alone; hydra.job.num is its number in the sweep.")
    unknown_match = re.search(r"Could not override '([^']*)'", message)
    if unknown_match:
        return missing_key_error(unknown_match[1], config_name, arguments)
    merge_match = re.match(r"Error merging override (.*)", message)
    if merge_match and error.__cause__ is not None:
        cause = str(error.__cause__).strip().splitlines()[0]
        return ConfigError(
            format_one_line(f"{merge_match[1]!r} cannot be: {cause}{_format_quoting_hint(merge_match[1])}")
        )
    prefix = (
        ""
        if isinstance(error, HydraException)
        else _find_failing_argument(type(error), message, config_name, arguments)
    )
    return ConfigError(format_one_line(f"{prefix}{message}"))


def _format_quoting_hint(override: str) -> str:
    key, _, text = override.partition("=")
    return (
        f"; as a text it is written {quote_text_argument(key, text)}."
        if re.fullmatch(r"\+*[\w.@/]+\w", key)
        else "."
    )


def quote_text_argument(key: str, text: str) -> str:
    """Return the shell argument that sets this key to exactly this text."""
    return shlex.quote(f"{key}={QuotedString(text=text, quote=Quote.double).with_quotes()}")


def is_internal_error(error: BaseException) -> bool:
    """Return whether our own code raised the error: the innermost frame of its traceback decides."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    module = "" if traceback is None else str(traceback.tb_frame.f_globals.get("__name__"))
    return module.split(".")[0] == "wannsearch" or module == "hydra_plugins.wannsearch_sweeper"


def _find_original_error(error: BaseException | None) -> WannsearchError | None:
    """Return the WannsearchError that OmegaConf has wrapped, or None."""
    while error is not None and not isinstance(error, WannsearchError):
        error = error.__cause__ or error.__context__
    return error


_GROUP_CHOICE = re.compile(r"[a-z_]+(@[a-z_.]+)?=[^,]*$")
"""An argument that may choose an option of a group; otherwise it merely sets a key."""
_NESTED_KEYS = {group.name: group.key for group in NESTED_GROUPS}
"""Group -> its key, for groups that are chosen inside another one."""
_TOP_GROUPS = {group.name for group in GROUPS if not group.is_nested}


def list_groups(config_name: str) -> list[str]:
    """List the config groups in this command's defaults list, without overrides and groups with a `/`."""
    config = OmegaConf.to_container(OmegaConf.load(find_conf_dir() / f"{config_name}.yaml"))
    assert isinstance(config, dict)
    group_names = [str(name) for entry in config["defaults"] if isinstance(entry, dict) for name in entry]
    return [name for name in group_names if name.isidentifier()]


def missing_key_error(key: str, config_name: str, arguments: list[str]) -> ConfigError:
    """Build the error for a key that this composition lacks, with the nearest key that it has."""
    package = key.partition("@")[2]
    if package in _NESTED_KEYS.values():
        key = package  # as it was typed
    nested_group = key.rpartition("/")[2]
    if nested_group in _NESTED_KEYS and nested_group not in _TOP_GROUPS:
        nested_key = _NESTED_KEYS[nested_group]
        return ConfigError(f"{key} is a part of {nested_key.partition('.')[0]}; write {nested_key}=NAME.")
    is_hydra_key = key.startswith("hydra.")
    keys, empty_groups, evaluator_choice = _list_keys(config_name, arguments, is_hydra_key)
    if key.rpartition(".")[0] in empty_groups:
        return ConfigError(f"there is no key {key!r}; write +{key}=... to add it.")
    if not is_hydra_key:
        keys += [*list_groups(config_name), "plugins"]
    section = key.rpartition(".")[0]
    while section and not any(name.startswith(f"{section}.") for name in keys):
        section = section.rpartition(".")[0]
    depth = section.count(".") + 2 if section else 1
    section_keys = [name for name in keys if not section or name.startswith(f"{section}.")]
    allowed = sorted({".".join(name.split(".")[:depth]) for name in section_keys})
    close_matches = get_close_matches(key, [*allowed, *(name for name in keys if "." in name)], n=1)
    hint = f"Did you mean {close_matches[0]!r}? " if close_matches else ""
    is_of_evaluator = key.startswith("evaluator.") and evaluator_choice is not None
    reason = f"; {evaluator_choice}" if is_of_evaluator else ""
    return ConfigError(f"there is no key {key!r}{reason}. {hint}Allowed: {', '.join(allowed)}.")


def _find_failing_argument(
    error_type: type[Exception], message: str, config_name: str, arguments: list[str]
) -> str:
    """Find the argument that alone makes Hydra fail with this message, which names none.

    Returns the beginning of an error message, or an empty text if no argument alone is the cause.
    """
    choices = [argument for argument in arguments if _GROUP_CHOICE.match(argument)]
    with _suspend_running_hydra():
        for argument in arguments:
            try:
                hydra.compose(config_name, [*choices, argument])
            except error_type as error:
                if str(error) == message:
                    return f"{argument!r} cannot be: "
            except Exception:  # a different error has another cause
                continue
    return ""


@contextmanager
def _suspend_running_hydra() -> Iterator[None]:
    """Allow the composition of other configs inside this context, while Hydra runs a job of a sweep."""
    running_hydra = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with hydra.initialize_config_dir(str(find_conf_dir()), version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = running_hydra


def _list_keys(
    config_name: str, arguments: list[str], is_hydra_key: bool
) -> tuple[list[str], list[str], str | None]:
    """Return the dotted keys of this composition, and its empty groups, to which keys may be added.

    The third value names the evaluator that `auto` became, or is None.
    """
    choices = [argument for argument in arguments if _GROUP_CHOICE.match(argument)]
    config_dirs = [
        arguments[index + 1]
        for index, argument in enumerate(arguments[:-1])
        if argument in ("--config-dir", "-cd")
    ]
    choices += [f"hydra.searchpath=[file://{Path(folder).absolute()}]" for folder in config_dirs]
    choices += [argument for argument in arguments if argument.startswith("hydra.searchpath=")]
    values: Any = {}
    evaluator_choice = None
    with _suspend_running_hydra():
        for overrides in (choices, [argument for argument in choices if "@" not in argument], []):
            with suppress(HydraException, OmegaConfBaseException):
                config = hydra.compose(config_name, overrides, return_hydra_config=True)
                values = OmegaConf.to_container(config)
                evaluator_choice = read_choices(config.hydra.runtime.choices)[0].describe()
                break
    hydra_values = values.pop("hydra", {})
    if is_hydra_key:
        values = {"hydra": hydra_values}
    keys = [key for key in flatten_keys(values) if TARGET not in key]
    return keys, _list_empty_groups(values), evaluator_choice


def _list_empty_groups(values: dict[str, Any], prefix: str = "") -> list[str]:
    if not values:
        return [prefix]
    subgroups = [
        (f"{prefix}.{key}".lstrip("."), subgroup)
        for key, subgroup in values.items()
        if isinstance(subgroup, dict)
    ]
    return [name for key, subgroup in subgroups for name in _list_empty_groups(subgroup, key)]
