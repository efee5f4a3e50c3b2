"""The environments of envpool: Gymnasium's and others, written in C++ (Weng et al. 2022).

An environment of envpool gets its seed where it is made, and starts another episode by itself behind an end.
So every episode has an environment of its own, which refuses a step behind its end. The physics of
BipedalWalker is Gymnasium's, but a seed means another terrain. So the score has a name of its own, and no
table compares it with a return in Gymnasium.

A step is handed to a thread of envpool and back, which takes some 40 microseconds. This pays where a step of
Gymnasium takes longer, as those of the walkers and of CarRacing do; classic control gets slower.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, partial
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.errors import ConfigError
from wannsearch.tasks.gymnasium import Gymnasium

_MAX_LIMIT = 2**30
"""A limit of steps that no episode reaches: the horizon of the task is the limit. It fits 32 bits."""
_RESERVED_KWARGS = (
    "base_path", "batch_size", "env_seed", "max_episode_steps", "max_num_players", "num_envs", "num_threads",
    "render_mode", "reward_threshold", "seed", "thread_affinity_offset",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Envpool(Gymnasium):
    """A task whose episodes run in environments of envpool; ConfigError where the package is missing."""

    score_name: ClassVar[str] = "return (envpool)"

    def _bind_environment_maker(self, environment_kwargs: dict[str, Any]) -> Callable[[], Any]:
        return partial(make_envpool_environment, self.env_id, environment_kwargs)

    def _check_id(self) -> None:
        env_ids = _import_envpool(self.env_id).list_all_envs()
        if self.env_id not in env_ids:
            nearest = get_close_matches(self.env_id, env_ids, n=3, cutoff=0.4)
            hint = f" The nearest are {', '.join(nearest)}." if nearest else ""
            raise ConfigError(f"task.env_id is {self.env_id!r}; envpool has no such environment.{hint}")

    def _make_first(self, environment_kwargs: dict[str, Any]) -> Any:
        for name in environment_kwargs:
            if name in _RESERVED_KWARGS:
                raise ConfigError(f"task.env_kwargs names {name!r}, which is not the environment's to take.")
        try:
            return make_envpool_environment(self.env_id, environment_kwargs)
        except Exception as error:
            problem = str(error).partition("\n")[0]  # a signature of C++ follows
            raise ConfigError(
                f"task.env_id is {self.env_id!r} with task.env_kwargs {environment_kwargs}; it cannot be "
                f"made, {type(error).__name__}: {problem}"
            ) from error

    def _read_registration(self) -> tuple[int | None, float | None]:
        spec = _make_spec(self.env_id, {})
        limit, threshold = spec.config.max_episode_steps, spec.reward_threshold
        return (limit if limit < _MAX_LIMIT else None), threshold


def make_envpool_environment(env_id: str, env_kwargs: dict[str, Any]) -> Any:
    """Return an environment with Gymnasium's methods, which each reset makes anew in envpool."""
    return _define_environment()(env_id, env_kwargs)


def _import_envpool(env_id: str) -> Any:
    """Import the package; ConfigError where it is missing or cannot be loaded."""
    try:
        import envpool
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"task.env_id is {env_id!r}; task=envpool needs a package that is not here ({error}): "
            "pip install envpool (0.8 GB)"
        ) from error
    except Exception as error:
        raise ConfigError(
            f"task.env_id is {env_id!r}; the package envpool cannot be loaded, {type(error).__name__}: "
            f"{error}"
        ) from error
    return envpool


def _make_spec(env_id: str, env_kwargs: dict[str, Any]) -> Any:
    return _import_envpool(env_id).make_spec(env_id, **env_kwargs)


@contextmanager
def _suppress_warnings() -> Iterator[None]:
    """Suppress warnings: envpool makes a space each time that it is read, with bounds that float32 rounds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def _define_environment() -> Any:
    """Return the class of environments, which is defined late since it derives from a class of Gymnasium."""
    import gymnasium

    class EnvpoolEnvironment(gymnasium.Env[Any, Any]):
        """One environment of envpool, whose batch of one it takes apart."""

        def __init__(self, env_id: str, env_kwargs: dict[str, Any]) -> None:
            self._env_id, self._env_kwargs = env_id, env_kwargs
            self._batch: Any = None  # of one environment; None before a reset and behind an end
            with _suppress_warnings():
                spec = _make_spec(env_id, env_kwargs)
                self.observation_space = _remove_wrong_bounds(spec.gymnasium_observation_space)
                self.action_space = spec.gymnasium_action_space

        def reset(
            self, *, seed: int | None = None, options: dict[str, Any] | None = None
        ) -> tuple[Any, dict[str, Any]]:
            """Make the environment of this seed, which is needed, and return its first observation."""
            self._batch = None  # its threads end before others start
            with _suppress_warnings():
                self._batch = _import_envpool(self._env_id).make_gymnasium(
                    self._env_id, num_envs=1, num_threads=1, seed=seed, max_episode_steps=_MAX_LIMIT,
                    **self._env_kwargs,
                )  # fmt: skip
                return _take_first(self._batch.reset()[0]), {}

        def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
            """Take the action; RuntimeError behind an end, where envpool would start another episode."""
            if self._batch is None:
                raise RuntimeError("a step follows the end of an episode; reset comes first.")
            observations, rewards, terminated, truncated, _ = self._batch.step(np.asarray(action)[None])
            if terminated[0] or truncated[0]:
                self._batch = None
            return _take_first(observations), float(rewards[0]), bool(terminated[0]), bool(truncated[0]), {}

        def close(self) -> None:
            """End the environment and its threads; a second call does nothing."""
            self._batch = None

    return EnvpoolEnvironment


def _take_first(observations: Any) -> Any:
    """Return the observation of the first environment of a batch."""
    if isinstance(observations, Mapping):
        return {name: _take_first(values) for name, values in observations.items()}
    return observations[0]


def _remove_wrong_bounds(space: Any) -> Any:
    """Return the space with infinite bounds where envpool states the smallest and the largest float.

    That is its default for an unknown bound, such as those of BipedalWalker, and no observation keeps to it.
    """
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        return spaces.Dict({name: _remove_wrong_bounds(part) for name, part in space.spaces.items()})
    if not isinstance(space, spaces.Box) or space.dtype.kind != "f":
        return space
    limits = np.finfo(space.dtype)
    low = np.where(space.low == limits.tiny, -np.inf, space.low)
    high = np.where(space.high == limits.max, np.inf, space.high)
    return spaces.Box(low, high, space.shape, space.dtype)
