"""Environments of announced packages are found by their id, and no package is imported without need."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest
from announced_packages import announce_package, look_for_packages

from wannsearch.core.errors import ConfigError
from wannsearch.tasks.registrations import find_registration

REGISTER = "import gymnasium\ngymnasium.register({id!r}, entry_point='nowhere:Nothing')\n"
OLD_FUNCTION = "import gymnasium\ndef register_all():\n    gymnasium.register({id!r}, entry_point='a:B')\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    known_ids = set(gymnasium.registry)
    with look_for_packages(tmp_path):
        yield tmp_path
    for env_id in set(gymnasium.registry) - known_ids:
        del gymnasium.registry[env_id]


def add_package(site: Path, name: str, code: str, group: str, entry: str) -> None:
    (site / f"{name}.py").write_text(code)
    announce_package(site, name, f"[{group}]\n{entry}\n")


def test_a_module_that_is_announced_registers_its_environments(site: Path) -> None:
    add_package(
        site, "reg_module", REGISTER.format(id="Announced-v0"), "wannsearch.plugins", "x = reg_module"
    )
    assert find_registration("Announced-v0").id == "Announced-v0"


@pytest.mark.parametrize(("entry_name", "env_id"), [("__root__", "Old-v0"), ("old", "old/Old-v0")])
def test_a_function_announced_as_before_gymnasium_1_registers_in_its_namespace(
    site: Path, entry_name: str, env_id: str
) -> None:
    module = f"reg_function_{len(env_id)}"
    code = OLD_FUNCTION.format(id="Old-v0")
    add_package(site, module, code, "gymnasium.envs", f"{entry_name} = {module}:register_all")
    assert find_registration(env_id).id == env_id


def test_a_package_that_fails_hides_no_other_and_is_named_where_an_id_is_not_found(site: Path) -> None:
    add_package(site, "reg_broken", "1 / 0\n", "wannsearch.plugins", "x = reg_broken")
    add_package(site, "reg_sound", REGISTER.format(id="Sound-v0"), "wannsearch.plugins", "x = reg_sound")
    assert find_registration("Sound-v0").id == "Sound-v0"
    with pytest.raises(ConfigError) as caught:
        find_registration("Missing-v0")
    said = str(caught.value)
    assert "If a file of your own registers it, add plugins=[FILE.py]." in said
    assert said.endswith(
        "The package reg_broken of the entry points wannsearch.plugins fails with ZeroDivisionError: "
        "division by zero."
    )


def test_a_known_id_imports_no_package(site: Path) -> None:
    add_package(site, "reg_unneeded", "", "wannsearch.plugins", "x = reg_unneeded")
    assert find_registration("CartPole-v1").id == "CartPole-v1"
    assert "reg_unneeded" not in sys.modules
