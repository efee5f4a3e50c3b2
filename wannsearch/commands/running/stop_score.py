"""The score at which a search stops: the number of `stop_at`, or the one that `auto` stands for.

With `auto` a search stops where its task counts as solved (`HasSolvedScore`), such as at the threshold that
an environment is registered with. A task without such a score is searched for all generations, as with null.
The number is found once, before anything is written, and stands in the stored config in the place of `auto`.
So a run that goes on keeps it, whatever the task would say then, and a finished one is known as such without
its task.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wannsearch.core.errors import ConfigError, WannsearchError
from wannsearch.core.protocols import HasSolvedScore, Task
from wannsearch.core.settings import convert_value, format_value

if TYPE_CHECKING:
    from wannsearch.commands.request import Request

AUTO = "auto"
"""The value of `stop_at` that stands for the score from which the task counts as solved."""


def check_stop_at(value: Any) -> float | str | None:
    """Return a finite number as a float, and `auto` or None as they are; ConfigError for anything else."""
    if value is None or value == AUTO:
        return None if value is None else AUTO
    with suppress(ConfigError):
        number: float = convert_value("stop_at", value, float)
        if math.isfinite(number):
            return number
    raise ConfigError(
        f"stop_at is {format_value(value)}; it must be a finite score, {AUTO}, or null for never."
    )


def find_stop_score(stop_at: float | str | None, task: Task) -> float | None:
    """Return the score at which a search on this task stops; None where it plays all generations."""
    if not isinstance(stop_at, str):
        return stop_at
    solved_score = task.solved_score if isinstance(task, HasSolvedScore) else None
    return solved_score if solved_score is not None and math.isfinite(solved_score) else None


def adopt_stored_score(request: Request) -> Request:
    """Return the request with the stored score of the run in its named folder in the place of `auto`."""
    from wannsearch.records import layout
    from wannsearch.records.reader import RunFolder

    is_stored = request.has_named_folder and (request.folder / layout.CONFIG).is_file()
    if not is_stored or request.config.get("stop_at") != AUTO:
        return request
    with suppress(WannsearchError, OSError):  # whoever claims the folder reports the error
        return store_stop_score(request, RunFolder(request.folder).read_config().get("stop_at", AUTO))
    return request


def store_stop_score(request: Request, stop_score: Any) -> Request:
    """Return the request with this score in the place of `auto`; one that names a score stays as it is."""
    from omegaconf import OmegaConf

    if request.config["stop_at"] != AUTO:
        return request
    config = request.config | {"stop_at": stop_score}
    return replace(request, config=config, config_yaml=OmegaConf.to_yaml(config))
