"""The table of names fits the spaces of the environments that it names."""

from __future__ import annotations

import re

import gymnasium
import pytest

from wannsearch.core.activations import CONTROL_ACTIVATIONS
from wannsearch.tasks.gymnasium import Gymnasium
from wannsearch.tasks.port_names import _INPUT_NAMES, _OUTPUT_NAMES, find_input_names, find_output_names

HEAVY_ROOMS = ("box2d", "mujoco")  # of Gymnasium; their packages come with dev-all


def newest(name):
    """The newest registered id of this environment."""
    ids = [env_id for env_id in gymnasium.registry if re.fullmatch(rf"{name}-v\d+", env_id)]
    return max(ids, key=lambda env_id: int(env_id.rpartition("v")[2]))


def room(name):
    return str(gymnasium.registry[newest(name)].entry_point).split(":")[0].split(".")[2]


NAMES = sorted({*_INPUT_NAMES, *_OUTPUT_NAMES} - {"LunarLanderContinuous"})  # it refuses to be made by its id
CASES = [pytest.param(name, marks=pytest.mark.long if room(name) in HEAVY_ROOMS else ()) for name in NAMES]


@pytest.mark.parametrize("name", CASES)
def test_as_many_ports_are_named_as_the_environment_has(name):
    task = Gymnasium(
        env_id=newest(name), episodes=1, horizon=5, env_kwargs=None, activations=CONTROL_ACTIVATIONS,
        input_names=None, output_names=None,
    )  # fmt: skip
    assert task.ports.input_names == _INPUT_NAMES.get(name, ())
    assert task.ports.output_names in _OUTPUT_NAMES.get(name, ((),))


@pytest.mark.parametrize("name", NAMES)
def test_names_are_short_printable_and_distinct(name):
    for names in (_INPUT_NAMES.get(name, ()), *_OUTPUT_NAMES.get(name, ())):
        assert len(set(names)) == len(names)
        assert all(len(text) <= 20 and text.isprintable() and "," not in text for text in names)


def test_another_version_has_the_same_names_and_another_number_of_ports_has_none():
    assert find_input_names("Pendulum-v0", 3) == ("cos θ", "sin θ", "angular velocity")
    assert find_input_names("Pendulum-v1", 4) == ()
    assert find_output_names("LunarLander-v3", 2) == ("main engine", "side engines")
    assert find_output_names("LunarLander-v3", 4)[0] == "nothing"
    assert find_input_names("someone/Pendulum-v1", 3) == find_output_names("Mine-v0", 1) == ()
