"""Where compiled code is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CODE = "import sys; from wannsearch.commands.search import main; sys.exit(main())"
SMALL = ["task=logic", "generations=1", "method.population_size=4", "display=off"]


def ran(cache: Path | str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"WANNSEARCH_CACHE": str(cache)}
    return subprocess.run(
        [sys.executable, "-c", CODE, *SMALL],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("cache")
    done = ran(cache, tmp_path_factory.mktemp("run"))
    assert (done.returncode, done.stderr) == (0, "")
    return cache


def test_code_is_kept_in_one_folder_named_by_a_hash(kept: Path) -> None:
    (folder,) = kept.iterdir()
    assert folder.name.startswith("kernels-")
    assert list(folder.glob("play-*.o"))
    assert list(folder.rglob("*.nbi"))


def test_a_second_start_finds_everything_and_compiles_nothing(kept: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in kept.rglob("*") if path.is_file()}
    assert ran(kept, tmp_path).returncode == 0
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*") if path.is_file()} == before


def test_a_damaged_kept_kernel_is_compiled_again(kept: Path, tmp_path: Path) -> None:
    for path in kept.rglob("play-*.o"):
        path.write_bytes(path.read_bytes()[:-100])
    done = ran(kept, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_writable_place_it_runs_after_one_line_of_warning(tmp_path: Path) -> None:
    done = ran("/proc/nowhere", tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "compiling anew" in done.stderr
