"""The batch script of the documentation: a signal as SLURM sends it, a requeue, and the run goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "cluster.md"
RUN = ["task=cartpole", "method.population_size=64", "generations=400", "stop_at=null"]
RUN += [
    "retest.repeats=20",
    "held_out.episodes=2",
    "held_out.sweep_weights=3",
    "checkpoint.min_seconds=0",
    "plots=off",
]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "search.sh"
    path.write_text(re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)[0])
    return path


def test_the_script_is_sound_bash(script: Path) -> None:
    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize(("name", "code"), [("USR1", 138)])
def test_a_run_that_the_queue_stops_is_queued_again_and_goes_on_to_its_end(
    script: Path, tmp_path: Path, name: str, code: int
) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    main = "import sys; from wannsearch.commands.search import main; sys.exit(main())"
    (commands / "wannsearch").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{main}" "$@"\n')
    (commands / "scontrol").write_text('#!/bin/sh\necho "$@" >> requeued\n')
    for command in commands.iterdir():
        command.chmod(0o755)
    environment = os.environ | {"PATH": f"{commands}:{os.environ['PATH']}", "SLURM_JOB_ID": "77"}
    environment |= {"SLURM_ARRAY_TASK_ID": "3"}
    words, run = ["bash", str(script), *RUN], tmp_path / "runs/seed_3"

    with subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as shell:
        history = run / "history.csv"
        while shell.poll() is None and not (history.exists() and history.read_text().count("\n") > 5):
            time.sleep(0.005)
        shell.send_signal(getattr(signal, f"SIG{name}"))
        assert shell.wait(timeout=60) == code
    assert (tmp_path / "requeued").read_text() == "requeue 77\n"
    assert json.loads((run / "status.json").read_text())["state"] == "stopped"
    before = history.read_text()

    again = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "requeued").read_text() == "requeue 77\n"
    assert json.loads((run / "status.json").read_text())["state"] == "done"
    assert history.read_text().startswith(before)
    assert history.read_text().count("\n") == 401
