"""A proof in its short form, as a command of its own: nothing of the test process is forked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 900
"""What a gate may hang for, far above what it takes."""
GATE = [pytest.mark.long, pytest.mark.timeout(SECONDS + 60)]


def proven(script: str, *words: str) -> str:
    """What the proof printed; fails with it where it is no PASS."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(script)), "--gate", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout
