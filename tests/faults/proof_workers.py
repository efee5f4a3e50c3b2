"""Kills workers at random and plays BipedalWalker in every order; counts what differs, PASS or FAIL.

100 evaluations with one kill each, 10 with all workers killed at once: each must give the inner
evaluator's bytes, blame nobody, lose at most 2 s and leave no process. 60 episodes of BipedalWalker in
both orders, over 1, 2, 3 and 8 workers, must be those of one process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parents[1]
sys.path[:0] = [str(HERE), str(HERE / "evaluators")]

import numpy as np  # noqa: E402
from faulty_tasks import Slow  # noqa: E402
from networks_at_random import population  # noqa: E402
from supervised import OWN, TWO, gone, kill, paying, pids, processes, workers_of  # noqa: E402

from wannsearch.core.activations import CONTROL  # noqa: E402
from wannsearch.core.trials import Trials  # noqa: E402
from wannsearch.evaluators.reference import Reference  # noqa: E402
from wannsearch.tasks.gymnasium import Gymnasium  # noqa: E402

WEIGHTS = np.arange(1.0, 25.0)


def kills(evaluations: int, everyone: bool) -> bool:
    evaluator, task = processes(2, chunk=2), Slow(most_s=0.02)
    expected = np.outer(WEIGHTS, [1.0, 2.0]).tobytes()
    begin = time.monotonic()
    evaluator.evaluate(paying(*WEIGHTS), task, OWN, TWO)
    calm = time.monotonic() - begin
    rng, same, killed, worst = np.random.default_rng(1), 0, 0, 0.0
    for _ in range(evaluations):
        victims = pids(evaluator) if everyone else [int(rng.choice(pids(evaluator)))]
        kill_all = threading.Timer(
            rng.uniform(0, calm / 2), lambda who=victims: [kill(pid, signal.SIGKILL) for pid in who]
        )
        kill_all.start()
        begin = time.monotonic()
        same += evaluator.evaluate(paying(*WEIGHTS), task, OWN, TWO).returns.tobytes() == expected
        worst = max(worst, time.monotonic() - begin - calm)
        kill_all.join()
        killed += gone(victims)
    blamed = len(evaluator.failures)
    evaluator.close()
    left = len(workers_of(os.getpid()))
    what = "all workers at once" if everyone else "one worker"
    print(
        f"kill -9 of {what}: {same}/{evaluations} identical, {killed} killed, {blamed} blamed, "
        f"{left} left over, at most {worst:.2f} s lost"
    )
    return same == killed == evaluations and not blamed and not left and worst <= 2.0


def walker() -> bool:
    if find_spec("Box2D") is None:
        print("BipedalWalker: not played, Box2D is not here")
        return True
    task = Gymnasium(env_id="BipedalWalker-v3", episodes=1, horizon=60, env_kwargs=None, activations=CONTROL)
    networks, trials = (
        population(np.random.default_rng(2), task.ports, 2),
        Trials(shared_weights=(1.0,), episodes=60),
    )
    seeds = np.arange(60, dtype=np.uint64)
    expected = Reference().evaluate(networks, task, trials, seeds)
    same = 0
    for workers in (1, 2, 3, 8):
        evaluator = processes(workers, chunk=workers % 3 + 1)
        for step in (1, -1):
            returns = evaluator.evaluate(networks, task, trials, seeds[::step].copy()).returns
            same += returns[:, :, ::step].tobytes() == expected.returns.tobytes()
        evaluator.close()
    print(f"BipedalWalker, 60 seeds, both orders, 1, 2, 3, 8 workers: {same}/8 identical")
    return same == 8


if __name__ == "__main__":
    passed = [kills(100, everyone=False), kills(10, everyone=True), walker()]
    print("PASS" if all(passed) else "FAIL")
    sys.exit(0 if all(passed) else 1)
