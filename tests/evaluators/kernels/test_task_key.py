"""Tasks that are alike to the bit share a key, and no others."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from compiled_settings import HUNDRED, OWN, SHORT, compiled
from random_populations import population

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.evaluators.kernels import engine
from wannsearch.evaluators.kernels.task_key import make_task_key
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.starts import StartStates


@dataclass(frozen=True)
class Part:
    value: object


@dataclass(frozen=True)
class Whole:
    part: object
    hidden: object = field(default=1, compare=False)


@dataclass
class Changeable:
    value: object


class Derived(Whole):
    pass


def test_a_copy_has_the_key_of_its_task() -> None:
    assert make_task_key(SHORT) is not None
    assert make_task_key(replace(SHORT)) == make_task_key(SHORT)
    assert make_task_key(Whole(Part((1, "a", None, b"b")))) == make_task_key(
        Whole(Part((1, "a", None, b"b")))
    )


@pytest.mark.parametrize(
    "other",
    [
        Whole(Part(1.0)), Whole(Part(True)), Whole(Part("1")), Whole(Part((1,))), Whole(1), Part(1),
        Whole(Part(1), hidden=2), Derived(Part(1)),
    ],
)  # fmt: skip
def test_another_class_type_or_value_has_another_key(other: object) -> None:
    assert make_task_key(other) not in (None, make_task_key(Whole(Part(1))))


def test_the_sign_of_zero_and_nan_are_values() -> None:
    assert make_task_key(Part(0.0)) != make_task_key(Part(-0.0))
    assert make_task_key(Part(float("nan"))) == make_task_key(Part(float("nan")))


def test_every_setting_of_a_task_is_part_of_its_key() -> None:
    pole = CartPole(episodes=4, horizon=60, start_range=0.05, activations=CONTROL_ACTIVATIONS)
    for other in (
        replace(pole, episodes=5),
        replace(pole, horizon=61),
        replace(pole, start_range=0.06),
        replace(pole, activations=CONTROL_ACTIVATIONS[1:]),
    ):
        assert make_task_key(other) != make_task_key(pole)
    assert make_task_key(replace(SHORT, start_states=StartStates.PHILOX)) != make_task_key(SHORT)


def test_what_may_change_behind_its_fields_has_no_key() -> None:
    derived = Derived(1)
    object.__setattr__(derived, "read_from_a_file", 3.0)
    for task in (Part(np.zeros(2)), Part([1]), Changeable(1), Whole(Changeable(1)), derived, object(), Part):
        assert make_task_key(task) is None


def test_equal_tasks_share_a_kernel_among_evaluators(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    load = engine.load_function

    def counted(source: str, name: str, num_arguments: int) -> object:
        loaded.append(source)
        return load(source, name, num_arguments)

    monkeypatch.setattr(engine, "load_function", counted)
    monkeypatch.setattr(engine, "_SHARED_KERNELS", {})
    networks = population(np.random.default_rng(0), SHORT.ports, 3)
    scores = [
        compiled().evaluate(networks, task, OWN, HUNDRED[:2])[0]
        for task in (SHORT, replace(SHORT), replace(SHORT, start_states=StartStates.PHILOX))
    ]
    assert len(loaded) == 2
    assert scores[0].returns.tobytes() == scores[1].returns.tobytes()
