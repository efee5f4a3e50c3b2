"""Evaluators over processes as tests use them, and what is alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.environments import Environments
from wannsearch.evaluators.processes import Processes
from wannsearch.evaluators.reference import Reference
from wannsearch.evaluators.workers.worker_evaluator import OnFailure
from wannsearch.formats import one_network

OWN = Trials(shared_weights=None, episodes=2)
TWO = np.array([1, 2], np.uint64)


def processes(workers=2, limit=None, policy="worst", chunk=None, inner=None):
    return Processes(
        inner=inner or Reference(),
        workers=workers,
        time_limit_s=limit,
        on_failure=OnFailure(policy),
        chunk=chunk,
    )


def environments(workers=1, in_flight=8, chunk=None, simplify=True, limit=None, policy="worst"):
    return Environments(
        workers=workers,
        in_flight=in_flight,
        time_limit_s=limit,
        on_failure=OnFailure(policy),
        simplify=simplify,
        chunk=chunk,
    )


def paying(*weights):
    """Networks whose output is a weight times the input."""
    return Population.concatenate(
        [one_network.from_arrays([1, 1, 1], [1], [2], [weight]) for weight in weights]
    )


def pids(evaluator):
    return [worker._process.pid for worker in evaluator._worker_pool.workers]


def alive(pid):
    """Runs, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(numbers, within_s=60.0):
    """Whether they end; the seconds only keep a test from hanging."""
    until = time.monotonic() + within_s
    while time.monotonic() < until and any(map(alive, numbers)):
        time.sleep(0.02)
    return not any(map(alive, numbers))


def workers_of(parent):
    """Processes whose command line starts a worker of this parent."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if "workers.worker import main" in command and f", {parent}, " in command:
                found.append(int(folder.name))
    return found


PARENT = """
import sys, time, os, signal
sys.path[:0] = {path!r}
from supervised import *
from faulty_tasks import Faulty, POISON
evaluator = processes(2)
evaluator.evaluate(paying(1.0, 2.0), Faulty(fault="busy"), OWN, TWO)
print(*pids(evaluator), flush=True)
if "{how}" == "normal": sys.exit(0)
if "{how}" == "exception": raise RuntimeError
if "{how}" == "sigterm": signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
evaluator.evaluate(paying(POISON, POISON), Faulty(fault="busy"), OWN, TWO)
"""
ENDINGS = ("normal", "exception", "sigterm", "sigkill")


def ended_parent(how):
    """Start a parent whose two workers are busy and let it end in this way: its number, and theirs."""
    path = [str(Path(__file__).parent), str(Path(__file__).parents[1])]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(path=path, how=how)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert len(workers) == 2
    if how.startswith("sig"):
        assert all(map(alive, workers))
        parent.send_signal(getattr(signal, how.upper()))
    parent.communicate(timeout=60)
    return parent.pid, workers


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
