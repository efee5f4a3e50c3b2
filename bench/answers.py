"""Commands that answer at once: wall seconds of fresh processes.

`wannsearch --help` composes the config and searches nothing. `wannsearch-runs` lists a folder of twenty
copies of one finished run.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from samples import Pace, Sampler, make_seconds_sampler, sample_in_turns, summarize
from table import BenchmarkRow, Target

NUM_RUNS = 20
SEARCH = ["task=logic", "generations=2", "method.population_size=4", "evaluator=reference", "display=off"]


def run_command(module: str, arguments: list[str]) -> None:
    """Run a command in a new process, without its output; CalledProcessError where it fails."""
    code = f"import sys; from wannsearch.commands.{module} import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)


def make_command_sampler(module: str, arguments: list[str]) -> Sampler:
    """Return a sampler of the wall seconds of one command."""
    return make_seconds_sampler(lambda: run_command(module, arguments))


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return a row for the help text and one for the list of runs."""
    with tempfile.TemporaryDirectory(prefix="bench_") as name:
        folder = Path(name)
        run_command("search", [*SEARCH, f"hydra.run.dir={folder / 'run_0'}"])
        for number in range(1, NUM_RUNS):
            shutil.copytree(folder / "run_0", folder / f"run_{number}")
        help_seconds, list_seconds = sample_in_turns(
            [make_command_sampler("search", ["--help"]), make_command_sampler("runs", [str(folder)])], pace
        )
    return [
        BenchmarkRow(
            name="wannsearch --help",
            work="start of the process to its end",
            unit="s",
            result=summarize(help_seconds),
            target=Target("<=", 1, "result"),
        ),
        BenchmarkRow(
            name="wannsearch-runs",
            work=f"{NUM_RUNS} finished runs, start of the process to its end",
            unit="s",
            result=summarize(list_seconds),
            target=Target("<=", 0.5, "result"),
        ),
    ]
