"""A user's own task, method or evaluator: one Python file, named on the command line.

`plugins=[my_task.py]` loads the file as the module `plugin.my_task`, so that a config may contain
`_target_: plugin.my_task.MyTask`. Only the command line can name plugins: an untrusted config cannot
load code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wannsearch.core.plugin_files import load_plugin

_PREFIX = "plugins="


def is_plugins_argument(argument: str) -> bool:
    """Return whether this argument of the command line names plugins."""
    return argument.startswith(_PREFIX)


def load_plugins(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Load the files that `plugins=[...]` names.

    Returns the other arguments, and a dictionary from file name to SHA-256 digest. ConfigError if a file is
    missing or its import fails.
    """
    digests = {}
    for argument in arguments:
        if is_plugins_argument(argument):
            for name in argument[len(_PREFIX) :].strip("[]").split(","):
                if name.strip():
                    path = Path(name.strip().strip("'\""))
                    digests[path.name] = load_plugin(path)
    return [argument for argument in arguments if not is_plugins_argument(argument)], digests
