"""Episodes of live environments as values: an episode state is its seed and the actions so far.

An environment can only be stepped forward, while a task's state may be stepped twice, repeated or
dropped. An `EpisodeState` therefore identifies a point of an episode and never changes. The environment that
reached this point is kept with it and is stepped further, which is the only case in a search. If that
environment has moved on, another one resets from the seed and repeats the actions. The result of a step is
thus a function of (seed, actions), whatever was simulated before.

This requires environments that are such functions themselves. A reused one may not be: BipedalWalker
keeps its physical world over resets, and half of its episodes then differ from those of a new environment. So
every episode has a new environment (0.06 to 0.13 ms). The exception is classic control, whose resets set the
whole state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.errors import EvaluationFailed
from wannsearch.tasks.spaces import ObservationEncoder

_REUSABLE_MODULE_PREFIX = "gymnasium.envs.classic_control."
_NUMBER_TYPES = (float, int, bool, np.number, np.bool_)


class _LiveEnvironment:
    """An environment, and a clock that counts its resets and steps."""

    __slots__ = ("clock", "environment")

    def __init__(self, environment: Any) -> None:
        self.environment, self.clock = environment, 0


@dataclass(slots=True, eq=False)
class EpisodeState:
    """A point of an episode, linked to the previous one."""

    seed: int
    previous: EpisodeState | None
    action: Any  # that led to this state
    steps: int
    done: bool
    live_environment: _LiveEnvironment | None  # is at this state while its clock equals `clock`
    clock: int


class EnvironmentPool:
    """Environments with one id and one configuration, stepped by episode states."""

    def __init__(
        self, make_environment: Callable[[], Any], env_id: str, encoder: ObservationEncoder, horizon: int
    ) -> None:
        self._make_environment, self._env_id, self._encoder, self._horizon = (
            make_environment,
            env_id,
            encoder,
            horizon,
        )
        self._idle_environments: list[_LiveEnvironment] = []

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the settings only: a copy, also in another process, has environments of its own."""
        return EnvironmentPool, (self._make_environment, self._env_id, self._encoder, self._horizon)

    def reset(self, seed: int) -> tuple[EpisodeState, Any]:
        """Start the episode with this seed; return its first state and the observation (I,).

        A new or an idle environment is reset. Raise EvaluationFailed where it fails.
        """
        try:
            live_environment = (
                self._idle_environments.pop()
                if self._idle_environments
                else _LiveEnvironment(self._make_environment())
            )
            live_environment.clock += 1
            observation, _ = live_environment.environment.reset(seed=seed)
            return EpisodeState(
                seed, None, None, 0, False, live_environment, live_environment.clock
            ), self._encoder.encode(observation)
        except Exception as error:
            raise self._failure_error(seed, "reset", error) from error

    def step(self, episode_state: EpisodeState, action: Any) -> tuple[EpisodeState, Any, float]:
        """Return the next state, the observation (I,) and the reward of this action.

        `episode_state`, which must not be done, stays usable. The next state is done where the environment
        ends the episode, or at the horizon. Raise EvaluationFailed where the environment fails, returns a
        reward that is no number, or ends earlier than before when the actions are repeated.
        """
        live_environment = episode_state.live_environment
        if live_environment is None or live_environment.clock != episode_state.clock:
            live_environment = self._replay(episode_state)
        steps = episode_state.steps + 1
        try:
            live_environment.clock += 1
            observation, reward, terminated, truncated, _ = live_environment.environment.step(action)
            encoded = self._encoder.encode(observation)
            if not isinstance(reward, _NUMBER_TYPES):
                raise TypeError(f"a reward is {reward!r}; it must be a number.")
        except Exception as error:
            raise self._failure_error(episode_state.seed, f"step {steps}", error) from error
        if terminated or truncated or steps >= self._horizon:
            self._recycle(live_environment)
            return (
                EpisodeState(episode_state.seed, episode_state, action, steps, True, None, 0),
                encoded,
                float(reward),
            )
        return (
            EpisodeState(
                episode_state.seed,
                episode_state,
                action,
                steps,
                False,
                live_environment,
                live_environment.clock,
            ),
            encoded,
            float(reward),
        )

    def _replay(self, episode_state: EpisodeState) -> _LiveEnvironment:
        actions = []
        earlier_state: EpisodeState = episode_state
        while earlier_state.previous is not None:
            actions.append(earlier_state.action)
            earlier_state = earlier_state.previous
        replayed_state, _ = self.reset(episode_state.seed)
        for action in reversed(actions):
            replayed_state, _, _ = self.step(replayed_state, action)
        if replayed_state.live_environment is None:
            cause = ValueError("it ends earlier when it is played again; it depends on more than its seed.")
            raise self._failure_error(episode_state.seed, f"step {replayed_state.steps}", cause)
        return replayed_state.live_environment

    def _recycle(self, live_environment: _LiveEnvironment) -> None:
        """Keep the environment of a finished episode for reuse, or close it."""
        if type(live_environment.environment.unwrapped).__module__.startswith(_REUSABLE_MODULE_PREFIX):
            self._idle_environments.append(live_environment)
        else:
            live_environment.environment.close()

    def _failure_error(self, seed: int, phase: str, error: Exception) -> EvaluationFailed:
        if isinstance(error, EvaluationFailed):
            return error
        return EvaluationFailed(
            f"{self._env_id} breaks in {phase} of the episode from seed {seed}, {type(error).__name__}: "
            f"{error}"
        )
