"""The files of `conf/`, and the objects that they describe."""

from __future__ import annotations

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


def built(group: str, file: Path, **changed: Any) -> Any:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        composed = hydra.compose("config", [f"{group}={file.stem}"])
    settings = OmegaConf.to_container(composed[group], resolve=True)
    return build(group, dict(settings) | changed)


def evaluators_of(kind: type) -> list[Path]:
    """Those that take candidates of this kind."""
    return [
        file
        for file in files("evaluator")
        if file.stem != AUTO and accepted_candidate_type(built("evaluator", file)) is kind
    ]
