"""make proof-files: damaged files, failing calls, full disks, lost folders, many starts in one folder."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger import Ledger
from workers import spread


def jobs(gate: bool) -> dict[str, Callable[[Path], dict[str, Any]]]:
    """Name -> what to do in a folder."""
    import damaged_files
    import failing_calls
    import lost_places

    found: dict[str, Callable[[Path], dict[str, Any]]] = {}
    for name in damaged_files.JOBS:
        found[name] = lambda place, name=name: damaged_files.damaged(name, place, 60 if gate else 0)
    parts, kinds = (40, failing_calls.KINDS[:2]) if gate else (4, failing_calls.KINDS)
    for kind in kinds:
        for part in range(1 if gate else parts):
            found[f"{kind} {part}"] = lambda place, k=kind, p=part: failing_calls.failing(k, p, parts, place)
    if not gate:
        found["commands"] = damaged_files.whole_commands
    found["short writes"] = failing_calls.short_writes
    for size in () if gate else (160, 300, 600):
        found[f"disk of {size} KB"] = lambda place, size=size: lost_places.full_disk(size, place)
    repeats = (
        {"gone": 1, "owner": 1, "folders": 1}
        if gate
        else {"gone": 30, "owner": 20, "folders": 20, "stale": 10}
    )
    works = {
        "gone": lost_places.gone_folder,
        "owner": lost_places.one_owner,
        "folders": lost_places.own_folders,
        "stale": lost_places.taken_over,
    }
    for name, count in repeats.items():
        for number in range(count):
            found[f"{name} {number}"] = lambda place, w=works[name], n=number: w(n, place)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--gate", action="store_true", help="a few of each, and nothing is kept")
    parser.add_argument("--only", default="", help="jobs whose name begins so")
    given = parser.parse_args()
    ledger = Ledger("files", kept=not given.gate and not given.only)

    import children  # after the arguments, for it loads the package
    import small_runs
    import stub_runs

    todo = {name: work for name, work in jobs(given.gate).items() if name.startswith(given.only)}

    def took(job: str, result: dict[str, Any]) -> bool:
        ledger.merge(result)
        ledger.parts[job] = True
        ledger.save(False, "make proof-files")
        print(f"{job}: {len(result['failures'])} failures", flush=True)
        return False

    def work(job: str, place: Path) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(dir=place) as own:
            return todo[job](Path(own))

    with tempfile.TemporaryDirectory(prefix="wannsearch-proof-") as folder:
        left = [job for job in todo if job not in ledger.parts]
        runs = small_runs.PLAYED | {"stub": stub_runs.STUB}
        spread(
            left, lambda: children.prepare(runs), lambda job: work(job, Path(folder)), given.processes, took
        )
    # Every byte and every call is tried, however many there are; so few would mean that none were found.
    wanted: dict[str, float] = {"damaged checkpoints": 100 if given.gate else 5_000}
    wanted["calls that failed"] = 4 if given.gate else 300
    for what in ("8 starts in one named folder: 1 owner", "8 starts without a folder: 8 folders"):
        wanted[what] = 1 if given.gate else 20
    return ledger.close({} if given.only else wanted, "make proof-files")


if __name__ == "__main__":
    sys.exit(main())
