"""One network in one new environment, by Gymnasium and a plain loop alone: what evaluators are held against.

Nothing of `wannsearch.tasks` or of an evaluator's loop is used. The function that computes the outputs is
given, so that the loop can have the node code of the evaluator, or another.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np

Forward = Callable[[Sequence[float]], Sequence[float]]
"""The outputs of a network, O numbers, from I numbers of an observation."""


@dataclass
class PlainEpisode:
    """The score of an episode, and all that led to it."""

    total: float = 0.0
    actions: list[Any] = field(default_factory=list)
    observations: list[list[float]] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)

    @property
    def steps(self) -> int:
        return len(self.actions)


def play_plain_episode(env_id: str, forward: Forward, seed: int, horizon: int) -> PlainEpisode:
    """Play until the environment ends the episode, or the horizon does; NaN where an output is NaN."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        environment = gymnasium.make(env_id, disable_env_checker=True, max_episode_steps=-1)
    observation, _ = environment.reset(seed=seed)
    episode, is_over = PlainEpisode(), False
    while not is_over and episode.steps < horizon:
        episode.observations.append([float(number) for number in observation])
        outputs = [float(number) for number in forward(episode.observations[-1])]
        episode.actions.append(choose_action(environment.action_space, outputs))
        if any(map(math.isnan, outputs)):
            episode.total = math.nan
            break
        observation, reward, terminated, truncated, _ = environment.step(episode.actions[-1])
        episode.rewards.append(float(reward))
        episode.total += float(reward)
        is_over = terminated or truncated
    environment.close()
    return episode


def choose_action(space: Any, outputs: Sequence[float]) -> Any:
    """The number of the first largest output, or the outputs within the bounds of a Box."""
    if isinstance(space, gymnasium.spaces.Discrete):
        return int(space.start) + outputs.index(max(outputs))
    bounds = zip(outputs, space.low.tolist(), space.high.tolist(), strict=True)
    return np.array([min(max(output, low), high) for output, low, high in bounds], space.dtype)
