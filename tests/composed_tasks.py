"""Tasks as their files in `conf/task/` describe them, with settings of a test laid over."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import hydra
from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import build

CONF = Path(__file__).parents[1] / "conf"


@cache
def compose_task(option: str) -> Any:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return OmegaConf.to_container(hydra.compose("config", [f"task={option}"]).task, resolve=True)


def make_task(option: str, **changed: Any) -> Any:
    return build("task", deepcopy(compose_task(option)) | changed)
