"""Wrappers around an environment, by name and with plain arguments: `task.wrappers`.

The allowed wrappers of Gymnasium change observations, actions or rewards, and an episode remains a function
of its seed and its actions: what they remember, a reset forgets. A wrapper that normalizes by statistics of
all that it has met is refused, as every score would depend on the episodes before. So are those that belong
to another loop than ours. Wrappers of one's own come from a file of `plugins=[...]` or from an announced
package, and must forget at a reset likewise.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from wannsearch.core.errors import ConfigError, describe_error, not_allowed_error
from wannsearch.core.plugin_files import import_from_plugin
from wannsearch.core.settings import format_value
from wannsearch.tasks.plain_arguments import check_plain_values

_KEY = "task.wrappers"
_ALLOWED_NAMES = (
    "ClipAction",
    "ClipReward",
    "DelayObservation",
    "DiscretizeAction",
    "DiscretizeObservation",
    "FilterObservation",
    "FlattenObservation",
    "FrameStackObservation",
    "GrayscaleObservation",
    "MaxAndSkipObservation",
    "RepeatAction",
    "RescaleAction",
    "RescaleObservation",
    "ReshapeObservation",
    "ResizeObservation",
    "StickyAction",
    "TimeAwareObservation",
)
_RUNNING_STATISTICS = "it keeps statistics over resets, so a score would depend on what was played before"
_REASON_BY_STATEFUL_NAME = {
    "NormalizeObservation": f"{_RUNNING_STATISTICS}; task.scale_observations=true uses the bounds instead",
    "NormalizeReward": _RUNNING_STATISTICS,
    "Autoreset": "it starts another episode inside of one",
}
"""Wrappers of Gymnasium whose subclasses are refused, too."""
_NEEDS_FUNCTION = "it takes a function; write a wrapper of your own, and load its file with plugins=[FILE.py]"
_NEEDS_PICTURES = "it renders, and a search draws nothing"
_IS_BUILT_IN = "it changes no score"
_REASON_BY_NAME = {
    **_REASON_BY_STATEFUL_NAME,
    "TimeLimit": "task.horizon is the limit of steps",
    "TransformAction": _NEEDS_FUNCTION,
    "TransformObservation": _NEEDS_FUNCTION,
    "TransformReward": _NEEDS_FUNCTION,
    "AddRenderObservation": _NEEDS_PICTURES,
    "AddWhiteNoise": _NEEDS_PICTURES,
    "HumanRendering": _NEEDS_PICTURES,
    "ObstructView": _NEEDS_PICTURES,
    "RecordVideo": _NEEDS_PICTURES,
    "RenderCollection": _NEEDS_PICTURES,
    "DtypeObservation": "observations become float64 anyway",
    "OrderEnforcing": _IS_BUILT_IN,
    "PassiveEnvChecker": _IS_BUILT_IN,
    "RecordEpisodeStatistics": _IS_BUILT_IN,
}
_LIST_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "max_action": np.asarray,
    "max_obs": np.asarray,
    "min_action": np.asarray,
    "min_obs": np.asarray,
    "repeat_action_duration": tuple,
    "shape": tuple,
}
"""What Gymnasium wants in the place of a list, which is all that a config can hold."""


@dataclass(frozen=True)
class EnvironmentWrapper:
    """A wrapper's class and arguments; both can be pickled, so a worker makes the same."""

    key: str  # its place in the settings
    wrapper_class: type[Any]
    arguments: dict[str, Any]


def make_wrappers(items: tuple[Any, ...]) -> tuple[EnvironmentWrapper, ...]:
    """Return the wrappers of `task.wrappers`; an item is a name, or a group of a name and arguments.

    Raise ConfigError for another item, a name or an argument that does not exist, and a wrapper that is not
    allowed.
    """
    return tuple(_make_wrapper(f"{_KEY}[{index}]", item) for index, item in enumerate(items))


def wrap_environment(environment: Any, wrappers: tuple[EnvironmentWrapper, ...], horizon: int) -> Any:
    """Put the wrappers around an environment, the first one innermost; `horizon` is the limit they know of.

    Raise ConfigError where a wrapper does not fit; the environment is closed then.
    """
    if not wrappers:
        return environment
    core = environment.unwrapped
    if core.spec is not None:
        core.spec.max_episode_steps = (
            horizon  # for TimeAwareObservation; `make` has copied the registered one
        )
    for wrapper in wrappers:
        try:
            with warnings.catch_warnings():  # about bounds that lose digits
                warnings.simplefilter("ignore")
                environment = wrapper.wrapper_class(environment, **wrapper.arguments)
        except Exception as error:
            with suppress(Exception):
                environment.close()
            raise _wrapping_error(wrapper, environment, error) from error
    return environment


def _wrapping_error(wrapper: EnvironmentWrapper, environment: Any, error: Exception) -> ConfigError:
    """Return the error that names the wrapper, what it was put around, and the cause."""
    name = wrapper.wrapper_class.__name__
    if isinstance(error, ImportError) or type(error).__name__ == "DependencyNotInstalled":
        return ConfigError(f"{wrapper.key} is {name}; it needs a package that is not here: {error}")
    return ConfigError(
        f"{wrapper.key} is {name} with {wrapper.arguments}; it does not fit "
        f"{type(environment).__name__}, {describe_error(error)}"
    )


def _make_wrapper(key: str, item: Any) -> EnvironmentWrapper:
    group = {"name": item} if isinstance(item, str) else item
    if not isinstance(group, dict) or not isinstance(group.get("name"), str):
        raise ConfigError(
            f"{key} is {format_value(item)}; it must be a name, or a group {{name: NAME, ARGUMENT: VALUE}}."
        )
    name = group["name"]
    arguments = {argument: value for argument, value in group.items() if argument != "name"}
    wrapper_class = (
        _import_wrapper(f"{key}.name", name) if "." in name else _find_wrapper(f"{key}.name", name)
    )
    check_plain_values(key, arguments)
    _check_names(key, wrapper_class, arguments)
    if "." not in name:
        for argument, value in arguments.items():
            if isinstance(value, list) and argument in _LIST_CONVERSIONS:
                arguments[argument] = _LIST_CONVERSIONS[argument](value)
    return EnvironmentWrapper(key, wrapper_class, arguments)


def _find_wrapper(key: str, name: str) -> type[Any]:
    """Return the wrapper of Gymnasium with this name; ConfigError unless it is allowed."""
    from gymnasium import wrappers

    if name in _REASON_BY_NAME:
        raise ConfigError(f"{key} is {name!r}, which is not allowed: {_REASON_BY_NAME[name]}.")
    if name not in _ALLOWED_NAMES:
        raise not_allowed_error(key, name, [*_ALLOWED_NAMES, "plugin.FILE.CLASS"])
    wrapper_class: type[Any] = getattr(wrappers, name)
    return wrapper_class


def _import_wrapper(key: str, name: str) -> type[Any]:
    """Import a wrapper of a plugin; ConfigError unless it is one, and none that a name would refuse."""
    import gymnasium

    wrapper_class: type[Any] = import_from_plugin(name, key)
    is_wrapper = isinstance(wrapper_class, type) and issubclass(wrapper_class, gymnasium.Wrapper)
    if not is_wrapper or f"{wrapper_class.__module__}.{wrapper_class.__qualname__}" != name:
        raise ConfigError(f"{key} is {name!r}; it must name a gymnasium.Wrapper where it is defined.")
    for base in wrapper_class.__mro__:
        if base.__module__.startswith("gymnasium.") and base.__name__ in _REASON_BY_STATEFUL_NAME:
            raise ConfigError(
                f"{key} is {name!r}, a {base.__name__}, which is not allowed: "
                f"{_REASON_BY_STATEFUL_NAME[base.__name__]}."
            )
    return wrapper_class


def _check_names(key: str, wrapper_class: type[Any], arguments: dict[str, Any]) -> None:
    """Raise ConfigError for an argument that the constructor does not take, or that is missing."""
    parameters = list(inspect.signature(wrapper_class).parameters.values())[1:]  # without the environment
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    names = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
    for argument in arguments:
        if argument not in names:
            nearest = get_close_matches(str(argument), names, n=1)
            hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
            raise ConfigError(
                f"{key} has no argument {argument!r}; allowed: {', '.join(names) or 'none'}.{hint}"
            )
    for parameter in parameters:
        is_needed = parameter.default is parameter.empty and parameter.name in names
        if is_needed and parameter.name not in arguments:
            raise ConfigError(
                f"{key} lacks {parameter.name!r}; write {{name: {wrapper_class.__name__}, "
                f"{parameter.name}: VALUE}}."
            )
