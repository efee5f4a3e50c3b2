"""The rate of a search is in what an evaluation costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import build
from wannsearch.commands.running.work_unit import WorkUnit, find_work_unit
from wannsearch.evaluators.reference import Reference

CONF = Path(__file__).parents[3] / "conf"


def read_task(name: str) -> Any:
    config = OmegaConf.to_container(OmegaConf.load(CONF / f"task/{name}.yaml"), resolve=False)
    assert isinstance(config, dict)
    return build("task", config)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("cartpole", WorkUnit("env steps")),
        ("logic", WorkUnit("rows", 4)),
        ("digits", WorkUnit("images", 1000)),
    ],
)
def test_an_environment_costs_steps_and_a_batch_of_data_its_rows(name: str, unit: WorkUnit) -> None:
    assert find_work_unit(read_task(name), Reference()) == unit


class Trains(Reference):
    """An evaluator with scores of its own."""

    fitness_name: ClassVar[str] = "validation accuracy"
    test_score_name: ClassVar[str] = "test accuracy"
    steps_name: ClassVar[str] = "images shown"


def test_an_evaluator_with_scores_of_its_own_names_its_work() -> None:
    assert find_work_unit(read_task("logic"), Trains()) == WorkUnit("images shown")
