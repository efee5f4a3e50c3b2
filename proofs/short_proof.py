"""A proof in its short form, as a command of its own: nothing of the test process is forked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def proven(script: str, *words: str, seconds: int = 240) -> str:
    """What the proof printed; fails with it where it is no PASS."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), "--gate", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout
