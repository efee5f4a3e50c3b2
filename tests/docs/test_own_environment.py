"""The guide to an environment of one's own: its files and commands do what the page shows."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gymnasium
import pytest
from announced_packages import announce_package, look_for_packages

from wannsearch.commands.search import main as search

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-environment.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
FILES = dict(
    re.findall(r"`([\w/]+\.(?:py|toml))`[^`]*\n\n```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
)
COMMANDS = [line for kind, block in BLOCKS if not kind for line in block.replace("\\\n", " ").splitlines()]
SMALL = [
    "method.population_size=4", "generations=1", "retest.repeats=1", "held_out.episodes=1",
    "held_out.sweep_weights=2", "plots=off",
]  # fmt: skip
ONE_WORKER, REFERENCE = "evaluator.workers=1", "evaluator=reference"
IDS = ["Mine-v0", "MoonPendulum-v0", "Tank-v0"]


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be in a folder with the files of the page, whose environments are forgotten again."""
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    yield
    for env_id in IDS:
        gymnasium.registry.pop(env_id, None)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("my_env", "my_envs")]:
        del sys.modules[name]


def read_command(env_id: str) -> list[str]:
    """The words of the page's search on this environment, without the program."""
    (command,) = [command for command in COMMANDS if f"task.env_id={env_id} " in command]
    program, *words = shlex.split(command)
    assert program == "wannsearch"
    return words


def run_small(words: list[str], evaluator_word: str) -> str:
    """Run a search with few episodes, and return its history."""
    keys = {word.partition("=")[0] for word in SMALL}
    page_words = [word for word in words if word.partition("=")[0] not in keys]
    assert search([*page_words, *SMALL, evaluator_word, "hydra.run.dir=run"]) == 0
    history = Path("run/history.csv").read_text()
    shutil.rmtree("run")
    return history


@pytest.fixture
def site() -> Iterator[Path]:
    """The folder of the page's package, with the entry points of its `pyproject.toml` as if installed."""
    section = r'^\[project\.entry-points\."([\w.]+)"\]\n(.*?)\n\n'
    ((group, entry),) = re.findall(section, FILES["pyproject.toml"], re.DOTALL | re.MULTILINE)
    announce_package(Path.cwd(), "my_envs", f"[{group}]\n{entry.replace(chr(34), '')}\n")
    with look_for_packages(Path.cwd()):
        yield Path.cwd()


def test_the_class_of_the_page_is_searched_in_one_file(capsys: pytest.CaptureFixture[str]) -> None:
    run_small(read_command("Mine-v0"), REFERENCE)
    said = capsys.readouterr().out
    assert said.startswith("Mine-v0 · wann · seed 0\n")
    assert "weights=sweep 'plugins=[my_env.py]'" in said


def test_the_check_of_the_page_finds_no_fault_in_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    (command,) = [command for command in COMMANDS if command.startswith("python -c")]
    monkeypatch.syspath_prepend(Path.cwd())
    exec(shlex.split(command)[2], {})
    assert "my_env" in sys.modules


def test_the_registration_of_the_page_is_the_same_search_as_its_settings() -> None:
    histories = [run_small(read_command(env_id), REFERENCE) for env_id in ("MoonPendulum-v0", "Pendulum-v1")]
    assert histories[0] == histories[1]


@pytest.mark.usefixtures("site")
def test_the_package_of_the_page_needs_no_plugins(capsys: pytest.CaptureFixture[str]) -> None:
    run_small(read_command("Tank-v0"), ONE_WORKER)
    said = capsys.readouterr().out
    assert said.startswith("Tank-v0 · wann · seed 0\nenvironments: 1 process, each stepping 8 environments")
    assert "plugins=" not in said


def mask_numbers(line: str) -> str:
    return re.sub(r"[-.,:_\d]*\d", "#", line)


@pytest.mark.long
@pytest.mark.parametrize("env_id", IDS)
def test_a_command_prints_what_the_page_shows(env_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The page shows some of the lines, in their order; their numbers and dates are not compared."""
    site = Path("site")
    if env_id == "Tank-v0":
        pytest.importorskip("hatchling")
        pytest.importorskip("pip")
        words = "install -q --no-index --no-build-isolation --no-deps --target".split()
        subprocess.run([sys.executable, "-m", "pip", *words, str(site), "."], check=True)
    with look_for_packages(site.absolute()):
        assert search([*read_command(env_id), "evaluator.workers=2"]) == 0
    printed_lines = iter([mask_numbers(line) for line in capsys.readouterr().out.splitlines()])
    (shown,) = [block for kind, block in BLOCKS if kind == "text" and block.startswith(f"{env_id} ")]
    for line in shown.splitlines():
        assert line == "…" or mask_numbers(line) in printed_lines, line
