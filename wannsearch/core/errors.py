"""What is said, and with which exit code, when something is wrong.

Every error a user can cause says what was given, what is allowed and where, in one line. The exit
codes follow sysexits where it has one; they are a promise to scripts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from difflib import get_close_matches


class WannsearchError(Exception):
    """An error whose text is meant for the user; no traceback belongs to it."""

    exit_code = 70


class ConfigError(WannsearchError):
    """Wrong input: a key, a value, a name, a pairing that does not fit."""

    exit_code = 2


class AllEvaluationsFailed(WannsearchError):
    """Every evaluation of a generation failed."""

    exit_code = 4


class EvaluationFailed(WannsearchError):
    """A network or its task broke while it was played, and the settings say that the run stops then."""

    exit_code = 69  # sysexits' EX_UNAVAILABLE: something that we depend on failed


class DamagedFile(WannsearchError):
    """A file that exists and cannot be what it should be."""

    exit_code = 65


class MissingData(WannsearchError):
    """What should be there to read is not."""

    exit_code = 66


class StorageError(WannsearchError):
    """The disk or the folder refused to read or write."""

    exit_code = 74


def check_at_least(setting: str, value: float, min_value: int) -> None:
    """Refuse a number below the lowest that makes sense."""
    if value < min_value:
        raise ConfigError(f"{setting} is {value}; it must be at least {min_value}.")


def check_between(setting: str, value: float | None, min_value: float, max_value: float = math.inf) -> None:
    """Refuse what is not a finite number from `lowest` to `highest`; None is a setting left out."""
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
    """Refuse a population too small for its method, or one that takes gigabytes at its smallest."""
    check_at_least("method.population_size", size, min_size)
    if size > _MAX_POPULATION_SIZE:
        raise ConfigError(f"method.population_size is {size}; it must be at most {_MAX_POPULATION_SIZE}.")


def unknown_key_error(key: str, allowed: Iterable[str]) -> ConfigError:
    """The error for a key that does not exist, with the nearest that does."""
    names = sorted(allowed)
    matches = get_close_matches(key, names, n=1)
    hint = f"Did you mean {matches[0]!r}? " if matches else ""
    return ConfigError(f"there is no key {key!r}. {hint}Allowed: {', '.join(names)}.")


def not_allowed_error(setting: str, value: object, allowed: Iterable[str]) -> ConfigError:
    """The error for a name that is none of those allowed, with the nearest one as a hint."""
    names = sorted(allowed)
    matches = get_close_matches(str(value), names, n=1)
    hint = f" Did you mean {matches[0]!r}?" if matches else ""
    return ConfigError(f"{setting} is {value!r}; allowed: {', '.join(names)}.{hint}")
