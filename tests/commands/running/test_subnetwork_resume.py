"""Searches of sub-networks that were stopped, extended or computed otherwise: the same bytes."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from signal_when import has_rows, signal_when
from test_resume import promised

from wannsearch.commands.search import main

RUN = ["experiment=weedout_digits", "method.parent_network.layers=[12,10]", "method.population_size=5"]
RUN += [
    "evaluator.candidates_per_batch=2",
    "evaluator.threads=1",
    "evaluator.epochs=2",
    "display=off",
    "seed=7",
]
RUN += ["checkpoint.min_seconds=0", "plots=off"]
GENERATIONS = 6


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("straight") / "run"
    assert main([*RUN, "plots=all", f"generations={GENERATIONS}", f"hydra.run.dir={run}"]) == 0
    return run


@pytest.mark.long
def test_a_longer_total_extends_a_finished_run_to_the_same_bytes(straight: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert main([*RUN, "generations=2", f"hydra.run.dir={run}"]) == 0
    assert main([f"resume={run}", f"generations={GENERATIONS}"]) == 0
    assert promised(run) == promised(straight)


@pytest.mark.long
def test_threads_checkpoints_and_display_change_nothing(straight: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = [f"generations={GENERATIONS}", "evaluator.threads=2", "checkpoint.every=1000", "display=plain"]
    assert main([*RUN, *words, f"hydra.run.dir={run}"]) == 0
    assert promised(run) == promised(straight)


@pytest.mark.parametrize("rows", [2, GENERATIONS], ids=["in the search", "in the full training"])
def test_a_stopped_run_goes_on_to_the_same_bytes(straight: Path, tmp_path: Path, rows: int) -> None:
    run = tmp_path / "run"
    with signal_when(lambda: has_rows(run / "history.csv", rows), signal.SIGTERM):
        code = main([*RUN, f"generations={GENERATIONS}", f"hydra.run.dir={run}"])
    if code == 0:
        pytest.skip("it was done before the signal came")
    assert code == 143
    assert main([f"resume={run}", "plots=all"]) == 0
    assert promised(run, plots=True) == promised(straight, plots=True)


def test_a_damaged_newest_checkpoint_is_passed_over(straight: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert main([*RUN, "generations=4", f"hydra.run.dir={run}"]) == 0
    newest = max((run / "checkpoint").iterdir())
    newest.write_bytes(newest.read_bytes()[:-1])
    assert main([f"resume={run}", f"generations={GENERATIONS}"]) == 0
    assert promised(run) == promised(straight)
