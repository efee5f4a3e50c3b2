"""A long run neither grows nor leaks.

    python tests/faults/proof_soak.py [--generations 2000]

Networks stop growing (operators that add are off after the start would be another search, so only
activations change): then memory must be flat. Resident memory, open files and the size of the
checkpoint folder are read every 50 generations; a line is fitted through memory behind the first
quarter. Prints the slope in % per 1,000 generations, which must stay below 1, and PASS or FAIL.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from wannsearch.commands.search import main
from wannsearch.records.writer import RunWriter

EVERY = 50
WORDS = ["task=cartpole_swingup", "task.horizon=50", "method.population_size=64", "held_out.episodes=2"]
WORDS += ["method.add_node=0", "method.add_connection=0", "checkpoint.min_seconds=0.1", "display=plain"]


def resident_bytes() -> int:
    """Memory of this process that is in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def prove() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--generations", type=int, default=2000)
    generations = parser.parse_args().generations
    seen: list[tuple[int, int, int, int]] = []
    record = RunWriter.generation

    def watched(self: RunWriter, now: Any) -> Any:
        if now.number % EVERY == 0:
            kept = len(list((self.folder / "checkpoint").glob("*")))
            seen.append((now.number, resident_bytes(), len(list(Path("/proc/self/fd").iterdir())), kept))
        return record(self, now)

    begin = time.perf_counter()
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(mock.patch.object(RunWriter, "generation", watched))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        code = main([*WORDS, f"generations={generations}", f"hydra.run.dir={name}/run"])
    number, memory, files, kept = (np.array(column) for column in zip(*seen, strict=True))
    late = number > generations / 4
    slope = np.polyfit(number[late], memory[late], 1)[0] * 1000 / memory[late].mean() * 100
    flat = np.ptp(files[late]) <= 1  # the one being written
    print(f"{generations} generations, code {code}: memory {memory[late].mean() / 2**20:.0f} MiB, "
          f"slope {slope:+.3f} % per 1,000 generations; open files {files[late].min()}..{files[late].max()}; "
          f"at most {kept.max()} checkpoint files")  # fmt: skip
    good = code == 0 and slope < 1 and flat and kept.max() <= 3
    print(f"{'PASS' if good else 'FAIL'} in {time.perf_counter() - begin:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(prove())
