"""Scripts in `bench/` are first on the path of whatever they import, so none may be named as a library."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_libraries_can_be_imported_from_beside_the_scripts() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import numba, own_weights, lane_steps, ordering"
    found = subprocess.run([sys.executable, "-c", code, str(BENCH)], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
