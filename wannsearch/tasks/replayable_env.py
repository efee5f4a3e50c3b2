"""Episodes of live environments as values: an episode state is its seed and the actions so far.

An environment can only be stepped forward, while a task's state may be stepped twice, repeated or
dropped. An `EpisodeState` therefore identifies a point of an episode and never changes. The live episode that
reached this point is kept with it and is stepped further, which is the only case in a search. If that
episode has moved on, another one starts from the seed and repeats the actions. The result of a step is
thus a function of (seed, actions), whatever was simulated before.

This requires environments that are such functions themselves (`environment_pool`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.tasks.environment_pool import EnvironmentPool, PooledEpisode

TERMINATED, TRUNCATED, HORIZON, FAILED = "terminated", "truncated", "horizon", "failed"
"""How an episode ends: in a final state, at a limit of the environment or of the task, by invalid outputs."""


@dataclass(slots=True, eq=False)
class EpisodeState:
    """A point of an episode, linked to the previous one."""

    seed: int
    previous: EpisodeState | None
    action: Any  # that led to this state
    steps: int
    done: bool
    ending: str  # one of the words above; "" while the episode goes on
    live_episode: PooledEpisode | None  # is at this state while it is open and has as many steps


def start_replayable_episode(pool: EnvironmentPool, seed: int, observation: FloatArray) -> EpisodeState:
    """Return the first state of the episode with this seed, and fill its observation (I,).

    Raise EvaluationFailed where the environment fails.
    """
    return EpisodeState(seed, None, None, 0, False, "", pool.start_episode(seed, observation))


def step_replayable_episode(
    pool: EnvironmentPool, episode_state: EpisodeState, action: Any, horizon: int, observation: FloatArray
) -> tuple[EpisodeState, float]:
    """Return the next state and the reward of this action, and fill the observation (I,).

    `episode_state`, which must not be done, stays usable. The next state is done where the environment
    ends the episode, or at the horizon. Raise EvaluationFailed where the environment fails, or ends earlier
    than before when the actions are repeated.
    """
    live_episode = episode_state.live_episode
    if live_episode is None or not live_episode.is_open or live_episode.steps != episode_state.steps:
        live_episode = _replay(pool, episode_state, len(observation))
    reward, terminated, truncated = live_episode.step(action, observation)
    steps = episode_state.steps + 1
    done = terminated or truncated or steps >= horizon
    ending = ""
    if done:
        live_episode.close()
        ending = TERMINATED if terminated else TRUNCATED if truncated else HORIZON
    next_state = EpisodeState(
        episode_state.seed, episode_state, action, steps, done, ending, None if done else live_episode
    )
    return next_state, reward


def fail_replayable_episode(episode_state: EpisodeState) -> EpisodeState:
    """Return the state after a step whose outputs are no action: the environment is closed, if it is here."""
    live_episode = episode_state.live_episode
    if live_episode is not None and live_episode.steps == episode_state.steps:
        live_episode.close()
    return EpisodeState(episode_state.seed, episode_state, None, episode_state.steps + 1, True, FAILED, None)


def _replay(pool: EnvironmentPool, episode_state: EpisodeState, num_inputs: int) -> PooledEpisode:
    """Return a live episode that has repeated the actions up to this state."""
    actions = []
    earlier_state: EpisodeState = episode_state
    while earlier_state.previous is not None:
        actions.append(earlier_state.action)
        earlier_state = earlier_state.previous
    observation = np.empty(num_inputs)
    live_episode = pool.start_episode(episode_state.seed, observation)
    for action in reversed(actions):
        _, terminated, truncated = live_episode.step(action, observation)
        if terminated or truncated:
            live_episode.close()
            cause = ValueError("it ends earlier when it is played again; it depends on more than its seed.")
            raise pool.failure_error(episode_state.seed, f"step {live_episode.steps}", cause)
    return live_episode
