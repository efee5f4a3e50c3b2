"""The table of names fits the spaces of the environments that it names."""

from __future__ import annotations

import re

import gymnasium
import numpy as np
import pytest
from gymnasium_settings import make_task

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
    task = make_task(newest(name), horizon=5)
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


@pytest.mark.long
def test_the_joints_of_ant_stand_in_the_order_of_its_model():
    pytest.importorskip("mujoco")
    model = gymnasium.make("Ant-v5").unwrapped.model
    joints = [model.joint(number).name.replace("_", " ") for number in range(1, model.njnt)]
    motors = [model.joint(number).name.replace("_", " ") for number in model.actuator_trnid[:, 0]]
    names = find_input_names("Ant-v5", 105)
    assert names[5:13] == tuple(f"{joint} angle" for joint in joints)
    assert names[19:27] == tuple(f"{joint} speed" for joint in joints)
    assert find_output_names("Ant-v5", 8) == tuple(motors)
    bodies = [model.body(number).name.replace("_", " ") for number in range(1, model.nbody)]
    named = [name.removesuffix(" torque x") for name in names[27::6]]
    assert [name for name in named if name.startswith(("torso", "aux"))] == [
        body for body in bodies if body.startswith(("torso", "aux"))
    ]


@pytest.mark.long
def test_an_ant_at_rest_is_carried_by_the_inputs_that_are_called_force_z():
    pytest.importorskip("mujoco")
    ant = gymnasium.make("Ant-v5", contact_force_range=(-np.inf, np.inf), reset_noise_scale=0.0)
    ant.reset(seed=0)
    for _ in range(100):
        observation = ant.step(np.zeros(8, np.float32))[0]
    sums = {
        kind: sum(
            value
            for name, value in zip(find_input_names("Ant-v5", 105), observation, strict=True)
            if name.endswith(kind)
        )
        for kind in ("force x", "force y", "force z", "torque z")
    }
    weight = 9.81 * ant.unwrapped.model.body_mass.sum()
    assert sums == pytest.approx({"force x": 0, "force y": 0, "force z": weight, "torque z": 0}, abs=0.05)
