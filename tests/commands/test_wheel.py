"""Installed from its wheel, the command is whole."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long  # it builds, unpacks and starts the package
def test_the_wheel_holds_all_that_the_commands_of_a_table_need(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = set(zipfile.ZipFile(wheel).namelist())
    configs = {
        f"wannsearch/conf/{path.relative_to(ROOT / 'conf').as_posix()}"
        for path in (ROOT / "conf").rglob("*.yaml")
    }
    assert configs <= inside
    assert {"hydra_plugins/wannsearch_sweeper.py", "wannsearch/py.typed"} < inside
    target = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(target)

    def run(module: str, *words: str) -> str:
        """The command of this module, from the unpacked wheel; ./site stands before this checkout."""
        code = (
            f"import sys; sys.path.insert(0, {str(target)!r}); import wannsearch, runpy; "
            f"assert wannsearch.__file__.startswith({str(target)!r}); sys.argv = ['w', *{words!r}]; "
            f"runpy.run_module('wannsearch', run_name='__main__') if {module!r} == '__main__' else "
            f"sys.exit(__import__('wannsearch.commands.{module}', fromlist=['main']).main())"
        )
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    small = ["debug=fast", "evaluator=reference", "method.population_size=8"]
    run("__main__", "-m", "experiment=neat_xor", "seed=0,1", *small, "sweep.name=xor")
    assert len(list(tmp_path.glob("outputs/sweeps/xor/*/summary.json"))) == 2
    grid = ["shared.grid=3", "shared.episodes=1", "shared.top_k=1", "shared.confirm_episodes=1"]
    tuning = ["weights=shared_only", "evaluator=reference", "held_out.episodes=1", "held_out.sweep_weights=2"]
    run("tune", "-m", "network=outputs/sweeps/xor/*_s*", *grid, *tuning, "sweep.name=tuned")
    assert len(list(tmp_path.glob("outputs/sweeps/tuned/*/tuning.json"))) == 2
    assert "XOR" in run("tables", "table=neat_xor", "runs=[outputs/sweeps/xor]")
    assert "experiment" in run("__main__", "--help")
