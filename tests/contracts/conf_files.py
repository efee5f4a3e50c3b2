"""The files of `conf/`, and the objects that they describe."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import hydra
from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import build
from wannsearch.commands.hydra.evaluator_choice import AUTO
from wannsearch.core.candidates import accepted_candidate_type

CONF = Path(__file__).parents[2] / "conf"


def files(group: str) -> list[Path]:
    return sorted((CONF / group).glob("*.yaml"))


@cache
def composed(group: str, name: str) -> dict[str, Any]:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = hydra.compose("config", [f"{group}={name}"])
    return dict(OmegaConf.to_container(config[group], resolve=True))


def built(group: str, file: Path, **changed: Any) -> Any:
    return build(group, deepcopy(composed(group, file.stem)) | changed)


@cache
def evaluators_of(kind: type) -> list[Path]:
    """Those that take candidates of this kind."""
    return [
        file
        for file in files("evaluator")
        if file.stem != AUTO and accepted_candidate_type(built("evaluator", file)) is kind
    ]
