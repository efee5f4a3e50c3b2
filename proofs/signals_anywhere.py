"""HUP, INT, TERM and USR1 at any moment of a run: start-up, search, final test, pictures.

The run ends within 5 s with the signal's own code, its status says the truth, and going on gives the
undisturbed bytes. A second INT ends it at once. A signal before the command has its handlers, or after it
has given them back, ends the process as the system does; a shell reports the same code.
"""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import children
import small_runs
import stub_runs
from children import forked
from kill_chain import Counts, reference
from small_runs import EVERY, RUNS

CODES = {"HUP": 129, "INT": 130, "USR1": 138, "TERM": 143}
PHASES = ("start-up", "search", "search", "final test", "pictures", "long generation")
_WITHIN_S = 5.0


def signalled(number: int, place: Path, timed: bool) -> dict[str, Any]:
    """Signal `number`: which, to what and when follow from the number; `timed` judges the seconds too."""
    rng = random.Random(f"signal {number}")
    name, phase = list(CODES)[number % 4], PHASES[number % 6]
    task = list(RUNS)[number % len(RUNS)]
    run = place / f"signal-{number}"
    words = [*RUNS[task], *EVERY, "seed=1", "generations=100", f"hydra.run.dir={run}"]
    if phase == "long generation":
        words = [*stub_runs.SLOW, f"hydra.run.dir={run}"]
    child = forked(words, run)
    if phase == "start-up":
        time.sleep(rng.uniform(0.0, 0.5))
    else:
        child.until({"search": "R", "final test": "F", "pictures": "P", "long generation": "R"}[phase])
        time.sleep(rng.uniform(0.0, {"search": 0.4, "pictures": 1.0}.get(phase, 0.01)))
    begin = time.monotonic()
    child.signal(getattr(signal, f"SIG{name}"))
    twice = name == "INT" and number % 8 == 1
    if twice:
        time.sleep(0.001)
        child.signal(signal.SIGINT)
    code = child.wait(60)
    seconds = time.monotonic() - begin
    where = f"signal {number}, {name} in {phase}{' twice' * twice}"
    failures = _judged(child, CODES[name], getattr(signal, f"SIG{name}"), where)
    if timed and seconds > _WITHIN_S:
        failures.append(f"{where}: it took {seconds:.1f} s")
    if not twice:
        failures += _status(run, name, code, where)
    if phase != "long generation":
        again = forked(words, run)
        if again.wait():
            failures.append(f"{where}: going on ended with {again.code}: {again.errors[-2:]}")
        else:
            unlike = small_runs.unlike(run, reference(place, task, 1, 100))
            failures += [
                f"{where}: {file} is not as undisturbed" for file in unlike if "checkpoint/" not in file
            ]
    shutil.rmtree(run, ignore_errors=True)
    counts = Counts(
        {"signals": 1, f"signals in phase {phase}": 1, "most seconds from signal to end": seconds}
    )
    counts.add("second INTs", twice)
    return {"counts": counts, "failures": failures}


def _judged(child: children.Child, code: int, number: int, where: str) -> list[str]:
    failures = []
    if child.code not in (code, -number, 0):
        failures.append(f"{where}: exit code {child.code}: {child.errors[-3:]}")
    if child.code == 0 and "P" not in child.words:
        failures.append(f"{where}: it took no notice")
    if child.code == code and not _tells_stop(child.errors):
        failures.append(f"{where}: it said {child.errors[-4:]}")
    return failures


def _tells_stop(lines: list[str]) -> bool:
    """Return whether these lines tell of the stop, and where the run has begun, how to go on."""
    is_told = bool(lines) and lines[0].startswith("wannsearch: stopped by ")
    return is_told and (len(lines) == 1 or (len(lines) == 2 and lines[1].startswith("  wannsearch resume=")))


def _status(run: Path, name: str, code: int, where: str) -> list[str]:
    """`running` may not stay behind, and `done` only where all is there."""
    path = run / "status.json"
    if not path.is_file():
        return []
    status = json.loads(path.read_text(encoding="utf-8"))
    said = (status["state"], status["why"])
    if code == 0 or (code < 0 and said == ("done", None)):
        return [] if said == ("done", None) else [f"{where}: the status says {said}, the code {code}"]
    return [] if said == ("stopped", name) else [f"{where}: the status says {said}, the code {code}"]


def prepare() -> None:
    """Once in every process that sends signals."""
    children.prepare(RUNS | {"stub": [*stub_runs.STUB]})
