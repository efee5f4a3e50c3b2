"""Two poles on one cart, a long and a short one, balanced by one push.

Wieland (1991) as in NEAT's paper (Stanley & Miikkulainen 2002) and its published code. With the push
F = 20 (clip(output, 0, 1) - 0.5) N, cart M = 1 kg, poles of m = 0.1 and 0.01 kg and half-lengths
l = 0.5 and 0.05 m, g = -9.8 m/s^2 and hinge friction u = 2e-6, each pole with s = sin(angle),
c = cos(angle) and the friction term r = u w / (m l) adds

    a = m l w^2 s + 3/4 m c (r + g s)        b = m (1 - 3/4 c^2)
    x''     = (F + sum of a) / (M + sum of b)
    angle'' = -3/4 (x'' c + g s + r) / l

integrated by two Runge-Kutta steps of fourth order and 0.01 s an action. The episode ends beyond 2.4 m or 36
degrees. The rewards are:

    survived   1 for each action after which cart and poles are within these limits
    gruau      at the end 0.1 t / 1000 + 0.9 f2 after t actions; f2 = 0 for t < 100, and else 0.75 over the
               sum, of the last 100 actions, of |x| + |x'| + |angle 1| + |angle 1'|   (Gruau et al. 1996)

With `generalization_test`, an episode of gruau ends after 1,000 actions (or `horizon`, if that is less).
Re-tests and final tests are then the generalization test of Gruau et al. Its episode 0 has the usual start
and must last `horizon` actions, else its reward is -625. Episodes 1 to 625 start on a grid, at 0.05, 0.25,
0.5, 0.75, 0.95 of the ranges of x, x', angle 1 and angle 1'. They must last 1,000 actions, else their reward
is -1. After a good episode 0 the mean of all 626 is -(starts failed) / 626, and a network passes with
-425 / 626 or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least, check_between
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role
from wannsearch.core.tasks.lane_task import LaneMath, LaneTask, LaneValue
from wannsearch.core.tasks.scene import Scene
from wannsearch.tasks.cart_scene import Pole, describe_cart

_GRAVITY = -9.8
_CART_MASS = 1.0
_POLES = ((0.1, 0.5), (0.01, 0.05))  # mass, half-length
_HINGE_FRICTION = 2e-6
_FORCE = 20.0
_STEP_S = 0.01
_STEPS_PER_ACTION = 2
_TRACK_LIMIT = 2.4
_ANGLE_LIMIT_RAD = 0.628329
_STATE_SCALES = (1.0 / 4.8, 1.0 / 2.0, 1.0 / 0.52, 1.0 / 2.0, 1.0 / 0.52, 1.0 / 2.0)
_STATE_NAMES = ("x", "ẋ", "θ1", "θ̇1", "θ2", "θ̇2")
_WINDOW_STEPS = 100  # actions in the sum of f2
_FULL_RUN_STEPS = 1000.0  # actions for which f1 is 1
_GRID_FRACTIONS = (0.05, 0.25, 0.5, 0.75, 0.95)
_GRID_HALF_RANGES = (
    2.16,
    1.35,
    math.radians(3.6),
    math.radians(8.6),
)  # of x, x', angle 1, angle 1', to both sides
_NUM_GRID_STARTS = len(_GRID_FRACTIONS) ** len(_GRID_HALF_RANGES)
_SOLVED_STEPS, _SOLVED_TEST_SCORE = 100_000, -425 / 626
_NOT_A_TEST, _GRID_START, _REST_START = 0.0, 1.0, 2.0
_TEST_SEED_BIT = np.uint64(1 << 62)  # marks seeds of the test; other bits: the episode

Motion = tuple[LaneValue, ...]
"""x, x', angle 1, angle 1', angle 2, angle 2'."""


class DoublePoleReward(str, Enum):
    """The reward of an episode, as defined above."""

    SURVIVED = "survived"
    GRUAU = "gruau"


def _derivative(m: LaneMath, motion: Motion, force: LaneValue) -> Motion:
    x_dot = motion[1]
    total_force, total_mass, pole_terms = force, _CART_MASS, []
    for (pole_mass, half_length), angle, angle_dot in zip(_POLES, motion[2::2], motion[3::2], strict=True):
        s, c = m.sin(angle), m.cos(angle)
        friction = angle_dot * (_HINGE_FRICTION / (pole_mass * half_length))
        gravity_and_friction = _GRAVITY * s + friction
        total_force = (
            total_force
            + pole_mass * half_length * (angle_dot * angle_dot) * s
            + 0.75 * pole_mass * c * gravity_and_friction
        )
        total_mass = total_mass + pole_mass * (1.0 - 0.75 * (c * c))
        pole_terms.append((c, gravity_and_friction, half_length))
    acceleration = total_force / total_mass
    angle_accelerations = [
        (acceleration * c + gravity_and_friction) * (-0.75 / half_length)
        for c, gravity_and_friction, half_length in pole_terms
    ]
    return x_dot, acceleration, motion[3], angle_accelerations[0], motion[5], angle_accelerations[1]


def _advance(motion: Motion, rate: Motion, duration_s: float) -> Motion:
    return tuple(value + duration_s * change for value, change in zip(motion, rate, strict=True))


def _runge_kutta_step(m: LaneMath, motion: Motion, force: LaneValue) -> Motion:
    first = _derivative(m, motion, force)
    second = _derivative(m, _advance(motion, first, _STEP_S / 2), force)
    third = _derivative(m, _advance(motion, second, _STEP_S / 2), force)
    fourth = _derivative(m, _advance(motion, third, _STEP_S), force)
    return tuple(
        value + (_STEP_S / 6.0) * (a + 2.0 * (b + c) + d)
        for value, a, b, c, d in zip(motion, first, second, third, fourth, strict=True)
    )


@dataclass(frozen=True, kw_only=True)
class DoublePole(LaneTask):
    """A task with one output, the push, of which 0.5 is no force.

    Every episode of a search has the same start: a leaning long pole, and all else at 0.
    """

    observe_velocities: bool  # whether velocities are inputs
    observe_last_output: bool  # whether the last output is an input
    reward: DoublePoleReward
    generalization_test: bool  # whether re-tests and final tests are Gruau's test
    start_angle: float  # degrees
    episodes: int
    horizon: int  # actions
    activations: tuple[str, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("task.episodes", self.episodes, 1)
        check_at_least("task.horizon", self.horizon, 1)
        check_between("task.start_angle", self.start_angle, -36, 36)
        if self.generalization_test and self.reward is not DoublePoleReward.GRUAU:
            raise ConfigError(
                f"task.generalization_test is true and task.reward is {self.reward.value}; the exam is for "
                "gruau."
            )
        _ = self.ports

    @property
    def deterministic_test(self) -> bool:  # type: ignore[override]  # a constant elsewhere
        """Return whether all test episodes are the same, as they are without a generalization test."""
        return not self.generalization_test

    @property
    def score_name(self) -> str:  # type: ignore[override]  # a constant elsewhere
        """Return `steps` where each step has the reward 1, else `return`."""
        return "steps" if self.reward is DoublePoleReward.SURVIVED else "return"

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return seeds (R,); those of the generalization test hold the number of its episode, from 0.

        Raise ConfigError for more than the 626 episodes of the generalization test.
        """
        if self.generalization_test and role in (Role.RETEST, Role.HELD_OUT):
            if episodes > _NUM_GRID_STARTS + 1:
                raise ConfigError(
                    f"{episodes} episodes of an exam were asked for; it has {_NUM_GRID_STARTS + 1}."
                )
            seeds: UInt64Array = _TEST_SEED_BIT | np.arange(episodes, dtype=np.uint64)
            return seeds
        unmarked_seeds: UInt64Array = (
            super().episode_seeds(seed, role, generation, episodes) & ~_TEST_SEED_BIT
        )
        return unmarked_seeds

    @property
    def ports(self) -> Ports:
        """Return one output, the push, and 3 inputs: x and both angles.

        `observe_velocities` adds three inputs, and `observe_last_output` one.
        """
        names = _STATE_NAMES if self.observe_velocities else _STATE_NAMES[::2]
        input_names = (*names, "push") if self.observe_last_output else names
        return Ports(len(input_names), 1, self.activations, input_names, ("push",))

    @property
    def solved_score(self) -> float | None:
        """Return the score that the papers ask for: 100,000 actions, or 200 of the 625 starts of the test."""
        if self.generalization_test:
            return _SOLVED_TEST_SCORE
        has_papers_length = self.horizon == _SOLVED_STEPS and self.reward is DoublePoleReward.SURVIVED
        return float(_SOLVED_STEPS) if has_papers_length else None

    @property
    def start_dim(self) -> int:
        """Return the number of start values: 6, and one more with a generalization test.

        The additional value is 1 for a grid start, 2 for the start at rest, and 0 outside of the test.
        """
        return len(_STATE_NAMES) + self.generalization_test

    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Return the start values (R, 1, 6 or 7): at rest with a leaning long pole, or on the test's grid."""
        start = np.zeros((len(seeds), 1, self.start_dim))
        start[:, :, 2] = math.radians(self.start_angle)
        if self.generalization_test:
            is_test = (seeds & _TEST_SEED_BIT) != 0
            episode = np.where(is_test, seeds & ~_TEST_SEED_BIT, np.uint64(0)).astype(np.int64)
            grid_indices = np.unravel_index(
                np.maximum(episode - 1, 0), (len(_GRID_FRACTIONS),) * len(_GRID_HALF_RANGES)
            )
            grid = np.stack(
                [
                    (2 * np.array(_GRID_FRACTIONS)[indices] - 1) * half_range
                    for indices, half_range in zip(grid_indices, _GRID_HALF_RANGES, strict=True)
                ],
                1,
            )
            is_grid_start = is_test & (episode > 0)
            start[is_grid_start, 0, : len(_GRID_HALF_RANGES)] = grid[is_grid_start]
            start[:, 0, -1] = np.where(
                is_grid_start, _GRID_START, np.where(is_test, _REST_START, _NOT_A_TEST)
            )
        return start

    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return the motion and the last output; for `gruau` also the actions so far and the last 100 swings.

        The last value, with a generalization test, is the type of the start (see `start_dim`).
        """
        zero, motion_size = start[0] * 0.0, len(_STATE_NAMES)
        damping_state = (zero,) * (1 + _WINDOW_STEPS if self.reward is DoublePoleReward.GRUAU else 0)
        return (*start[:motion_size], zero, *damping_state, *start[motion_size:])

    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return scaled x and angles, with velocities and the last output where the settings include them.

        The last output is clipped to 0..1, and 0 at the start.
        """
        scaled_motion = tuple(
            value * scale for value, scale in zip(state[: len(_STATE_NAMES)], _STATE_SCALES, strict=True)
        )
        observation = scaled_motion if self.observe_velocities else scaled_motion[::2]
        return (*observation, state[len(_STATE_NAMES)]) if self.observe_last_output else observation

    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Apply one push for 0.02 s; return the next state, the reward, and whether the episode ends."""
        motion = state[: len(_STATE_NAMES)]
        output = m.minimum(m.maximum(outputs[0], 0.0), 1.0)
        force = _FORCE * (output - 0.5)
        for _ in range(_STEPS_PER_ACTION):
            motion = _runge_kutta_step(m, motion, force)
        terminated = (
            (m.abs(motion[0]) > _TRACK_LIMIT)
            | (m.abs(motion[2]) > _ANGLE_LIMIT_RAD)
            | (m.abs(motion[4]) > _ANGLE_LIMIT_RAD)
        )
        if self.reward is DoublePoleReward.SURVIVED:
            return (*motion, output), m.where(terminated, 0.0, 1.0), terminated
        previous_steps, *old_swings = state[len(_STATE_NAMES) + 1 : len(_STATE_NAMES) + 2 + _WINDOW_STEPS]
        swing = m.abs(motion[0]) + m.abs(motion[1]) + m.abs(motion[2]) + m.abs(motion[3])
        episode_steps = m.where(terminated, previous_steps, previous_steps + 1.0)
        new_swings = [
            m.where(terminated, old_swing, new_swing)
            for old_swing, new_swing in zip(old_swings, [*old_swings[1:], swing], strict=True)
        ]
        swing_sum = new_swings[0]
        for value in new_swings[1:]:
            swing_sum = swing_sum + value
        damping = m.where(
            episode_steps < float(_WINDOW_STEPS), 0.0, 0.75 / m.where(swing_sum > 0.0, swing_sum, 1.0)
        )
        fitness = 0.1 * (episode_steps / _FULL_RUN_STEPS) + 0.9 * damping
        if not self.generalization_test:
            done = terminated | (episode_steps >= float(self.horizon))
            return (*motion, output, episode_steps, *new_swings), m.where(done, fitness, 0.0), done
        start_kind = state[-1]
        max_steps = m.where(
            start_kind == _REST_START, float(self.horizon), min(_FULL_RUN_STEPS, float(self.horizon))
        )
        done = terminated | (episode_steps >= max_steps)
        failure_reward = m.where(
            terminated, m.where(start_kind == _REST_START, -float(_NUM_GRID_STARTS), -1.0), 0.0
        )
        reward = m.where(done, m.where(start_kind == _NOT_A_TEST, fitness, failure_reward), 0.0)
        return (*motion, output, episode_steps, *new_swings, start_kind), reward, done

    def describe_scene(self, state: tuple[Any, ...], step: int) -> Scene:
        """Describe the cart and both poles in meters; angles are positive to the right."""
        poles = tuple(
            Pole(angle, 2 * half_length)
            for angle, (_, half_length) in zip(state[2 : len(_STATE_NAMES) : 2], _POLES, strict=True)
        )
        time_s = step * _STEPS_PER_ACTION * _STEP_S
        return describe_cart(state[0], poles, _TRACK_LIMIT, min_y=-0.3, time_s=time_s)
