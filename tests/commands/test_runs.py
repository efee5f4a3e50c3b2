"""wannsearch-runs: what became of every run, and what to type to go on."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from wannsearch.commands.runs import _COLUMNS
from wannsearch.commands.runs import main as runs
from wannsearch.commands.search import main as search
from wannsearch.core.run_files import RUN_FORMAT
from wannsearch.records import lock
from wannsearch.records.run_status import RunState

SMALL = ["task=logic", "debug=fast", "method.population_size=4", "evaluator=reference", "seed=5"]
Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert search([*SMALL, "display=off", f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture
def run(finished: Path) -> Callable[..., Path]:
    """A copy of the finished run whose status says something else."""

    def copy(name: str, state: str = "done", **status: Any) -> Path:
        folder = Path(name)
        shutil.copytree(finished, folder)
        path = folder / "status.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"state": state} | status))
        return folder

    return copy


def listed(capsys: Output, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    capsys.readouterr()
    assert runs([*words, "--json"]) == code
    return {row["run"]: row for row in json.loads(capsys.readouterr().out)["runs"]}


def test_every_state_is_told_from_lock_and_files(run: Callable[..., Path], capsys: Output) -> None:
    run("all/done")
    run("all/stopped", "stopped", why="TERM")
    run("all/failed", "failed", why="no luck")
    run("all/killed", "running")
    held = lock.acquire(run("all/deep/er/running", "running") / ".lock")
    begun = run("all/not_started")
    for name in ("status.json", "history.csv"):
        (begun / name).unlink()
    (run("all/damaged") / "status.json").write_text('{"state": "do')
    (run("all/without_config") / ".hydra/config.yaml").unlink()
    shutil.rmtree(run("all/no_run_at_all") / ".hydra")
    (Path("all/no_run_at_all") / "status.json").unlink()
    rows = listed(capsys, "all")
    assert held is not None
    lock.release(held)
    assert {name.removeprefix("all/"): row["state"] for name, row in rows.items()} == {
        "done": "done", "stopped": "stopped", "failed": "failed", "killed": "killed",
        "deep/er/running": "running", "not_started": "not started", "damaged": "damaged",
        "without_config": "done",
    }  # fmt: skip
    assert {name for name, row in rows.items() if row["go_on"]} == {
        f"all/{name}" for name in ("stopped", "failed", "killed", "not_started")
    }
    assert rows["all/failed"]["why"] == "no luck"
    done = rows["all/done"]
    assert [done[key] for key in ("task", "method", "seed", "generation", "generations")] == [
        "logic", "wann", 5, 2, 2,
    ]  # fmt: skip
    assert done["best_so_far"] > 0
    assert 0 <= done["last_row_age_s"] < 600


def test_what_it_says_to_type_goes_on(run: Callable[..., Path], capsys: Output) -> None:
    folder = run("all/it's a run, $HOME; killed", "running")
    assert runs(["all"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-2] == "to go on:"
    program, *words = shlex.split(said[-1])
    assert program == "wannsearch"
    assert search([*words, "display=off"]) == 0
    assert listed(capsys, "all")[str(folder)]["state"] == "done"


def test_a_name_with_escapes_is_shown_harmless_and_typed_exactly(
    run: Callable[..., Path], capsys: Output
) -> None:
    folder = run("all/a\x1b[31m\nb'c", "stopped")
    assert runs(["all"]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "all/a\\x1b[31m\\nb'c" in said
    command = said.splitlines()[-1].split(maxsplit=1)[1]
    shown = subprocess.run(
        ["bash", "-c", f"printf %s {command}"], capture_output=True, text=True, check=True
    ).stdout
    assert shown == f"resume={folder}"


PAYLOADS = [
    "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\x1bP+q\x1b\\", "\r\n done", "\x00", "\x08\x08", "\x7f",
    "\u202e gnp.exe", "\u2028", "\u200b", "[bold red]markup[/]", "{0}", "%s", "<script>alert(1)</script>",
    "=cmd()", "\\input{x}", "\ud800", "\U000e0001", "a" * 100_000,
]  # fmt: skip


def test_nothing_in_a_file_steers_the_terminal(run: Callable[..., Path], capsys: Output) -> None:
    for number, payload in enumerate(PAYLOADS):
        words = {"why": payload, "task": payload, "method": payload}
        run(f"all/run_{number:02}", "failed", **words)
    assert runs(["all"]) in (0, 65)
    said = capsys.readouterr().out
    assert all(sign.isprintable() for sign in said.replace("\n", ""))
    assert len(said.splitlines()) < 3 * len(PAYLOADS)
    rows = listed(capsys, "all")
    assert len(rows) == len(PAYLOADS)


def test_what_is_damaged_is_one_line_and_never_the_end(run: Callable[..., Path], capsys: Output) -> None:
    damages: dict[str, Callable[[Path], object]] = {
        "not json": lambda run: (run / "status.json").write_text("{"),
        "a list": lambda run: (run / "status.json").write_text("[]"),
        "no such state": lambda run: (run / "status.json").write_text(
            f'{{"format": {RUN_FORMAT}, "state": "great"}}'
        ),
        "state is a list": lambda run: (run / "status.json").write_text(
            f'{{"format": {RUN_FORMAT}, "state": []}}'
        ),
        "deep": lambda run: (run / "status.json").write_text("[" * 60_000),
        "large": lambda run: (run / "status.json").write_text(" " * 10**6),
        "many digits": lambda run: (run / "status.json").write_text(
            f'{{"format": {RUN_FORMAT}, "state": ' + "9" * 5000 + "}"
        ),
        "of format 1": lambda run: (run / "status.json").write_text('{"state": "done"}'),
        "of the next format": lambda run: (run / "status.json").write_text(
            f'{{"format": {RUN_FORMAT + 1}, "state": "done"}}'
        ),
        "not utf-8": lambda run: (run / "status.json").write_bytes(b"\xff"),
        "endless line": lambda run: (run / "history.csv").write_text("x" * 10**6),
        "other columns": lambda run: (run / "history.csv").write_text("a,b\n1,2\n"),
        "torn": lambda run: (run / "history.csv").write_text("generation,best_so_far\n1\n"),
        "history is a folder": lambda run: ((run / "history.csv").unlink(), (run / "history.csv").mkdir()),
        "a pipe": lambda run: ((run / "history.csv").unlink(), os.mkfifo(run / "history.csv")),
        "status is a pipe": lambda run: ((run / "status.json").unlink(), os.mkfifo(run / "status.json")),
        "link": lambda run: ((run / "status.json").unlink(), (run / "status.json").symlink_to("/nowhere")),
        "lock is a link": lambda run: ((run / ".lock").unlink(), (run / ".lock").symlink_to("/etc/passwd")),
    }
    for name, damage in damages.items():
        damage(run(f"all/{name}"))
    stopped = run("all/unresolved", "stopped")
    (stopped / ".hydra/config.yaml").write_text("seed: ${oc.env:HOME}\n")
    rows = listed(capsys, "all", code=65)
    assert {name: row["state"] for name, row in rows.items()} == dict.fromkeys(rows, "damaged")
    assert len(rows) == len(damages) + 1
    assert all(row["why"] for row in rows.values())
    assert f"format {RUN_FORMAT + 1}" in rows["all/of the next format"]["why"]
    run("all/sound")
    assert len(listed(capsys, "all")) == len(damages) + 2  # exit code 0: something can be read


def test_links_are_not_followed_and_depth_is_bounded(run: Callable[..., Path], capsys: Output) -> None:
    run("elsewhere/run")
    run("all/run")
    Path("all/link").symlink_to(Path("elsewhere").absolute())
    Path("all/round").symlink_to(Path().absolute())
    run("all/" + "d/" * 40 + "run")
    assert list(listed(capsys, "all")) == ["all/run"]


def test_a_torn_last_row_is_passed_over(run: Callable[..., Path], capsys: Output) -> None:
    folder = run("all/run", "running")
    with (folder / "history.csv").open("a") as file:
        file.write("3,1")
    assert listed(capsys, "all")["all/run"]["generation"] == 2


def test_folders_that_are_not_there_hold_nothing_or_are_damaged(capsys: Output) -> None:
    assert runs(["nowhere"]) == 2
    assert runs(["no\0where"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    Path("empty").mkdir()
    assert runs(["empty"]) == 0
    assert "empty holds no runs" in capsys.readouterr().err


def test_jobs_of_a_sweep_that_have_no_folder_are_listed_with_the_sweeps_command(
    run: Callable[..., Path], capsys: Output
) -> None:
    run("sweep/one")
    run("sweep/two", "running", plugins="none")
    jobs = [("one", "done"), ("two", "running"), ("three", "pending"), ("four", "refused"), ("five", "done")]
    about = [
        {"overrides": [], "folder": name, "state": state, "code": None, "why": None} for name, state in jobs
    ]
    book = {"command": ["wannsearch", "-m", "seed=range(0,5)"], "on_error": "continue", "jobs": about}
    Path("sweep/sweep.json").write_text(json.dumps(book))
    rows = listed(capsys, "sweep")
    states = {name.removeprefix("sweep/"): row["state"] for name, row in rows.items()}
    assert states == {
        "one": "done", "two": "killed", "three": "pending", "four": "refused", "five": "pending",
    }  # fmt: skip
    assert rows["sweep/three"]["go_on"] == "wannsearch -m 'seed=range(0,5)'"
    assert rows["sweep/two"]["go_on"] == "wannsearch resume=sweep/two"
    assert rows["sweep/four"]["go_on"] is None
    about[2]["folder"] = "../../escaped"
    Path("sweep/sweep.json").write_text(json.dumps(book))
    assert listed(capsys, "sweep")["sweep"]["state"] == "damaged"


def test_it_imports_nothing_heavy(run: Callable[..., Path]) -> None:
    run("all/run_0")
    code = (
        "import sys; from wannsearch.commands.runs import main; main(['all'])\n"
        "print([name for name in ('hydra', 'torch', 'numba', 'matplotlib', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "all/run_0" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("width", [80, 200])
def test_the_help_explains_every_column_and_state(
    width: int, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert runs(["--help"]) == 0
    text = capsys.readouterr().out
    assert max(map(len, text.splitlines())) <= width
    assert "wannsearch-runs outputs/sweeps/mine  the runs of a sweep" in text
    explained = text.partition("columns:")[2]
    for word in [*_COLUMNS, *(state.value for state in RunState)]:
        assert word in explained, word


def test_the_version_is_that_of_the_package(capsys: Output) -> None:
    assert runs(["--version"]) == 0
    assert capsys.readouterr().out == f"wannsearch {version('wannsearch')}\n"
