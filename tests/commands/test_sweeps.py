"""A sweep: the same command does what is left, and no run hides or stops another."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wannsearch.records import lock

Search = Callable[..., int]
COMMAND = [sys.executable, "-c", "import sys; from wannsearch.commands.search import main; sys.exit(main())"]
SMALL = ["task=logic", "debug=fast", "generations=1", "method.population_size=4", "evaluator=reference"]
FAULTY = """
import os, pathlib, signal, time
from dataclasses import dataclass
import numpy as np
from wannsearch.core.ports import Ports

@dataclass(frozen=True, kw_only=True)
class Faulty:
    episodes: int
    fault: str
    horizon = 1

    @property
    def ports(self):
        return Ports(1, 1, ("linear",))

    def episode_seeds(self, seed, role, generation, episodes):
        if generation > 2 and self.fault == "raise":
            raise RuntimeError("as it was told to")
        if generation > 4 and self.fault == "kill" and not pathlib.Path("spared").exists():
            runs = pathlib.Path("outputs/sweeps/four").glob("*/.hydra/config.yaml")
            (mine,) = (path.parents[1] for path in runs if "fault: kill" in path.read_text())
            while not list(mine.glob("checkpoint/*.state")):
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)
        return np.arange(episodes, dtype=np.uint64)

    def reset(self, seeds):
        return (np.zeros((len(seeds), 1)),)

    def observe(self, state):
        return state[0][..., None]

    def step(self, state, outputs):
        return state, outputs[:, 0, 0], np.ones(len(outputs), bool)
"""
FAULTY_TASK = ["plugins=[faulty.py]", "--config-dir", "conf", "task=faulty", "evaluator=reference"]
FAULTY_TASK += [
    "debug=fast",
    "generations=6",
    "method.population_size=4",
    "checkpoint.min_seconds=0",
    "sweep.name=four",
]
FOUR = Path("outputs/sweeps/four")


@pytest.fixture
def faulty() -> list[str]:
    Path("conf/task").mkdir(parents=True)
    Path("conf/task/faulty.yaml").write_text("_target_: plugin.faulty.Faulty\nepisodes: 1\nfault: none\n")
    Path("faulty.py").write_text(FAULTY)
    return ["-m", *FAULTY_TASK]


def ledger(sweep: Path) -> list[dict[str, Any]]:
    jobs = json.loads((sweep / "sweep.json").read_text())["jobs"]
    assert isinstance(jobs, list)
    return jobs


def states(sweep: Path) -> list[str]:
    return [job["state"] for job in ledger(sweep)]


@pytest.mark.long
def test_what_failed_was_refused_or_killed_is_told_and_redone_by_the_same_command(
    search: Search, faulty: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*faulty, "task.fault=none,raise,again,kill", "seed=0,-1"]
    killed = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    refused = ["refused"]
    assert states(FOUR) == ["done", *refused, "failed", *refused, "done", *refused, "running", "pending"]
    assert [job["code"] for job in ledger(FOUR)][:4] == [0, 2, 70, 2]
    rows = (FOUR / ledger(FOUR)[6]["folder"] / "history.csv").read_text()
    assert 2 <= rows.count("\n") <= 5  # it died in its fifth generation
    done = {path: path.stat().st_mtime_ns for path in (FOUR / ledger(FOUR)[0]["folder"]).rglob("*")}

    Path("spared").touch()
    capsys.readouterr()
    assert search(*words) == 1
    said = capsys.readouterr()
    assert states(FOUR) == ["done", *refused, "failed", *refused, "done", *refused, "done", *refused]
    assert [job["why"] == "already done" for job in ledger(FOUR)] == [i in (0, 4) for i in range(8)]
    assert {path: path.stat().st_mtime_ns for path in (FOUR / ledger(FOUR)[0]["folder"]).rglob("*")} == done
    assert (FOUR / ledger(FOUR)[6]["folder"] / "history.csv").read_text().startswith(rows)
    assert "8 runs: 3 done, 4 refused, 1 failed" in said.out
    assert "as it was told to" in said.err
    assert "continues with generation " in (FOUR / ledger(FOUR)[6]["folder"] / "run.log").read_text()


@pytest.mark.long
def test_with_on_error_stop_the_jobs_behind_a_failing_one_stay_pending_until_asked_again(
    search: Search, faulty: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*faulty, "task.fault=none,raise,later"]
    assert search(*words, "on_error=stop") == 1
    assert states(FOUR) == ["done", "failed", "pending"]
    assert "a job before it failed, and on_error is stop" in capsys.readouterr().out
    assert search(*words) == 1
    assert states(FOUR) == ["done", "failed", "done"]


def test_a_second_start_is_told_who_owns_the_sweep(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep = Path("outputs/sweeps/mine")
    sweep.mkdir(parents=True)
    handle = lock.acquire(sweep / ".lock")
    assert handle is not None
    assert search("-m", *SMALL, "seed=0,1", "sweep.name=mine") == 2
    said = capsys.readouterr().err
    assert "still alive, process" in said
    assert len(said.splitlines()) == 1
    assert [path.name for path in sweep.iterdir()] == [".lock"]
    lock.release(handle)
    assert search("-m", *SMALL, "seed=0,1", "sweep.name=mine") == 0


def test_finished_runs_are_skipped_without_a_look_at_their_task(
    search: Search, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["-m", *SMALL, "seed=0,1", "sweep.name=mine"]
    assert search(*words) == 0
    monkeypatch.setattr("wannsearch.commands.search.build", lambda *_: pytest.fail("built"))
    capsys.readouterr()
    assert search(*words) == 0
    assert capsys.readouterr().out.count("already done") == 2
    assert sorted(path.name for path in Path("outputs/sweeps/mine").iterdir() if path.is_file()) == [
        ".lock",
        ".sweep.turn",
        "sweep.json",
    ]


@pytest.mark.long
def test_other_seeds_under_the_same_name_join_the_runs_that_are_there(search: Search) -> None:
    assert search("-m", *SMALL, "seed=0,1", "sweep.name=mine") == 0
    assert search("-m", *SMALL, "seed=1,2", "sweep.name=mine") == 0
    assert [job["why"] == "already done" for job in ledger(Path("outputs/sweeps/mine"))] == [True, False]
    assert len(list(Path("outputs/sweeps/mine").glob("*/summary.json"))) == 3


@pytest.mark.long
def test_a_run_folder_that_cannot_be_made_is_one_failure(search: Search) -> None:
    words = ["-m", *SMALL, "seed=0,1", "sweep.name=mine"]
    assert search(*words) == 0
    sweep = Path("outputs/sweeps/mine")
    first = sweep / ledger(sweep)[0]["folder"]
    first.rename("elsewhere")
    first.write_text("a file in its place")
    assert search(*words) == 1
    assert states(sweep) == ["failed", "done"]


def test_a_sweep_of_nothing_but_wrong_input_leaves_nothing(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    assert search("-m", *SMALL[1:], "task=nosuch,nosuch2") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(Path().iterdir()) == []


@pytest.mark.long  # a launcher's workers are processes, which import everything anew
@pytest.mark.skipif(
    importlib.util.find_spec("hydra_plugins.hydra_joblib_launcher") is None,
    reason="hydra-joblib-launcher is not installed; it is in the extra 'launchers'",
)
def test_with_a_parallel_launcher_a_worker_that_dies_takes_no_other_job_with_it(faulty: list[str]) -> None:
    words = [*faulty, "task.fault=kill,none,raise", "hydra/launcher=joblib"]
    words += ["hydra.launcher.n_jobs=2"]
    done = subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert states(FOUR) == ["failed", "done", "failed"]
    assert "3 runs: 2 failed, 1 done" in done.stdout
    assert ledger(FOUR)[0]["why"].startswith("its process died")
    assert "Traceback" not in done.stderr
