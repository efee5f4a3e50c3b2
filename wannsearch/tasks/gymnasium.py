"""Any environment that is registered with Gymnasium and whose spaces are supported (`spaces`).

An episode's environment is reset with the low 31 bits of the episode's seed, since many environments accept
no more. A small seed is unchanged by this. Two of n episodes get the same start with probability n^2 /
2^32, which is 1 in 10 000 for 600. With small seeds the final test resets with 0, 1, 2 ... instead.

The return is the sum of rewards until the episode ends, at the latest after `horizon` steps; this limit
replaces the environment's own time limit. An output that is NaN, or infinite where a Box has no bound, fails
its episode, and the environment never receives it.
"""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, UInt64Array
from wannsearch.core.errors import ConfigError, check_at_least, describe_error
from wannsearch.core.ports import Ports
from wannsearch.core.protocols import TaskState
from wannsearch.core.settings import convert_fields
from wannsearch.core.streams import Role, make_stream
from wannsearch.core.tasks.environment_task import EnvironmentTask
from wannsearch.tasks.env_wrappers import EnvironmentWrapper, make_wrappers, wrap_environment
from wannsearch.tasks.environment_pool import EnvironmentPool, PooledEpisode, close_quietly
from wannsearch.tasks.plain_arguments import check_plain_values
from wannsearch.tasks.port_names import find_input_names, find_output_names
from wannsearch.tasks.registrations import find_registration
from wannsearch.tasks.rendering import RENDER_MODE, Rendering, read_rendering
from wannsearch.tasks.replayable_env import (
    fail_replayable_episode,
    start_replayable_episode,
    step_replayable_episode,
)
from wannsearch.tasks.reusable_environments import can_reuse_environment
from wannsearch.tasks.spaces import ActionDecoder, make_action_decoder, make_observation_encoder
from wannsearch.tasks.starts import ResetSeeds, small_seeds

_NUM_SEEDS = 2**31
_REFUSED_IDS = ("GymV21Environment-v0", "GymV26Environment-v0")
_RESERVED_KWARGS = ("id", "max_episode_steps", "disable_env_checker", "render_mode")
_EXTRA_BY_MODULE = {"box2d": "wannsearch[box2d]", "mujoco": "wannsearch[mujoco]"}


def make_environment(env_id: str, env_kwargs: dict[str, Any]) -> Any:
    """Make a new environment without a time limit; warnings are suppressed, errors are raised.

    Gymnasium's check that `reset` comes before `step` is left out: it costs as much as a forward pass.
    """
    import gymnasium

    registered = copy.copy(find_registration(env_id))
    registered.order_enforce = False
    _silence_mujoco(str(registered.entry_point))
    with warnings.catch_warnings():  # about old versions and about wrappers that are left out
        warnings.simplefilter("ignore")
        return gymnasium.make(registered, max_episode_steps=-1, disable_env_checker=True, **env_kwargs)


def _silence_mujoco(entry_point: str) -> None:
    """Keep MuJoCo from printing each warning and from writing MUJOCO_LOG.TXT into the current folder."""
    if ".mujoco." in entry_point:
        with suppress(ImportError):  # which making the environment reports
            import_module("mujoco").set_mju_user_warning(_ignore_warning)


def _ignore_warning(_message: object) -> None:
    pass


def make_wrapped_environment(
    make_environment: Callable[[], Any], wrappers: tuple[EnvironmentWrapper, ...], horizon: int
) -> Any:
    """Make a new environment and put it into its wrappers."""
    return wrap_environment(make_environment(), wrappers, horizon)


@dataclass(frozen=True, kw_only=True)
class Gymnasium(EnvironmentTask):
    """A task whose episodes run in live environments (`environment_pool`).

    The constructor makes one environment to read its spaces, and closes it. It raises ConfigError where that
    fails, where the spaces are not supported, or where no horizon is known.
    """

    env_id: str
    episodes: int
    horizon: int | None  # steps; None becomes the environment's own limit
    env_kwargs: Any = field(hash=False)  # constructor arguments of plain values, or None
    wrappers: tuple[Any, ...] = field(hash=False)  # names, or groups of a name and arguments
    scale_observations: bool  # finite bounds of a Box below 1,000,000 become -1 and 1
    start_states: ResetSeeds
    input_names: tuple[str, ...] | None  # None: those of `port_names`, if there are any
    output_names: tuple[str, ...] | None
    activations: tuple[str, ...]
    score_name: ClassVar[str] = "return"
    _ports: Ports = field(init=False, repr=False, compare=False)
    _environment_pool: EnvironmentPool = field(init=False, repr=False, compare=False)
    _action_decoder: ActionDecoder = field(init=False, repr=False, compare=False)
    _rendering: Rendering = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        convert_fields(self)
        check_at_least("task.episodes", self.episodes, 1)
        if self.horizon is not None:
            check_at_least("task.horizon", self.horizon, 1)
        environment_kwargs = _check_kwargs({} if self.env_kwargs is None else self.env_kwargs)
        wrappers = make_wrappers(self.wrappers)
        self._check_id()
        horizon = self.horizon or self._find_horizon()
        environment = wrap_environment(self._make_first(environment_kwargs), wrappers, horizon)
        try:
            _check_reset(environment, self.env_id)
            encoder = make_observation_encoder(
                _read_space(environment, "observation_space", self.env_id),
                self.env_id,
                self.scale_observations,
            )
            decoder = make_action_decoder(_read_space(environment, "action_space", self.env_id), self.env_id)
            is_reusable = can_reuse_environment(environment)
            rendering = read_rendering(environment)
        finally:
            close_quietly(environment)
        ports = Ports(
            encoder.num_inputs,
            decoder.num_outputs,
            self.activations,
            find_input_names(self.env_id, encoder.num_inputs)
            if self.input_names is None
            else self._check_names("input", self.input_names, encoder.num_inputs),
            find_output_names(self.env_id, decoder.num_outputs)
            if self.output_names is None
            else self._check_names("output", self.output_names, decoder.num_outputs),
        )
        attributes = {
            "horizon": horizon,
            "_ports": ports,
            "_action_decoder": decoder,
            "_rendering": rendering,
            "_environment_pool": EnvironmentPool(
                partial(
                    make_wrapped_environment,
                    self._bind_environment_maker(environment_kwargs),
                    wrappers,
                    horizon,
                ),
                self.env_id,
                encoder,
                is_reusable,
            ),
        }
        for name, value in attributes.items():
            object.__setattr__(self, name, value)  # properties of the environment, on a frozen dataclass

    def _bind_environment_maker(self, environment_kwargs: dict[str, Any]) -> Callable[[], Any]:
        """Return a function without arguments, which can be pickled, that makes a new environment.

        A task of one environment may change what it makes, beneath all other wrappers.
        """
        return partial(make_environment, self.env_id, environment_kwargs)

    def _check_id(self) -> None:
        """Raise ConfigError unless there is an environment of this id, and its id loads no other code."""
        _check_registered(self.env_id)

    def _make_first(self, environment_kwargs: dict[str, Any]) -> Any:
        """Make the first environment; raise ConfigError where it fails."""
        return _make_registered(self.env_id, environment_kwargs)

    def _read_registration(self) -> tuple[int | None, float | None]:
        """Return the limit of steps and the threshold of the environment, each None if it has none."""
        registered = find_registration(self.env_id)
        return registered.max_episode_steps, registered.reward_threshold

    def _find_horizon(self) -> int:
        limit, _ = self._read_registration()
        if limit is None:
            raise ConfigError(
                f"task.horizon is null and {self.env_id} has no limit of its own; give task.horizon=..."
            )
        return int(limit)

    def _check_names(self, port: str, names: tuple[str, ...], num_ports: int) -> tuple[str, ...]:
        """Return the names unchanged; ConfigError unless there are none, or one for each input or output."""
        if len(names) not in (0, num_ports):
            raise ConfigError(
                f"task.{port}_names has {len(names)} names; {self.env_id} has {num_ports} {port}s. "
                "null takes the known names, [] takes none."
            )
        return names

    @property
    def ports(self) -> Ports:
        """Return the inputs that `ObservationEncoder` makes, and the outputs that `ActionDecoder` takes."""
        return self._ports

    @property
    def solved_score(self) -> float | None:
        """Return the threshold that is registered for the environment; None with settings of one's own."""
        limit, threshold = self._read_registration()
        is_as_registered = not self.env_kwargs and not self.wrappers and self.horizon == limit
        return float(threshold) if is_as_registered and threshold is not None else None

    @property
    def step_s(self) -> float | None:
        """Return the seconds that a step lasts, by the frames a second in the environment's metadata."""
        return self._rendering.step_s

    def make_rendering_task(self) -> Gymnasium | None:
        """Return a copy with environments that draw images; None where this one's metadata name no such mode.

        No window is opened.
        """
        if not self._rendering.has_images:
            return None
        assert self.horizon is not None  # the constructor has set it
        environment_kwargs = {**(self.env_kwargs or {}), "render_mode": RENDER_MODE}
        pool = EnvironmentPool(
            partial(
                make_wrapped_environment,
                self._bind_environment_maker(environment_kwargs),
                make_wrappers(self.wrappers),
                self.horizon,
            ),
            self.env_id,
            self._environment_pool.encoder,
            self._environment_pool.is_reusable,
        )
        task = copy.copy(self)
        object.__setattr__(task, "_environment_pool", pool)
        return task

    def episode_seeds(self, seed: int, role: Role, generation: int, episodes: int) -> UInt64Array:
        """Return seeds (R,) for this role and generation, by `small_seeds` or from a stream of the run."""
        if self.start_states is ResetSeeds.SMALL_SEEDS:
            return small_seeds(seed, role, generation, episodes)
        return make_stream(seed, role, generation).random_words(episodes, 1)[:, 0]

    def reset(self, seeds: UInt64Array) -> TaskState:
        """Start episodes from seeds (R,); return episode states (R,) and observations (R, 1, I).

        Raise EvaluationFailed where the environment fails.
        """
        episode_states = np.empty(len(seeds), object)
        observations = np.empty((len(seeds), 1, self.ports.inputs))
        for lane, seed in enumerate(seeds.tolist()):
            episode_states[lane] = start_replayable_episode(
                self._environment_pool, seed % _NUM_SEEDS, observations[lane, 0]
            )
        return episode_states, observations

    def start_episode(self, seed: int, observation: FloatArray) -> PooledEpisode:
        """Start the episode of this seed in a live environment and fill the first observation (I,).

        Raise EvaluationFailed where the environment fails.
        """
        return self._environment_pool.start_episode(seed % _NUM_SEEDS, observation)

    def decode_actions(self, outputs: FloatArray) -> tuple[list[Any], list[bool]]:
        """Convert outputs (L, O) to L actions and L flags, True where the action is valid."""
        return self._action_decoder.decode(outputs)

    def observe(self, state: TaskState) -> FloatArray:
        """Return the observations (L, 1, I) float64 that the state holds."""
        observations: FloatArray = state[1]
        return observations

    def step(self, state: TaskState, outputs: FloatArray) -> tuple[TaskState, FloatArray, BoolArray]:
        """Step with outputs (L, 1, O); return the next state, rewards (L,) and done (L,).

        Lanes that have ended stay as they are, with reward 0. A lane with invalid outputs ends with the
        reward NaN. Raise EvaluationFailed where an environment fails.
        """
        previous_states, observations = state
        episode_states, observations, reward = (
            previous_states.copy(),
            observations.copy(),
            np.zeros(len(previous_states)),
        )
        done = np.ones(len(previous_states), bool)
        assert self.horizon is not None
        actions, valid = self._action_decoder.decode(outputs[:, 0])
        for lane, episode_state in enumerate(previous_states.tolist()):
            if episode_state.done:
                continue
            if valid[lane]:
                episode_states[lane], reward[lane] = step_replayable_episode(
                    self._environment_pool, episode_state, actions[lane], self.horizon, observations[lane, 0]
                )
            else:
                episode_states[lane] = fail_replayable_episode(episode_state)
                reward[lane] = np.nan
            done[lane] = episode_states[lane].done
        return (episode_states, observations), reward, done

    def describe_ending(self, state: tuple[Any, ...]) -> str:
        """Return "terminated", "truncated" by the environment, "horizon" of the task, or "failed"."""
        ending: str = state[0].ending
        return ending


def _check_reset(environment: Any, env_id: str) -> None:
    """Raise ConfigError if `reset` of the environment or of a wrapper lacks Gymnasium's two arguments."""
    layer = environment
    while layer is not None:
        try:
            parameters = inspect.signature(layer.reset).parameters
        except (TypeError, ValueError):
            return  # compiled code may hide its arguments; an episode meets what is wrong with them
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
        missing = [name for name in ("seed", "options") if name not in parameters and not takes_any]
        if missing:
            raise ConfigError(
                f"task.env_id is {env_id!r}; reset of {type(layer).__name__} takes no {missing[0]!r}; "
                "Gymnasium's is reset(self, *, seed=None, options=None)."
            )
        layer = None if layer is environment.unwrapped else getattr(layer, "env", None)


def _read_space(environment: Any, name: str, env_id: str) -> Any:
    """Return the space of this name; raise ConfigError where the environment has none."""
    try:
        return getattr(environment, name)
    except Exception as error:
        raise ConfigError(
            f"task.env_id is {env_id!r}; it has no {name}, {describe_error(error)}; its class or its "
            "constructor must set it."
        ) from error


def _check_registered(env_id: str) -> None:
    """Raise ConfigError unless an environment of this id is registered, and its id loads no other code."""
    if ":" in env_id:
        raise ConfigError(
            f"task.env_id is {env_id!r}; an id with ':' would import code. Write a file that registers the "
            "environment, load it with plugins=[FILE.py], and name its plain id."
        )
    if env_id in _REFUSED_IDS:
        raise ConfigError(f"task.env_id is {env_id!r}; it loads other code by name and is not played.")
    find_registration(env_id)


def _make_registered(env_id: str, env_kwargs: dict[str, Any]) -> Any:
    """Make the first environment of this id; raise ConfigError where it fails."""
    import gymnasium

    try:
        return make_environment(env_id, env_kwargs)
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        entry = str(find_registration(env_id).entry_point)
        package_extra = next(
            (
                extra_name
                for module_name, extra_name in _EXTRA_BY_MODULE.items()
                if f".{module_name}" in entry
            ),
            None,
        )
        instruction = f"pip install '{package_extra}'" if package_extra else str(error)
        raise ConfigError(
            f"task.env_id is {env_id!r}; it needs a package that is not here: {instruction}"
        ) from error
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"task.env_id is {env_id!r} with task.env_kwargs {env_kwargs}; it cannot be made, "
            f"{describe_error(error)}"
        ) from error


def _check_kwargs(env_kwargs: Any) -> dict[str, Any]:
    """Return the arguments unchanged; raise ConfigError unless they map allowed names to plain values."""
    if not isinstance(env_kwargs, dict):
        raise ConfigError(f"task.env_kwargs is {env_kwargs!r}; it must be a group of keys, or null.")
    for name in env_kwargs:
        if not isinstance(name, str) or name in _RESERVED_KWARGS:
            raise ConfigError(f"task.env_kwargs names {name!r}, which is not the environment's to take.")
    check_plain_values("task.env_kwargs", env_kwargs)
    return env_kwargs
