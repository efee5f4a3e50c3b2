"""One run, killed again and again until it is finished, and looked at after every death.

After each SIGKILL: the newest checkpoint loads and is not older than the last one that was finished;
`history.csv` is a beginning of the uninterrupted run's; the next start asks the very generation that the
checkpoint names. At the end every promised file is the uninterrupted run's, byte for byte.
"""

from __future__ import annotations

import json
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import children
import small_runs
from children import Child, forked, fresh
from small_runs import EVERY, RUNS, THROTTLED

MOST_KILLS = 60
"""Of one chain; then the run may finish."""


class Counts(dict[str, Any]):
    """Numbers that add up."""

    def add(self, name: str, number: float = 1) -> None:
        self[name] = self.get(name, 0) + number


@cache
def reference(place: Path, task: str, seed: int, generations: int) -> Path:
    """The folder of the run that nobody disturbs."""
    folder = place / f"reference-{task}-{seed}-{generations}"
    words = [
        *RUNS[task],
        *EVERY,
        f"seed={seed}",
        f"generations={generations}",
        "hydra.run.dir=" + str(folder),
    ]
    child = forked(words, folder)
    if child.wait():
        raise RuntimeError(f"the reference run ended with {child.code}: {child.errors}")
    return folder


def chain(number: int, place: Path) -> dict[str, Any]:
    """Chain `number`: its task, its seed and the moments of its kills follow from the number."""
    rng = random.Random(f"chain {number}")
    task = list(RUNS)[number % len(RUNS)]
    whole_commands = number % 10 == 5
    generations = 40 if whole_commands else 100
    straight = reference(place, task, 1 + number // len(RUNS) % 2, generations)
    run = place / f"chain-{number}"
    shutil.rmtree(run, ignore_errors=True)
    checkpoints = rng.choice([EVERY, EVERY, THROTTLED])
    words = [*RUNS[task], *checkpoints, f"seed={1 + number // len(RUNS) % 2}", f"generations={generations}"]
    words += [f"hydra.run.dir={run}"]
    counts, failures = Counts(), []
    history, kept, kills = (straight / "history.csv").read_bytes(), 1, 0
    while True:
        again = (run / ".hydra/config.yaml").is_file() and rng.random() < 0.5
        arguments = [f"resume={run}", *checkpoints] if again else words
        start = fresh if whole_commands else forked
        child = _killed(start, arguments, run, rng) if kills < MOST_KILLS else start(arguments, run)
        code = child.wait()
        failures += _lost(child, kept, run, f"chain {number}, kill {kills}, {task}")
        if code == 0:
            break
        if code != -9:
            failures.append(f"chain {number}, kill {kills}: exit code {code}: {child.errors[-3:]}")
            break
        kills += 1
        _count(counts, child, task, whole_commands)
        try:
            now = _standing(run, history)
        except Exception as error:  # whatever it is, it is the finding
            failures.append(f"chain {number}, kill {kills}, {child.words[-3:]}: {error!r}")
            break
        if now < max(kept, child.kept):
            failures.append(f"chain {number}, kill {kills}: back to {now}, {max(kept, child.kept)} was kept")
        kept = now
    if not failures:
        failures += [f"chain {number}: {name} is not as undisturbed" for name in _unlike(run, straight)]
        counts.add("runs killed until finished, all files identical", not failures)
        shutil.rmtree(run)
    return {"counts": counts, "failures": failures}


def _killed(start: Any, words: list[str], run: Path, rng: random.Random) -> Child:
    """A start that is killed in one of five ways."""
    way = rng.choices(
        ["protocol", "after a row", "any call", "from the start", "closing"], [52, 34, 6, 4, 4]
    )[0]
    action = rng.choice(["kill", "killafter", "tear"])
    if way == "protocol":
        return start(words, run, f"{action}@{rng.randint(1, 40)}/checkpoint")  # type: ignore[no-any-return]
    if way == "any call":
        return start(words, run, f"{action}@{rng.randint(1, 80)}/any")  # type: ignore[no-any-return]
    child: Child = start(words, run)
    if way == "from the start":
        child.kill_after(rng.uniform(0.0, 3.0 if start is fresh else 0.3))
    elif child.until("R" if way == "after a row" else "F"):
        child.kill_after(rng.uniform(0.0, 0.06 if way == "after a row" else 1.2))
    return child


def _lost(child: Child, kept: int, run: Path, where: str) -> list[str]:
    """Rows that a start recorded other than those from the checkpoint on, each once."""
    rows = child.rows
    if rows and rows != list(range(kept, kept + len(rows))):
        return [f"{where}: after a checkpoint of {kept} it recorded {rows[:3]}...{rows[-1]}"]
    return [f"{where}: it hangs"] if "HANGS" in child.words else []


def _count(counts: Counts, child: Child, task: str, whole_command: bool) -> None:
    counts.add("SIGKILLs")
    counts.add(f"SIGKILLs of {task}")
    counts.add("SIGKILLs after that process's first recorded generation", bool(child.rows))
    counts.add("SIGKILLs inside the checkpoint protocol", child.in_protocol)
    counts.add("SIGKILLs of whole fresh commands", whole_command)
    counts.add("generations recorded between kills", len(child.rows))


def _standing(run: Path, history: bytes) -> int:
    """The generation that comes next; raises where a file is not as it must be."""
    path = run / "history.csv"
    written = path.read_bytes() if path.is_file() else b""
    if not history.startswith(written):
        raise ValueError(f"history.csv is no beginning of the undisturbed one: {written[-200:]!r}")
    if not (run / ".hydra/config.yaml").is_file():
        return 1
    status = run / "status.json"
    if status.is_file():
        json.loads(status.read_text(encoding="utf-8"))
    found = small_runs.standing(run, small_runs.search_of(run))
    if found is None:
        return 1
    if found.skip_reasons:
        raise ValueError(f"unreadable: {found.skip_reasons}")
    return found.search_state.next_generation


def _unlike(run: Path, straight: Path) -> list[str]:
    return [name for name in small_runs.unlike(run, straight) if not name.startswith("checkpoint/")]


def prepare() -> None:
    """Once in every process that runs chains."""
    children.prepare(RUNS)
