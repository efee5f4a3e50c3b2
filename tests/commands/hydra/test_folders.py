"""A folder's name is made of letters, digits and few signs, whoever chose it and whatever it was."""

from __future__ import annotations

from pathlib import Path

import hydra
import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from strange_names import NAMES

from wannsearch.commands.hydra.config_loader import use_wannsearch_loader
from wannsearch.commands.hydra.errors import find_conf_dir
from wannsearch.commands.hydra.folders import check_folder_name, hash_overrides, slug
from wannsearch.core.errors import ConfigError


def compose(*words: str, config_name: str = "config") -> DictConfig:
    """The config with what stands in it about folders, as a job has it."""
    conf_dir = str(find_conf_dir())
    with use_wannsearch_loader(), hydra.initialize_config_dir(conf_dir, version_base="1.3"):
        config = hydra.compose(config_name, list(words), return_hydra_config=True)
    HydraConfig.instance().set_config(config)
    return config


@pytest.mark.parametrize("name", [name for name in NAMES if name != "null"])
def test_a_chosen_name_that_is_no_plain_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match=r"sweep\.name is ") as caught:
        check_folder_name(name)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).isprintable()
    if "${" not in name:
        with pytest.raises(OmegaConfBaseException, match=r"sweep\.name is "):
            _ = OmegaConf.create({"name": name, "folder": "${folder_name:${name}}"}).folder


@pytest.mark.parametrize("name", ["a", "2024", "null", "1e5", "a.b", "A_b-c.1", "_a", "x" * 80])
def test_a_plain_name_is_taken_as_it_is(name: str) -> None:
    assert check_folder_name(name) == name
    assert OmegaConf.create({"name": name, "folder": "${folder_name:${name}}"}).folder == name


@pytest.mark.parametrize("name", NAMES)
def test_what_nobody_chose_becomes_one_part_of_a_path(name: str) -> None:
    part = slug(f"s{name}")
    assert len(part) <= 80
    assert part.replace("-", "").replace("_", "").isascii()
    assert Path(part).parts == (part,)
    assert not set(part) & set("/\\.\0\n")


@pytest.mark.parametrize(
    ("env_id", "name"),
    [
        ("BipedalWalker-v3", "BipedalWalker-v3"),
        ("ALE/Pong-v5", "ALE-Pong-v5"),
        ("my_pkg:Env-v0", "my_pkg-Env-v0"),
        ("../../etc", "-etc"),
    ],
)
def test_folders_are_named_by_the_environment_in_one_part_of_a_path(env_id: str, name: str) -> None:
    for config_name, inner in (("config", "wann"), ("evaluate", "evaluate"), ("tune", "tune")):
        words = ["task=gymnasium", f"task.env_id='{env_id}'", "evaluator=reference", "sweep.name=mine"]
        words = words[: 4 if config_name != "evaluate" else 3]
        config = compose(*words, *([] if config_name == "config" else ["network=x"]), config_name=config_name)
        assert Path(config.hydra.run.dir).parts[:3] == ("outputs", name, inner)
        assert config.hydra.sweep.subdir.startswith(f"{name}-{inner}-")


def test_folders_of_a_task_without_an_environment_are_named_by_its_option() -> None:
    assert Path(compose("task=logic", "evaluator=reference").hydra.run.dir).parts[1] == "logic"


def test_the_digest_of_a_job_depends_on_what_was_chosen_and_not_on_its_order_seed_or_display() -> None:
    digest = hash_overrides(["task=logic", "generations=2"])
    same = ["generations=2", "seed=3", "display=off", "on_error=stop", "sweep.name=a", "task=logic"]
    assert hash_overrides([*same, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]) == digest
    assert hash_overrides(["task=logic", "generations=3"]) != digest
    assert len(digest) == 10
