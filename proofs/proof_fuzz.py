"""make proof-fuzz: networks, configs, checkpoints that went wrong, ten thousand of each; dangerous targets.

No traceback, nothing that takes over a second, less than 512 MB of memory: exit code 2 or 65, one line.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

from ledger import Ledger
from workers import spread

_MOST_MB = 512


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--gate", action="store_true", help="nothing is kept")
    given = parser.parse_args()
    ledger = Ledger("fuzz", kept=not given.gate)
    groups = ("task",) if given.gate else ("task", "method", "evaluator", "trials")

    import children  # after the arguments, for it loads the package
    import fuzz_checkpoints
    import fuzz_configs
    import fuzz_networks
    import small_runs

    works = {
        "networks": fuzz_networks.networks,
        "checkpoints": fuzz_checkpoints.checkpoints,
        "configs": fuzz_configs.configs,
    }

    def prepare() -> None:
        children.prepare(small_runs.PLAYED)

    def work(job: str, place: Path) -> dict[str, Any]:
        kind, first = job.split()
        with tempfile.TemporaryDirectory(dir=place) as own:
            if kind == "checkpoints":
                result = works[kind](int(first), given.batch, Path(own))
            else:
                if kind != "networks":
                    fuzz_configs.prepare()
                if kind == "targets":
                    result = fuzz_configs.targets(Path(own), groups)
                else:
                    result = works[kind](int(first), given.batch, Path(own))
        peak = _memory_mb()
        result["counts"]["most MB of memory"] = peak
        if peak > _MOST_MB:
            result["failures"].append(f"{job}: it took {peak:.0f} MB of memory")
        return result

    def took(job: str, result: dict[str, Any]) -> bool:
        ledger.merge(result)
        ledger.parts[job] = True
        ledger.save(False, "make proof-fuzz")
        print(f"{job}: {len(result['failures'])} failures", flush=True)
        return False

    # Configs last: they put a stop into the command that checkpoints need.
    jobs = [f"{kind} {first}" for kind in works for first in range(0, given.cases, given.batch)]
    jobs = [job for job in [*jobs, "targets 0"] if job not in ledger.parts]
    with tempfile.TemporaryDirectory(prefix="wannsearch-proof-") as folder:
        spread(jobs, prepare, lambda job: work(job, Path(folder)), given.processes, took)
    wanted: dict[str, float] = dict.fromkeys(
        ("networks", "checkpoints", "configs and overrides"), given.cases
    )
    for kind, done in (("networks", "read"), ("configs", "accepted")):
        wanted[f"{kind}: of those, {done} and played"] = given.cases / 20
    wanted["checkpoints: goes on"] = given.cases / 20
    return ledger.close(wanted | {"dangerous targets refused": 80 * len(groups)}, "make proof-fuzz")


def _memory_mb() -> float:
    """The peak of this process or of any child that ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


if __name__ == "__main__":
    sys.exit(main())
