"""Installed from its wheel, the command is whole."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long  # it builds, unpacks and starts the package
def test_the_wheel_holds_the_configs_and_the_sweeper(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    configs = {
        f"wannsearch/conf/{path.relative_to(ROOT / 'conf').as_posix()}"
        for path in (ROOT / "conf").rglob("*.yaml")
    }
    assert configs <= inside
    assert "hydra_plugins/wannsearch_sweeper.py" in inside
    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)
    code = (
        f"import sys; sys.path.insert(0, {str(target)!r}); import wannsearch; "
        f"assert wannsearch.__file__.startswith({str(target)!r}); "
        "from wannsearch.commands.search import main; "
        "sys.exit(main(['-m', 'task=logic', 'seed=0,1', 'debug=fast', 'method.population_size=4', "
        "'evaluator=reference']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("outputs/sweeps/*/*/summary.json"))) == 2
