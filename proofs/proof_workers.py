"""make proof-workers: kills of workers at random, BipedalWalker in every order; counts what differs.

All of it for both evaluators that have workers: processes, and environments, whose workers step several
individuals together. 100 evaluations with one kill each, 10 with all workers killed at once: each must give
the inner evaluator's bytes, blame nobody, lose at most 2 s and leave no process. Every fault of a task costs
its own network alone, and at most twice the limit of a unit and 4 s. Workers end within 2 s of their parent,
however that ends. 60 episodes of BipedalWalker in both orders, over 1, 2, 3 and 8 workers, must be those of
one process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "evaluators")]

import numpy as np  # noqa: E402
from faulty_tasks import DEADLY, HANGING, PAYING, POISON, RAISING, Faulty, Slow  # noqa: E402
from ledger import Ledger  # noqa: E402
from live_tasks import LivePlayer  # noqa: E402
from random_populations import population  # noqa: E402
from supervised import (  # noqa: E402
    ENDINGS,
    OWN,
    TWO,
    ended_parent,
    environments,
    gone,
    kill,
    paying,
    pids,
    processes,
    workers_of,
)

from wannsearch.core.activations import CONTROL_ACTIVATIONS  # noqa: E402
from wannsearch.core.trials import Trials  # noqa: E402
from wannsearch.evaluators.reference import Reference  # noqa: E402
from wannsearch.tasks.gymnasium import Gymnasium  # noqa: E402

WEIGHTS = np.arange(1.0, 25.0)
LIMIT_S = 0.6


def make_evaluator(name: str, workers: int, chunk: int | None = None, limit: float | None = None) -> Any:
    """An evaluator of this name; environments receives tasks of lanes as live environments."""
    if name == "processes":
        return processes(workers, limit, chunk=chunk)
    return LivePlayer(environments(workers=workers, in_flight=4, chunk=chunk, limit=limit))


def kills(ledger: Ledger, name: str, evaluations: int, everyone: bool) -> None:
    """One kill in each evaluation, of one worker or of all."""
    evaluator, task = make_evaluator(name, 2, chunk=3), Slow(most_s=0.02)
    expected = np.outer(WEIGHTS, [1.0, 2.0]).tobytes()
    begin = time.monotonic()
    evaluator.evaluate(paying(*WEIGHTS), task, OWN, TWO)
    calm = time.monotonic() - begin
    rng = np.random.default_rng(1)
    what = f"{name}: " + ("kills of all workers at once" if everyone else "kills of one worker")
    for number in range(evaluations):
        victims = pids(evaluator) if everyone else [int(rng.choice(pids(evaluator)))]
        kill_all = threading.Timer(
            rng.uniform(0, calm / 2), lambda who=victims: [kill(pid, signal.SIGKILL) for pid in who]
        )
        kill_all.start()
        begin = time.monotonic()
        same = evaluator.evaluate(paying(*WEIGHTS), task, OWN, TWO)[0].returns.tobytes() == expected
        ledger.most("most seconds that a kill costs", time.monotonic() - begin - calm)
        kill_all.join()
        ledger.add(f"{what}, scores identical", same and gone(victims))
        if not same or not gone(victims):
            ledger.fail(f"{what}, {number}: other scores, or a worker that cannot be killed")
    if evaluator.failures:
        ledger.fail(f"{what}: {len(evaluator.failures)} individuals were blamed")
    evaluator.close()
    left = len(workers_of(os.getpid()))
    ledger.add("processes left over", left)
    if left or ledger.counts["most seconds that a kill costs"] > 2:
        ledger.fail(f"{what}: {left} processes left over, or over 2 s lost")


def faults(ledger: Ledger, name: str) -> None:
    """Every fault of a task, in one network of six."""
    evaluator, networks = (
        make_evaluator(name, 2, limit=LIMIT_S),
        paying(1.0, 2.0, POISON, 4.0, 5.0, 6.0),
    )
    for fault in (*DEADLY, *HANGING, *RAISING, *PAYING):
        begin = time.monotonic()
        returns = evaluator.evaluate(networks, Faulty(fault=fault), OWN, TWO)[0].returns
        seconds = time.monotonic() - begin
        ledger.most("most seconds that a fault costs", seconds)
        failed = np.isnan(returns).any(axis=(1, 2)).tolist()
        is_alone = failed == [False, False, True, *[False] * 3]
        ledger.add(f"{name}: faults that cost their own network alone", is_alone)
        if seconds > 2 * (LIMIT_S + 2):
            ledger.fail(f"{name}, {fault}: it took {seconds:.1f} s")
    evaluator.close()


def orphans(ledger: Ledger) -> None:
    """Busy workers whose parent ends."""
    for how in ENDINGS:
        parent, workers = ended_parent(how)
        begin = time.monotonic()
        sound = gone(workers) and not workers_of(parent)
        seconds = time.monotonic() - begin
        ledger.most("most seconds that a worker outlives its parent", seconds)
        ledger.add("ends of a parent that ended its workers", sound)
        if seconds > 2:
            ledger.fail(f"{how}: a worker outlived its parent by {seconds:.1f} s")


def walker(ledger: Ledger, name: str) -> None:
    """BipedalWalker over some workers, in two orders."""
    if find_spec("Box2D") is None:
        ledger.fail("BipedalWalker was not played, Box2D is not here")
        return
    task = Gymnasium(
        env_id="BipedalWalker-v3", episodes=1, horizon=60, env_kwargs=None, activations=CONTROL_ACTIVATIONS,
        input_names=None, output_names=None, wrappers=(), scale_observations=False, start_states="philox",
    )  # fmt: skip
    networks, trials = (
        population(np.random.default_rng(2), task.ports, 2),
        Trials(shared_weights=(1.0,), episodes=60),
    )
    seeds = np.arange(60, dtype=np.uint64)
    expected = Reference().evaluate(networks, task, trials, seeds)[0]
    for workers in (1, 2, 3, 8):
        evaluator = make_evaluator(name, workers, chunk=workers % 3 + 1)
        for step in (1, -1):
            returns = evaluator.evaluate(networks, task, trials, seeds[::step].copy())[0].returns
            same = returns[:, :, ::step].tobytes() == expected.returns.tobytes()
            ledger.add(f"{name}: BipedalWalker, 60 seeds, orders and worker counts that are identical", same)
        evaluator.close()


def main() -> int:
    ledger = Ledger("workers", kept=True, anew=True)
    wanted = {"ends of a parent that ended its workers": len(ENDINGS)}
    orphans(ledger)
    for name in ("processes", "environments"):
        kills(ledger, name, 100, everyone=False)
        kills(ledger, name, 10, everyone=True)
        faults(ledger, name)
        walker(ledger, name)
        wanted |= {
            f"{name}: kills of one worker, scores identical": 100,
            f"{name}: kills of all workers at once, scores identical": 10,
            f"{name}: faults that cost their own network alone": len((*DEADLY, *HANGING, *RAISING, *PAYING)),
            f"{name}: BipedalWalker, 60 seeds, orders and worker counts that are identical": 8,
        }
    return ledger.close(wanted, "make proof-workers")


if __name__ == "__main__":
    sys.exit(main())
