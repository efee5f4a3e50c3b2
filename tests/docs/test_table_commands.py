"""The commands of the tables are the same with make and without it; the installed package takes them all."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from wannsearch.commands.hydra.arguments import prepare_arguments
from wannsearch.commands.hydra.errors import find_conf_dir

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "table-commands.md"
CONFIG_NAMES = {"wannsearch": "config", "wannsearch-tune": "tune", "wannsearch-tables": "tables"}
SECTIONS = re.findall(
    r"`make (table-[a-z-]+)`\n\n```\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL
)
COMMANDS = sorted({line for _, block in SECTIONS for line in block.splitlines()})


def test_every_target_of_a_table_is_there() -> None:
    targets = re.findall(r"^(table-[a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(targets) == sorted(target for target, _ in SECTIONS)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
@pytest.mark.parametrize(("target", "block"), SECTIONS, ids=[target for target, _ in SECTIONS])
def test_make_types_what_the_page_says(target: str, block: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
    lines = done.stdout.replace("\\\n", "").splitlines()
    typed = [line.partition(" || ")[0] for line in lines if line.startswith(".venv/bin/wannsearch")]
    expected = [shlex.split(line) for line in block.splitlines()]
    assert [shlex.split(line.removeprefix(".venv/bin/")) for line in typed] == expected


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_needs_the_package_alone(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is left to a shell, the options are in conf/, and only folders that a sweep fills are read."""
    monkeypatch.chdir(tmp_path)
    assert not re.search(r"[$`|;&]", command)
    program, *words = shlex.split(command)
    for word in words:
        key, _, value = word.partition("=")
        folder = find_conf_dir() / key.removeprefix("method.")
        if folder.is_dir() and key != "evaluator":
            assert all((folder / f"{option}.yaml").is_file() for option in value.split(",")), word
        for pattern in re.findall(r"outputs/sweeps/[^,\]]+", word):
            run = tmp_path / pattern.replace("*", "a") / ".hydra/config.yaml"
            run.parent.mkdir(parents=True)
            run.touch()
    assert prepare_arguments(program, CONFIG_NAMES[program], words).is_sweep == ("-m" in words)
