"""One row a setting."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from synthetic_table_runs import make_run
from table_settings import material, table

from wannsearch.core.errors import ConfigError
from wannsearch.reporting.statistics.comparison import holm_correction, probability_of_improvement
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample

SCORES = [500.0, 520.0, 480.0, 510.0, 505.0, 495.0]


def test_every_run_is_in_its_row_failed_ones_at_the_floor(tmp_path: Path) -> None:
    for seed, score in enumerate(SCORES):
        make_run(tmp_path / str(seed), score, seed=seed)
    make_run(tmp_path / "failed", seed=9, state="failed")
    document = table("summary").build(material(tmp_path))
    (record,) = document.sections[0].csv_records
    expected = bootstrap_interval(build_sample([*SCORES, np.nan], 0.0))
    assert (record["n"], record["failed"], record["min"], record["max"]) == (7, 1, 0.0, 520.0)
    assert (record["iqm"], record["iqm_low"]) == (expected.estimate, expected.low)
    assert record["median"] == 500.0
    assert record["hidden"] == 4.5
    assert record["seeds"] == "0 1 2 3 4 5 9"
    assert [section.name for section in document.sections] == ["table", "anytime"]


def test_settings_of_one_task_are_compared_and_corrected(tmp_path: Path) -> None:
    for place, method in enumerate(("wann", "neat", "mlp")):
        for seed in range(5):
            make_run(tmp_path / f"{method}{seed}", 10.0 * seed + 7 * place, seed=seed, method=method)
    make_run(tmp_path / "other", task="logic")
    document = table("summary", comparisons=True).build(material(tmp_path))
    (section,) = [section for section in document.sections if section.name == "comparisons"]
    records = section.csv_records
    assert [(record["setting"].split()[-1], record["over"].split()[-1]) for record in records] == [
        ("mlp", "neat"),
        ("mlp", "wann"),
        ("neat", "wann"),
    ]
    first = probability_of_improvement(
        build_sample([14.0 + 10 * n for n in range(5)]), build_sample([7.0 + 10 * n for n in range(5)])
    )
    assert records[0]["probability_of_improvement"] == pytest.approx(first.probability)
    assert [record["p_holm"] for record in records] == pytest.approx(
        holm_correction([record["p_value"] for record in records])
    )


@pytest.mark.usefixtures("pictures_are_saved")
def test_the_picture_shows_every_run_and_stays_the_same(tmp_path: Path) -> None:
    for seed, score in enumerate(SCORES):
        make_run(tmp_path / str(seed), score, seed=seed)
    make_run(tmp_path / "failed", seed=9, state="failed")
    first, second = (table("summary").build(material(tmp_path)).pictures["picture"] for _ in range(2))
    assert first == second
    text = first.svg.decode()
    assert text.count("<use") >= 8
    assert ">held-out score, return<" in text


@pytest.mark.usefixtures("pictures_are_saved")
def test_more_strips_than_fit_are_told(tmp_path: Path) -> None:
    for number in range(43):
        make_run(tmp_path / str(number), config={"method.x": number})
    text = table("summary").build(material(tmp_path)).pictures["picture"].svg.decode()
    assert "3 more are in the table" in text


@pytest.mark.usefixtures("pictures_are_saved")
def test_settings_too_long_to_stand_beside_a_panel_are_numbers_of_rows(tmp_path: Path) -> None:
    for number in range(8):
        make_run(tmp_path / "short" / str(number), config={"method.x": number})
        keys = {f"method.key_{mask}": (number & mask).bit_count() % 2 for mask in range(1, 8)}
        make_run(tmp_path / "long" / str(number), config=keys)
    for name, is_numbered in (("short", False), ("long", True)):
        text = table("summary").build(material(tmp_path / name)).pictures["picture"].svg.decode()
        assert ("row 3 of the table" in text) == is_numbered
        assert ("x=2" in text) == (not is_numbered)


def test_differences_are_also_taken_by_seed_and_equality_is_asked_with_a_margin(tmp_path: Path) -> None:
    for seed in range(5):
        make_run(tmp_path / f"a{seed}", 100.0 * seed, seed=seed, method="a")
        make_run(tmp_path / f"b{seed}", 100.0 * seed - 1, seed=seed, method="b")
    (record,) = table("summary", margin=500.0).build(material(tmp_path)).sections[1].csv_records
    assert (record["difference"], record["difference_low"], record["difference_high"]) == (1.0, None, None)
    assert (record["wins"], record["ties"], record["losses"], record["pairs"]) == (5, 0, 0, 5)
    assert record["p_equivalence"] < 0.05
    document = table("summary", comparisons=True).build(material(tmp_path))
    assert "margin" not in document.sections[1].csv_records[0]
    for margin in (0.0, -1.0):
        with pytest.raises(ConfigError, match="margin"):
            table("summary", margin=margin)


def test_runs_that_all_came_to_the_same_are_not_judged(tmp_path: Path) -> None:
    for seed in range(5):
        make_run(tmp_path / f"a{seed}", 500.0, seed=seed, method="a")
        make_run(tmp_path / f"b{seed}", 499.0, seed=seed, method="b")
    document = table("summary", margin=10.0).build(material(tmp_path))
    row, record = document.sections[0].rows[0], document.sections[0].csv_records[0]
    assert "500" in row
    assert "Coverage of the held-out intervals: no spread between runs, no interval." in document.notes
    assert document.findings[1] == "No setting is judged against it: runs without spread distinguish nothing."
    assert (record["iqm"], record["iqm_low"], record["iqm_high"]) == (500.0, None, None)
    (row,), (record,) = document.sections[1].rows, document.sections[1].csv_records
    assert row[-1] == "no spread between runs: no verdict"
    assert (record["difference"], record["difference_low"], record["p_equivalence"]) == (1.0, None, None)
    assert record["low"] < record["probability_of_improvement"] == 1  # by rank, which needs no spread


def test_where_each_setting_stood_on_the_way(tmp_path: Path) -> None:
    for seed in range(3):
        make_run(tmp_path / str(seed), seed=seed, best_so_far=[1.0, 2.0, 3.0, 4.0])
    make_run(tmp_path / "failed", seed=3, state="failed", best_so_far=[1.0, 2.0, 3.0, 4.0])
    (record,) = table("summary").build(material(tmp_path)).sections[-1].csv_records
    assert "iqm_at_10_percent" not in record
    assert [record[f"iqm_at_{share}_percent"] for share in (25, 50, 100)] == [1.0, 2.0, 4.0]
    assert (record["evaluations"], record["env_steps"]) == (256, 256_000)


def test_runs_of_a_task_without_a_floor_need_none_while_none_fails(tmp_path: Path) -> None:
    make_run(tmp_path / "a", -50.0)
    (record,) = table("summary").build(material(tmp_path, floor=None)).sections[0].csv_records
    assert record["min"] == -50.0


def test_settings_of_two_tasks_of_one_class_are_not_compared(tmp_path: Path) -> None:
    for gate in ("and", "or"):
        make_run(tmp_path / gate, task="logic", config={"task.gate": gate, "task.episodes": 1})
    document = table("summary", comparisons=True).build(material(tmp_path))
    assert [section.name for section in document.sections] == ["table", "table", "anytime"]
    tasks = [record["task"] for section in document.sections[:2] for record in section.csv_records]
    assert tasks == ["logic gate=and", "logic gate=or"]
    make_run(tmp_path / "more", task="logic", config={"task.gate": "or", "task.episodes": 9})
    (record,) = table("summary", comparisons=True).build(material(tmp_path)).sections[2].csv_records
    assert "or" in record["setting"]
    assert "or" in record["over"]


def test_too_many_settings_are_not_compared_and_that_is_said(tmp_path: Path) -> None:
    for number in range(13):
        make_run(tmp_path / str(number), config={"method.x": number})
    document = table("summary", comparisons=True).build(material(tmp_path))
    assert [section.name for section in document.sections] == ["table", "anytime"]
    assert any("13 settings are not compared" in note for note in document.notes)


def test_a_sound_run_without_a_history_breaks_nothing_and_is_not_at_the_floor(tmp_path: Path) -> None:
    for seed in range(3):
        make_run(tmp_path / str(seed), seed=seed)
    (tmp_path / "0/history.csv").unlink()
    document = table("summary").build(material(tmp_path, floor=None))
    (record,) = document.sections[-1].csv_records
    assert record["iqm_at_100_percent"] == 500.0
    assert any(note.startswith(f"{tmp_path / '0'}: its history has no") for note in document.notes)
    for seed in (1, 2):
        (tmp_path / str(seed) / "history.csv").unlink()
    (record,) = table("summary").build(material(tmp_path, floor=None)).sections[-1].csv_records
    assert "iqm_at_100_percent" not in record


def test_a_margin_is_a_finite_number(tmp_path: Path) -> None:
    for margin in (float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="margin"):
            table("summary", margin=margin)


def test_keys_that_change_together_and_keys_that_change_the_scoring_are_named(tmp_path: Path) -> None:
    for number in range(2):
        config = {"method.a": number, "method.b": -number}
        make_run(tmp_path / str(number), config=config)
    document = table("summary").build(material(tmp_path))
    assert document.sections[0].titles[:4] == ["#", "vs best", "a", "search score"]
    assert "a changes together with method.b." in document.notes
    assert not any("changes how a search is scored" in note for note in document.notes)
    make_run(tmp_path / "more", config={"method.a": 0, "method.b": 0, "task.episodes": 9})
    notes = table("summary").build(material(tmp_path)).notes
    assert any(note.startswith("episodes changes how a search is scored") for note in notes)


def test_scores_on_the_way_are_shown_on_demand_and_pairs_are_compared_on_demand(tmp_path: Path) -> None:
    for number in range(2):
        make_run(tmp_path / str(number), config={"method.a": number})
    for wanted in (False, True):
        document = table("summary", on_the_way=wanted, comparisons=wanted).build(material(tmp_path))
        names = [section.name for section in document.shown_sections]
        assert names == (["table", "comparisons", "anytime"] if wanted else ["table"])
        assert "anytime" in [section.name for section in document.sections]
    assert any("table.comparisons=true" in note for note in table("summary").build(material(tmp_path)).notes)
