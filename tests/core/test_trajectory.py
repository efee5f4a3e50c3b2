"""A state out of a trajectory, as a task's `describe_scene` receives it."""

import numpy as np

from wannsearch.core.trajectory import Trajectory

PARTS = (np.array([[1.5], [2.5], [3.5]]), np.arange(6).reshape(3, 2), np.array([object()] * 3))
TRAJECTORY = Trajectory(np.zeros((2, 1, 1)), np.zeros((2, 1, 1)), np.zeros(2), PARTS, 0.0, has_ended=True)


def test_a_single_number_is_a_float_and_any_other_part_an_array_or_itself():
    number, pair, opaque = TRAJECTORY.state_at(1)
    assert type(number) is float
    assert number == 2.5
    assert pair.tolist() == [2, 3]
    assert opaque is PARTS[2][1]


def test_there_is_one_state_more_than_steps():
    assert TRAJECTORY.num_steps == 2
    assert TRAJECTORY.state_at(2)[0] == 3.5
