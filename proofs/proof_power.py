"""make proof-power: every moment of a run at which the power may go, in six ways each.

Every call of a run on its folder is logged, with one death and one continuation on the way. Each
prefix of the log then becomes folders as a disk may hold them (`power_model`); each must load a checkpoint at
most one interval old, and a sample goes on to the undisturbed bytes. The kernel cache is cut in the same
ways while it is filled (`power_cache`).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from ledger import Ledger
from power_cache import cut_cache
from workers import spread

WAYS = (
    ("none", "none"),
    ("all", "none"),
    ("all", "zeros"),
    ("none", "all"),
    ("some", "some"),
    ("some", "some"),
)
_STATES = ("states", "states of the kernel cache")
_WORKED = "states of the kernel cache worked with to the same result"


def logged(task: str, checkpoints: list[str], generations: int, place: Path) -> tuple[Path, list[str]]:
    """The log of a run that is killed once and continued, and the run's words without its folder."""
    from children import forked
    from small_runs import RUNS

    run, log = place / "run", place / "calls.jsonl"
    words = [*RUNS[task], *checkpoints, "seed=1", f"generations={generations}"]
    for fault in (f"kill@{generations * 3}/checkpoint", ""):
        child = forked([*words, f"hydra.run.dir={run}"], run, fault, _LOG=str(log))
        child.wait()
    if child.code:
        raise RuntimeError(f"the logged run ended with {child.code}: {child.errors}")
    return log, words


def cut(job: str, every: int, resumed: int, place: Path) -> dict[str, Any]:
    """All states of one run; every `every`-th call is looked at, so many states go on to the end."""
    import small_runs
    from children import forked
    from kill_chain import Counts, reference
    from power_model import Disk, entries

    task, kind, generations = job.split()
    place = Path(tempfile.mkdtemp(dir=place))
    checkpoints = small_runs.EVERY if kind == "every" else small_runs.THROTTLED
    straight = reference(place, task, 1, int(generations))
    log, words = logged(task, checkpoints, int(generations), place)
    calls = entries(log)
    search = small_runs.search_of(place / "run")
    counts, failures, rng = Counts(), [], random.Random(job)
    moments = [number for number in range(len(calls)) if number % every == 0]
    chosen = set(rng.sample([(moment, way) for moment in moments for way in range(len(WAYS))], resumed))
    disk = Disk(str(place / "run"))
    for number, call in enumerate(calls):
        disk.apply(call)
        for way, (names, content) in enumerate(WAYS if number % every == 0 else ()):
            state = place / "state"
            shutil.rmtree(state, ignore_errors=True)
            lay_out(state, disk.lost(names, content, rng))
            where = f"{job}, call {number} ({call.kind}), names {names}, bytes {content}"
            counts.add("states")
            try:
                found = small_runs.standing(state, search)
            except Exception as error:  # whatever it is, it is the finding
                failures.append(f"{where}: {error!r}")
                continue
            at = found.search_state.next_generation if found else 0
            if at < disk.completed:
                failures.append(f"{where}: {at or 'nothing'} loads, {disk.completed} was complete")
            counts.add("states that load a checkpoint", bool(at))
            if (number, way) in chosen:
                child = forked([*words, f"hydra.run.dir={state}"], state)
                if child.wait():
                    failures.append(f"{where}: going on ended with {child.code}: {child.errors[-2:]}")
                unlike = [name for name in small_runs.unlike(state, straight) if "checkpoint/" not in name]
                failures += [f"{where}: {name} is not as undisturbed" for name in unlike[:1]]
                counts.add("states continued to identical files", not (child.code or unlike))
    counts.add("checkpoints", sum(call.target.endswith(".state") for call in calls))
    shutil.rmtree(place)
    return {"counts": counts, "failures": failures}


def lay_out(state: Path, files: dict[str, bytes | None]) -> None:
    """Make a folder that holds these; None is a folder in it."""
    state.mkdir()
    for name, content in files.items():
        if content is None:
            (state / name).mkdir()
        else:
            (state / name).write_bytes(content)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--gate", action="store_true", help="one short run, and nothing is kept")
    given = parser.parse_args()
    ledger = Ledger("power", kept=not given.gate)
    jobs = ["cartpole every 24", "logic throttled 40", "cartpole_swingup every 24"]
    jobs += ["logic every 24", "cartpole throttled 40", "cartpole_swingup throttled 40"]
    jobs += ["cache search"]
    wanted = {"states": 500, "checkpoints": 20, "states continued to identical files": 40}
    wanted |= {"states of the kernel cache": 500, _WORKED: 3}
    every, resumed = 1, 12
    if given.gate:
        jobs, every, resumed = ["logic every 8", "cache draws"], 4, 4
        wanted = {"states": 100, "states of the kernel cache": 50, _WORKED: 1}

    def took(job: str, result: dict[str, Any]) -> bool:
        ledger.merge(result)
        ledger.parts[job] = True
        ledger.save(False, "make proof-power")
        print(f"{job}: {sum(result['counts'].get(name, 0) for name in _STATES)} states", flush=True)
        return False

    import kill_chain  # after the arguments, for it loads the package

    shm = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="wannsearch-proof-", dir=shm if shm.is_dir() else None) as folder:
        left = [job for job in jobs if job not in ledger.parts]

        def work(job: str) -> dict[str, Any]:
            if job.startswith("cache"):  # each of its continuations compiles anew
                return cut_cache(job, every, resumed // 4, Path(folder))
            return cut(job, every, resumed, Path(folder))

        spread(left, kill_chain.prepare, work, given.processes, took)
    return ledger.close(wanted, "make proof-power")


if __name__ == "__main__":
    sys.exit(main())
