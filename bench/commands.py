"""Whole commands, as a user types them: wall seconds of fresh processes in an empty folder.

Two threads, the kernels' cache in a folder of its own. The first generation counts from the start of the
process until `history.csv` has its first row, with that cache empty (cold) or filled (warm). What is
not evaluation is read from the run's own `timing.csv`: ask, tell, record and re-test of the median
generation in 450..550.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from samples import Pace, cited, spread
from table import Row, Target

from wannsearch.formats import population_jsonl
from wannsearch.records import layout

THREADS = 2
PUBLISHED_S = 23.9 * 3600  # the published laptop run, 1024 generations of 64 on 8 cores; cited
START = "import sys; from wannsearch.commands.search import main; sys.exit(main(sys.argv[1:]))"
GENERATIONS = (450, 550)


def started(arguments: list[str], folder: Path, cache: Path) -> subprocess.Popen[bytes]:
    """`wannsearch` in this folder, with this cache; what it says to people is thrown away."""
    command = [sys.executable, "-c", START, *arguments, f"evaluator.threads={THREADS}", "display=off"]
    environment = os.environ | {"WANNSEARCH_CACHE": str(cache)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, env=environment, **quiet)


def first_generation(cache: Path) -> float:
    """Seconds until the first row; the search is stopped then."""
    with tempfile.TemporaryDirectory(prefix="bench_") as folder:
        begin = time.perf_counter()
        process = started(["experiment=wann_swingup_laptop"], Path(folder), cache)
        try:
            while True:
                written = list(Path(folder).glob(f"outputs/*/*/*/{layout.HISTORY}"))
                if written and written[0].read_bytes().count(b"\n") >= 2:
                    return time.perf_counter() - begin
                if process.poll() is not None:
                    raise RuntimeError(f"the search ended with {process.returncode} before its first row")
                time.sleep(0.005)
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True)
class Run:
    """What a whole command took and did."""

    wall: float
    seconds: float  # of the search in it
    env_steps: int
    timing: dict[str, Any]  # a column each
    nodes: float  # mean of the last population
    connections: float

    @property
    def saved(self) -> float:
        """Share of the networks that were not played, for they were known to be equal."""
        return float(self.timing["saved"].sum() / (self.timing["saved"] + self.timing["played"]).sum())

    def size(self) -> str:
        """In words."""
        return (
            f"{self.env_steps / 1e9:.2f} G lane-steps as if all were played, {self.saved:.0%} of the "
            f"networks saved; last population on average {self.nodes:.0f} nodes, "
            f"{self.connections:.0f} connections"
        )


def whole(experiment: str, cache: Path) -> Run:
    """Run it to its end."""
    with tempfile.TemporaryDirectory(prefix="bench_") as folder:
        begin = time.perf_counter()
        process = started([f"experiment={experiment}"], Path(folder), cache)
        if process.wait() != 0:
            raise RuntimeError(f"experiment={experiment} ended with {process.returncode}")
        wall = time.perf_counter() - begin
        (run,) = Path(folder).glob("outputs/*/*/*")
        summary = json.loads((run / layout.SUMMARY).read_text(encoding="utf-8"))
        log = (run / layout.LOG).read_text(encoding="utf-8")
        with (run / layout.TIMING).open(encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
        networks, _, _ = population_jsonl.read(run / layout.POPULATION)
    return Run(
        wall,
        float(log.rpartition("searched ")[2].split()[0]),
        summary["env_steps"],
        {name: np.array([float(row[name]) for row in table]) for name in table[0]},
        float(networks.nodes.mean()),
        float(networks.edges.mean()),
    )


def whole_rows(experiment: str, runs: list[Run], limit_s: float, beside_s: float | None) -> list[Row]:
    """Wall and rate of a search."""
    name, one, seconds = f"experiment={experiment}", runs[0], spread([run.wall for run in runs])
    rate = spread([run.env_steps / run.timing["evaluate_s"].sum() / 1e6 for run in runs])
    peer: dict[str, Any] = {}
    if beside_s:
        peer = {"beside": cited(beside_s), "peer": "published WANN code on 8 cores, cited"}
        peer |= {"ratio": spread([beside_s / run.wall for run in runs])}
    return [
        Row(
            name=name,
            work=f"{len(one.timing['played'])} generations, {THREADS} threads, everything: {one.size()}",
            unit="s",
            ours=seconds,
            target=Target("<=", limit_s, "ours"),
            **peer,
        ),
        Row(
            name=f"{name}, rate",
            work="lane-steps a second of evaluation, as if all networks were played",
            unit="M/s",
            ours=rate,
        ),
    ]


def overhead_rows(run: Run) -> list[Row]:
    """What a generation spends on other things than evaluation."""
    t, (first, last) = run.timing, GENERATIONS
    rows = (t["generation"] >= first) & (t["generation"] <= last)
    other = (t["ask_s"] + t["tell_s"] + t["record_s"] + t["retest_s"])[rows]
    share = 100 * other / (other + t["evaluate_s"][rows])
    loop = sum(t[name].sum() for name in ("ask_s", "evaluate_s", "tell_s", "retest_s"))
    between = 1e3 * (run.seconds - loop) / len(t["generation"])
    work = (
        f"ask, tell, record, re-test of generations {first}..{last}, population 192, recording counted in "
        "full though it may overlap; outside ask, evaluate, re-test and tell the loop spends "
        f"{between:.2f} ms a generation"
    )
    name = "experiment=wann_swingup, not evaluation"
    return [
        Row(name=f"{name}, share", work=work, unit="%", ours=spread(share), target=Target("<=", 20, "ours")),
        Row(name=name, work=work, unit="ms", ours=spread(1e3 * other), target=Target("<=", 15, "ours")),
    ]


def rows(pace: Pace) -> list[Row]:
    """First generations, then both experiments."""
    root = Path(tempfile.mkdtemp(prefix="bench_cache_"))
    try:
        cold = [first_generation(root / f"cold{turn}") for turn in range(3)]
        warm = [first_generation(root / "cold0") for _ in range(5)]
        laptop = [whole("wann_swingup_laptop", root / "cold0") for _ in range(2)]
        full = whole("wann_swingup", root / "cold0")
    finally:
        shutil.rmtree(root, ignore_errors=True)
    first = "experiment=wann_swingup_laptop, start of the process to the first row of history.csv"
    return [
        Row(
            name="first generation, warm cache",
            work=first,
            unit="s",
            ours=spread(warm),
            target=Target("<=", 3, "ours"),
        ),
        Row(
            name="first generation, cold cache",
            work=first,
            unit="s",
            ours=spread(cold),
            target=Target("<=", 20, "ours"),
        ),
        *whole_rows("wann_swingup_laptop", laptop, 60, PUBLISHED_S),
        *whole_rows("wann_swingup", [full], 240, None),
        *overhead_rows(full),
    ]
