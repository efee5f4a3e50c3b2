"""The end of a run says where everything is, and what to type next."""

from __future__ import annotations

from pathlib import Path

import pytest

from wannsearch.commands.running.run_result import (
    RunResult,
    describe_end,
    describe_stop,
    make_resume_command,
    shorten_path,
)
from wannsearch.core.plugin_files import load_plugin
from wannsearch.records.run_status import RunState, RunStatus


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_end_names_folder_pictures_and_commands_to_copy(tmp_path: Path) -> None:
    result = RunResult(
        "held-out return 500",
        ("plots/network.png", "best/network.svg", "plots/curve.svg", "plots/curve.png"),
        (("wannsearch-tune", "network=RUN"), ("wannsearch-report", "RUN", "x=RUNS")),
    )
    assert describe_end(tmp_path / "a run", result, {}) == [
        "held-out return 500",
        "run       a run",
        "pictures  plots/: network, curve (.png, .svg); best/network.svg",
        "next      wannsearch-tune 'network=a run'",
        "          wannsearch-report 'a run' x=RUNS",
    ]


def test_commands_that_make_the_task_again_name_its_plugins_with_their_folder(tmp_path: Path) -> None:
    Path("mine").mkdir()
    Path("mine/pole.py").write_text("")
    plugins = {"pole.py": load_plugin(Path("mine/pole.py"))}
    commands = (("wannsearch-evaluate", "network=RUN", "weights=sweep"), ("wannsearch-tables", "runs=RUN"))
    assert describe_end(tmp_path / "run", RunResult("done", (), commands), plugins)[2:] == [
        "next      wannsearch-evaluate network=run weights=sweep 'plugins=[mine/pole.py]'",
        "          wannsearch-tables runs=run",
    ]


def test_a_run_without_pictures_or_commands_has_no_line_for_them(tmp_path: Path) -> None:
    assert describe_end(tmp_path / "run", RunResult("done"), {}) == ["done", "run       run"]


def test_a_folder_elsewhere_keeps_its_whole_path(tmp_path: Path) -> None:
    assert shorten_path(tmp_path / "outputs" / "a") == "outputs/a"
    assert shorten_path(tmp_path.parent) == str(tmp_path.parent)


def test_a_run_of_a_plugin_goes_on_with_its_plugin() -> None:
    plugins = ("pole.py", "odd],name.py")
    run = RunStatus(Path("x"), RunState.STOPPED, plugins=plugins, program="wannsearch-tune")
    assert make_resume_command(run, "x") == ["wannsearch-tune", "resume=x", "plugins=[pole.py]"]


def test_a_folder_without_a_stopped_run_has_no_way_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert describe_stop(tmp_path / "empty") == ""
    assert describe_stop(tmp_path / "nowhere") == ""
