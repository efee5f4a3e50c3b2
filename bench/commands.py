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
from samples import Pace, cite, summarize
from table import BenchmarkRow, Target

from wannsearch.formats import population_jsonl
from wannsearch.records import layout

THREADS = 2
PUBLISHED_S = 23.9 * 3600  # the published laptop run, 1024 generations of 64 on 8 cores; cited
START_CODE = "import sys; from wannsearch.commands.search import main; sys.exit(main(sys.argv[1:]))"
GENERATIONS = (450, 550)


def start_search(arguments: list[str], folder: Path, cache: Path) -> subprocess.Popen[bytes]:
    """Start `wannsearch` in this folder, with this kernel cache; its output is discarded."""
    command = [sys.executable, "-c", START_CODE, *arguments, f"evaluator.threads={THREADS}", "display=off"]
    environment = os.environ | {"WANNSEARCH_CACHE": str(cache)}
    discard = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=folder, env=environment, **discard)


def time_first_generation(cache: Path) -> float:
    """Return the seconds until the first row of `history.csv`; the search is stopped then.

    Raises RuntimeError where the search ends before.
    """
    with tempfile.TemporaryDirectory(prefix="bench_") as folder:
        start_s = time.perf_counter()
        process = start_search(["experiment=wann_swingup_laptop"], Path(folder), cache)
        try:
            while True:
                histories = list(Path(folder).glob(f"outputs/*/*/*/{layout.HISTORY}"))
                if histories and histories[0].read_bytes().count(b"\n") >= 2:
                    return time.perf_counter() - start_s
                if process.poll() is not None:
                    raise RuntimeError(f"the search ended with {process.returncode} before its first row")
                time.sleep(0.005)
        finally:
            process.terminate()
            process.wait()


@dataclass(frozen=True)
class CommandRun:
    """The time and the work of a whole command, from its clock and its recorded files."""

    wall_s: float
    search_s: float  # of the search in it
    env_steps: int
    timing: dict[str, Any]  # a column each
    nodes: float  # mean of the last population
    connections: float

    @property
    def deduplicated_share(self) -> float:
        """The share of the networks that were not evaluated, because equal ones were."""
        return float(
            self.timing["deduplicated"].sum() / (self.timing["deduplicated"] + self.timing["evaluated"]).sum()
        )

    def describe_size(self) -> str:
        """Return lane-steps, saved networks and the size of the last population, in words."""
        return (
            f"{self.env_steps / 1e9:.2f} G lane-steps as if all were played, {self.deduplicated_share:.0%} "
            "of the "
            f"networks saved; last population on average {self.nodes:.0f} nodes, "
            f"{self.connections:.0f} connections"
        )


def run_experiment(experiment: str, cache: Path) -> CommandRun:
    """Run an experiment to its end and read its records; RuntimeError where it fails."""
    with tempfile.TemporaryDirectory(prefix="bench_") as folder:
        start_s = time.perf_counter()
        process = start_search([f"experiment={experiment}"], Path(folder), cache)
        if process.wait() != 0:
            raise RuntimeError(f"experiment={experiment} ended with {process.returncode}")
        wall_s = time.perf_counter() - start_s
        (run_folder,) = Path(folder).glob("outputs/*/*/*")
        summary = json.loads((run_folder / layout.SUMMARY).read_text(encoding="utf-8"))
        log = (run_folder / layout.LOG).read_text(encoding="utf-8")
        with (run_folder / layout.TIMING).open(encoding="utf-8", newline="") as file:
            timing_rows = list(csv.DictReader(file))
        networks, _, _ = population_jsonl.read(run_folder / layout.POPULATION)
    return CommandRun(
        wall_s,
        float(log.rpartition("searched ")[2].split()[0]),
        summary["env_steps"],
        {name: np.array([float(row[name]) for row in timing_rows]) for name in timing_rows[0]},
        float(networks.nodes.mean()),
        float(networks.edges.mean()),
    )


def make_experiment_rows(
    experiment: str, runs: list[CommandRun], limit_s: float, peer_s: float | None
) -> list[BenchmarkRow]:
    """Return two rows of a search: wall seconds with a target, and lane-steps a second."""
    name, first_run, wall_seconds = (
        f"experiment={experiment}",
        runs[0],
        summarize([run.wall_s for run in runs]),
    )
    rate = summarize([run.env_steps / run.timing["evaluate_s"].sum() / 1e6 for run in runs])
    peer_fields: dict[str, Any] = {}
    if peer_s:
        peer_fields = {"peer_result": cite(peer_s), "peer": "published WANN code on 8 cores, cited"}
        peer_fields |= {"ratio": summarize([peer_s / run.wall_s for run in runs])}
    return [
        BenchmarkRow(
            name=name,
            work=(
                f"{len(first_run.timing['evaluated'])} generations, {THREADS} threads, everything: "
                f"{first_run.describe_size()}"
            ),
            unit="s",
            result=wall_seconds,
            target=Target("<=", limit_s, "result"),
            **peer_fields,
        ),
        BenchmarkRow(
            name=f"{name}, rate",
            work="lane-steps a second of evaluation, as if all networks were played",
            unit="M/s",
            result=rate,
        ),
    ]


def make_overhead_rows(run: CommandRun) -> list[BenchmarkRow]:
    """Return two rows of the time beside evaluation, as a share of a generation and in milliseconds."""
    timing, (first, last) = run.timing, GENERATIONS
    is_selected = (timing["generation"] >= first) & (timing["generation"] <= last)
    other_s = (timing["ask_s"] + timing["tell_s"] + timing["record_s"] + timing["retest_s"])[is_selected]
    percent = 100 * other_s / (other_s + timing["evaluate_s"][is_selected])
    loop_s = sum(timing[name].sum() for name in ("ask_s", "evaluate_s", "tell_s", "retest_s"))
    between_ms = 1e3 * (run.search_s - loop_s) / len(timing["generation"])
    work = (
        f"ask, tell, record, re-test of generations {first}..{last}, population 192, recording counted in "
        "full though it may overlap; outside ask, evaluate, re-test and tell the loop spends "
        f"{between_ms:.2f} ms a generation"
    )
    name = "experiment=wann_swingup, not evaluation"
    return [
        BenchmarkRow(
            name=f"{name}, share",
            work=work,
            unit="%",
            result=summarize(percent),
            target=Target("<=", 20, "result"),
        ),
        BenchmarkRow(
            name=name,
            work=work,
            unit="ms",
            result=summarize(1e3 * other_s),
            target=Target("<=", 15, "result"),
        ),
    ]


def measure_rows(pace: Pace) -> list[BenchmarkRow]:
    """Return the rows of first generations and of both experiments; `pace` is not used."""
    root = Path(tempfile.mkdtemp(prefix="bench_cache_"))
    try:
        cold_seconds = [time_first_generation(root / f"cold{turn}") for turn in range(3)]
        warm_seconds = [time_first_generation(root / "cold0") for _ in range(5)]
        laptop_runs = [run_experiment("wann_swingup_laptop", root / "cold0") for _ in range(2)]
        full_run = run_experiment("wann_swingup", root / "cold0")
    finally:
        shutil.rmtree(root, ignore_errors=True)
    work = "experiment=wann_swingup_laptop, start of the process to the first row of history.csv"
    return [
        BenchmarkRow(
            name="first generation, warm cache",
            work=work,
            unit="s",
            result=summarize(warm_seconds),
            target=Target("<=", 3, "result"),
        ),
        BenchmarkRow(
            name="first generation, cold cache",
            work=work,
            unit="s",
            result=summarize(cold_seconds),
            target=Target("<=", 20, "result"),
        ),
        *make_experiment_rows("wann_swingup_laptop", laptop_runs, 60, PUBLISHED_S),
        *make_experiment_rows("wann_swingup", [full_run], 240, None),
        *make_overhead_rows(full_run),
    ]
