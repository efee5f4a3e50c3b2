"""make proof-sweep: forty jobs, sixteen of which raise, crash, hang or are killed, and the driver killed too.

The same command is given until it is through: after every death of the driver it runs what is missing and
nothing else. Every job ends in a folder of its own that holds its config; the sound ones end with the bytes
of the others with their seed; the summary lists all forty and the exit code is 1. Then the faults are
mended, and the same command once more finishes what had failed.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml
from ledger import Ledger

HERE = Path(__file__).resolve().parent
FAULTS = ("raise", "crash", "hang", "kill")
SOUND = ("none", "calm", "even", "plain", "quiet", "still")
START = f"import sys; sys.path.insert(0, {str(HERE)!r}); import children; children.run_here(sys.argv[1:])"
TASK = [f"plugins=[{HERE / 'broken_task.py'}]", "--config-dir", str(HERE / "conf"), "task=broken"]
SEARCH = ["method=wann", "method.population_size=4", "generations=6", "checkpoint.min_seconds=0"]
SEARCH += ["evaluator=processes", "evaluator.workers=1", "evaluator.on_failure=stop"]
SEARCH += ["evaluator.time_limit_s=0.5", "held_out.episodes=1", "held_out.sweep_weights=3"]
SEARCH += ["retest.repeats=1", "display=off", "sweep.name=forty"]
SAME = ("history.csv", "ranking.csv", "front.csv", "population.jsonl.gz", "best/network.json")


class Sweep:
    """The command, its folder, and what its ledger says."""

    def __init__(self, place: Path, seeds: int) -> None:
        self.words = ["-m", *TASK, *SEARCH, f"task.fault={','.join((*SOUND, *FAULTS))}"]
        self.words += [f"seed=range(0,{seeds})"]
        self.place, self.folder = place, place / "outputs/sweeps/forty"

    def started(self, **more: str) -> subprocess.Popen[str]:
        """The command, alive."""
        return subprocess.Popen(
            [sys.executable, "-c", START, *self.words],
            cwd=self.place,
            env=os.environ | {"WANNSEARCH_FAULT_PICTURES": "plain"} | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def jobs(self) -> list[dict[str, Any]]:
        path = self.folder / "sweep.json"
        found: list[dict[str, Any]] = json.loads(path.read_text())["jobs"] if path.is_file() else []
        return found

    def ended(self, state: str) -> set[str]:
        """The folders of the jobs in this state."""
        return {job["folder"] for job in self.jobs() if job["state"] == state}

    def touched(self, names: set[str]) -> dict[str, int]:
        """When each file of these jobs was changed."""
        paths = (path for name in names for path in (self.folder / name).rglob("*"))
        return {str(path): path.stat().st_mtime_ns for path in paths}


def killed(sweep: Sweep, after: int) -> str:
    """Start, and kill the driver in the middle of a job once so many jobs have ended; what was wrong."""
    done = sweep.ended("done")
    before, driver = sweep.touched(done), sweep.started()
    while driver.poll() is None:
        jobs = sweep.jobs()
        running = [job["folder"] for job in jobs if job["state"] == "running"]
        rows = sweep.folder / running[0] / "history.csv" if running else None
        passed = sum(job["state"] in ("done", "failed") for job in jobs) >= after
        if passed and rows and rows.is_file() and rows.read_text().count("\n") > 1:
            driver.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    driver.communicate()
    if driver.returncode != -signal.SIGKILL:
        return f"the driver was not killed after {after} jobs, it ended with {driver.returncode}"
    return "" if sweep.touched(done) == before else f"after {after} jobs: finished runs were changed"


def finished(sweep: Sweep, ledger: Ledger, failing: int, **more: str) -> None:
    """Start and let it end: so many jobs fail, all are listed, nothing that was done is touched."""
    done, total = sweep.ended("done"), len(sweep.jobs())
    before, driver = sweep.touched(done), sweep.started(**more)
    out, said = driver.communicate(timeout=1200)
    jobs = sweep.jobs()
    skipped = {job["folder"] for job in jobs if job["why"] == "already done"}
    states = [job["state"] for job in jobs]
    ledger.add("finished runs that were not run again", len(skipped))
    if skipped != done or sweep.touched(done) != before:
        ledger.fail(f"{len(done)} runs were done, {len(skipped)} were skipped, or their files changed")
    if driver.returncode != (1 if failing else 0) or states.count("failed") != failing:
        ledger.fail(f"exit code {driver.returncode}, {states.count('failed')} failed: {said[-500:]}")
    if len(jobs) != total or states.count("done") != total - failing:
        ledger.fail(f"of {total} jobs {states.count('done')} are done, {failing} must fail")
    lines = out.splitlines()
    first = next((place for place, line in enumerate(lines) if "best so far" in line), 0) + 1
    last = next((place for place, line in enumerate(lines) if line.startswith(f"{total} runs: ")), 0)
    listed = lines[first:last]
    if len(listed) != total:
        ledger.fail(f"the summary lists {len(listed)} of {total} jobs: {out[-500:]}")
    if "Traceback" in said:
        ledger.fail(f"a traceback: {said[-500:]}")


def sound(sweep: Sweep, ledger: Ledger) -> None:
    """Every job's folder is its own; done jobs of one seed have the same bytes."""
    jobs = sweep.jobs()
    if len({job["folder"] for job in jobs}) != len(jobs):
        ledger.fail("two jobs share a folder")
    straight: dict[str, list[bytes]] = {}
    for job in jobs:
        run = sweep.folder / job["folder"]
        said = yaml.safe_load((run / ".hydra/config.yaml").read_text())
        asked = dict(word.split("=") for word in job["overrides"])
        if (said["task"]["fault"], str(said["seed"])) != (asked["task.fault"], asked["seed"]):
            ledger.fail(f"{job['folder']} holds another job's run")
        if job["state"] == "done":
            files = [(run / name).read_bytes() for name in SAME]
            ledger.add("finished runs with the bytes of the undisturbed ones", 1)
            if straight.setdefault(asked["seed"], files) != files:
                ledger.fail(f"{job['folder']} ended with other bytes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--gate", action="store_true", help="ten jobs, one death, and nothing is kept")
    given = parser.parse_args()
    seeds, deaths = (1, (3,)) if given.gate else (4, (5, 14, 27))
    ledger = Ledger("sweep", kept=not given.gate, anew=True)
    with tempfile.TemporaryDirectory(prefix="wannsearch-proof-") as name:
        sweep = Sweep(Path(name), seeds)
        for after in deaths:
            wrong = killed(sweep, after)
            ledger.add("deaths of the driver")
            if wrong:
                ledger.fail(wrong)
        failing = seeds * len(FAULTS)
        finished(sweep, ledger, failing)
        ledger.add("jobs", len(sweep.jobs()))
        ledger.add("jobs that raised, crashed, hung or were killed", len(sweep.ended("failed")))
        sound(sweep, ledger)
        finished(sweep, ledger, 0, WANNSEARCH_SPARED="1")
        sound(sweep, ledger)
    jobs = seeds * (len(FAULTS) + len(SOUND))
    wanted = {"jobs": jobs, "jobs that raised, crashed, hung or were killed": failing}
    wanted["deaths of the driver"] = len(deaths)
    wanted["finished runs that were not run again"] = jobs - failing + deaths[-1] // 2
    return ledger.close(wanted, "make proof-sweep")


if __name__ == "__main__":
    sys.exit(main())
