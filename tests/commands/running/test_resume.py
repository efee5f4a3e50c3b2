"""Going on with a run: the same bytes as if nothing had happened."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.commands.search import main

COMMAND = [sys.executable, "-c", "import sys; from wannsearch.commands.search import main; sys.exit(main())"]
RUN = ["task=cartpole_swingup", "task.horizon=100", "method.population_size=24", "held_out.episodes=3"]
RUN += ["held_out.sweep_weights=5", "display=off", "seed=7", "checkpoint.min_seconds=0", "plots=off"]
PROMISED = ["history.csv", "ranking.csv", "front.csv", "population.jsonl.gz", "summary.json", "best"]

Searched = Callable[..., tuple[str, str]]


@pytest.fixture
def searched(capsys: pytest.CaptureFixture[str]) -> Searched:
    """A command that must end with this code, and what it prints."""

    def run_command(*words: str, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        assert main(list(words)) == code, capsys.readouterr().err
        output = capsys.readouterr()
        assert "Traceback" not in output.err
        return output

    return run_command


def promised(run: Path, plots: bool = False) -> dict[str, bytes]:
    """What is the same in every run of a seed; its pictures too, if both have them."""
    paths = [
        path
        for name in [*PROMISED, *(["plots"] if plots else [])]
        for path in ([run / name] if (run / name).is_file() else (run / name).iterdir())
        if plots or path.suffix != ".svg"
    ]
    return {path.relative_to(run).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("straight") / "run"
    assert main([*RUN, "plots=all", "generations=12", f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.mark.long
def test_a_longer_total_extends_a_finished_run_to_the_same_bytes(
    searched: Searched, straight: Path, tmp_path: Path
) -> None:
    searched(*RUN, "generations=5", "hydra.run.dir=run")
    searched(*RUN, "generations=12", "hydra.run.dir=run")
    assert promised(tmp_path / "run") == promised(straight)


def test_a_stopped_run_goes_on_to_the_same_bytes(searched: Searched, straight: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = [*COMMAND, *RUN, "generations=12", "retest.repeats=20", "hydra.run.dir=run"]
    with subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as process:
        history = run / "history.csv"
        while process.poll() is None and not (history.exists() and history.read_text().count("\n") > 3):
            time.sleep(0.002)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        if process.returncode == 0:
            pytest.skip("it was done before the signal came")
        assert process.returncode == 143
    assert json.loads((run / "status.json").read_text())["state"] == "stopped"
    searched("resume=run", "plots=all")
    assert promised(run, plots=True) == promised(straight, plots=True)
    assert json.loads((run / "status.json").read_text())["state"] == "done"


def test_threads_chunk_and_display_may_change_on_the_way(
    searched: Searched, straight: Path, tmp_path: Path
) -> None:
    searched(*RUN, "generations=5", "hydra.run.dir=run")
    words = [
        "generations=12",
        "evaluator.threads=1",
        "evaluator.chunk=3",
        "display=plain",
        "checkpoint.every=4",
    ]
    searched("resume=run", *words)
    assert promised(tmp_path / "run") == promised(straight)


def test_checkpoints_change_nothing(searched: Searched, straight: Path, tmp_path: Path) -> None:
    searched(*RUN, "generations=12", "hydra.run.dir=run", "checkpoint.every=1000")
    assert promised(tmp_path / "run") == promised(straight)


def test_a_finished_run_says_so_and_nothing_changes(
    searched: Searched, straight: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(straight, run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert "finished; nothing to do" in searched("resume=run")[0]
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


REFUSED = {
    "method.population_size=3": ["method.population_size is 24", "and 3 here"],
    "generations=4": ["has come to generation 11", "generations is 4"],
    "generations=abc": ["generations is 'abc'"],
    "generatoins=40": ["Did you mean 'generations'?"],
    "+generations=40": ["is not a setting"],
    "task=cartpole": ["task"],
    "hydra.run.dir=other": ["hydra.run.dir"],
    "resume=other": ["2 folders"],
    "method.cull=@": ["'method.cull=@' cannot be read"],
    "evaluator.chunk={a: 1}": ["evaluator.chunk is {'a': 1}"],
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_cannot_be_laid_over_is_refused_in_one_line(
    searched: Searched, straight: Path, tmp_path: Path, word: str
) -> None:
    run = tmp_path / "run"
    shutil.copytree(straight, run)
    status = run / "status.json"  # as if it had died on the way
    status.write_text(status.read_text().replace("done", "running"))
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    _, error = searched("resume=run", word, code=2)
    assert len(error.splitlines()) == 1
    assert [part for part in REFUSED[word] if part not in error] == []
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("what", ["nowhere", "empty"])
def test_a_folder_without_a_run_is_refused(searched: Searched, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    _, error = searched(f"resume={what}", code=2)
    assert ("does not exist" if what == "nowhere" else "holds no run") in error
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_damaged_newest_checkpoint_is_passed_over_and_said(
    searched: Searched, straight: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    searched(*RUN, "generations=9", "hydra.run.dir=run")
    newest = max((run / "checkpoint").iterdir())
    newest.write_bytes(newest.read_bytes()[:-1])
    _, warning = searched("resume=run", "generations=12")
    assert "passed over" in warning
    assert newest.name in warning
    assert promised(run) == promised(straight)


def test_a_checkpoint_under_the_name_of_another_is_passed_over(
    searched: Searched, straight: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    searched(*RUN, "generations=9", "hydra.run.dir=run")
    older, newest = sorted((run / "checkpoint").iterdir())
    newest.write_bytes(older.read_bytes())
    assert "its name says another" in searched("resume=run", "generations=12")[1]
    assert promised(run) == promised(straight)


def test_where_every_checkpoint_is_damaged_the_run_is_refused_with_code_65(
    searched: Searched, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    searched(*RUN, "generations=4", "hydra.run.dir=run")
    for path in (run / "checkpoint").iterdir():
        path.write_bytes(b"x" + path.read_bytes())
    _, error = searched("resume=run", "generations=6", code=65)
    assert len(error.splitlines()) == 1


@pytest.mark.long
def test_another_version_is_a_warning_and_with_strict_an_error(
    straight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from wannsearch.records import environment

    run = tmp_path / "run"
    shutil.copytree(straight, run)
    now = environment.collect_environment()
    monkeypatch.setattr(environment, "collect_environment", lambda: now | {"numpy": "0.1"})
    assert main([f"resume={run}", "generations=13", "require_same_environment=true"]) == 2
    assert "numpy" in capsys.readouterr().err
    assert main([f"resume={run}", "generations=13", "display=off"]) == 0
    assert "other bits are possible: numpy" in capsys.readouterr().err
