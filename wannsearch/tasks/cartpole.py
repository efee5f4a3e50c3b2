"""CartPole-v1: balance a pole on a cart by pushing left or right.

Barto, Sutton & Anderson (1983) as in Gymnasium's CartPole-v1, operation for operation. With force
F = +-10 N, masses M = 1 and m = 0.1 kg, half pole length l = 0.5 m, g = 9.8 m/s^2, angular speed w,
s = sin(angle), c = cos(angle),

    t = (F + m l w^2 s) / (M + m)
    angular acceleration = (g s - c t) / (l (4/3 - m c^2 / (M + m)))
    cart acceleration    = t - m l (angular acceleration) c / (M + m)

and one explicit Euler step of 0.02 s. The reward of a step is 1, also of the last one. The episode ends
beyond 12 degrees or 2.4 m. The observation is the state in float32. The larger output selects the push; of
equal ones it is left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wannsearch.core.arrays import FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import sample_episode_uniform
from wannsearch.core.tasks.lane_task import LaneMath, LaneTask, LaneValue
from wannsearch.core.tasks.scene import Scene
from wannsearch.tasks.cart_scene import Pole, describe_cart

_GRAVITY = 9.8
_POLE_MASS = 0.1
_TOTAL_MASS = _POLE_MASS + 1.0
_HALF_LENGTH = 0.5
_POLE_MOMENT = _POLE_MASS * _HALF_LENGTH
_FORCE = 10.0
_STEP_S = 0.02
_ANGLE_LIMIT_RAD = 12 * 2 * math.pi / 360
_TRACK_LIMIT = 2.4
_GYMNASIUM_HORIZON, _GYMNASIUM_THRESHOLD = 500, 475.0


@dataclass(frozen=True, kw_only=True)
class CartPole(LaneTask):
    """A task with two outputs, left and right; the return is the number of steps, at most `horizon`."""

    episodes: int
    horizon: int  # steps
    start_range: float  # each of the four state variables starts uniformly within +- this
    activations: tuple[str, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("task.episodes", self.episodes, 1)
        check_at_least("task.horizon", self.horizon, 1)
        if not 0 <= self.start_range < math.inf:
            raise ConfigError(f"task.start_range is {self.start_range}; it must be 0 or more.")
        _ = self.ports

    @property
    def ports(self) -> Ports:
        """Return four inputs and two outputs.

        Inputs are cart position (m) and speed (m/s), pole angle (rad) and speed (rad/s).
        """
        return Ports(4, 2, self.activations, ("x", "ẋ", "θ", "θ̇"), ("left", "right"))

    @property
    def solved_score(self) -> float | None:
        """Return Gymnasium's threshold for CartPole-v1, 475; None for any other horizon."""
        return _GYMNASIUM_THRESHOLD if self.horizon == _GYMNASIUM_HORIZON else None

    @property
    def start_dim(self) -> int:
        """Return 4, the number of state variables."""
        return 4

    def start_values(self, seeds: UInt64Array) -> FloatArray:
        """Draw the start states (R, 1, 4) of the episodes with these seeds (R,)."""
        return ((2.0 * sample_episode_uniform(seeds, 4) - 1.0) * self.start_range)[:, None, :]

    def lane_state(self, m: LaneMath, start: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return the start unchanged: position (m), speed (m/s), angle (rad), angular speed (rad/s)."""
        return start

    def lane_observe(self, m: LaneMath, state: tuple[LaneValue, ...]) -> tuple[LaneValue, ...]:
        """Return the state rounded to float32, as the environment returns it."""
        return tuple(m.float32(value) for value in state)

    def lane_step(
        self, m: LaneMath, state: tuple[LaneValue, ...], outputs: tuple[LaneValue, ...]
    ) -> tuple[tuple[LaneValue, ...], LaneValue, LaneValue]:
        """Apply one push for 0.02 s; return the next state, the reward 1, and whether a limit is passed."""
        x, x_dot, angle, angle_dot = state
        left, right = outputs
        force = m.where(right > left, _FORCE, -_FORCE)
        s, c = m.sin(angle), m.cos(angle)
        t = (force + _POLE_MOMENT * (angle_dot * angle_dot) * s) / _TOTAL_MASS
        angle_acceleration = (_GRAVITY * s - c * t) / (
            _HALF_LENGTH * (4.0 / 3.0 - _POLE_MASS * (c * c) / _TOTAL_MASS)
        )
        acceleration = t - _POLE_MOMENT * angle_acceleration * c / _TOTAL_MASS
        x = x + _STEP_S * x_dot
        x_dot = x_dot + _STEP_S * acceleration
        angle = angle + _STEP_S * angle_dot
        angle_dot = angle_dot + _STEP_S * angle_acceleration
        terminated = (m.abs(x) > _TRACK_LIMIT) | (m.abs(angle) > _ANGLE_LIMIT_RAD)
        return (x, x_dot, angle, angle_dot), 1.0, terminated

    def describe_scene(self, state: tuple[Any, ...], step: int) -> Scene:
        """Describe cart and pole in meters; the angle is positive to the right."""
        x, _, angle, _ = state
        poles = (Pole(angle, 2 * _HALF_LENGTH),)
        return describe_cart(x, poles, _TRACK_LIMIT, min_y=-0.3, time_s=step * _STEP_S)
