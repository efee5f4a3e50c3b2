"""What Hydra could not compose, in one line that says what was given and what is allowed.

Hydra's own words for a wrong command line are several lines and a traceback.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import hydra
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from wannsearch.core.errors import ConfigError, WannsearchError, no_such_key, not_allowed
from wannsearch.records.claim import flat


def conf_dir() -> Path:
    """The configs: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package.parent / "conf", package / "conf"):
        if (folder / "config.yaml").is_file():
            return folder
    raise ConfigError(f"no conf/ folder beside or inside {package}; reinstall wannsearch.")


def one_line(error: object) -> str:
    """The error's text as a line that a terminal only shows: what would steer it, as an escape instead."""
    line = " ".join(str(error).split())
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line)


def refusal(error: Exception, config_name: str, given: list[str]) -> WannsearchError:
    """One line for what Hydra could not compose."""
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
            else f"{error.override!r} cannot be read: {text.splitlines()[0]}"
        )
    ambiguous = re.match(r"Ambiguous value for argument '([^']*)'", text)
    if ambiguous:
        return ConfigError(f"{ambiguous[1]} names several values; a sweep over them needs -m.")
    unknown = re.search(r"Could not override '([^']*)'", text)
    if unknown:
        return _unknown_key(unknown[1], config_name, given)
    return ConfigError(one_line(text))


def _behind(error: BaseException | None) -> WannsearchError | None:
    """What a resolver of ours said before OmegaConf made it an error of its own."""
    while error is not None and not isinstance(error, WannsearchError):
        error = error.__cause__ or error.__context__
    return error


_WITHIN = {"parent": "method", "rule": "method"}
"""Groups whose choices stand inside another's."""


def _groups(config_name: str) -> list[str]:
    """What this command chooses from its defaults list."""
    written = OmegaConf.to_container(OmegaConf.load(conf_dir() / f"{config_name}.yaml"))
    assert isinstance(written, dict)
    named = [str(name) for entry in written["defaults"] if isinstance(entry, dict) for name in entry]
    return [name for name in named if name.isidentifier()]


def _unknown_key(key: str, config_name: str, given: list[str]) -> ConfigError:
    """The error for a key that is not there, with the nearest that is."""
    chosen = [word for word in given if re.match(r"^[a-z_]+=[^,]*$", word) and not word.startswith(f"{key}=")]
    where = [given[i + 1] for i, word in enumerate(given[:-1]) if word in ("--config-dir", "-cd")]
    chosen += [f"hydra.searchpath=[file://{Path(folder).absolute()}]" for folder in where]
    known: list[str] = []
    base = hydra.initialize_config_dir(str(conf_dir()), version_base="1.3")
    with suppress(HydraException, OmegaConfBaseException), base:
        known = list(flat(OmegaConf.to_container(hydra.compose(config_name, chosen))))
    if key in _WITHIN:
        return ConfigError(f"{key} is a part of {_WITHIN[key]}; write {_WITHIN[key]}.{key}=NAME.")
    groups = _groups(config_name)
    known = [name for name in known if "_target_" not in name] + [*groups, "plugins"]
    section = key.rpartition(".")[0]
    return no_such_key(key, [name for name in known if name.rpartition(".")[0] == section] or known)
