"""The walkers of Box2D, with or without the penalty for a fall.

BipedalWalker-v3 replaces the reward of the step that falls by -100: the hull touches the ground, or x < 0.
The environment in which the paper of weight agnostic networks searched (Gaier & Ha 2019, released code) does
not; its step that falls has the reward of any other,

    r = s' - s - sum over the 4 motors of 0.00035 * 80 * min(|a|, 1)    with s = 130 x / 30 - 5 |angle|

of the hull. Then the two scores of a network that falls differ by about 100, so they have different names,
and no table compares them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.core.score_names import RETURN
from wannsearch.tasks.gymnasium import Gymnasium

_WALKER = "gymnasium.envs.box2d.bipedal_walker:BipedalWalker"
_RETURN_WITHOUT_PENALTY = "return without fall penalty"


@dataclass(frozen=True, kw_only=True)
class Biped(Gymnasium):
    """A task whose environment is BipedalWalker, plain or hardcore; ConfigError for any other."""

    fall_penalty: bool  # whether the step that falls has the reward -100, as in Gymnasium

    def __post_init__(self) -> None:
        super().__post_init__()
        import gymnasium

        if gymnasium.registry[self.env_id].entry_point != _WALKER:
            raise ConfigError(
                f"task.env_id is {self.env_id!r}; task.fall_penalty is for BipedalWalker-v3 and "
                "BipedalWalkerHardcore-v3. task=gymnasium takes any environment."
            )

    @property
    def score_name(self) -> str:  # type: ignore[override]  # a constant elsewhere
        """Return a name for each of the two scores."""
        return RETURN if self.fall_penalty else _RETURN_WITHOUT_PENALTY

    @property
    def solved_score(self) -> float | None:
        """Return the registered threshold, which is for returns with the penalty; None without it."""
        return super().solved_score if self.fall_penalty else None

    def _bind_environment_maker(self, environment_kwargs: dict[str, Any]) -> Callable[[], Any]:
        make_environment = super()._bind_environment_maker(environment_kwargs)
        return make_environment if self.fall_penalty else partial(make_without_penalty, make_environment)


def make_without_penalty(make_environment: Callable[[], Any]) -> Any:
    """Make a walker whose step that falls has the reward of any other step."""
    return _define_wrapper()(make_environment())


@cache
def _define_wrapper() -> Any:
    """Return the wrapper's class, which is defined late since it derives from a class of Gymnasium."""
    import gymnasium

    class WithoutFallPenalty(gymnasium.Wrapper[Any, Any, Any, Any]):
        """It passes all calls on; steps that do not fall cost one more call and one attribute."""

        def __init__(self, environment: Any) -> None:
            super().__init__(environment)
            self._walker = environment.unwrapped

        def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
            """Take the action, and replace the reward where the walker falls."""
            previous_shaping = self._walker.prev_shaping
            observation, reward, terminated, truncated, info = self.env.step(action)
            if terminated and (self._walker.game_over or self._walker.hull.position[0] < 0):
                reward = compute_step_reward(previous_shaping, self._walker.prev_shaping, action)
            return observation, reward, terminated, truncated, info

    return WithoutFallPenalty


def compute_step_reward(previous_shaping: float, shaping: float, action: Any) -> Any:
    """Compute the reward of a step, with the operations of BipedalWalker's `step` in their order."""
    from gymnasium.envs.box2d.bipedal_walker import MOTORS_TORQUE

    reward: Any = shaping - previous_shaping
    for motor in action:
        reward -= 0.00035 * MOTORS_TORQUE * np.clip(np.abs(motor), 0, 1)
    return reward
