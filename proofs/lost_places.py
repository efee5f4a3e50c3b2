"""Disks that are full, folders that go away, and many who want the same one."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import small_runs
import stub_runs
from children import Child, forked, fresh
from failing_calls import gone_on
from kill_chain import Counts, reference
from small_runs import EVERY, RUNS


def full_disk(kilobytes: int, place: Path) -> dict[str, Any]:
    """A disk of this size fills up; with more room the run goes on."""
    words = [*RUNS["cartpole_swingup"], *EVERY, "method.population_size=48", "seed=1", "generations=100"]
    straight = place / f"full-reference-{kilobytes}"
    if forked([*words, f"hydra.run.dir={straight}"], straight).wait():
        return {"counts": {}, "failures": ["the reference run failed"]}
    disk = place / f"disk-{kilobytes}"
    disk.mkdir()
    options = f"size={kilobytes}k"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", disk], check=False).returncode:
        return {"counts": {"small disks not tried: no right to mount": 1}, "failures": []}
    try:
        here = [*words, f"hydra.run.dir={disk}"]
        child = forked(here, disk)
        code, failures = child.wait(), []
        if code != 74 or len(child.errors) != 1 or "bytes" not in child.errors[0]:
            failures.append(f"{kilobytes} KB: exit code {code}: {child.errors[-3:]}")
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        failures += gone_on(disk, straight, here, f"{kilobytes} KB")
    finally:
        subprocess.run(["umount", disk], check=True)
    return {"counts": {"disks that filled up": 1}, "failures": failures}


def gone_folder(number: int, place: Path) -> dict[str, Any]:
    """The folder is renamed, taken away, or taken away and made anew, while the run lives."""
    rng, counts, failures = random.Random(f"gone {number}"), Counts(), []
    way = ("renamed", "taken away", "made anew")[number % 3]
    run, away = place / f"gone-{number}", place / f"gone-{number}-away"
    words = [*RUNS["logic"], *EVERY, "seed=1", "generations=100", f"hydra.run.dir={run}"]
    child = forked(words, run)
    child.until("R")
    time.sleep(rng.uniform(0.0, 0.2))
    child.listen()
    before = max(child.rows)
    run.rename(away)
    if way == "made anew":
        run.mkdir()
    code = child.wait()
    where = f"gone {number}, {way} at row {before}"
    counts.add("run folders that went away")
    if child.rows and max(child.rows) == 100:
        counts.add("run folders that went away after the last row")
    elif max(child.rows) > before + 4:  # what was told in the moment before counts too
        failures.append(f"{where}: it went on to row {max(child.rows)}")
    if code != 74 or len(child.errors) != 1 or str(run) not in child.errors[0]:
        failures.append(f"{where}: exit code {code}: {child.errors[-3:]}")
    if way != "made anew" and run.exists():
        failures.append(f"{where}: the folder came back: {sorted(run.rglob('*'))[:4]}")
    shutil.rmtree(run, ignore_errors=True)
    if way == "renamed":
        away.rename(run)
        failures += gone_on(run, reference(place, "logic", 1, 100), words, where)
    shutil.rmtree(run if way == "renamed" else away)
    return {"counts": counts, "failures": failures}


def _start(number: int, words: list[str], folder: Path, **more: str) -> Child:
    """A command; every fifth round takes whole fresh ones, the others children that start at once."""
    return (fresh if number % 5 == 4 else forked)(words, folder, **more)


def one_owner(number: int, place: Path) -> dict[str, Any]:
    """Eight starts at once in one named folder: one searches, seven are refused."""
    run = place / f"owned-{number}"
    last = 100 if number % 5 == 4 else 20  # it lives until the slowest has started
    words = [*stub_runs.STUB, "task.pause_s=0.02", f"generations={last}", f"hydra.run.dir={run}"]
    starts = [
        _start(number, words, run.with_name(f"{run.name}-{start}"), _ROOT=str(run)) for start in range(8)
    ]
    codes = [child.wait() for child in starts]
    owners = [child for child in starts if child.rows]
    said = [child.errors for child in starts if child.code == 2]
    failures = []
    if len(owners) != 1 or sorted(codes) != [0] + [2] * 7 or owners[0].rows != list(range(1, last + 1)):
        failures.append(f"one folder {number}: codes {codes}, {len(owners)} owners")
    if any(len(lines) != 1 or "still alive" not in lines[0] for lines in said):
        failures.append(f"one folder {number}: {said}")
    rows = (run / "history.csv").read_text().splitlines()[1:]
    if [row.partition(",")[0] for row in rows] != [str(row) for row in range(1, last + 1)]:
        failures.append(f"one folder {number}: its rows are mixed")
    shutil.rmtree(run)
    return {"counts": {"8 starts in one named folder: 1 owner": 1}, "failures": failures}


def own_folders(number: int, place: Path) -> dict[str, Any]:
    """Eight starts at once without a folder: each gets its own."""
    home = place / f"default-{number}"
    home.mkdir()
    words = [*RUNS["logic"], "seed=1", "generations=5"]
    starts = [_start(number, words, home / f"start-{start}", _PICTURES="plain") for start in range(8)]
    codes = [child.wait() for child in starts]
    runs = sorted(path.parent for path in (home / "outputs").rglob("status.json"))
    failures = []
    if codes != [0] * 8 or len(runs) != 8:
        failures.append(f"default folders {number}: codes {codes}, {len(runs)} folders")
    states = {json.loads((run / "status.json").read_text())["state"] for run in runs}
    if states != {"done"} or any(small_runs.unlike(run, runs[0]) for run in runs):
        failures.append(f"default folders {number}: {states}, or files are mixed")
    shutil.rmtree(home)
    return {"counts": {"8 starts without a folder: 8 folders": 1}, "failures": failures}


def taken_over(number: int, place: Path) -> dict[str, Any]:
    """The owner is killed: the next start takes over at once; so does one in a copy of the folder."""
    run, copy = place / f"stale-{number}", place / f"stale-{number}-copy"
    words = [*RUNS["logic"], *EVERY, "seed=1", "generations=100"]
    child = forked([*words, f"hydra.run.dir={run}"], run)
    child.until("R")
    child.kill_after(0.05)
    child.wait()
    shutil.copytree(run, copy)
    begin = time.monotonic()
    again = forked([f"resume={run}"], run)
    begun = again.until("R")
    counts = Counts({"stale locks taken over": 1, "most seconds until a stale lock is taken over": 0.0})
    counts["most seconds until a stale lock is taken over"] = time.monotonic() - begin
    failures = [] if begun and again.wait() == 0 else [f"stale {number}: {again.errors}"]
    straight = reference(place, "logic", 1, 100)
    failures += gone_on(copy, straight, [*words, f"hydra.run.dir={copy}"], f"copy {number}")
    failures += [
        f"stale {number}: {name}" for name in small_runs.unlike(run, straight) if "checkpoint/" not in name
    ]
    return {"counts": counts, "failures": failures}
