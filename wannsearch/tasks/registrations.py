"""Registrations of environments: id -> how Gymnasium makes one, also from packages that announce themselves.

An environment is registered by code that runs: Gymnasium's own import, a file of `plugins=[...]`, or a
package. Gymnasium imports no package by itself since its version 1.0, and a config must not name one to be
imported. So a package announces itself when it is installed, as an entry point of one of two groups:

    wannsearch.plugins   a module, whose import registers its environments
    gymnasium.envs       a function that registers them, as for Gymnasium before 1.0; the entry point's name
                         is the namespace of their ids, or `__root__` for none

Announced packages are imported when an id is asked for that is not registered yet, also in a worker process.
So a search on Gymnasium's own environments does not wait for any.
"""

from __future__ import annotations

from contextlib import nullcontext
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from wannsearch.core.errors import ConfigError
from wannsearch.core.plugin_files import PLUGIN_GROUP

_ENVIRONMENT_GROUP = "gymnasium.envs"
_NO_NAMESPACE = "__root__"


def find_registration(env_id: str) -> Any:
    """Return the registration (`EnvSpec`) of this id; raise ConfigError where there is none.

    Announced packages are imported if they have to be. One that fails is named in the error.
    """
    import gymnasium

    registration = gymnasium.registry.get(env_id)
    if registration is not None:
        return registration
    failures = load_announced_packages()
    if env_id in gymnasium.registry:
        return gymnasium.registry[env_id]
    nearest = get_close_matches(env_id, sorted(gymnasium.registry), n=3, cutoff=0.4)
    hint = f" The nearest are {', '.join(nearest)}." if nearest else ""
    raise ConfigError(
        f"task.env_id is {env_id!r}; Gymnasium has no such environment registered.{hint} If a file of "
        f"your own registers it, add plugins=[FILE.py].{''.join(f' {failure}' for failure in failures)}"
    )


@cache
def load_announced_packages() -> tuple[str, ...]:
    """Import all announced packages, once in a process; return a sentence for each that fails."""
    failures = []
    for group, load in ((PLUGIN_GROUP, EntryPoint.load), (_ENVIRONMENT_GROUP, _call_registration)):
        for entry in entry_points(group=group):
            try:
                load(entry)
            except (Exception, SystemExit) as error:
                failures.append(
                    f"The package {entry.module.partition('.')[0]} of the entry points {group} fails with "
                    f"{type(error).__name__}: {error}."
                )
    return tuple(failures)


def _call_registration(entry: EntryPoint) -> None:
    """Call the function of an entry point, in the namespace that the entry point's name gives."""
    from gymnasium.envs.registration import namespace

    with nullcontext() if entry.name == _NO_NAMESPACE else namespace(entry.name):
        entry.load()()
