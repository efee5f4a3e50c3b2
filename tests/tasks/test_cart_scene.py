"""The pictures of the three carts obey the laws of motion, and stay within their frame."""

import math
from dataclasses import replace

import numpy as np
import pytest

from wannsearch.core.tasks.scene import ColorRole, Line, Text
from wannsearch.core.trajectory import select_lane
from wannsearch.tasks.cartpole import CartPole
from wannsearch.tasks.cartpole_swingup import CartPoleSwingUp
from wannsearch.tasks.double_pole import DoublePole, DoublePoleReward
from wannsearch.tasks.starts import StartStates

ACTIVATIONS = ("tanh",)
CARTPOLE = CartPole(episodes=1, horizon=9, start_range=0.05, activations=ACTIVATIONS)
SWING_UP = CartPoleSwingUp(episodes=1, horizon=9, start_states=StartStates.PHILOX, activations=ACTIVATIONS)
DOUBLE_POLE = DoublePole(
    observe_velocities=True,
    observe_last_output=False,
    reward=DoublePoleReward.SURVIVED,
    generalization_test=False,
    start_angle=1.0,
    episodes=1,
    horizon=9,
    activations=ACTIVATIONS,
)
# task, its start values, outputs, masses of the cart and the poles, force in N, seconds a step
MOTIONS = {
    "cartpole": (CARTPOLE, (0.2, 0.0, 0.1, 0.0), (0.0, 1.0), 1.0, (0.1,), 10.0, 0.02),
    "swing-up": (SWING_UP, (0.2, 0.0, 0.4, 0.0), (0.0,), 0.5, (0.5,), 0.0, 0.01),
    "double pole": (DOUBLE_POLE, (0.2, 0.0, 0.4, 0.0, -0.2, 0.0), (0.5,), 1.0, (0.1, 0.01), 0.0, 0.02),
}


def placed(task, start):
    return task.lane_state(np, tuple(np.array([[float(value)]]) for value in start))


def scene_of(task, state, step=0):
    return task.describe_scene(select_lane(state, 0), step)


def lines(scene, *roles):
    return [shape for shape in scene.shapes if isinstance(shape, Line) and shape.color in roles]


def cart_x(scene):
    (cart,) = lines(scene, ColorRole.BODY)
    return np.mean([x for x, _ in cart.points])


def poles(scene):
    return lines(scene, ColorRole.ACCENT, ColorRole.SECOND_ACCENT)


def center_of_mass(scene, cart_mass, pole_masses):
    masses = [cart_mass, *pole_masses]
    places = [cart_x(scene), *(np.mean([x for x, _ in pole.points]) for pole in poles(scene))]
    return np.average(places, weights=masses)


@pytest.mark.parametrize("name", MOTIONS)
def test_the_center_of_mass_moves_as_the_force_alone_demands(name):
    task, start, outputs, cart_mass, pole_masses, force, step_s = MOTIONS[name]
    state = placed(task, start)
    before = scene_of(task, state)
    for _ in range(2):  # an explicit step from rest changes speeds, the next one positions
        state, _, _ = task.step(state, np.array([[outputs]]))
    after = scene_of(task, state)
    cart_moved = cart_x(after) - cart_x(before)
    mass_moved = center_of_mass(after, cart_mass, pole_masses) - center_of_mass(
        before, cart_mass, pole_masses
    )
    expected = force * step_s**2 / (cart_mass + sum(pole_masses))
    assert cart_moved != 0
    assert mass_moved == pytest.approx(expected, abs=0.02 * abs(cart_moved))


TIP = (0.5 + math.sin(0.1), math.cos(0.1))


@pytest.mark.parametrize(
    ("task", "start", "lengths", "tips"),
    [
        (CARTPOLE, (0.5, 0, 0.1, 0), [1.0], [TIP]),
        (SWING_UP, (0.5, 0, math.pi / 2, 0), [0.6], [(-0.1, 0)]),
        (DOUBLE_POLE, (0.5, 0, 0.1, 0, math.pi / 2, 0), [1.0, 0.1], [TIP, (0.6, 0)]),
    ],
    ids=["cartpole", "swing-up", "double pole"],
)
def test_poles_are_as_long_as_in_the_equations_and_turn_about_the_cart(task, start, lengths, tips):
    drawn = poles(scene_of(task, placed(task, start)))
    assert [math.dist(*pole.points) for pole in drawn] == pytest.approx(lengths)
    for pole, tip in zip(drawn, tips, strict=True):
        assert pole.points[0] == pytest.approx((0.5, 0))
        assert pole.points[1] == pytest.approx(tip, abs=1e-9)


@pytest.mark.parametrize(
    ("task", "angles"),
    [(CARTPOLE, (0.21,)), (SWING_UP, (math.pi / 2, -math.pi / 2, 0, math.pi)), (DOUBLE_POLE, (0.63, 0.0))],
    ids=["cartpole", "swing-up", "double pole"],
)
@pytest.mark.parametrize("side", [-1, 1])
def test_nothing_leaves_the_frame_at_the_end_of_the_track(task, angles, side):
    for angle in angles:
        start = [side * 2.42, 0, side * angle, 0, *([side * angle, 0] if task is DOUBLE_POLE else [])]
        scene = scene_of(task, placed(task, start))
        for shape in scene.shapes:
            *coordinates, size = (*shape.numbers, 0.0) if isinstance(shape, Text) else shape.numbers
            thickness = 0.0 if shape.color is ColorRole.GROUND else size / 2
            for x, y in zip(coordinates[::2], coordinates[1::2], strict=True):
                assert scene.x_range[0] <= x - thickness
                assert x + thickness <= scene.x_range[1]
                assert scene.y_range[0] <= y - thickness
                assert y + thickness <= scene.y_range[1]


@pytest.mark.parametrize(
    ("task", "seconds"), [(CARTPOLE, 3.0), (SWING_UP, 1.5), (DOUBLE_POLE, 3.0)],
    ids=["cartpole", "swing-up", "double pole"],
)  # fmt: skip
def test_the_time_stands_in_seconds_and_marks_at_both_ends_of_the_track(task, seconds):
    scene = scene_of(task, task.reset(np.array([0], np.uint64)), 150)
    assert scene.time_s == pytest.approx(seconds)
    assert [shape.text for shape in scene.shapes if isinstance(shape, Text)] == [f"{seconds:.2f} s"]
    assert [mark.points[0][0] for mark in lines(scene, ColorRole.LIMIT)] == [-2.4, 2.4]


def test_a_double_pole_with_any_reward_and_observation_has_the_same_scene():
    changed = replace(
        DOUBLE_POLE,
        observe_velocities=False,
        observe_last_output=True,
        reward=DoublePoleReward.GRUAU,
        generalization_test=True,
    )
    seeds = np.array([0], np.uint64)
    assert scene_of(changed, changed.reset(seeds)) == scene_of(DOUBLE_POLE, DOUBLE_POLE.reset(seeds))
