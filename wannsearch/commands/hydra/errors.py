"""What Hydra could not compose, in one line that says what was given and what is allowed.

Hydra's own words for a wrong command line are several lines and a traceback.
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

from wannsearch.core.errors import ConfigError, WannsearchError, not_allowed
from wannsearch.records.claim import flat


def conf_dir() -> Path:
    """The configs: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "conf", package / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise ConfigError(f"no conf/ folder beside or inside {package}; reinstall wannsearch.")


def as_quoted(text: str) -> str:
    """The text as Hydra's grammar writes a text."""
    return QuotedString(text=text, quote=Quote.single).with_quotes()


def one_line(error: object) -> str:
    """The error's text as a line that a terminal only shows: what would steer it, as an escape instead."""
    line = " ".join(str(error).split())
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)


def refusal(error: Exception, config_name: str, given: list[str]) -> WannsearchError:
    """One line for what Hydra could not compose; `given` are settings, and where configs lie."""
    text = str(error)
    ours = _behind(error)
    if ours is not None:
        return ours
    if isinstance(error, MissingMandatoryValue):
        return ConfigError(f"{error.full_key} is needed and has no default; give {error.full_key}=...")
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return not_allowed(group, option, error.options)
    if isinstance(error, OverrideParseException):
        return ConfigError(
            f"{error.override!r} is not a setting; write key=value, such as task=cartpole."
            if "=" not in error.override
            else f"{error.override!r} cannot be read: {text.splitlines()[0]}{_how_to_quote(error.override)}"
        )
    several = re.match(r"Ambiguous value for argument '(.*)'$|Sweep parameters '(.*)' requires", text, re.M)
    if several:
        return ConfigError(f"{several[1] or several[2]} names several values; a sweep over them needs -m.")
    if "hydra.job.id" in text:
        return ConfigError("hydra.job.id is known to a job alone; hydra.job.num is its number in the sweep.")
    unknown = re.search(r"Could not override '([^']*)'", text)
    if unknown:
        return no_key(unknown[1], config_name, given)
    merging = re.match(r"Error merging override (.*)", text)
    if merging and error.__cause__ is not None:
        cause = str(error.__cause__).strip().splitlines()[0]
        return ConfigError(one_line(f"{merging[1]!r} cannot be: {cause}{_how_to_quote(merging[1])}"))
    culprit = "" if isinstance(error, HydraException) else _culprit(type(error), text, config_name, given)
    return ConfigError(one_line(f"{culprit}{text}"))


def _how_to_quote(word: str) -> str:
    key, _, text = word.partition("=")
    return (
        f"; as a text it is written {typed_as_text(key, text)}."
        if re.fullmatch(r"\+*[\w.@/]+\w", key)
        else "."
    )


def typed_as_text(key: str, text: str) -> str:
    """What to type in a shell, so that the value is this text."""
    return shlex.quote(f"{key}={QuotedString(text=text, quote=Quote.double).with_quotes()}")


def is_our_mistake(error: BaseException) -> bool:
    """Whether it was raised by code of ours, not by Hydra, or a plugin of somebody else, over a word."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    module = "" if place is None else str(place.tb_frame.f_globals.get("__name__"))
    return module.split(".")[0] == "wannsearch" or module == "hydra_plugins.wannsearch_sweeper"


def _behind(error: BaseException | None) -> WannsearchError | None:
    """What a resolver of ours said before OmegaConf made it an error of its own."""
    while error is not None and not isinstance(error, WannsearchError):
        error = error.__cause__ or error.__context__
    return error


_CHOICE = re.compile(r"[a-z_]+(@[a-z_.]+)?=[^,]*$")
"""A word that may choose an option of a group; it sets a key at worst."""
_WITHIN = {"parent": "method", "rule": "method"}
"""Groups whose choices stand inside another's."""


def groups_of(config_name: str) -> list[str]:
    """What this command chooses from its defaults list."""
    written = OmegaConf.to_container(OmegaConf.load(conf_dir() / f"{config_name}.yaml"))
    assert isinstance(written, dict)
    named = [str(name) for entry in written["defaults"] if isinstance(entry, dict) for name in entry]
    return [name for name in named if name.isidentifier()]


def no_key(key: str, config_name: str, given: list[str]) -> ConfigError:
    """The error for a key that this composition does not have, with the nearest that it has."""
    group, _, place = key.partition("@")
    if place in (f"method.{group}", f"evaluator.{group}"):
        key = place  # as it was typed
    inner = key.rpartition("/")[2]
    if inner in _WITHIN:
        return ConfigError(f"{key} is a part of {_WITHIN[inner]}; write {_WITHIN[inner]}.{inner}=NAME.")
    of_hydra = key.startswith("hydra.")
    known, empty = _known_keys(config_name, given, of_hydra)
    if key.rpartition(".")[0] in empty:
        return ConfigError(f"there is no key {key!r}; write +{key}=... to add it.")
    if not of_hydra:
        known += [*groups_of(config_name), "plugins"]
    section = key.rpartition(".")[0]
    while section and not any(name.startswith(f"{section}.") for name in known):
        section = section.rpartition(".")[0]
    depth = section.count(".") + 2 if section else 1
    inside = [name for name in known if not section or name.startswith(f"{section}.")]
    allowed = sorted({".".join(name.split(".")[:depth]) for name in inside})
    near = get_close_matches(key, [*allowed, *(name for name in known if "." in name)], n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return ConfigError(f"there is no key {key!r}. {hint}Allowed: {', '.join(allowed)}.")


def _culprit(kind: type[Exception], text: str, config_name: str, given: list[str]) -> str:
    """The setting that alone makes Hydra fail like this, for an error that names none."""
    chosen = [word for word in given if _CHOICE.match(word)]
    with _beside_a_running_hydra():
        for word in given:
            try:
                hydra.compose(config_name, [*chosen, word])
            except kind as error:
                if str(error) == text:
                    return f"{word!r} cannot be: "
            except Exception:  # another error than the one that is looked for
                continue
    return ""


@contextmanager
def _beside_a_running_hydra() -> Iterator[None]:
    """Configs can be composed, though a job of a sweep may be refused while Hydra runs."""
    running = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with hydra.initialize_config_dir(str(conf_dir()), version_base="1.3"):
            yield
    finally:
        GlobalHydra.instance().hydra = running


def _known_keys(config_name: str, given: list[str], of_hydra: bool) -> tuple[list[str], list[str]]:
    """Dotted keys of this composition, and its groups of none, to which keys are added."""
    chosen = [word for word in given if _CHOICE.match(word)]
    where = [given[i + 1] for i, word in enumerate(given[:-1]) if word in ("--config-dir", "-cd")]
    chosen += [f"hydra.searchpath=[file://{Path(folder).absolute()}]" for folder in where]
    chosen += [word for word in given if word.startswith("hydra.searchpath=")]
    values: Any = {}
    with _beside_a_running_hydra():
        for words in (chosen, [word for word in chosen if "@" not in word], []):
            with suppress(HydraException, OmegaConfBaseException):
                composed = hydra.compose(config_name, words, return_hydra_config=of_hydra)
                values = OmegaConf.to_container(composed)
                break
    if of_hydra:
        values = {"hydra": values.get("hydra", {})}
    return [key for key in flat(values) if "_target_" not in key], _empty_groups(values)


def _empty_groups(values: dict[str, Any], prefix: str = "") -> list[str]:
    if not values:
        return [prefix]
    parts = [(f"{prefix}.{key}".lstrip("."), part) for key, part in values.items() if isinstance(part, dict)]
    return [name for key, part in parts for name in _empty_groups(part, key)]
