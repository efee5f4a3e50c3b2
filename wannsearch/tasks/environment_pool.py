"""Live environments of one id: made, reset, stepped, kept for another episode or closed.

A reused environment may differ from a new one: BipedalWalker keeps its physical world over resets, and half
of its episodes then differ from those of a new environment. So every episode has a new environment, except
where reuse is known to change nothing. Classic control is of that kind, since a reset sets its whole state.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.errors import EvaluationFailed
from wannsearch.tasks.spaces import ObservationEncoder

_REUSABLE_MODULE_PREFIX = "gymnasium.envs.classic_control."
_NUMBER_TYPES = (float, int, bool, np.number, np.bool_)


class EnvironmentPool:
    """Environments with one id and one configuration, of which some are idle."""

    def __init__(self, make_environment: Callable[[], Any], env_id: str, encoder: ObservationEncoder) -> None:
        self.encoder = encoder
        self._make_environment, self._env_id = make_environment, env_id
        self._idle_environments: list[Any] = []

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings only: a copy, also in another process, has environments of its own."""
        return EnvironmentPool, (self._make_environment, self._env_id, self.encoder)

    def start_episode(self, seed: int, observation: FloatArray) -> PooledEpisode:
        """Reset a new or an idle environment with this seed, and fill the observation (I,).

        Raise EvaluationFailed where it fails.
        """
        try:
            environment = (
                self._idle_environments.pop() if self._idle_environments else self._make_environment()
            )
            first_observation, _ = environment.reset(seed=seed)
            self.encoder.encode(first_observation, observation)
        except Exception as error:
            raise self.failure_error(seed, "reset", error) from error
        return PooledEpisode(self, environment, seed)

    def release(self, environment: Any) -> None:
        """Keep an environment whose episode is over, or close it."""
        if type(environment.unwrapped).__module__.startswith(_REUSABLE_MODULE_PREFIX):
            self._idle_environments.append(environment)
        else:
            environment.close()

    def failure_error(self, seed: int, phase: str, error: Exception) -> EvaluationFailed:
        """Return the error that names the environment, the phase, the episode's seed and the cause."""
        if isinstance(error, EvaluationFailed):
            return error
        return EvaluationFailed(
            f"{self._env_id} breaks in {phase} of the episode from seed {seed}, {type(error).__name__}: "
            f"{error}"
        )


class PooledEpisode:
    """One episode in progress in an environment of the pool, after `steps` steps."""

    __slots__ = ("_encode", "_environment", "_pool", "_step_environment", "is_open", "seed", "steps")

    def __init__(self, pool: EnvironmentPool, environment: Any, seed: int) -> None:
        self.seed, self.steps, self.is_open = seed, 0, True
        self._pool, self._environment = pool, environment
        self._step_environment, self._encode = environment.step, pool.encoder.encode

    def step(self, action: Any, observation: FloatArray) -> tuple[float, bool, bool]:
        """Take the action and fill the next observation (I,); return the reward, terminated and truncated.

        Raise EvaluationFailed where the environment fails, or returns a reward that is no number.
        """
        self.steps += 1
        try:
            next_observation, reward, terminated, truncated, _ = self._step_environment(action)
            self._encode(next_observation, observation)
            if not isinstance(reward, _NUMBER_TYPES):
                raise TypeError(f"a reward is {reward!r}; it must be a number.")
        except Exception as error:
            raise self._pool.failure_error(self.seed, f"step {self.steps}", error) from error
        return float(reward), bool(terminated), bool(truncated)

    def close(self) -> None:
        """Give the environment back to the pool; a second call does nothing."""
        if self.is_open:
            self.is_open = False
            self._pool.release(self._environment)
