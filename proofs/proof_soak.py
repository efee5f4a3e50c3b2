"""A long run neither grows nor leaks.

    python proofs/proof_soak.py [--generations 2000]

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
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from ledger import Ledger

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
    record = RunWriter.record_generation

    def watched(self: RunWriter, now: Any) -> Any:
        if now.number % EVERY == 0:
            kept = len(list((self.folder / "checkpoint").glob("*")))
            seen.append((now.number, resident_bytes(), len(list(Path("/proc/self/fd").iterdir())), kept))
        return record(self, now)

    ledger = Ledger("soak", kept=True, anew=True)
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(mock.patch.object(RunWriter, "record_generation", watched))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        code = main([*WORDS, f"generations={generations}", f"hydra.run.dir={name}/run"])
    number, memory, files, kept = (np.array(column) for column in zip(*seen, strict=True))
    late = number > generations / 4
    slope = np.polyfit(number[late], memory[late], 1)[0] * 1000 / memory[late].mean() * 100
    ledger.counts = {
        "generations": generations,
        "MiB resident": float(memory[late].mean() / 2**20),
        "most open files": int(files[late].max()),
        "most checkpoint files": int(kept.max()),
        "thousandths of a percent that memory grows in 1,000 generations": float(slope * 1000),
    }
    if code or slope >= 1 or np.ptp(files[late]) > 1 or kept.max() > 3:
        ledger.fail(f"code {code}, slope {slope:.3f} %, open files {set(files[late].tolist())}")
    return ledger.close({"generations": generations}, "make proof-soak")


if __name__ == "__main__":
    sys.exit(prove())
