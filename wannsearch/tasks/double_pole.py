"""Two poles on one cart, a long and a short one, balanced by one push.

Wieland (1991) as in NEAT's paper (Stanley & Miikkulainen 2002) and its released code. With the push
F = 20 (clip(output, 0, 1) - 0.5) N, cart M = 1 kg, poles of m = 0.1 and 0.01 kg and half-lengths
l = 0.5 and 0.05 m, g = -9.8 m/s^2 and hinge friction u = 2e-6, each pole with s = sin(angle),
c = cos(angle) and the friction term r = u w / (m l) adds

    a = m l w^2 s + 3/4 m c (r + g s)        b = m (1 - 3/4 c^2)
    x''     = (F + sum of a) / (M + sum of b)
    angle'' = -3/4 (x'' c + g s + r) / l

integrated by two Runge-Kutta steps of fourth order and 0.01 s an action. It ends beyond 2.4 m or 36
degrees. What is paid:

    survived   1 for each action after which all still stands
    damped     at the end 0.1 t / 1000 + 0.9 f2 after t actions; f2 = 0 for t < 100, and else 0.75 over the
               sum, of the last 100 actions, of |x| + |x'| + |angle 1| + |angle 1'|   (Gruau et al. 1996)

With `examined`, a damped episode ends after 1,000 actions, and re-tests and final tests are the exam of
Gruau et al. instead: episode 0 begins as ever and must last `horizon` actions, or pays -625; episodes 1
to 625 begin on a grid, at 0.05, 0.25, 0.5, 0.75, 0.95 of the ranges of x, x', angle 1 and angle 1', and
must last 1,000, or pay -1. The mean of all 626 is -(starts failed) / 626, and -425 / 626 is a pass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from wannsearch.core.errors import ConfigError, at_least, between
from wannsearch.core.ports import Ports
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role
from wannsearch.core.tasks.lane_task import LaneMath, LaneTask, Value

_GRAVITY = -9.8
_CART_MASS = 1.0
_POLES = ((0.1, 0.5), (0.01, 0.05))  # mass, half-length
_HINGE_FRICTION = 2e-6
_FORCE = 20.0
_STEP_S = 0.01
_STEPS_PER_ACTION = 2
_TRACK_LIMIT = 2.4
_ANGLE_LIMIT_RAD = 0.628329
_SCALES = (1.0 / 4.8, 1.0 / 2.0, 1.0 / 0.52, 1.0 / 2.0, 1.0 / 0.52, 1.0 / 2.0)
_NAMES = ("x", "ẋ", "θ1", "θ̇1", "θ2", "θ̇2")
_WINDOW = 100  # actions that f2 looks back
_FULL_RUN = 1000.0  # actions for which f1 is 1
_SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)
_RANGES = (2.16, 1.35, math.radians(3.6), math.radians(8.6))  # of x, x', angle 1, angle 1', to both sides
_STARTS = len(_SHARES) ** len(_RANGES)
_NO_EXAM, _ON_GRID, _FROM_REST = 0.0, 1.0, 2.0
_EXAM = np.uint64(1 << 62)  # marks the seeds of an exam; the rest of them counts its episodes

Motion = tuple[Value, ...]
"""x, x', angle 1, angle 1', angle 2, angle 2'."""


class Reward(str, Enum):
    """What an episode pays."""

    SURVIVED = "survived"
    DAMPED = "damped"


def _derivative(m: LaneMath, motion: Motion, force: Value) -> Motion:
    x_dot = motion[1]
    pushed, mass, turning = force, _CART_MASS, []
    for (pole_mass, half), angle, angle_dot in zip(_POLES, motion[2::2], motion[3::2], strict=True):
        s, c = m.sin(angle), m.cos(angle)
        friction = angle_dot * (_HINGE_FRICTION / (pole_mass * half))
        fall = _GRAVITY * s + friction
        pushed = pushed + pole_mass * half * (angle_dot * angle_dot) * s + 0.75 * pole_mass * c * fall
        mass = mass + pole_mass * (1.0 - 0.75 * (c * c))
        turning.append((c, fall, half))
    acceleration = pushed / mass
    spins = [(acceleration * c + fall) * (-0.75 / half) for c, fall, half in turning]
    return x_dot, acceleration, motion[3], spins[0], motion[5], spins[1]


def _moved(motion: Motion, rate: Motion, seconds: float) -> Motion:
    return tuple(value + seconds * change for value, change in zip(motion, rate, strict=True))


def _runge_kutta(m: LaneMath, motion: Motion, force: Value) -> Motion:
    first = _derivative(m, motion, force)
    second = _derivative(m, _moved(motion, first, _STEP_S / 2), force)
    third = _derivative(m, _moved(motion, second, _STEP_S / 2), force)
    fourth = _derivative(m, _moved(motion, third, _STEP_S), force)
    return tuple(
        value + (_STEP_S / 6.0) * (a + 2.0 * (b + c) + d)
        for value, a, b, c, d in zip(motion, first, second, third, fourth, strict=True)
    )


@dataclass(frozen=True, kw_only=True)
class DoublePole(LaneTask):
    """One output, the push; every episode starts alike, with the long pole leaning."""

    velocities: bool  # whether the network sees them
    echo: bool  # whether it sees its last output
    reward: Reward
    examined: bool  # whether re-tests and final tests are the exam
    start_angle: float  # degrees
    episodes: int
    horizon: int  # actions
    activations: tuple[str, ...]

    def __post_init__(self) -> None:
        convert_fields(self)
        at_least("task.episodes", self.episodes, 1)
        at_least("task.horizon", self.horizon, 1)
        between("task.start_angle", self.start_angle, -36, 36)
        if self.examined and self.reward is not Reward.DAMPED:
            raise ConfigError(
                f"task.examined is true and task.reward is {self.reward.value}; the exam is for damped."
            )
        _ = self.ports

    @property
    def tested_once(self) -> bool:  # type: ignore[override]  # a constant elsewhere
        """Every episode is the same, unless there is an exam."""
        return not self.examined

    @property
    def score_name(self) -> str:  # type: ignore[override]  # a constant elsewhere
        """Steps where each pays 1."""
        return "steps" if self.reward is Reward.SURVIVED else "return"

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> npt.NDArray[np.uint64]:
        """(R,) seeds; those of an exam say which of its episodes."""
        if self.examined and role in (Role.RETEST, Role.HELD_OUT):
            if episodes > _STARTS + 1:
                raise ConfigError(f"{episodes} episodes of an exam were asked for; it has {_STARTS + 1}.")
            seeds: npt.NDArray[np.uint64] = _EXAM | np.arange(episodes, dtype=np.uint64)
            return seeds
        unmarked: npt.NDArray[np.uint64] = super().episode_seeds(seed, role, generation, episodes) & ~_EXAM
        return unmarked

    @property
    def ports(self) -> Ports:
        """Scaled positions, with velocities or without, and the last output -> push."""
        names = _NAMES if self.velocities else _NAMES[::2]
        seen = (*names, "push") if self.echo else names
        return Ports(len(seen), 1, self.activations, seen, ("push",))

    @property
    def start_numbers(self) -> int:
        """The motion; and for whom there is an exam, which of its two it is, or 0."""
        return len(_NAMES) + self.examined

    def starts(self, seeds: npt.NDArray[np.uint64]) -> npt.NDArray[np.float64]:
        """(R,) -> (R, 1, 6 or 7): at rest, the long pole leaning; or a start of the exam."""
        start = np.zeros((len(seeds), 1, self.start_numbers))
        start[:, :, 2] = math.radians(self.start_angle)
        if self.examined:
            exam = (seeds & _EXAM) != 0
            episode = np.where(exam, seeds & ~_EXAM, np.uint64(0)).astype(np.int64)
            places = np.unravel_index(np.maximum(episode - 1, 0), (len(_SHARES),) * len(_RANGES))
            grid = np.stack(
                [(2 * np.array(_SHARES)[at] - 1) * reach for at, reach in zip(places, _RANGES, strict=True)],
                1,
            )
            on_grid = exam & (episode > 0)
            start[on_grid, 0, : len(_RANGES)] = grid[on_grid]
            start[:, 0, -1] = np.where(on_grid, _ON_GRID, np.where(exam, _FROM_REST, _NO_EXAM))
        return start

    def lane_state(self, m: LaneMath, start: tuple[Value, ...]) -> tuple[Value, ...]:
        """The motion and the last output; to pay for damping also actions so far and the last 100 swings.

        Last comes which exam it is, if there is one.
        """
        nothing, motion = start[0] * 0.0, len(_NAMES)
        more = (nothing,) * (1 + _WINDOW if self.reward is Reward.DAMPED else 0)
        return (*start[:motion], nothing, *more, *start[motion:])

    def lane_observe(self, m: LaneMath, state: tuple[Value, ...]) -> tuple[Value, ...]:
        """Each scaled; no velocities unless asked for."""
        scaled = tuple(value * scale for value, scale in zip(state[: len(_NAMES)], _SCALES, strict=True))
        seen = scaled if self.velocities else scaled[::2]
        return (*seen, state[len(_NAMES)]) if self.echo else seen

    def lane_step(
        self, m: LaneMath, state: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[tuple[Value, ...], Value, Value]:
        """One push, held for 0.02 s."""
        motion = state[: len(_NAMES)]
        output = m.minimum(m.maximum(outputs[0], 0.0), 1.0)
        force = _FORCE * (output - 0.5)
        for _ in range(_STEPS_PER_ACTION):
            motion = _runge_kutta(m, motion, force)
        fallen = (
            (m.abs(motion[0]) > _TRACK_LIMIT)
            | (m.abs(motion[2]) > _ANGLE_LIMIT_RAD)
            | (m.abs(motion[4]) > _ANGLE_LIMIT_RAD)
        )
        if self.reward is Reward.SURVIVED:
            return (*motion, output), m.where(fallen, 0.0, 1.0), fallen
        survived, *swings = state[len(_NAMES) + 1 : len(_NAMES) + 2 + _WINDOW]
        swing = m.abs(motion[0]) + m.abs(motion[1]) + m.abs(motion[2]) + m.abs(motion[3])
        now = m.where(fallen, survived, survived + 1.0)
        later = [m.where(fallen, old, new) for old, new in zip(swings, [*swings[1:], swing], strict=True)]
        total = later[0]
        for value in later[1:]:
            total = total + value
        damping = m.where(now < float(_WINDOW), 0.0, 0.75 / m.where(total > 0.0, total, 1.0))
        fitness = 0.1 * (now / _FULL_RUN) + 0.9 * damping
        if not self.examined:
            over = fallen | (now >= float(self.horizon))
            return (*motion, output, now, *later), m.where(over, fitness, 0.0), over
        exam = state[-1]
        last = m.where(exam == _FROM_REST, float(self.horizon), min(_FULL_RUN, float(self.horizon)))
        over = fallen | (now >= last)
        failed = m.where(fallen, m.where(exam == _FROM_REST, -float(_STARTS), -1.0), 0.0)
        paid = m.where(over, m.where(exam == _NO_EXAM, fitness, failed), 0.0)
        return (*motion, output, now, *later, exam), paid, over
