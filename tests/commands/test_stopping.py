"""A run that is asked to stop says so, keeps what it has, and its exit code names the signal."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "import sys; from wannsearch.commands.search import main; sys.exit(main())"]
LONG = ["task=cartpole", "debug=fast", "generations=1000000", "method.population_size=16"]


def started(words: list[str], folder: Path, history: Callable[[], Path | None]) -> subprocess.Popen[str]:
    run = subprocess.Popen(
        [*COMMAND, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for _ in range(2000):
        path = history()
        if path is not None and path.is_file() and len(path.read_text().splitlines()) > 2:
            return run
        time.sleep(0.1)
    run.kill()
    raise AssertionError(run.communicate())


@pytest.mark.parametrize(("name", "code"), [("HUP", 129), ("INT", 130), ("USR1", 138), ("TERM", 143)])
def test_a_signal_ends_the_run_with_its_own_code(tmp_path: Path, name: str, code: int) -> None:
    run = started([*LONG, "hydra.run.dir=run"], tmp_path, lambda: tmp_path / "run/history.csv")
    run.send_signal(getattr(signal, f"SIG{name}"))
    _, said = run.communicate(timeout=60)
    assert run.returncode == code
    assert said == f"wannsearch: stopped by {name}\n"
    status = json.loads((tmp_path / "run/status.json").read_text())
    assert (status["state"], status["why"]) == ("stopped", name)
    assert (tmp_path / "run/ranking.csv").is_file()
    assert (tmp_path / "run/best/network.json").is_file()


def test_an_interrupted_sweep_does_not_start_its_other_jobs(tmp_path: Path) -> None:
    words = ["-m", *LONG, "seed=0,1,2", "sweep.name=many"]
    folder = tmp_path / "outputs/sweeps/many"
    started_run = started(words, tmp_path, lambda: next(iter(folder.glob("*/history.csv")), None))
    started_run.send_signal(signal.SIGINT)
    said, _ = started_run.communicate(timeout=60)
    assert started_run.returncode == 130
    assert "3 runs: 1 stopped, 2 pending" in said
    assert len(list(folder.glob("*/history.csv"))) == 1
