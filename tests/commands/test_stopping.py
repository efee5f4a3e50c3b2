"""A run that is asked to stop says so, keeps what it has, and its exit code names the signal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from running.signal_when import has_rows, signal_when

from wannsearch.commands.running.terminal import shell_join

HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # also behind a shell's `&`
MAIN = "import sys; from wannsearch.commands.search import main; sys.exit(main())"
COMMAND = [sys.executable, "-c", f"{HEARD}; {MAIN}"]
LONG = ["task=cartpole", "debug=fast", "generations=1000000", "stop_at=null"]
LONG += ["method.population_size=16"]


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


def check_stopped(run: Path, name: str, said: str) -> None:
    stop, command = (line for line in said.splitlines() if "compiling once" not in line)
    assert re.fullmatch(rf"wannsearch: stopped by {name} after generation \d+ of 1000000; to go on:", stop)
    assert command == "  wannsearch resume=run"
    status = json.loads((run / "status.json").read_text())
    assert (status["state"], status["why"]) == ("stopped", name)
    assert (run / "ranking.csv").is_file()
    assert (run / "best/network.json").is_file()


def test_a_signal_ends_the_process_with_its_own_code(tmp_path: Path) -> None:
    run = started([*LONG, "hydra.run.dir=run"], tmp_path, lambda: tmp_path / "run/history.csv")
    try:
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    finally:
        run.kill()
    assert run.returncode == 130
    check_stopped(tmp_path / "run", "INT", said)


@pytest.mark.parametrize(("name", "code"), [("HUP", 129), ("TERM", 143), ("USR1", 138)])
def test_so_does_every_other_signal_that_asks_to_stop(
    search: Callable[..., int], capsys: pytest.CaptureFixture[str], name: str, code: int
) -> None:
    with signal_when(lambda: has_rows(Path("run/history.csv"), 2), getattr(signal, f"SIG{name}")):
        assert search(*LONG, "hydra.run.dir=run") == code
    check_stopped(Path("run"), name, capsys.readouterr().err)


def test_an_interrupted_sweep_does_not_start_its_other_jobs(
    search: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, words = Path("outputs/sweeps/many"), ["-m", *LONG, "seed=0,1,2", "sweep.name=many"]
    with signal_when(lambda: any(has_rows(path, 2) for path in folder.glob("*/history.csv")), signal.SIGINT):
        assert search(*words) == 130
    said = capsys.readouterr().out
    assert "3 runs: 1 stopped, 2 pending" in said
    assert said.endswith(f"to go on:\n  {shell_join(['wannsearch', *words])}\n")
    assert len(list(folder.glob("*/history.csv"))) == 1
