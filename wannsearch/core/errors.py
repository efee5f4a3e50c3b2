"""Errors that a user can cause, with their messages and exit codes.

A message states in one line what was given, what is allowed and where. Exit codes from 65 on are those of
sysexits; 2 and 4 are this package's own. Scripts may rely on them.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Iterable
from difflib import get_close_matches

_MAX_ERROR_CHARS = 500


class WannsearchError(Exception):
    """An error whose text is meant for the user, without a traceback."""

    exit_code = 70


class ConfigError(WannsearchError):
    """The input is wrong: a key, a value or a name is not allowed, or parts do not fit each other."""

    exit_code = 2


class AllEvaluationsFailed(WannsearchError):
    """Every candidate of a generation failed in at least one evaluation, so the search stops."""

    exit_code = 4


class EvaluationFailed(WannsearchError):
    """An evaluation failed and the settings then stop the run, or no worker process can be started."""

    exit_code = 69  # EX_UNAVAILABLE of sysexits: a service that the program needs failed


class DamagedFile(WannsearchError):
    """The content of a file is invalid, or a run folder lacks a file that it must hold."""

    exit_code = 65


class MissingData(WannsearchError):
    """The files of a data set, or the runs of a table, are not where they should be."""

    exit_code = 66


class StorageError(WannsearchError):
    """The disk or the folder refused to read or write."""

    exit_code = 74


def describe_error(error: BaseException) -> str:
    """Return the type and the text of any error in one line of at most 500 characters.

    The error may be one of a user's own class, even one whose text cannot be made. An error of this package
    is described by its text alone, which is meant for the user.
    """
    is_own = isinstance(error, WannsearchError)
    text = str(error) if is_own else "".join(traceback.format_exception_only(error))
    return " ".join(text.split())[:_MAX_ERROR_CHARS]


def add_article(noun: str) -> str:
    """Return the noun behind `a`, or behind `an` where it begins with a vowel: `a task`, `an evaluator`."""
    return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}"


def check_at_least(setting: str, value: float, min_value: int) -> None:
    """Raise ConfigError if the value of this setting is below the minimum, or NaN."""
    if value < min_value or value != value:  # `math.isnan` fails on an integer of hundreds of digits
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
    """Raise ConfigError unless `method.population_size` lies in min_size..1,000,000."""
    check_at_least("method.population_size", size, min_size)
    if size > _MAX_POPULATION_SIZE:
        raise ConfigError(f"method.population_size is {size}; it must be at most {_MAX_POPULATION_SIZE}.")


def unknown_key_error(key: str, allowed: Iterable[str]) -> ConfigError:
    """Return the error for a key that does not exist, with a similar allowed key, if any, as a hint."""
    names = sorted(allowed)
    matches = get_close_matches(key, names, n=1)
    hint = f"Did you mean {matches[0]!r}? " if matches else ""
    return ConfigError(f"there is no key {key!r}. {hint}Allowed: {', '.join(names)}.")


def not_allowed_error(setting: str, value: object, allowed: Iterable[str]) -> ConfigError:
    """Return the error for a value that is not allowed, with a similar allowed name, if any, as a hint."""
    names = sorted(allowed)
    matches = get_close_matches(str(value), names, n=1)
    hint = f" Did you mean {matches[0]!r}?" if matches else ""
    return ConfigError(f"{setting} is {value!r}; allowed: {', '.join(names)}.{hint}")
