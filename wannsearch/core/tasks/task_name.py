"""The name of what a run was run on: an environment's id where the task has one, else the option of the task.

One option may stand for many environments: `task=gymnasium` is whatever `task.env_id` says, and its name
tells nothing of what was run. So a setting `env_id` names the task in titles, folders, lists, tables and
files. A task in a user's own file gets such a name by calling its field `env_id`. Only settings are read,
never a class, so that the name of a stored run is known without the code that ran it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ENVIRONMENT_KEY = "env_id"
"""The setting of a task that names the environment it runs."""


def name_task(settings: Any, option: str) -> str:
    """Return the environment's id in these settings of a task, or else the name of its option."""
    env_id = settings.get(ENVIRONMENT_KEY) if isinstance(settings, Mapping) else None
    return env_id if isinstance(env_id, str) and env_id else option
