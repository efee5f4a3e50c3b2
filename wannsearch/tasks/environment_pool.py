"""Live environments of one id: made, reset, stepped, kept for another episode or closed.

Every episode has a new environment, except where reuse is known to change nothing (`reusable_environments`).
One that fails in an episode is closed and serves no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import NoneType
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray, UInt8Array
from wannsearch.core.errors import EvaluationFailed, describe_error
from wannsearch.core.settings import format_value
from wannsearch.tasks.rendering import render_image
from wannsearch.tasks.spaces import ObservationEncoder

_NUMBER_TYPES = (float, int, bool, np.number, np.bool_)


class EnvironmentPool:
    """Environments with one id and one configuration, of which some are idle."""

    def __init__(
        self,
        make_environment: Callable[[], Any],
        env_id: str,
        encoder: ObservationEncoder,
        is_reusable: bool,
    ) -> None:
        self.encoder, self.is_reusable = encoder, is_reusable
        self._make_environment, self._env_id = make_environment, env_id
        self._idle_environments: list[Any] = []

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings only: a copy, also in another process, has environments of its own."""
        return EnvironmentPool, (self._make_environment, self._env_id, self.encoder, self.is_reusable)

    def start_episode(self, seed: int, observation: FloatArray) -> PooledEpisode:
        """Reset a new or an idle environment with this seed, and fill the observation (I,).

        Raise EvaluationFailed where it fails.
        """
        try:
            environment = (
                self._idle_environments.pop() if self._idle_environments else self._make_environment()
            )
        except Exception as error:
            raise self.failure_error(seed, "its constructor", error) from error
        try:
            self.encoder.encode(_reset(environment, seed), observation)
        except BaseException as error:
            close_quietly(environment)
            if not isinstance(error, Exception):
                raise
            raise self.failure_error(seed, "reset", error) from error
        return PooledEpisode(self, environment, seed)

    def release(self, environment: Any) -> None:
        """Keep an environment whose episode is over, or close it."""
        if self.is_reusable:
            self._idle_environments.append(environment)
        else:
            environment.close()

    def failure_error(self, seed: int, phase: str, error: Exception) -> EvaluationFailed:
        """Return the error that names the environment, the phase, the episode's seed and the cause."""
        if isinstance(error, EvaluationFailed):
            return error
        return EvaluationFailed(
            f"{self._env_id} breaks in {phase} of the episode from seed {seed}, {describe_error(error)}"
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
        step_result: Any = ()
        try:
            step_result = self._step_environment(action)
            next_observation, reward, terminated, truncated, _ = step_result
            self._encode(next_observation, observation)
            if isinstance(reward, float) and terminated is False and truncated is False:  # the common case
                return float(reward), False, False
            if not isinstance(reward, _NUMBER_TYPES):
                reward = _convert_reward(reward)
            return float(reward), bool(terminated), bool(truncated)
        except BaseException as error:
            self.is_open = False
            close_quietly(self._environment)
            if not isinstance(error, Exception):
                raise
            cause = _explain_step(step_result) or error
            raise self._pool.failure_error(self.seed, f"step {self.steps}", cause) from error

    def render(self) -> UInt8Array:
        """Draw the present state as an image (H, W, 3); raise EvaluationFailed where that fails."""
        try:
            return render_image(self._environment)
        except Exception as error:
            raise self._pool.failure_error(self.seed, f"render after step {self.steps}", error) from error

    def close(self) -> None:
        """Give the environment back to the pool; a second call does nothing.

        Raise EvaluationFailed where the environment fails to close.
        """
        if self.is_open:
            self.is_open = False
            try:
                self._pool.release(self._environment)
            except Exception as error:
                raise self._pool.failure_error(self.seed, "close", error) from error

    def __del__(self) -> None:
        """Close an episode that nothing refers to any more, such as one beside an episode that failed."""
        with suppress(Exception):
            self.close()


def close_quietly(environment: Any) -> None:
    """Close an environment whose result is known already, whatever its `close` raises."""
    with suppress(Exception):
        environment.close()


def _reset(environment: Any, seed: int) -> Any:
    """Reset an environment and return the first observation; TypeError for the API of before gym 0.26."""
    reset_result = environment.reset(seed=seed)
    is_pair = isinstance(reset_result, tuple) and len(reset_result) == 2
    if not is_pair or not isinstance(reset_result[1], (Mapping, NoneType)):
        raise TypeError(
            f"it returned {format_value(reset_result)}; Gymnasium's reset returns (observation, info), "
            "and info is a dict."
        )
    return reset_result[0]


def _convert_reward(reward: Any) -> Any:
    """Return the number in an array of one number; TypeError for anything else."""
    values = np.asarray(reward)
    if values.size != 1 or values.dtype.kind not in "biuf":
        raise TypeError(f"a reward is {format_value(reward)}; it must be a number, or an array of one.")
    return values.item()


def _explain_step(step_result: Any) -> Exception | None:
    """Return a better error for a result of another length than five, which has failed to unpack."""
    if not isinstance(step_result, (tuple, list)) or len(step_result) in (0, 5):
        return None
    return TypeError(
        f"it returned {len(step_result)} values; Gymnasium's step returns 5: observation, reward, "
        "terminated, truncated, info."
    )
