"""The paper's Table 1, ours beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run, make_tuning
from table_settings import material, table

from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.sample import sample
from wannsearch.reporting.tables.document import Document

SHARED = [480.0, 500.0, 520.0, 540.0, 560.0]


def cell(document: Document, network: str, column: str, task: str = "swing-up") -> dict[str, Any]:
    (found,) = [
        record
        for record in document.sections[0].records
        if (record["network"], record["column"], record["task"]) == (network, column, task)
    ]
    return found


@pytest.fixture
def document(tmp_path: Path) -> Document:
    for seed, shared in enumerate(SHARED):
        run = make_run(tmp_path / f"w{seed}", shared, seed=seed)
        make_tuning(tmp_path / f"tw{seed}", run, [50.0 + seed, shared, 700.0, None])
        run = make_run(tmp_path / f"r{seed}", 100.0, seed=seed, method="random_topology", population=65536)
        make_tuning(tmp_path / f"tr{seed}", run, [10.0 + seed, shared - 30, 300.0, 900.0])
    make_run(tmp_path / "n", 800.0, method="neat")
    result = table("wann_control").made(material(tmp_path))
    assert isinstance(result, Document)
    return result


def test_a_cell_is_the_iqm_over_runs_beside_the_papers_figure(document: Document) -> None:
    found = cell(document, "WANN", "random_shared_weight")
    expected = interval(sample(SHARED))
    assert (found["iqm"], found["iqm_low"], found["n"]) == (expected.estimate, expected.low, 5)
    assert (found["paper_mean"], found["paper_std"], found["verdict"]) == (515.0, 58.0, "inside")
    assert (found["std_over_trials"], found["std_within_weights"]) == (20.0, 7.0)
    assert cell(document, "WANN", "tuned_shared_weight")["verdict"] == "outside"
    text = document.sections[0].rows[0][4]
    assert "(within 7), n = 5; paper 515 ± 58, inside" in text


def test_what_is_missing_is_said(document: Document) -> None:
    assert cell(document, "WANN", "tuned_weights")["verdict"] == "not tuned"
    assert cell(document, "NEAT", "random_weights")["verdict"] == "not tuned"
    assert cell(document, "fixed topology", "random_weights")["verdict"] == "not run"
    biped = cell(document, "WANN", "tuned_weights", "biped")
    assert (biped["verdict"], biped["paper_mean"], biped["n"]) == ("not run", 332.0, 0)


def test_searches_below_the_papers_scale_are_marked(document: Document) -> None:
    assert cell(document, "WANN", "random_weights")["below_paper_scale"] is True
    assert cell(document, "random topology", "random_weights")["below_paper_scale"] is False
    assert "†" in document.sections[0].rows[0][3]
    assert "†" not in document.sections[0].rows[2][3]


def test_wann_is_compared_with_every_other_row_column_by_column(document: Document) -> None:
    records = document.sections[1].records
    assert [(record["column"], record["over"]) for record in records] == [
        (column, "random topology")
        for column in ("random_weights", "random_shared_weight", "tuned_shared_weight")
    ]
    expected = probability_of_improvement(sample(SHARED), sample([score - 30 for score in SHARED]))
    assert records[1]["probability_of_improvement"] == expected.probability
    assert records[0]["p_holm"] >= records[0]["p_value"]


def test_the_papers_figures_are_those_of_its_table() -> None:
    rows = {(row.name, row.label): row.paper for row in table("wann_control").rows}
    wann, fixed = rows["swing-up", "WANN"], rows["swing-up", "fixed topology"]
    assert [(wann.random_weights.mean, wann.random_weights.std), wann.tuned_weights.mean] == [(57, 121), 932]
    assert (fixed.random_shared_weight.mean, fixed.tuned_weights.std) == (7, 7)
    assert rows["car racing", "WANN"].tuned_shared_weight.std == 161
    assert rows["swing-up", "NEAT"] is None


def test_of_two_tunings_the_newest_counts_and_that_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    for name, mean, when in (("a", 1.0, 2000), ("b", 2.0, 1000)):
        os.utime(make_tuning(tmp_path / name, run, [mean] * 4) / "tuning.json", (when, when))
    document = table("wann_control").made(material(tmp_path))
    assert cell(document, "WANN", "random_weights")["iqm"] == 1.0
    assert any("1 older tunings" in note for note in document.notes)
    assert document.more_provenance == {"tunings_used": [str(tmp_path / "a")]}


def test_a_failed_search_counts_as_the_floor_in_every_column(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    make_tuning(tmp_path / "tuned", run, [10.0, 20.0, 30.0, 40.0])
    make_run(tmp_path / "failed", seed=1, state="failed")
    found = cell(table("wann_control").made(material(tmp_path)), "WANN", "tuned_weights")
    assert (found["n"], found["failed"], found["min"], found["max"]) == (2, 1, 0.0, 40.0)


def test_settings_of_one_method_are_rows_of_their_own(tmp_path: Path) -> None:
    make_run(tmp_path / "a", population=64)
    make_run(tmp_path / "b", population=192)
    rows = table("wann_control").made(material(tmp_path)).sections[0].rows
    assert sorted(row[1] for row in rows[:2]) == [
        "WANN (method.population_size=192)",
        "WANN (method.population_size=64)",
    ]
