"""Cart-pole swing-up: the pole hangs down; swing it up and hold it there.

The task of the WANN paper (Gaier & Ha 2019), as in its published code. With u = 10 clip(action, -1, 1),
gravity g = 9.82, masses M = 1 in all and m = 0.5 of the pole, length l = 0.6, friction b = 0.1, angular
speed w, s = sin(angle), c = cos(angle) and D = 4 M - 3 m c^2,

    x''     = (-2 m l w^2 s + 3 m g s c + 4 (u - b x')) / D
    angle'' = (-3 m l w^2 s c + 6 M g s + 6 (u - b x') c) / (l D)

and one explicit Euler step of 0.01 s, all from the old state. The reward is that of the new state, also
beyond the track, where the episode ends:

    (cos(angle) + 1) / 2 * cos(x / 2.4 * pi / 2)

Angle 0 is upright. Sine and cosine are part of the state, so that step, reward and observation share them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.errors import check_at_least
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role, sample_episode_normal
from wannsearch.core.tasks.lane_task import LaneMath, LaneTask, LaneValue
from wannsearch.core.tasks.scene import Scene
from wannsearch.tasks.cart_scene import Pole, describe_cart
from wannsearch.tasks.starts import StartStates, published_seeds, sample_published_normal

_GRAVITY = 9.82
_TOTAL_MASS = 1.0
_POLE_MASS = 0.5
_LENGTH = 0.6
_MOMENT = _POLE_MASS * _LENGTH
_FORCE = 10.0
_FRICTION = 0.1
_STEP_S = 0.01
_TRACK_LIMIT = 2.4
_START_MEAN = (0.0, 0.0, math.pi, 0.0)
_START_STD = 0.2


@dataclass(frozen=True, kw_only=True)
class CartPoleSwingUp(LaneTask):
    """A task with one output, the push; a step's reward is at most 1, so the return at most `horizon`."""

    episodes: int
    horizon: int  # steps
    start_states: StartStates
    activations: tuple[str, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("task.episodes", self.episodes, 1)
        check_at_least("task.horizon", self.horizon, 1)
        _ = self.ports

    @property
    def ports(self) -> Ports:
        """Return five inputs and one output, the push.

        Inputs are position, speed, cosine and sine of the angle, and angular speed.
        """
        return Ports(5, 1, self.activations, ("x", "ẋ", "cos θ", "sin θ", "θ̇"), ("push",))

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return keyed seeds (R,), or with `StartStates.PUBLISHED` those of `published_seeds`.

        The latter raises ConfigError for a final test whose seeds would reach 2^31.
        """
        if self.start_states is StartStates.PUBLISHED:
            return published_seeds(seed, role, generation, episodes)
        return super().episode_seeds(seed, role, generation, episodes)

    @property
    def start_dim(self) -> int:
        """Return 4, the number of state variables."""
        return 4

    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Draw the start states (R, 1, 4) of the episodes with these seeds (R,).

        They are normal with standard deviation 0.2 around a pole at rest that hangs down (angle pi).
        """
        sample_normal = (
            sample_published_normal if self.start_states is StartStates.PUBLISHED else sample_episode_normal
        )
        return (np.array(_START_MEAN) + _START_STD * sample_normal(seeds, 4))[:, None, :]

    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return position, speed, angle, angular speed, sine and cosine of the angle."""
        return (*start, m.sin(start[2]), m.cos(start[2]))

    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return position, speed, cosine, sine and angular speed, unscaled."""
        x, x_dot, _, angle_dot, s, c = state
        return x, x_dot, c, s, angle_dot

    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Apply one push for 0.01 s; return the next state, its reward, and whether the track was left."""
        x, x_dot, angle, angle_dot, s, c = state
        push = m.minimum(m.maximum(outputs[0], -1.0), 1.0) * _FORCE - _FRICTION * x_dot
        swing = angle_dot * angle_dot * s
        inverse_denominator = 1.0 / (4.0 * _TOTAL_MASS - 3.0 * _POLE_MASS * (c * c))
        acceleration = (
            -2.0 * _MOMENT * swing + 3.0 * _POLE_MASS * _GRAVITY * (s * c) + 4.0 * push
        ) * inverse_denominator
        angle_acceleration = (
            -3.0 * _MOMENT * (swing * c) + 6.0 * _TOTAL_MASS * _GRAVITY * s + 6.0 * (push * c)
        ) * (inverse_denominator * (1.0 / _LENGTH))  # a division costs as much as the rest of this line
        x = x + x_dot * _STEP_S
        angle = angle + angle_dot * _STEP_S
        x_dot = x_dot + acceleration * _STEP_S
        angle_dot = angle_dot + angle_acceleration * _STEP_S
        s, c = m.sin(angle), m.cos(angle)
        reward = (c + 1.0) * 0.5 * m.cos(x * (math.pi / (2.0 * _TRACK_LIMIT)))
        return (x, x_dot, angle, angle_dot, s, c), reward, m.abs(x) > _TRACK_LIMIT

    def describe_scene(self, state: tuple[Any, ...], step: int) -> Scene:
        """Describe cart and pole in meters; in these equations a positive angle leans to the left."""
        poles = (Pole(-state[2], _LENGTH),)
        return describe_cart(state[0], poles, _TRACK_LIMIT, min_y=-0.75, time_s=step * _STEP_S)
