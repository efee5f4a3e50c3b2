"""A user's own file as a module `plugin.NAME`, in this process and in every worker process.

A pickled class carries its module name only, so a worker loads the same file. A worker refuses a file
that has changed since, or it would evaluate another task than the main process.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import types
from pathlib import Path

from wannsearch.core.errors import ConfigError

PLUGIN_PACKAGE = "plugin"
"""The name of the package under which files are loaded."""

DIGEST_BY_PATH: dict[str, str] = {}
"""Absolute path -> digest of every file that this process has loaded."""


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
