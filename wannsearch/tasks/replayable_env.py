"""Episodes of live environments as values: a moment is its seed and the actions so far.

An environment can only be stepped onwards, while a task's state may be stepped twice, repeated or
dropped. A `Moment` therefore names where an episode stands and never changes. The environment that
reached it is kept beside it and simply goes on, which is all that happens in a search; once it has
gone on, the moment is reached again by another one that resets from the seed and repeats the
actions. What a step gives is thus a function of (seed, actions), whoever played what before.

That needs environments that are such functions themselves. A reused one need not be: BipedalWalker
keeps its physical world over resets, and half of its episodes then differ from those of a new
environment. So every episode has a new environment (0.06 to 0.13 ms), except in classic control,
whose resets set all there is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from wannsearch.core.errors import EvaluationFailed
from wannsearch.tasks.spaces import Sight

_WHOLLY_RESET = "gymnasium.envs.classic_control."
_NUMBERS = (float, int, bool, np.number, np.bool_)


class _Live:
    """An environment, and a clock that tells which moment it stands at."""

    __slots__ = ("clock", "environment")

    def __init__(self, environment: Any) -> None:
        self.environment, self.clock = environment, 0


@dataclass(slots=True, eq=False)
class Moment:
    """Where an episode stands."""

    seed: int
    before: Moment | None
    action: Any  # that led here
    steps: int
    over: bool
    live: _Live | None  # what reached it; still there while its clock shows the same
    clock: int


class Stage:
    """Plays episodes of one kind of environment."""

    def __init__(self, make: Callable[[], Any], name: str, sight: Sight, horizon: int) -> None:
        self._make, self._name, self._sight, self._horizon = make, name, sight, horizon
        self._idle: list[_Live] = []

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, also in another process, has environments of its own."""
        return Stage, (self._make, self._name, self._sight, self._horizon)

    def opened(self, seed: int) -> tuple[Moment, Any]:
        """The first moment of the episode from this seed, and what is seen."""
        try:
            live = self._idle.pop() if self._idle else _Live(self._make())
            live.clock += 1
            observation, _ = live.environment.reset(seed=seed)
            return Moment(seed, None, None, 0, False, live, live.clock), self._sight.numbers(observation)
        except Exception as error:
            raise self._broken(seed, "reset", error) from error

    def stepped(self, moment: Moment, action: Any) -> tuple[Moment, Any, float]:
        """The next moment, what is seen, and the reward."""
        live = moment.live
        if live is None or live.clock != moment.clock:
            live = self._reached_again(moment)
        steps = moment.steps + 1
        try:
            live.clock += 1
            observation, reward, terminated, truncated, _ = live.environment.step(action)
            seen = self._sight.numbers(observation)
            if not isinstance(reward, _NUMBERS):
                raise TypeError(f"a reward is {reward!r}; it must be a number.")
        except Exception as error:
            raise self._broken(moment.seed, f"step {steps}", error) from error
        if terminated or truncated or steps >= self._horizon:
            self._released(live)
            return Moment(moment.seed, moment, action, steps, True, None, 0), seen, float(reward)
        return Moment(moment.seed, moment, action, steps, False, live, live.clock), seen, float(reward)

    def _reached_again(self, moment: Moment) -> _Live:
        actions = []
        step: Moment = moment
        while step.before is not None:
            actions.append(step.action)
            step = step.before
        again, _ = self.opened(moment.seed)
        for action in reversed(actions):
            again, _, _ = self.stepped(again, action)
        if again.live is None:
            cause = ValueError("it ends earlier when it is played again; it depends on more than its seed.")
            raise self._broken(moment.seed, f"step {again.steps}", cause)
        return again.live

    def _released(self, live: _Live) -> None:
        """An episode is over."""
        if type(live.environment.unwrapped).__module__.startswith(_WHOLLY_RESET):
            self._idle.append(live)
        else:
            live.environment.close()

    def _broken(self, seed: int, where: str, error: Exception) -> EvaluationFailed:
        if isinstance(error, EvaluationFailed):
            return error
        return EvaluationFailed(
            f"{self._name} breaks in {where} of the episode from seed {seed}, {type(error).__name__}: {error}"
        )
