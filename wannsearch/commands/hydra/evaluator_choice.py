"""The evaluator of a composition: the fastest that fits takes the place of `auto`, a named one is checked.

A config is composed twice. The first composition leaves out the settings of the evaluator, and finds the
classes of method and task. No object is made and no data is read. Every option of the config group
`evaluator` names a class, which states what it can evaluate and how fast it is (`core.protocols.Evaluator`).
In the second composition the chosen option stands where `auto` stood. So `evaluator.threads=1` is a
setting of the chosen evaluator, and experiments and the command line override as before.

Nothing is refused here, since a config may be composed to be shown, or to be completed by the jobs of a
sweep. What does not fit stands among the choices of the composition, and the job raises it
(`read_choices`). A class that cannot be loaded is left to the job too, which reports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.defaults_list import create_defaults_list
from hydra.core.default_element import GroupDefault, ResultDefault
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.commands.hydra.build import TARGET, load_class
from wannsearch.core.candidates import accepted_candidate_type
from wannsearch.core.errors import not_allowed_error

AUTO = "auto"
"""The option of the group `evaluator` that stands for the fastest one that fits."""

_GROUP = "evaluator"
_TARGET_KEYS = tuple(f"{group}.{TARGET}" for group in ("task", "method", _GROUP))
_CHOSEN_KEY = "evaluator_chosen_by_auto"
_REFUSAL_KEY = "evaluator_refusal"


@dataclass(frozen=True)
class EvaluatorChoice:
    """The record of a choice, which travels with the composed config."""

    option: str | None  # the option that `auto` became; None if the evaluator was named, or none fits
    refusal: str | None  # one line; None if the evaluator fits

    def describe(self) -> str | None:
        """Return the words that name the option that `auto` became, or None if the evaluator was named."""
        return None if self.option is None else f"{_GROUP}={AUTO} chose {self.option}"


@dataclass(frozen=True)
class _Pairing:
    """The candidates and the task that an evaluator has to fit."""

    candidate_type: type[Any]
    candidate_source: str  # what brings such candidates, as the beginning of a sentence
    task: str  # option of the group `task`
    task_type: type[Any]

    def is_fit(self, evaluator_type: type[Any]) -> bool:
        """Return whether this evaluator accepts the candidates and can evaluate on the task."""
        return self.is_accepted_by(evaluator_type) and _can_evaluate(evaluator_type, self.task_type)

    def is_accepted_by(self, evaluator_type: type[Any]) -> bool:
        """Return whether this evaluator accepts the candidates, on whatever task."""
        return accepted_candidate_type(evaluator_type) is self.candidate_type


def choose_evaluator(
    config_name: str, overrides: list[Override], repository: CachingConfigRepository
) -> list[Override]:
    """Put the fastest evaluator that fits at the place of `auto` in the configs of this repository.

    Returns the overrides of the second composition, in which a typed `evaluator=auto` has its value replaced.
    """
    accept_settings(overrides, repository)
    for override in overrides:
        if _is_setting(override) and override.package is not None and override.value() == AUTO:
            allowed = set(repository.get_group_options(_GROUP)) - {AUTO}
            refusal = str(not_allowed_error(override.package, AUTO, allowed))
            _record_choice(EvaluatorChoice(None, refusal), config_name, repository)
            return overrides
    try:
        config, options = _compose_without_settings(config_name, overrides, repository)
    except (HydraException, OmegaConfBaseException):
        return overrides  # the second composition raises the same error
    name = options.get(_GROUP)
    try:
        pairing = _load_pairing(config, options)
        evaluator_type = None if name == AUTO else _load_chosen_class(config, _GROUP)
    except Exception:  # whatever an import may raise: the job imports the class again, and reports it
        return overrides
    if evaluator_type is not None and pairing.is_fit(evaluator_type):
        return overrides
    fitting = _list_fitting(pairing, repository)
    if name == AUTO and fitting:
        _record_choice(EvaluatorChoice(fitting[0], None), config_name, repository)
        return _replace_auto(fitting[0], overrides, repository)
    if not any(override.is_sweep_override() for override in overrides):  # else the jobs decide
        refusal = _describe_refusal(name, evaluator_type, pairing, fitting, repository)
        _record_choice(EvaluatorChoice(None, refusal), config_name, repository)
    return overrides


def accept_settings(overrides: Sequence[Override], repository: CachingConfigRepository) -> None:
    """Give the option `auto` every key of the evaluator that the command line sets.

    Where `auto` stays in a composition, the composition shows these keys, and fails for no other reason than
    it would without them.
    """
    auto = repository.load_config(f"{_GROUP}/{AUTO}")
    assert auto is not None  # the option is part of the package
    settings = [
        override for override in overrides if _is_setting(override) and not override.is_sweep_override()
    ]
    packages = dict.fromkeys(override.package for override in settings if override.package is not None)
    auto.defaults_list = [
        GroupDefault(group=f"/{_GROUP}", package=package.removeprefix(f"{_GROUP}."), value=None)
        for package in packages
    ]
    for override in settings:
        if override.package is None:
            key = override.key_or_group.removeprefix(f"{_GROUP}.")
            with suppress(OmegaConfBaseException):  # the second composition raises the same error
                OmegaConf.update(auto.config, key, None, force_add=True)


def read_choices(choices: Mapping[str, Any]) -> tuple[EvaluatorChoice, dict[str, str]]:
    """Return the record in the choices of a composed config, and the other choices: group -> option."""
    record = EvaluatorChoice(choices.get(_CHOSEN_KEY), choices.get(_REFUSAL_KEY))
    return record, {
        str(group): str(option)
        for group, option in choices.items()
        if group not in (_CHOSEN_KEY, _REFUSAL_KEY)
    }


def _is_setting(override: Override) -> bool:
    """Return whether the override sets a key of the evaluator, or a part of it such as `inner`."""
    place = override.package if override.key_or_group == _GROUP else override.key_or_group
    return place is not None and place.startswith(f"{_GROUP}.")


def _compose_without_settings(
    config_name: str, overrides: Sequence[Override], repository: CachingConfigRepository
) -> tuple[DictConfig, dict[str, str | None]]:
    """Compose the part of the config that names classes, and return it with group -> option."""
    defaults = create_defaults_list(
        repo=repository,
        config_name=config_name,
        overrides_list=[override for override in overrides if not _is_setting(override)],
        prepend_hydra=True,
        skip_missing=True,
    )
    config = OmegaConf.create()
    for default in defaults.defaults:
        _merge_config(default, config, repository)
    for override in overrides:
        if override.key_or_group in _TARGET_KEYS and not override.is_sweep_override():
            OmegaConf.update(config, override.key_or_group, override.value(), force_add=True)
    return config, defaults.overrides.known_choices


def _merge_config(default: ResultDefault, config: DictConfig, repository: CachingConfigRepository) -> None:
    """Merge the config of this entry into `config`, copied: the second composition reads the original."""
    assert default.config_path is not None  # an entry of a finished defaults list
    if default.config_path.startswith("hydra/"):
        return
    loaded = repository.load_config(default.config_path)
    assert loaded is not None  # the defaults list was built from it
    package = default.package or ""
    part = OmegaConf.create() if package else loaded.config
    if package:
        OmegaConf.update(part, package, loaded.config, merge=False)
    config.merge_with(part)


def _load_pairing(config: DictConfig, options: dict[str, str | None]) -> _Pairing:
    """Load the classes of method and task. A command without a method evaluates the network of a file."""
    method = options.get("method")
    candidate_type = accepted_candidate_type(None if method is None else _load_chosen_class(config, "method"))
    source = "a network file holds" if method is None else f"method={method} proposes"
    return _Pairing(
        candidate_type, source, str(options.get("task")), task_type=_load_chosen_class(config, "task")
    )


def _load_chosen_class(config: DictConfig, group: str) -> type[Any]:
    return load_class(group, str(OmegaConf.select(config, f"{group}.{TARGET}")), group)


def _load_option_classes(group: str, repository: CachingConfigRepository) -> dict[str, type[Any]]:
    """Map each option of the group to its class, without options that name none themselves.

    An option may take another one into its defaults and change keys of it; it is a choice for a person. A
    broken option is no choice at all; if it is named, the job says what is wrong with it.
    """
    classes = {}
    for option in repository.get_group_options(group):
        with suppress(Exception):  # whatever reading its file or importing its class may raise
            loaded = repository.load_config(f"{group}/{option}")
            assert loaded is not None  # it is in the list of options
            classes[option] = load_class(group, loaded.config[TARGET], group)
    return classes


def _can_evaluate(evaluator_type: Any, task_type: type[Any]) -> bool:
    return not hasattr(evaluator_type, "can_evaluate") or evaluator_type.can_evaluate(task_type)


def _list_fitting(pairing: _Pairing, repository: CachingConfigRepository) -> list[str]:
    """List the options that fit, the fastest first; of equally fast ones that named like its module first."""

    def order(option: str) -> tuple[int, bool, str]:
        evaluator_type = classes[option]
        is_variant = evaluator_type.__module__.rpartition(".")[2] != option
        return -getattr(evaluator_type, "speed_rank", 0), is_variant, option

    classes = _load_option_classes(_GROUP, repository)
    return sorted((option for option, cls in classes.items() if pairing.is_fit(cls)), key=order)


def _replace_auto(
    option: str, overrides: Sequence[Override], repository: CachingConfigRepository
) -> list[Override]:
    """Replace `auto` in the defaults of all loaded configs, and in the overrides, which stay as typed."""
    for loaded in repository.cache.values():
        for default in (loaded.defaults_list or []) if loaded is not None else []:
            if (
                isinstance(default, GroupDefault)
                and str(default.group).lstrip("/") == _GROUP
                and str(default.package or _GROUP).removeprefix("_global_.") == _GROUP
                and default.value == AUTO
            ):
                default.value = option
    return [
        replace(override, _value=option)
        if override.get_key_element() == _GROUP and not override.is_sweep_override()
        and override.value() == AUTO
        else override
        for override in overrides
    ]  # fmt: skip


def _record_choice(choice: EvaluatorChoice, config_name: str, repository: CachingConfigRepository) -> None:
    """Write the record into the primary config of this composition, among the choices that Hydra keeps."""
    primary_config = repository.load_config(config_name)
    assert primary_config is not None  # the primary config is part of the package
    record = {_CHOSEN_KEY: choice.option, _REFUSAL_KEY: choice.refusal}
    OmegaConf.update(primary_config.config, "hydra.runtime.choices", record, force_add=True)


def _describe_refusal(
    name: str | None,
    evaluator_type: type[Any] | None,
    pairing: _Pairing,
    fitting: Sequence[str],
    repository: CachingConfigRepository,
) -> str:
    """Return one line: what does not fit what, and which evaluators, or else which tasks, would fit."""
    proposal = f"{pairing.candidate_source} {_name_candidates(pairing.candidate_type)}"
    if not fitting:
        return f"{proposal}, which no evaluator takes{_describe_other_tasks(pairing, repository)}."
    assert evaluator_type is not None  # `auto` is refused only where nothing fits
    accepted = _name_candidates(accepted_candidate_type(evaluator_type))
    reason = (
        f"evaluator={name} cannot evaluate on task={pairing.task}"
        if pairing.is_accepted_by(evaluator_type)
        else f"evaluator={name} takes {accepted}, and {proposal}"
    )
    return f"{reason}; allowed: {', '.join(f'{_GROUP}={option}' for option in fitting)}."


def _name_candidates(candidate_type: type[Any]) -> str:
    """Return the plural name of this kind of candidates, such as "topologies"."""
    from wannsearch.kinds.candidate_kind import find_kind

    return find_kind(candidate_type).name


def _describe_other_tasks(pairing: _Pairing, repository: CachingConfigRepository) -> str:
    """Return the tasks on which an evaluator would take the candidates, as the end of a sentence."""
    tasks = _load_option_classes("task", repository)
    descriptions = []
    for option, evaluator_type in _load_option_classes(_GROUP, repository).items():
        fitting_tasks = [
            task
            for task, task_type in tasks.items()
            if replace(pairing, task_type=task_type).is_fit(evaluator_type)
        ]
        if fitting_tasks:
            descriptions.append(f"; {_GROUP}={option} does on task={', '.join(fitting_tasks)}")
    return f" on task={pairing.task}{''.join(descriptions)}" if descriptions else ""
