"""The tables of `conf/table/`, and material for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import build
from wannsearch.reporting.tables.collect import collect_runs
from wannsearch.reporting.tables.groups import group_runs
from wannsearch.reporting.tables.table import TableInput

CONF = Path(__file__).parents[3] / "conf/table"


def table(name: str, **changed: Any) -> Any:
    config = OmegaConf.to_container(OmegaConf.load(CONF / f"{name}.yaml"))
    assert isinstance(config, dict)
    return build("table", config | changed)


def material(root: Path, reference: Path = Path("nowhere"), floor: float | None = 0.0) -> TableInput:
    found = collect_runs([str(root)])
    return TableInput(group_runs(found.runs, lambda run: floor), found.tunings, reference)
