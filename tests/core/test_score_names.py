"""What tasks and evaluators call their scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from omegaconf import OmegaConf

from wannsearch.commands.hydra.build import build
from wannsearch.core.score_names import name_fitness, name_score, name_steps
from wannsearch.evaluators.reference import Reference
from wannsearch.evaluators.training.settings import Fitness
from wannsearch.tasks.double_pole import DoublePole, DoublePoleReward
from wannsearch.tasks.logic import Logic


def made(group: str, name: str, **changed: Any) -> Any:
    config = OmegaConf.to_container(OmegaConf.load(f"conf/{group}/{name}.yaml"), resolve=False)
    assert isinstance(config, dict)
    return build(group, config | changed)


@pytest.mark.parametrize(
    ("name", "changed", "told"),
    [
        ("cartpole", {}, "return"),
        ("cartpole_swingup", {}, "return"),
        ("double_pole", {"reward": "survived"}, "steps"),
        ("double_pole", {"reward": "gruau"}, "return"),
        ("logic", {"reward": "closeness"}, "closeness"),
        ("logic", {"reward": "squared_closeness"}, "squared closeness"),
        ("logic", {"reward": "accuracy"}, "accuracy"),
        ("digits", {"reward": "loss"}, "minus cross-entropy"),
        ("digits", {"reward": "accuracy"}, "accuracy"),
    ],
)
def test_a_played_network_is_scored_in_what_its_task_pays(
    name: str, changed: dict[str, Any], told: str
) -> None:
    task = made("task", name, **changed)
    assert (name_score(task, Reference()), name_fitness(task, Reference())) == (told, told)
    assert name_steps(Reference()) == "environment steps"


def test_the_same_task_paid_by_answers_right_has_another_name() -> None:
    task = made("task", "logic")
    assert isinstance(task, Logic)
    assert name_score(task.accuracy(), Reference()) == "accuracy"
    pole = made("task", "double_pole")
    assert isinstance(pole, DoublePole)
    assert replace(pole, reward=DoublePoleReward.GRUAU).score_name == "return"


def test_a_task_that_does_not_say_returns() -> None:
    assert name_score(object(), Reference()) == "return"  # type: ignore[arg-type]  # a stranger's


@pytest.mark.parametrize(
    ("fitness", "told"),
    [
        (Fitness.VAL_ACCURACY, "validation accuracy"),
        (Fitness.VAL_LOSS, "minus validation cross-entropy"),
        (Fitness.BYTES, "minus bytes"),
    ],
)
def test_a_trained_network_is_searched_by_its_fitness_and_tested_by_its_accuracy(
    fitness: Fitness, told: str
) -> None:
    trainer, digits = (
        made("evaluator", "trainer", device="cpu", fitness=fitness.value),
        made("task", "digits"),
    )
    assert (name_score(digits, trainer), name_fitness(digits, trainer)) == ("test accuracy", told)
    assert name_steps(trainer) == "images shown"
