"""From the commands that make the runs to the files of the table."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from wannsearch.commands.search import main as search_main
from wannsearch.commands.tables import main as tables_main

pytestmark = pytest.mark.long
SMALL = [
    "experiment=weedout_digits", "evaluator.epochs=2", "method.parent_network.layers=[24]",
    "method.population_size=3", "generations=1", "evaluator.threads=1", "display=off", "plots=off",
]  # fmt: skip
ARMS = {
    "found": ["method=weedout"],
    "random": ["method=one_shot", "mask_rule@method.mask_rule=random_sparse"],
    "dense": ["method=one_shot", "mask_rule@method.mask_rule=dense_parent"],
    "small": ["method=one_shot", "mask_rule@method.mask_rule=small_dense"],
}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two repeats of four arms, one experiment; and a search of another recipe."""
    root = tmp_path_factory.mktemp("searched")
    for seed in (0, 1):
        for arm, words in ARMS.items():
            assert (
                search_main([*SMALL, *words, f"seed={seed}", f"hydra.run.dir={root}/runs/{arm}{seed}"]) == 0
            )
    more = ["method=weedout", "evaluator.optimizer.batch_size=32", f"hydra.run.dir={root}/more/other"]
    assert search_main([*SMALL, *more]) == 0
    return root


@pytest.fixture
def runs(searched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them, to be changed."""
    shutil.copytree(searched, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / f"{name}.csv").read_text().splitlines()))


@pytest.mark.usefixtures("pictures_are_saved")
def test_real_runs_become_tables_pictures_and_a_verdict(runs: Path) -> None:
    def test_of(arm: str, seed: int) -> float:
        document = json.loads((runs / f"runs/{arm}{seed}/best/evaluation.json").read_text())
        return float(np.mean([row["test_accuracy"] for row in document["trained"]]))

    assert tables_main(["table=weedout", "runs=[runs,more]", "hydra.run.dir=table"]) == 0
    names = {path.name for path in (runs / "table").iterdir()}
    pictures = ("accuracy_by_sparsity", "curves", "early_vs_final")
    assert {f"{one}{end}" for one in pictures for end in (".svg", ".png", "_2.svg", "_2.png")} <= names
    one = next(row for row in rows(runs / "table", "table") if row["n"] == "2")
    d = [100 * (test_of("found", seed) - test_of("random", seed)) for seed in (0, 1)]
    assert float(one["difference"]) == pytest.approx(np.mean(d))
    rivals = rows(runs / "table", "rivals")
    assert [row["rival"] for row in rivals] == ["small dense"]
    assert len(rows(runs / "table", "verdict")) == 2 * 5
    (found, *_) = rows(runs / "table", "networks")
    images = 1078 * (3 + 2)  # an epoch for each of three candidates, two for the best of them
    assert found["images"] == f"{images}.0"
    assert tables_main(["table=weedout", "runs=runs", "hydra.run.dir=table"]) == 0
    assert "accuracy_by_sparsity_2.svg" not in {path.name for path in (runs / "table").iterdir()}


def test_a_run_that_failed_needs_no_floor_and_is_named(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = runs / "runs/found1/status.json"
    status.write_text(status.read_text().replace('"done"', '"failed"').replace("null", '"it broke"'))
    assert tables_main(["table=weedout", "runs=runs"]) == 0
    said = capsys.readouterr().out
    assert "found at sparsity 0.8 failed: it broke" in said
    assert "random has no partner in found for seed 1." in said
    provenance = json.loads((runs / "outputs/tables/weedout/provenance.json").read_text())
    assert len(provenance["not_in_the_table"]) == 1
