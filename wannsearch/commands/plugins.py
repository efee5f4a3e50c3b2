"""A user's own task, method or evaluator: one Python file, named on the command line.

`plugins=[my_task.py]` loads the file as the module `plugin.my_task`, so that a config may say
`_target_: plugin.my_task.MyTask`. It is read from the command line only: a config from a stranger
cannot load code.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import types
from collections.abc import Sequence
from pathlib import Path

from wannsearch.commands.build import PLUGIN_FILES
from wannsearch.core.errors import ConfigError

_KEY = "plugins="


def is_plugins(word: str) -> bool:
    """Whether this word of the command line names plugins."""
    return word.startswith(_KEY)


def load_plugins(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Load what `plugins=[...]` names; gives the other arguments, and a digest of each file."""
    digests = {}
    for word in arguments:
        if is_plugins(word):
            for name in word[len(_KEY) :].strip("[]").split(","):
                if name.strip():
                    path = Path(name.strip().strip("'\""))
                    _load(path)
                    digests[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return [word for word in arguments if not is_plugins(word)], digests


def _load(path: Path) -> None:
    if path.suffix != ".py" or not path.is_file():
        raise ConfigError(f"plugins names {str(path)!r}; it must be a Python file that exists.")
    package = sys.modules.setdefault(PLUGIN_FILES, types.ModuleType(PLUGIN_FILES))
    package.__path__ = []
    name = f"{PLUGIN_FILES}.{path.stem}"
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
