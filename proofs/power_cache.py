"""The kernel cache when the power goes: every moment of its being filled, in the ways of `proof_power`.

A file of the cache is believed only as it was once written whole. Of each state a sample is given to a
new process, one of its files emptied besides, as by a disk that said "synced" and did not: the process
ends as with no cache at all, and what it needed is whole again.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_HOOKED = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import fault_hooks
fault_hooks.install()
"""
_SEARCH = """
from hashlib import sha256
from pathlib import Path
import small_runs
from wannsearch.commands.search import main
code = main([*small_runs.RUNS["logic"], "seed=1", "generations=3", "hydra.run.dir=run"])
for name, content in sorted(small_runs.promised(Path("run")).items()):
    print(name, sha256(content).hexdigest())
sys.exit(code)
"""
_DRAWS = """
from wannsearch.core.kernels.philox import sample_first_uniform
from wannsearch.core.streams import Role, make_stream
print(sample_first_uniform(5, make_stream(1, Role.TELL)).tolist())
"""
CODES = {"search": _SEARCH, "draws": _DRAWS}
"""What fills a cache: a whole search, or in the short proof a few kernels."""


def _run(code: str, cache: Path, place: Path, **faults: str) -> tuple[int, str, str]:
    """Exit code and what was printed by a new process with this cache."""
    folder = Path(tempfile.mkdtemp(dir=place))
    done = subprocess.run(
        [sys.executable, "-c", _HOOKED + CODES[code]],
        cwd=folder,
        env=os.environ | {"WANNSEARCH_CACHE": str(cache)} | faults,
        capture_output=True,
        text=True,
        check=False,
    )
    shutil.rmtree(folder)
    return done.returncode, done.stdout, done.stderr


def cut_cache(job: str, every: int, resumed: int, place: Path) -> dict[str, Any]:
    """All states of one cache while it is filled; `resumed` of them are worked with."""
    from kill_chain import Counts
    from power_model import Disk, entries
    from proof_power import WAYS, lay_out

    from wannsearch.core.sealed_files import unseal_content

    code = job.split()[1]
    place = Path(tempfile.mkdtemp(dir=place))
    cache, log = place / "cache", place / "calls.jsonl"
    cache.mkdir()
    ended, said, errors = _run(
        code, cache, place, WANNSEARCH_FAULT_ROOT=str(cache), WANNSEARCH_FAULT_LOG=str(log)
    )
    if ended:
        raise RuntimeError(f"the logged process ended with {ended}: {errors}")
    calls, counts, failures, rng = entries(log), Counts(), [], random.Random(job)
    whole = _contents(calls)
    needed = {path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file()}
    moments = [number for number in range(len(calls)) if number % every == 0]
    chosen = set(rng.sample([(moment, way) for moment in moments for way in range(len(WAYS))], resumed))
    disk = Disk(str(cache))
    for number, call in enumerate(calls):
        disk.apply(call)
        for way, (names, content) in enumerate(WAYS if number % every == 0 else ()):
            files = disk.lost(names, content, rng)
            where = f"{job}, call {number} ({call.kind}), names {names}, bytes {content}"
            counts.add("states of the kernel cache")
            for name, held in files.items():
                believed = held is not None and unseal_content(Path(name).name, held) is not None
                if believed and held not in whole.get(name, ()):
                    failures.append(f"{where}: {name} is believed, and was never written")
            if (number, way) not in chosen:
                continue
            state = place / "state"
            shutil.rmtree(state, ignore_errors=True)
            kept = sorted(name for name, held in files.items() if held is not None)
            emptied = {rng.choice(kept): b""} if kept else {}
            lay_out(state, files | emptied)
            outcome = _run(code, state, place)
            sound = {
                path.relative_to(state).as_posix()
                for path in state.rglob("*")
                if path.is_file() and unseal_content(path.name, path.read_bytes()) is not None
            }
            if outcome[:2] != (0, said):
                failures.append(f"{where}: ended with {outcome[0]}: {outcome[1:]}")
            counts.add("states of the kernel cache worked with to the same result", outcome[:2] == (0, said))
            counts.add("files of the kernel cache made again", len((sound & needed) - set(kept)))
    shutil.rmtree(place)
    return {"counts": counts, "failures": failures}


def _contents(calls: list[Any]) -> dict[str, set[bytes]]:
    """Path inside the cache -> all that it was ever replaced with."""
    written: dict[str, bytes] = {}
    whole: dict[str, set[bytes]] = {}
    for call in calls:
        if call.kind == "write":
            written[call.path] = written.get(call.path, b"") + call.content
        elif call.kind == "replace":
            _, _, name = call.target.partition("/cache/")
            whole.setdefault(name, set()).add(written[call.path])
    return whole
