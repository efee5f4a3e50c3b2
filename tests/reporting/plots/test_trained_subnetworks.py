"""Pictures of trainings, from what `best/evaluation.json` says, and from files that say nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wannsearch.core.errors import DamagedFile
from wannsearch.records import layout
from wannsearch.reporting.plots.trained_subnetworks import draw_trained_networks, read_trained_networks

pytestmark = pytest.mark.usefixtures("coarse_png")

ROW = {
    "id": 8,
    "early": 0.5,
    "test_accuracy": 0.9,
    "live_parameters": 40,
    "node_sparsity": 0.25,
    "validation_accuracy": [0.5, 0.75],
}
SOUND: dict[str, Any] = {
    "trained": [ROW, {**ROW, "early": None, "test_accuracy": None, "validation_accuracy": [None, 0.5]}],
    "parameters": 100,
    "images": {"source": "a few made images"},
    "images_shown": 144,
}


def _run(folder: Path, document: Any) -> Path:
    path = folder / layout.EVALUATION
    path.parent.mkdir()
    path.write_text(json.dumps(document))
    return folder


def test_what_the_file_says_is_read_and_what_failed_is_no_number(tmp_path: Path) -> None:
    found = read_trained_networks(_run(tmp_path, SOUND))
    nan = np.nan
    assert np.array_equal(found.early_fitness, [0.5, nan], equal_nan=True)
    assert np.array_equal(found.test_accuracy, [0.9, nan], equal_nan=True)
    assert np.array_equal(found.validation_accuracy, [[0.5, 0.75], [nan, 0.5]], equal_nan=True)
    assert (found.num_parameters, found.source, found.images_shown) == (100, "a few made images", 144)


DAMAGES: dict[str, Any] = {
    "a list": [SOUND],
    "nobody": {**SOUND, "trained": []},
    "no trained": {"parameters": 3},
    "rows of numbers": {**SOUND, "trained": [1, 2]},
    "no curve": {**SOUND, "trained": [{**ROW, "validation_accuracy": None}]},
    "an empty curve": {**SOUND, "trained": [{**ROW, "validation_accuracy": []}]},
    "curves of two lengths": {**SOUND, "trained": [ROW, {**ROW, "validation_accuracy": [0.5]}]},
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_file_that_names_no_trainings_is_damaged_and_says_so_in_one_line(tmp_path: Path, what: str) -> None:
    with pytest.raises(DamagedFile) as caught:
        read_trained_networks(_run(tmp_path, DAMAGES[what]))
    assert "\n" not in str(caught.value)
    assert layout.EVALUATION in str(caught.value)


def _searched(folder: Path, std: float, **summary: Any) -> Path:
    rows = [f"{generation},{8 * generation},0.6,0.5,0.5,{std},0.6" for generation in (1, 2)]
    header = "generation,evaluations,best,median,mean,std,best_so_far"
    (folder / layout.HISTORY).write_text("\n".join([header, *rows, ""]))
    (folder / layout.SUMMARY).write_text(json.dumps({"format": layout.FORMAT, "task": "digits", **summary}))
    return folder


def test_a_search_without_a_spread_has_no_band(tmp_path: Path) -> None:
    run = _searched(_run(tmp_path, SOUND), 0.0)
    assert b"std" not in draw_trained_networks(run)["plots/early.svg"]
    assert "± 1 std" in draw_trained_networks(_searched(run, 0.1))["plots/early.svg"].decode()


def test_an_unfinished_search_has_the_picture_of_its_search_alone(tmp_path: Path) -> None:
    files = draw_trained_networks(_searched(tmp_path, 0.1, unfinished="stopped after generation 2 of 9"))
    assert set(files) == {"plots/early.svg", "plots/early.png"}
    assert b"stopped after generation 2 of 9" in files["plots/early.svg"]
