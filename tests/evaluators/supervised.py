"""Evaluators over processes as tests use them, and what is alive."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from wannsearch.core.topologies.population import Population
from wannsearch.core.trials import Trials
from wannsearch.evaluators.processes import OnFailure, Processes
from wannsearch.evaluators.reference import Reference
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


def gone(numbers, within_s=5.0):
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


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
