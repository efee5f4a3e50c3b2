"""A user's own file as a module `plugin.NAME`, in this process and in every worker process.

A pickled class carries its module name only, so a worker loads the same file. A worker refuses a file
that has changed since, or it would evaluate another task than the main process. Packages of plugins are
installed and announce themselves under an entry-point group, so that a config can import no other package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import types
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from wannsearch.core.errors import ConfigError

PLUGIN_PACKAGE = "plugin"
"""The name of the package under which files are loaded."""

PLUGIN_GROUP = "wannsearch.plugins"
"""The entry-point group under which an installed package announces itself."""

DIGEST_BY_PATH: dict[str, str] = {}
"""Absolute path -> digest of every file that this process has loaded."""


@cache
def list_plugin_packages() -> frozenset[str]:
    """List the packages of plugins; to look through all installed packages takes a while."""
    announced_packages = (entry.module.split(".")[0] for entry in entry_points(group=PLUGIN_GROUP))
    return frozenset([PLUGIN_PACKAGE, *announced_packages])


def import_from_plugin(target: str, setting: str, own_packages: frozenset[str] = frozenset()) -> Any:
    """Import what `module.name` names, from a plugin or from these packages of ours.

    Raise ConfigError, which names the setting, for any other package, for a file that is not loaded, and
    where there is nothing of this name.
    """
    module_name, _, name = target.rpartition(".")
    packages = list_plugin_packages() | own_packages
    if module_name.split(".")[0] not in packages:
        named_packages = sorted(packages - {PLUGIN_PACKAGE})
        sources = f"of {', '.join(named_packages)} or of a file" if named_packages else "of a file"
        raise ConfigError(f"{setting} is {target!r}; only classes {sources} named by plugins=[...] are made.")
    plugin_file = find_missing_plugin(module_name)
    if plugin_file is not None:
        raise ConfigError(
            f"{setting} is {target!r}, and {plugin_file} is not loaded; add plugins=[{plugin_file}], "
            "with the folder in front of its name."
        )
    try:
        return getattr(importlib.import_module(module_name), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{setting} is {target!r}; there is no such class ({error}).") from error


def find_missing_plugin(module_name: str) -> str | None:
    """Return the name of the file that this module would be, where it is a plugin that is not loaded."""
    package, _, name = module_name.partition(".")
    if package != PLUGIN_PACKAGE or not name or module_name in sys.modules:
        return None
    return f"{name.partition('.')[0]}.py"


def load_plugin(path: Path, expected_digest: str | None = None) -> str:
    """Load this file as the module `plugin.NAME`, and return its SHA-256 digest.

    The file is executed, and entered in `sys.modules` and `DIGEST_BY_PATH`. Another file of the same name
    replaces a module that was loaded before. Raises ConfigError if it is no Python file, fails at import, or
    differs from `expected_digest`.
    """
    if path.suffix != ".py" or not path.is_file():
        raise ConfigError(f"plugins names {str(path)!r}; it must be a Python file that exists.")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if expected_digest is not None and digest != expected_digest:
        raise ConfigError(f"plugins: {path} has changed since the run began; start it again.")
    package = sys.modules.setdefault(PLUGIN_PACKAGE, types.ModuleType(PLUGIN_PACKAGE))
    package.__path__ = []
    name = f"{PLUGIN_PACKAGE}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigError(f"plugins names {str(path)!r}; Python cannot load it.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ConfigError(f"plugins: {path} fails at import with {type(error).__name__}: {error}") from error
    DIGEST_BY_PATH[str(path.resolve())] = digest
    return digest
