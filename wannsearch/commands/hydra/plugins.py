"""A user's own task, method or evaluator: one Python file, named on the command line.

`plugins=[my_task.py]` loads the file as the module `plugin.my_task`, so that a config may say
`_target_: plugin.my_task.MyTask`. It is read from the command line only: a config from a stranger
cannot load code.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wannsearch.core.plugin_files import load_plugin

_PREFIX = "plugins="


def is_plugins_argument(argument: str) -> bool:
    """Whether this word of the command line names plugins."""
    return argument.startswith(_PREFIX)


def load_plugins(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Load what `plugins=[...]` names; gives the other arguments, and a digest of each file."""
    digests = {}
    for argument in arguments:
        if is_plugins_argument(argument):
            for name in argument[len(_PREFIX) :].strip("[]").split(","):
                if name.strip():
                    path = Path(name.strip().strip("'\""))
                    digests[path.name] = load_plugin(path)
    return [argument for argument in arguments if not is_plugins_argument(argument)], digests
