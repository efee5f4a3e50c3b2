"""Errors that a user can cause, with their messages and exit codes.

A message states in one line what was given, what is allowed and where. The exit codes follow sysexits
where it has one; scripts may rely on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches


class WannsearchError(Exception):
    """An error whose text is meant for the user, without a traceback."""

    exit_code = 70


class ConfigError(WannsearchError):
    """The input is wrong: a key, a value, a name, a pairing that does not fit."""

    exit_code = 2


class AllEvaluationsFailed(WannsearchError):
    """Every evaluation of a generation failed."""

    exit_code = 4


class EvaluationFailed(WannsearchError):
    """An evaluation failed, and the settings demand that the run then stops."""

    exit_code = 69  # EX_UNAVAILABLE of sysexits: a service that the program needs failed


class DamagedFile(WannsearchError):
    """A file exists, but its content is invalid."""

    exit_code = 65


class MissingData(WannsearchError):
    """Data that should be there to read is missing."""

    exit_code = 66


class StorageError(WannsearchError):
    """The disk or the folder refused to read or write."""

    exit_code = 74


def check_at_least(setting: str, value: float, min_value: int) -> None:
    """Raise ConfigError if the value of this setting is below the minimum."""
    if value < min_value:
        raise ConfigError(f"{setting} is {value}; it must be at least {min_value}.")


def check_between(setting: str, value: float | None, min_value: float, max_value: float = math.inf) -> None:
    """Raise ConfigError unless the value is finite and in min_value..max_value; None always passes."""
    if value is None or (min_value <= value <= max_value and math.isfinite(value)):
        return
    requirement = (
        f"lie in {min_value:g}..{max_value:g}"
        if max_value < math.inf
        else f"be {min_value:g} or more, and finite"
    )
    raise ConfigError(f"{setting} is {value}; it must {requirement}.")


_MAX_POPULATION_SIZE = 1_000_000


def check_population_size(size: int, min_size: int) -> None:
    """Raise ConfigError for a population too small for its method, or one that always needs gigabytes."""
    check_at_least("method.population_size", size, min_size)
    if size > _MAX_POPULATION_SIZE:
        raise ConfigError(f"method.population_size is {size}; it must be at most {_MAX_POPULATION_SIZE}.")


def unknown_key_error(key: str, allowed: Iterable[str]) -> ConfigError:
    """Return the error for a key that does not exist, with the most similar one as a hint."""
    names = sorted(allowed)
    matches = get_close_matches(key, names, n=1)
    hint = f"Did you mean {matches[0]!r}? " if matches else ""
    return ConfigError(f"there is no key {key!r}. {hint}Allowed: {', '.join(names)}.")


def not_allowed_error(setting: str, value: object, allowed: Iterable[str]) -> ConfigError:
    """Return the error for a name that is not allowed, with the most similar one as a hint."""
    names = sorted(allowed)
    matches = get_close_matches(str(value), names, n=1)
    hint = f" Did you mean {matches[0]!r}?" if matches else ""
    return ConfigError(f"{setting} is {value!r}; allowed: {', '.join(names)}.{hint}")
