"""Files that changed after they were written: every one is noticed, and the one before is taken.

A small checkpoint with each of its bytes flipped, cut at each length, zeroed piece by piece, longer than
it was, under another one's name, or of another run; a history with a torn or a changed row.
"""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import small_runs
from children import forked
from kill_chain import Counts, reference
from small_runs import EVERY, RUNS

_GENERATIONS = 12
_WORDS = [*RUNS["logic"], *EVERY, "method.population_size=2", "seed=1"]


def damaged(job: str, place: Path, sample: int) -> dict[str, Any]:
    """`job` is a part of this page; at most `sample` cases of it, 0 for all."""
    counts, failures = Counts(), []
    run = _begun(place)
    search = small_runs.search_of(run)
    newest, older = reversed(checkpoints(run))
    at, content = int(older.stem.split("-")[1]), newest.read_bytes()
    cases = list(_CASES[job](content, older.read_bytes()))
    if sample:
        cases = random.Random(job).sample(cases, min(sample, len(cases)))
    for name, changed in cases:
        newest.write_bytes(changed)
        counts.add(f"damaged checkpoints: {job}")
        try:
            found = small_runs.standing(run, search)
        except Exception as error:  # whatever it is, it is the finding
            failures.append(f"{job}, {name}: {error!r}")
            continue
        if (
            found is None
            or found.search_state.next_generation != at
            or newest.name not in "".join(found.skip_reasons)
        ):
            failures.append(f"{job}, {name}: not noticed")
        elif "\n" in "".join(found.skip_reasons):
            failures.append(f"{job}, {name}: more than a line: {found.skip_reasons}")
    counts.add("damaged checkpoints", counts.get(f"damaged checkpoints: {job}", 0))
    shutil.rmtree(run)
    return {"counts": counts, "failures": failures}


def checkpoints(run: Path) -> list[Path]:
    """The two that were finished, the older first; a death leaves torn ones beside them."""
    return sorted((run / "checkpoint").glob("generation-*.state"))[-2:]


def _flipped(content: bytes, _: bytes) -> Any:
    for at in range(len(content)):
        for mask in (0xFF, 1 << at % 8):
            yield f"byte {at} ^ {mask}", content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


def _cut(content: bytes, _: bytes) -> Any:
    return ((f"cut to {length}", content[:length]) for length in range(len(content)))


def _zeroed(content: bytes, _: bytes) -> Any:
    yield "all zeros", bytes(len(content))
    for at in range(0, len(content), 64):
        part = bytes(len(content[at : at + 64]))
        if part != content[at : at + 64]:
            yield f"64 zeros at {at}", content[:at] + part + content[at + 64 :]
        if any(content[at:]):
            yield f"zeros from {at}", content[:at] + bytes(len(content) - at)


def _longer(content: bytes, older: bytes) -> Any:
    rng = random.Random("longer")
    for number in range(200):
        yield f"garbage {number}", content + rng.randbytes(rng.choice([1, 2, 16, 512, 4096]))
    yield "twice", content + content
    yield "the older one behind", content + older
    yield "a line", content + b"\n"


def _swapped(_: bytes, older: bytes) -> Any:
    yield "the older one under its name", older


_CASES = {"flipped": _flipped, "cut": _cut, "zeroed": _zeroed, "longer": _longer, "swapped": _swapped}
JOBS = list(_CASES)


def _begun(place: Path) -> Path:
    """A run that is not finished, with two checkpoints; the newest is small."""
    run = place / "damaged"
    shutil.rmtree(run, ignore_errors=True)
    child = forked(
        [*_WORDS, f"generations={_GENERATIONS}", f"hydra.run.dir={run}"], run, "kill@60/checkpoint"
    )
    if child.wait() != -9:
        raise RuntimeError(f"it ended with {child.code}: {child.errors}")
    return run


def whole_commands(place: Path) -> dict[str, Any]:
    """Damage that the command itself meets: exit codes, one line, and the undisturbed bytes behind it."""
    counts, failures = Counts(), []
    straight = reference(place, "logic", 1, 30)
    words = [*RUNS["logic"], *EVERY, "seed=1", "generations=30"]
    for name, (change, code, said) in _COMMANDS.items():
        run = place / f"damage-{name}".replace(" ", "-")
        child = forked([*words, f"hydra.run.dir={run}"], run, "kill@100/checkpoint")
        child.wait()
        change(run)
        again = forked([f"resume={run}"], run)
        counts.add("damaged runs continued or refused")
        if again.wait() != code or len(again.errors) != bool(said) or said not in "".join(again.errors):
            failures.append(f"{name}: exit code {again.code}, not {code}: {again.errors[-3:]}")
        elif code == 0:
            unlike = [file for file in small_runs.unlike(run, straight) if "checkpoint/" not in file]
            failures += [f"{name}: {file} is not as undisturbed" for file in unlike]
        shutil.rmtree(run)
    return {"counts": counts, "failures": failures}


def _each_checkpoint(run: Path) -> None:
    for path in checkpoints(run):
        path.write_bytes(path.read_bytes()[:-1])


def _swap(run: Path) -> None:
    one, other = checkpoints(run)
    a, b = one.read_bytes(), other.read_bytes()
    one.write_bytes(b)
    other.write_bytes(a)


def _newest(run: Path) -> None:
    path = max(checkpoints(run))
    path.write_bytes(bytes(path.stat().st_size))


def _append(name: str, text: str) -> Any:
    return lambda run: (run / name).write_text((run / name).read_text() + text)


def _row(run: Path) -> None:
    text = (run / "history.csv").read_text()
    (run / "history.csv").write_text(text.replace("\n2,", "\n3,", 1))


_COMMANDS: dict[str, tuple[Any, int, str]] = {
    "newest zeroed": (_newest, 0, "passed over"),
    "both cut": (_each_checkpoint, 65, "no checkpoint"),
    "both swapped": (_swap, 65, "no checkpoint"),
    "history torn": (_append("history.csv", "99,3"), 0, ""),
    "history with a row twice": (_append("history.csv", "2,32,1.0\n"), 0, ""),
    "timing torn": (_append("timing.csv", "99,3"), 0, ""),
    "history with a changed row": (_row, 65, "history.csv"),
    "no history": (lambda run: (run / "history.csv").unlink(), 65, "history.csv"),
    "no timing": (lambda run: (run / "timing.csv").unlink(), 0, ""),
    "status torn": (lambda run: (run / "status.json").write_text('{"state": "do'), 0, ""),
    "no status": (lambda run: (run / "status.json").unlink(), 0, ""),
    "no checkpoint": (lambda run: shutil.rmtree(run / "checkpoint"), 0, ""),
    "config torn": (lambda run: (run / ".hydra/config.yaml").write_text("task:\n  a: ["), 65, "config.yaml"),
}
