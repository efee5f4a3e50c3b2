"""Environments of which one object may run many episodes, since each is the same in it as in a new one.

A reused environment may differ from a new one: BipedalWalker keeps its physical world over resets, and half
of its episodes then differ. So a class is named here only with a test that it passes: 60 episodes in a new
environment each, and in a single one in both orders, some stopped half-way, have equal bits. Whatever is not
named, such as a class derived from these, has a new environment for every episode. The same holds where a
wrapper lies around the environment, unless it is named here too.

To make an environment of MuJoCo costs 3 to 15 ms, and one of classic control as much as ten of its steps.
"""

from __future__ import annotations

from typing import Any

REUSABLE_CLASSES = frozenset(
    f"gymnasium.envs.{name}"
    for name in (
        "classic_control.acrobot.AcrobotEnv",
        "classic_control.cartpole.CartPoleEnv",
        "classic_control.continuous_mountain_car.Continuous_MountainCarEnv",
        "classic_control.mountain_car.MountainCarEnv",
        "classic_control.pendulum.PendulumEnv",
        "box2d.lunar_lander.LunarLander",
        "mujoco.ant_v5.AntEnv",
        "mujoco.half_cheetah_v5.HalfCheetahEnv",
        "mujoco.hopper_v5.HopperEnv",
        "mujoco.walker2d_v5.Walker2dEnv",
    )
)
"""Modules and names of the classes whose reset sets the whole state."""
STATELESS_WRAPPERS = frozenset(["gymnasium.wrappers.common.OrderEnforcing"])
"""Modules and names of wrappers that keep nothing of an episode behind a reset."""


def can_reuse_environment(environment: Any) -> bool:
    """Return whether an episode in this environment is the same whatever was played in it before."""
    core = environment.unwrapped
    while environment is not core:
        if _name_class(environment) not in STATELESS_WRAPPERS:
            return False
        environment = environment.env
    return _name_class(core) in REUSABLE_CLASSES


def _name_class(environment: Any) -> str:
    return f"{type(environment).__module__}.{type(environment).__qualname__}"
