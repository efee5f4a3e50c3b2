"""A folder's name is made of letters, digits and few signs, whoever chose it and whatever it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from strange_names import NAMES

from wannsearch.commands.hydra.folders import check_folder_name, hash_overrides, slug
from wannsearch.core.errors import ConfigError


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


def test_the_digest_of_a_job_depends_on_what_was_chosen_and_not_on_its_order_seed_or_display() -> None:
    digest = hash_overrides(["task=logic", "generations=2"])
    same = ["generations=2", "seed=3", "display=off", "on_error=stop", "sweep.name=a", "task=logic"]
    assert hash_overrides([*same, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]) == digest
    assert hash_overrides(["task=logic", "generations=3"]) != digest
    assert len(digest) == 10
