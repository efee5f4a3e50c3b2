"""Ten thousand checkpoints that went wrong but prove themselves: each is refused, or goes on without a crash.

The bytes are changed and the checksum made right again, as a stranger could: headers, shapes, types,
values. What loads then asks, plays, tells and asks again, in a process of its own.
"""

from __future__ import annotations

import copy
import hashlib
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import small_runs
from children import forked
from kill_chain import Counts
from mutations import bytes_changed, structure_changed
from small_runs import EVERY, RUNS

from wannsearch.core.errors import WannsearchError
from wannsearch.core.streams import Role
from wannsearch.records import array_file
from wannsearch.search import Search, run_search

_FIXED = 60
_WORTHS = [0, 1, -1, 2, 3, 7, 127, 255, 2**31 - 1, -(2**31), 2**62, -(2**63)]


def checkpoints(first: int, count: int, place: Path) -> dict[str, Any]:
    """Cases first .. first + count - 1, in a child that may die of them."""
    counts, failures = Counts(), []
    task = list(RUNS)[first // count % 3]
    run = place / f"checkpoints-{first}"
    words = [
        *RUNS[task],
        *EVERY,
        "method.population_size=8",
        "seed=3",
        "generations=40",
        f"hydra.run.dir={run}",
    ]
    if forked(words, run).wait():
        raise RuntimeError("the run to change failed")
    content, begin = max((run / "checkpoint").iterdir()).read_bytes(), first
    while begin < first + count:
        reads, writes = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reads)
            signal.alarm(300)
            _cases(run, content, begin, first + count, writes)
        os.close(writes)
        with os.fdopen(reads, encoding="utf-8") as pipe:
            lines = pipe.read().splitlines()
        _, status = os.waitpid(pid, 0)
        for line in lines:
            number, seconds, way, said = line.split(" ", 3)
            begin = int(number) + 1
            counts.add("checkpoints")
            kind = said if said in ("refused", "goes on") else "failed"
            counts.add(f"checkpoints: {kind}")
            if way == "fields":
                counts.add("checkpoints: sound files with one to three arrays changed")
                counts.add("checkpoints: of those, going on", kind == "goes on")
            counts["most seconds for a checkpoint"] = max(
                float(seconds), counts.get("most seconds for a checkpoint", 0.0)
            )
            if kind == "failed":
                failures.append(f"checkpoint {number} of {task}: {said}")
            if float(seconds) > 1:
                failures.append(f"checkpoint {number} of {task}: it took {seconds} s")
        if status:
            failures.append(f"checkpoint {begin} of {task}: the process died, status {status}")
            counts.add("checkpoints")
            begin += 1
    return {"counts": counts, "failures": failures}


def _cases(run: Path, content: bytes, first: int, last: int, pipe: int) -> None:
    search = small_runs.search_of(run)
    path = max((run / "checkpoint").iterdir())
    about, arrays = array_file.loads(content, "x")
    for number in range(first, last):
        rng = random.Random(f"checkpoint {number}")
        way, changed = _changed(rng, content, about, arrays)
        for old in (run / "checkpoint").iterdir():
            old.unlink()
        path.write_bytes(changed)
        begin = time.process_time()
        said = _outcome(run, search)
        line = f"{number} {time.process_time() - begin:.3f} {way} {said}"
        os.write(pipe, " ".join(line.split()).encode() + b"\n")
    os._exit(0)


def _outcome(run: Path, search: Search) -> str:
    try:
        found = small_runs.standing(run, search)
        assert found is not None
        progress = found.search_state
        candidates = search.method.ask(progress.method_state)
        episodes = search.task.episode_seeds(3, Role.EPISODES, 1, 1)
        search.evaluator.evaluate(candidates, search.task, search.trials, episodes)
        end = Search(**{**search.__dict__, "generations": progress.next_generation + 1})
        run_search(end, progress, lambda now: None)
    except WannsearchError as error:
        line = str(error)
        if error.exit_code not in (2, 4, 65) or not line.isprintable():
            return f"exit code {error.exit_code}: {line!r}"
        return "refused"
    except Exception as error:
        import traceback

        place = traceback.extract_tb(error.__traceback__)[-1]
        return f"{error!r} in {Path(place.filename).name}:{place.lineno}"
    return "goes on"


def _changed(
    rng: random.Random, content: bytes, about: dict[str, Any], arrays: array_file.Arrays
) -> tuple[str, bytes]:
    """Where it was changed, and the changed file."""
    way = rng.random()
    if way < 0.15:
        return "bytes", bytes_changed(rng, content)
    if way < 0.3:  # any bytes behind the fixed part, with the checksum that fits them
        body = bytes_changed(rng, content[_FIXED:])
        lengths = content[12:28]
        return "bytes", content[:12] + lengths + hashlib.sha256(body).digest() + body
    about, arrays = copy.deepcopy(about), {name: array.copy() for name, array in arrays.items()}
    if way < 0.45:
        changed = structure_changed(rng, about)
        try:
            return "header", array_file.dumps(changed if isinstance(changed, dict) else about, arrays)
        except (ValueError, TypeError):
            return "header", array_file.dumps(about, arrays)
    for _ in range(rng.choice([1, 1, 2, 3])):
        _array_changed(rng, arrays)
    return "fields", array_file.dumps(about, arrays)


def _array_changed(rng: random.Random, arrays: array_file.Arrays) -> None:
    name = rng.choice(list(arrays))
    array, way = arrays[name], rng.random()
    if way < 0.6 and array.size:
        if array.dtype == np.float64:
            value: Any = rng.choice([np.nan, np.inf, -np.inf, 1e308, -0.0, 5e-324])
        elif array.dtype == np.bool_:
            value = rng.random() < 0.5
        else:
            bounds = np.iinfo(array.dtype)
            value = min(max(rng.choice(_WORTHS), bounds.min), bounds.max)
        if array.ndim and rng.random() < 0.7:
            array.reshape(-1)[rng.randrange(array.size)] = value
        else:
            array[...] = value
    elif way < 0.7:
        with np.errstate(invalid="ignore"):
            arrays[name] = array.astype(rng.choice(["<i4", "<i8", "<f8", "|b1"]))
    elif way < 0.8 and array.ndim:
        arrays[name] = array[: rng.randrange(len(array) + 1)]
    elif way < 0.85 and array.ndim:
        arrays[name] = np.concatenate([array, array])
    elif way < 0.9:
        arrays[name] = array[None]
    elif way < 0.95:
        del arrays[name]
    else:
        arrays[rng.choice(["state.x", "x", "champion.x", "state.genomes.x"])] = array
