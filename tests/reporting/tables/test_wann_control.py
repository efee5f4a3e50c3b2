"""The paper's Table 1, ours beside it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t
from synthetic_table_runs import make_run, make_tuning, write
from table_settings import material, table

from wannsearch.core.errors import ConfigError
from wannsearch.records.layout import FORMAT
from wannsearch.reporting.statistics.comparison import probability_of_improvement
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample
from wannsearch.reporting.tables.document import Document
from wannsearch.reporting.tables.tuning import largest_first, read_tuning

SHARED = [480.0, 500.0, 520.0, 540.0, 560.0]


def cell(document: Document, network: str, column: str, task: str = "swing-up") -> dict[str, Any]:
    (found,) = [
        record
        for record in document.sections[0].csv_records
        if (record["network"], record["column"], record["task"]) == (network, column, task)
    ]
    return found


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    root = tmp_path_factory.mktemp("wann_control")
    for seed, shared in enumerate(SHARED):
        run = make_run(root / f"w{seed}", shared, seed=seed)
        make_tuning(root / f"tw{seed}", run, [50.0 + seed, shared, 700.0, None])
        run = make_run(root / f"r{seed}", 100.0, seed=seed, method="random_topology", population=65536)
        make_tuning(root / f"tr{seed}", run, [10.0 + seed, shared - 30, 300.0, 900.0])
    make_run(root / "n", 800.0, method="neat")
    result = table("wann_control").build(material(root))
    assert isinstance(result, Document)
    return result


def test_a_cell_is_the_iqm_over_runs_beside_the_papers_figure(document: Document) -> None:
    found = cell(document, "WANN", "random_shared_weight")
    expected = bootstrap_interval(build_sample(SHARED))
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
    records = document.sections[1].csv_records
    assert [(record["column"], record["over"]) for record in records] == [
        (column, "random topology")
        for column in ("random_weights", "random_shared_weight", "tuned_shared_weight")
    ]
    expected = probability_of_improvement(
        build_sample(SHARED), build_sample([score - 30 for score in SHARED])
    )
    assert records[1]["probability_of_improvement"] == expected.probability
    assert records[0]["p_holm"] >= records[0]["p_value"]


def test_the_picture_has_a_row_of_panels_for_each_task_that_was_run(document: Document) -> None:
    assert document.pictures["picture"] is not None
    text = document.pictures["picture"].svg.decode()
    assert all(f">swing-up: {column}<" in text for column in ("random weights", "tuned weights"))
    assert "biped" not in text
    assert text.count(">return<") == 4


def test_the_papers_figures_are_those_of_its_table() -> None:
    rows = {(row.name, row.label): row.paper for row in table("wann_control").rows}
    wann, fixed = rows["swing-up", "WANN"], rows["swing-up", "fixed topology"]
    assert [(wann.random_weights.mean, wann.random_weights.std), wann.tuned_weights.mean] == [(57, 121), 932]
    assert (fixed.random_shared_weight.mean, fixed.tuned_weights.std) == (7, 7)
    assert rows["car racing", "WANN"].tuned_shared_weight.std == 161
    assert rows["swing-up", "NEAT"] is None


@pytest.mark.parametrize("later", ["large", "small"])
def test_of_two_tunings_the_larger_counts_whenever_it_was_written(tmp_path: Path, later: str) -> None:
    run = make_run(tmp_path / "run")
    for name, mean, generations in (("large", 1.0, 300), ("small", 2.0, 20)):
        folder = make_tuning(tmp_path / name, run, [mean] * 4, config={"generations": generations})
        when = 2000 if name == later else 1000
        os.utime(folder / "tuning.json", (when, when))
    document = table("wann_control").build(material(tmp_path))
    found = cell(document, "WANN", "random_weights")
    assert (found["iqm"], found["tuning"]) == (1.0, "300 x 32 x 8, evolve from shared")
    assert document.sections[0].rows[0][-1] == "300 x 32 x 8, evolve from shared"
    assert any(f"Not used, {tmp_path / 'small'}: a larger tuning" in note for note in document.notes)
    told = document.extra_provenance
    assert told["tunings_used"] == [str(tmp_path / "large")]
    assert [other["folder"] for other in told["tunings_not_used"]] == [str(tmp_path / "small")]


def test_of_two_equal_tunings_the_same_one_counts_wherever_they_lie(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    for order in ("ab", "ba"):
        for name, mean in zip(order, (1.0, 2.0), strict=True):
            make_tuning(tmp_path / f"{order}/{name}", run, [mean] * 4)
    found = [
        largest_first(read_tuning(tmp_path / f"{order}/{name}", {}, 5) for name in "ab")[0].columns
        for order in ("ab", "ba")
    ]
    assert found[0] == found[1]


def test_a_tuning_that_went_on_is_as_large_as_its_status_says(tmp_path: Path) -> None:
    tuned = make_tuning(tmp_path / "tuned", make_run(tmp_path / "run"), [1.0] * 4)
    write(tuned / "status.json", {"format": FORMAT, "state": "done", "why": None, "generations": 9000})
    document = table("wann_control").build(material(tmp_path))
    assert cell(document, "WANN", "random_weights")["tuning"] == "9000 x 32 x 8, evolve from shared"


@pytest.mark.parametrize(("key", "value"), [("task.horizon", 10), ("held_out.episodes", 7)])
def test_a_tuning_on_another_task_is_not_taken_and_that_is_said(tmp_path: Path, key: str, value: int) -> None:
    run = make_run(tmp_path / "run", config={"task.horizon": 1000, "held_out.episodes": 100})
    right = {"held_out.episodes": 100}
    make_tuning(tmp_path / "other", run, [1.0] * 4, config=right | {key: value, "generations": 9000})
    document = table("wann_control").build(material(tmp_path))
    assert cell(document, "WANN", "random_weights")["verdict"] == "not tuned"
    assert any(f"{tmp_path / 'other'}: its run had another {key}" in note for note in document.notes)
    make_tuning(tmp_path / "right", run, [2.0] * 4, config=right)
    document = table("wann_control").build(material(tmp_path))
    assert cell(document, "WANN", "random_weights")["iqm"] == 2.0


def test_tunings_of_several_kinds_in_a_row_and_beside_it_are_told(tmp_path: Path) -> None:
    for seed, generations in enumerate((20, 300)):
        run = make_run(tmp_path / f"run{seed}", seed=seed)
        make_tuning(tmp_path / f"tuned{seed}", run, [1.0] * 4, config={"generations": generations})
    document = table("wann_control").build(material(tmp_path))
    assert any("WANN: its networks were tuned in 2 ways" in note for note in document.notes)
    assert any("tuned with 5,120 to 76,800 episodes" in note for note in document.notes)


def test_a_column_without_a_mean_is_a_failed_test_and_counts_as_the_floor(tmp_path: Path) -> None:
    for seed, mean in enumerate((None, 40.0)):
        run = make_run(tmp_path / f"run{seed}", seed=seed)
        column = {"mean": mean, "std": None if mean is None else 2.0}
        make_tuning(tmp_path / f"tuned{seed}", run, [9.0] * 4, tuned_weights=column)
    found = cell(table("wann_control").build(material(tmp_path)), "WANN", "tuned_weights")
    assert (found["n"], found["failed"], found["min"], found["max"]) == (2, 1, 0.0, 40.0)
    assert found["std_over_trials"] == 2.0
    with pytest.raises(ConfigError, match=r"floor=NUMBER or \+floors.cartpole_swingup=NUMBER"):
        table("wann_control").build(material(tmp_path, floor=None))


def tuned_alike(root: Path, count: int, mean: float, std: float, method: str = "fixed_topology") -> None:
    """Runs whose networks measured the same in the first column, as weights drawn alike make them."""
    for seed in range(count):
        run = make_run(root / f"{method}{seed}", 100.0 + seed, seed=seed, method=method)
        column = {"mean": mean, "std": std, "trials": 100}
        make_tuning(
            root / f"tuned_{method}{seed}", run, [1.0, 7.0 + seed, 8.0, 900.0 + seed], random_weights=column
        )


def test_runs_that_are_one_network_on_one_set_of_draws_are_judged_by_its_episodes(tmp_path: Path) -> None:
    tuned_alike(tmp_path, 3, 18.51, 44.0)
    document = table("wann_control").build(material(tmp_path))
    found = cell(document, "fixed topology", "random_weights")
    low, high = t.interval(0.95, 99, 18.51, 44.0 / np.sqrt(99))  # std is of ddof 0
    assert (found["iqm_low"], found["iqm_high"]) == pytest.approx((low, high))
    assert (found["n"], found["episodes"], found["interval_over"]) == (3, 100, "episodes")
    assert (found["paper_mean"], found["verdict"]) == (21.0, "inside")
    (row,) = [row for row in document.sections[0].rows if row[1] == "fixed topology" and row[0] == "swing-up"]
    assert "n = 3, over 100 episodes of one network; paper 21 ± 43, inside" in row[3]
    assert "interval_over" not in cell(document, "fixed topology", "tuned_weights")


def test_a_score_that_is_no_return_is_not_held_against_the_papers_returns(tmp_path: Path) -> None:
    for seed in range(3):
        run = make_run(tmp_path / f"r{seed}", seed=seed, score_name="steps")
        make_tuning(tmp_path / f"t{seed}", run, [50.0 + seed, 500.0 + seed, 700.0 + seed, 930.0 + seed])
    found = cell(table("wann_control").build(material(tmp_path)), "WANN", "tuned_weights")
    assert (found["paper_mean"], found["verdict"]) == (
        932.0,
        "ours is in steps, the paper's a return: no verdict",
    )


def test_where_episodes_do_not_differ_either_there_is_no_verdict(tmp_path: Path) -> None:
    tuned_alike(tmp_path, 3, 18.51, 0.0)
    found = cell(table("wann_control").build(material(tmp_path)), "fixed topology", "random_weights")
    assert (found["iqm_low"], found["verdict"]) == (None, "no spread between episodes: no verdict")


def test_one_run_and_runs_without_spread_of_unknown_episodes_have_no_verdict(tmp_path: Path) -> None:
    make_tuning(tmp_path / "t", make_run(tmp_path / "r"), [57.0, 515.0, 723.0, 932.0])
    found = cell(table("wann_control").build(material(tmp_path)), "WANN", "random_weights")
    assert found["verdict"] == "one run: no verdict"
    for seed in range(2):
        run = make_run(tmp_path / f"f{seed}", seed=seed, method="fixed_topology")
        make_tuning(tmp_path / f"tf{seed}", run, [1.0] * 4, random_weights={"mean": 21.0, "std": 43.0})
    found = cell(table("wann_control").build(material(tmp_path)), "fixed topology", "random_weights")
    assert (found["iqm_low"], found["verdict"]) == (None, "no spread between runs: no verdict")


def test_one_measurement_that_runs_share_counts_once_in_comparisons(tmp_path: Path) -> None:
    tuned_alike(tmp_path, 8, 18.51, 44.0)
    for seed in range(8):
        run = make_run(tmp_path / f"w{seed}", seed=seed)
        make_tuning(tmp_path / f"tw{seed}", run, [50.0 + seed, 500.0, 700.0 + seed, 930.0 + seed])
    records = table("wann_control").build(material(tmp_path)).sections[1].csv_records
    found = {record["column"]: record for record in records}
    assert (found["random_weights"]["n"], found["random_weights"]["n_over"]) == (8, 1)
    assert found["random_weights"]["low"] is None
    assert found["random_weights"]["p_value"] == pytest.approx(2 / 9)  # two-sided, exact: 1 of 9 places
    assert (found["tuned_weights"]["n_over"], found["tuned_weights"]["low"] is None) == (8, False)


def test_runs_of_two_tasks_are_not_compared(tmp_path: Path) -> None:
    for method, horizon in (("wann", 1000), ("neat", 50)):
        run = make_run(tmp_path / method, method=method, config={"task.horizon": horizon})
        make_tuning(tmp_path / f"tuned_{method}", run, [1.0] * 4)
    assert len(table("wann_control").build(material(tmp_path)).sections) == 1


def test_the_papers_biped_row_is_told_to_fit_another_environment() -> None:
    assert any("falling costs nothing" in remark for remark in table("wann_control").remarks)


def test_a_failed_search_counts_as_the_floor_in_every_column(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    make_tuning(tmp_path / "tuned", run, [10.0, 20.0, 30.0, 40.0])
    make_run(tmp_path / "failed", seed=1, state="failed")
    found = cell(table("wann_control").build(material(tmp_path)), "WANN", "tuned_weights")
    assert (found["n"], found["failed"], found["min"], found["max"]) == (2, 1, 0.0, 40.0)


def test_settings_of_one_method_are_rows_of_their_own(tmp_path: Path) -> None:
    make_run(tmp_path / "a", population=64)
    make_run(tmp_path / "b", population=192)
    rows = table("wann_control").build(material(tmp_path)).sections[0].rows
    assert sorted(row[1] for row in rows[:2]) == [
        "WANN (population_size=192)",
        "WANN (population_size=64)",
    ]
