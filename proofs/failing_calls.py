"""The k-th call on the run folder fails, for every k: one line, exit code 74, and nothing is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import small_runs
from children import forked
from kill_chain import Counts
from small_runs import EVERY, RUNS

_WORDS = [*RUNS["logic"], *EVERY, "seed=1", "generations=3"]
KINDS = ("fail:ENOSPC", "fail:EIO", "failonce:ENOSPC", "failonce:EIO")


def _reference(place: Path) -> tuple[Path, list[str]]:
    """The undisturbed run and the kinds of its calls."""
    run, log = place / "calls-reference", place / "calls.jsonl"
    if not run.exists():
        child = forked([*_WORDS, f"hydra.run.dir={run}"], run, _PICTURES="plain", _LOG=str(log))
        if child.wait():
            raise RuntimeError(f"the reference run ended with {child.code}: {child.errors}")
    return run, [line.split('"')[1] for line in log.read_text().splitlines()]


def failing(kind: str, part: int, parts: int, place: Path) -> dict[str, Any]:
    """Every `parts`-th call, from `part` on, fails in this way."""
    counts, failures = Counts(), []
    straight, kinds = _reference(place)
    action, error = kind.split(":")
    for number in range(1 + part, len(kinds) + 1, parts):
        run = place / f"{action}-{error}-{number}"
        child = forked(
            [*_WORDS, f"hydra.run.dir={run}"], run, f"{action}@{number}:{error}/any", _PICTURES="plain"
        )
        code = child.wait()
        # What failed by itself is counted, but not in the reference's list: the number alone names no call.
        where = f"call {number}, {child.failed_call}, {kind}"
        counts.add("calls that failed")
        if code == 0 and action == "failonce":
            counts.add("calls whose failure did no harm")
        elif code != 74 or len(child.errors) != 1 or str(run) not in child.errors[0]:
            failures.append(f"{where}: exit code {code}: {child.errors[-3:]}")
        elif child.failed_call == "write" and "bytes" not in child.errors[0]:
            failures.append(f"{where}: no size is named: {child.errors}")
        failures += gone_on(run, straight, [*_WORDS, f"hydra.run.dir={run}"], where, _PICTURES="plain")
        counts.add("continued to identical files after a failed call")
        shutil.rmtree(run)
    return {"counts": counts, "failures": failures}


def short_writes(place: Path) -> dict[str, Any]:
    """Every write takes half: all is written all the same."""
    straight, _ = _reference(place)
    run = place / "short"
    child = forked([*_WORDS, f"hydra.run.dir={run}"], run, "short/any", _PICTURES="plain")
    failures = [] if child.wait() == 0 else [f"short writes: exit code {child.code}: {child.errors}"]
    failures += [f"short writes: {name} is not as undisturbed" for name in small_runs.unlike(run, straight)]
    return {"counts": {"runs of nothing but short writes": 1}, "failures": failures}


def gone_on(run: Path, straight: Path, words: list[str], where: str, **more: str) -> list[str]:
    """What is wrong with the run's checkpoints and with its continuation."""
    if (run / ".hydra/config.yaml").is_file() and (run / "history.csv").is_file():
        try:
            found = small_runs.standing(run, small_runs.search_of(run))
        except Exception as error:  # whatever it is, it is the finding
            return [f"{where}: {error!r}"]
        if found and found.skip_reasons:
            return [f"{where}: unreadable: {found.skip_reasons}"]
    child = forked(words, run, **more)
    if child.wait():
        return [f"{where}: going on ended with {child.code}: {child.errors[-2:]}"]
    unlike = [name for name in small_runs.unlike(run, straight) if not name.startswith("checkpoint/")]
    return [f"{where}: {name} is not as undisturbed" for name in unlike]
