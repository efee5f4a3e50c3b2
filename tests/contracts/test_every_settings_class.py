"""Every class that a config file makes is the same made without the config layer, from the file's raw values.

The files are composed as the commands compose them; the config layer is watched at work, and each class
that it made, at whatever depth, is made once more by a plain call with texts, lists and groups of keys.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import hydra
import pytest
from conf_files import CONF, files
from omegaconf import OmegaConf
from synthetic_images import write_all

from wannsearch.commands.evaluate import EvaluateSettings
from wannsearch.commands.hydra import build as build_module
from wannsearch.commands.hydra.build import build, build_dataclass
from wannsearch.commands.hydra.config_loader import use_wannsearch_loader
from wannsearch.commands.search import RunSettings
from wannsearch.commands.tables import TablesSettings
from wannsearch.commands.tune import TuneSettings
from wannsearch.core import settings as settings_module
from wannsearch.core.errors import ConfigError

COMMANDS = {
    "config": RunSettings,
    "evaluate": EvaluateSettings,
    "tune": TuneSettings,
    "tables": TablesSettings,
}
COMPOSED = [
    ("config", "method=weedout", "task=digits"), ("config", "method=one_shot", "task=digits"),
    ("config", "evaluator=processes"), ("tune", "tuning=quick", "network=x"),
    ("tune", "tuning=full", "network=x"), ("evaluate", "weights=six", "network=x"),
    ("tables", "table=summary"),
]  # fmt: skip
"""A command, and its arguments: files that take others in, and every top level."""
RAW = ("task", "method", "evaluator", "trials", "mask_rule", "parent_network", "table")
Made = tuple[type[Any], dict[str, Any], Any]


def list_raw_configs(data_root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """A command or a group, and raw values, for every file."""
    with use_wannsearch_loader(), hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        for command, *words in COMPOSED:
            composed = OmegaConf.to_container(hydra.compose(command, words), resolve=True)
            yield command, {**composed, "plugins": {}}
    whole = {"data": {"root": str(data_root)}, "device": "cpu", "task": {"episodes": 4}}
    for group in RAW:
        for file in files(group):
            loaded = OmegaConf.create(whole | {"file": OmegaConf.load(file)})
            config = OmegaConf.to_container(loaded.file, resolve=True)
            if "batch_size" in config:
                config["batch_size"] = 10  # of a little of each data set
            defaults = config.pop("defaults", [])
            if "_target_" in config and all(str(entry).startswith("{'override ") for entry in defaults):
                yield group, config


@pytest.fixture(scope="module")
def all_made(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """(class, raw values, what the config layer made of them), each class at least once."""
    seen: list[Made] = []
    make = settings_module.make_settings

    def watch(kind: type[Any], where: str, config: Any, build_part: Any = None) -> Any:
        result = make(kind, where, config, build_part)
        seen.append((kind, config, result))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings_module, "make_settings", watch)
        patch.setattr(build_module, "make_settings", watch)
        for place, config in list_raw_configs(write_all(tmp_path_factory.mktemp("data"))):
            if place in RAW:
                build(place, config)
                continue
            build_dataclass(COMMANDS[place], "", config)
            for group in RAW:
                if group in config:
                    build(group, config[group])
    return seen


def with_parts(kind: type[Any], raw: dict[str, Any]) -> dict[str, Any]:
    """Raw values, with an object where one fills a seam: nothing but a call makes those."""
    seams = build_module.GROUP_OF_TYPE
    hints = get_type_hints(kind)
    return {
        name: build(seams[hints[name]], value) if hints[name] in seams else value
        for name, value in raw.items()
    }


def test_the_classes_are_those_of_all_files(all_made: list[Made]) -> None:
    names = {kind.__name__ for kind, _, _ in all_made}
    assert len(names) >= 50
    assert {
        "Compiled",
        "OptimizerSettings",
        "SharedWeightSettings",
        "SpeciesSettings",
        "PublishedSeries",
        "Static",
        "WideResNet",
    } <= names


def test_a_call_with_raw_values_makes_what_the_config_layer_makes(all_made: list[Made]) -> None:
    for kind, raw, built in all_made:
        called = kind(**with_parts(kind, raw))
        assert called == built, kind
        for name in raw:
            assert type(getattr(called, name)) is type(getattr(built, name)), (kind, name)


def enum_of(hint: Any) -> type[Enum] | None:
    kinds = [part for part in (hint, *get_args(hint)) if isinstance(part, type) and issubclass(part, Enum)]
    return kinds[0] if kinds else None


def test_a_call_with_a_wrong_word_is_refused_by_name(all_made: list[Made]) -> None:
    tried = set()
    for kind, raw, _ in all_made:
        for name, hint in get_type_hints(kind).items():
            if name in raw and enum_of(hint) is not None:
                with pytest.raises(ConfigError, match=rf"\b{name} is 'no_such_word'; allowed: "):
                    kind(**with_parts(kind, raw) | {name: "no_such_word"})
                tried.add((kind, name))
    assert len(tried) >= 20


def test_a_call_with_a_value_of_another_type_is_refused_by_name(all_made: list[Made]) -> None:
    for kind, raw, _ in all_made:
        hints = get_type_hints(kind)
        for field in dataclasses.fields(kind):
            if field.init and hints[field.name] is not Any:
                with pytest.raises(ConfigError, match=rf"\b{field.name}\b"):
                    kind(**with_parts(kind, raw) | {field.name: {1: 2}})


def test_no_count_may_be_nan(all_made: list[Made]) -> None:
    tried = set()
    for kind, raw, _ in all_made:
        for name, hint in get_type_hints(kind).items():
            if name in raw and int in (hint, *get_args(hint)):
                value = (float("nan"),) if get_origin(hint) is tuple else float("nan")
                with pytest.raises(ConfigError, match=rf"\b{name}\b.* is nan; it must be "):
                    kind(**with_parts(kind, raw) | {name: value})
                tried.add((kind, name))
    assert len(tried) >= 80
