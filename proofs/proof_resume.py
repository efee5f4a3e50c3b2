"""Stopped at each of 30 generations and continued; and everything that may change nothing, changed.

    python proofs/proof_resume.py

WANN on three tasks, NEAT, and Weedout on the digits. A run is stopped by TERM while it breeds generation
g, for every g, and continued by `resume=`; its files must be those of the uninterrupted run, byte for
byte. Then the same run again with checkpoints often, seldom and never, every display, 1, 2, 3 and 8
threads, and, of networks that are played, chunks of 1, 2, 7 and all. Prints counts and PASS or FAIL.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

from ledger import Ledger

from wannsearch.commands.search import main
from wannsearch.methods.neat import Neat
from wannsearch.methods.wann import Wann
from wannsearch.methods.weedout import Weedout

GENERATIONS = 30
RUNS: dict[str, tuple[Any, list[str]]] = {
    "cartpole": (Wann, ["task=cartpole", "task.horizon=100"]),
    "cartpole_swingup": (Wann, ["task=cartpole_swingup", "task.horizon=100"]),
    "logic": (Wann, ["task=logic", "task.gate=parity", "task.bits=3"]),
    "neat": (Neat, ["task=cartpole_swingup", "method=neat", "task.horizon=100"]),
    "weedout": (
        Weedout,
        ["experiment=weedout_digits", "method.parent_network.layers=[24]", "evaluator.epochs=2"],
    ),
}
SMALL = ["method.population_size=16", "held_out.episodes=2", "held_out.sweep_weights=3", "seed=5"]
OFTEN = ["checkpoint.min_seconds=0"]
PROMISED = ["history.csv", "ranking.csv", "front.csv", "population.jsonl.gz", "summary.json", "best", "plots"]
CHANGES = [
    *(["checkpoint.min_seconds=0", f"checkpoint.every={every}"] for every in (1, 5, 1000)),
    *([f"display={display}"] for display in ("off", "plain", "rich")),
    *([f"evaluator.threads={threads}"] for threads in (1, 2, 3, 8)),
]
CHUNKS = [[f"evaluator.chunk={chunk}"] for chunk in (1, 2, 7, "null")]


def searched(folder: Path, *words: str) -> int:
    """The command, in this process; its exit code."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main([*words, f"hydra.run.dir={folder}"])


def resumed(folder: Path) -> int:
    """The command that goes on."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return main([f"resume={folder}"])


def promised(folder: Path) -> dict[str, bytes]:
    """Every file that must not differ."""
    found = [path for name in PROMISED for path in [folder / name, *(folder / name).glob("*")]]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found if path.is_file()}


def stopped_at(method: Any, generation: int) -> Any:
    """Breeding sends TERM to this very process in that generation."""
    tell = method.tell

    def told(self: Any, state: Any, *rest: Any) -> Any:
        if state.generation == generation:
            os.kill(os.getpid(), signal.SIGTERM)
        return tell(self, state, *rest)

    return mock.patch.object(method, "tell", told)


def changes_of(method: Any) -> list[list[str]]:
    """What may change nothing."""
    return CHANGES if method is Weedout else [*CHANGES, *CHUNKS]


def stops(method: Any, task: list[str], place: Path, straight: dict[str, bytes]) -> int:
    """How many of the 30 came back with other bytes, or not at all."""
    wrong = 0
    for generation in range(1, GENERATIONS + 1):
        run = place / f"stopped_{generation}"
        with stopped_at(method, generation):
            code = searched(run, *task, *SMALL, *OFTEN, f"generations={GENERATIONS}")
        again = resumed(run)
        if (code, again) != (143, 0) or promised(run) != straight:
            print(f"  generation {generation}: codes {code} and {again}, files differ")
            wrong += 1
        shutil.rmtree(run)
    return wrong


def changes(method: Any, task: list[str], place: Path, straight: dict[str, bytes]) -> int:
    """How many of the changes that may change nothing changed something."""
    wrong = 0
    for number, words in enumerate(changes_of(method)):
        run = place / f"changed_{number}"
        code = searched(run, *task, *SMALL, *words, f"generations={GENERATIONS}")
        if code or promised(run) != straight:
            print(f"  {' '.join(words)}: code {code}, files differ")
            wrong += 1
        shutil.rmtree(run)
    return wrong


def prove() -> int:
    """Run it all; the exit code."""
    ledger = Ledger("resume", kept=True, anew=True)
    with tempfile.TemporaryDirectory() as name:
        for run, (method, words) in RUNS.items():
            place = Path(name) / run
            assert searched(place / "straight", *words, *SMALL, f"generations={GENERATIONS}") == 0
            straight = promised(place / "straight")
            stopped = stops(method, words, place, straight)
            changed = changes(method, words, place, straight)
            ledger.add("stops that ended identical", GENERATIONS - stopped)
            ledger.add("changes that changed nothing", len(changes_of(method)) - changed)
            ledger.add("files compared each time", len(straight))
            if stopped or changed:
                ledger.fail(f"{run}: {stopped} stops and {changed} changes ended with other files")
    wanted = {
        "stops that ended identical": GENERATIONS * len(RUNS),
        "changes that changed nothing": sum(len(changes_of(method)) for method, _ in RUNS.values()),
    }
    return ledger.close(wanted, "make proof-resume")


if __name__ == "__main__":
    sys.exit(prove())
