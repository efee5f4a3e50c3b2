"""Scores of two units: each in its row, none compared with the other, no axis shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from synthetic_table_runs import make_run
from table_settings import material, table

from wannsearch.reporting.tables.document import Section, value_column
from wannsearch.reporting.tables.provenance import build_provenance
from wannsearch.reporting.tables.units import add_units

TRAINED = {
    "method": "weedout",
    "score_name": "test accuracy",
    "best_score_name": "validation accuracy",
    "steps_name": "images shown",
    "config": {"evaluator._target_": "wannsearch.evaluators.trainer.Trainer"},
}


def two_units(root: Path, seeds: int = 3) -> Path:
    """The same task: networks that are played and pay a loss, and others that are trained."""
    for seed in range(seeds):
        common: dict[str, Any] = {"seed": seed, "task": "digits"}
        make_run(
            root / f"played{seed}", -3.7 - seed / 10, score_name="minus cross-entropy",
            best_so_far=[-5.0, -4.0, -3.9], **common,
        )  # fmt: skip
        make_run(root / f"trained{seed}", 0.7 + seed / 50, best_so_far=[0.5, 0.6, 0.65], **common, **TRAINED)
    return root


def test_a_loss_and_an_accuracy_of_one_task_are_not_compared_and_that_is_said(tmp_path: Path) -> None:
    document = table("summary", margin=1.0).build(material(two_units(tmp_path)))
    assert [section.name for section in document.sections] == ["table", "table", "anytime"]
    records = {row["method"]: row for section in document.sections[:2] for row in section.csv_records}
    assert records["wann"]["score_name"] == "minus cross-entropy"
    assert records["weedout"]["score_name"] == "test accuracy"
    assert records["wann"]["task"] != records["weedout"]["task"]
    said = "digits: scored in minus cross-entropy, in test accuracy."
    assert sum(note.startswith(said) for note in document.notes) == 1
    assert [section.heading for section in document.sections[:2]] == [
        "digits · wann (minus cross-entropy), 3 runs",
        "digits · weedout (validation accuracy, test accuracy), 3 runs",
    ]
    assert not document.findings


@pytest.mark.usefixtures("pictures_are_saved")
def test_each_unit_has_an_axis_of_its_own_which_names_it(tmp_path: Path) -> None:
    text = table("summary").build(material(two_units(tmp_path))).pictures["picture"].svg.decode()
    for unit in ("minus cross-entropy", "test accuracy"):
        assert f">held-out score, {unit}<" in text
    assert ">search score, validation accuracy<" in text


def test_on_the_way_a_row_has_the_unit_of_its_search_and_steps_are_not_images(tmp_path: Path) -> None:
    section = table("summary").build(material(two_units(tmp_path))).sections[-1]
    played, trained = section.csv_records
    assert (played["score_name"], trained["score_name"]) == ("minus cross-entropy", "validation accuracy")
    assert (played["env_steps"], trained["images_shown"]) == (192_000, 192_000)
    assert "images_shown" not in played
    assert "env_steps" not in trained
    assert [row[-1] for row in section.rows] == ["192,000 environment steps", "192,000 images shown"]


def test_settings_of_one_unit_are_compared_beside_those_of_another(tmp_path: Path) -> None:
    two_units(tmp_path)
    for seed in range(3):
        make_run(tmp_path / f"neat{seed}", -2.0, seed=seed, task="digits", method="neat",
                 score_name="minus cross-entropy")  # fmt: skip
    document = table("summary", comparisons=True).build(material(tmp_path))
    (record,) = next(section for section in document.sections if section.name == "comparisons").csv_records
    assert ("neat" in record["setting"], "wann" in record["over"]) == (True, True)


def test_runs_of_one_unit_gain_no_column(tmp_path: Path) -> None:
    for method in ("wann", "neat"):
        make_run(tmp_path / method, method=method)
    document = table("summary").build(material(tmp_path))
    for section in document.sections:
        assert "score" not in section.titles
        assert all("score_name" not in record for record in section.csv_records)
    assert document.sections[-1].titles[-1] == "env steps"
    assert all(record["env_steps"] == 192_000 for record in document.sections[-1].csv_records)
    section = Section("x", "", (value_column("a", "a"),), [{"a": 1}])
    assert add_units(section, ["return"]) is section


def test_a_failed_run_has_the_unit_that_sound_ones_of_its_task_and_evaluator_have(tmp_path: Path) -> None:
    two_units(tmp_path)
    make_run(tmp_path / "failed", seed=7, task="digits", state="failed", **TRAINED)
    make_run(tmp_path / "other", seed=7, task="digits", state="failed", **TRAINED | {"method": "one_shot"})
    groups = {group.method: group for group in material(tmp_path).run_groups.groups}
    assert (len(groups["weedout"].runs), groups["weedout"].unit) == (4, "test accuracy")
    assert groups["one_shot"].unit == "test accuracy"
    assert groups["one_shot"].task_settings == groups["weedout"].task_settings


def test_folders_that_do_not_say_have_a_unit_of_their_own_and_are_compared_with_none(tmp_path: Path) -> None:
    make_run(tmp_path / "a", method="wann", score_name=None)
    make_run(tmp_path / "b", method="neat", score_name=None)
    make_run(tmp_path / "c", method="mlp")
    document = table("summary").build(material(tmp_path))
    assert [section.name for section in document.sections] == ["table", "table", "table", "anytime"]
    units = [record["score_name"] for section in document.sections[:3] for record in section.csv_records]
    assert len(set(units)) == 3
    assert sum("without a name" in unit for unit in units) == 2


@pytest.mark.parametrize("name", [7, "", ["x"], None, {"a": 1}])
def test_a_name_that_is_no_text_is_none(tmp_path: Path, name: object) -> None:
    run = make_run(tmp_path / "run")
    summary = json.loads((run / "summary.json").read_text())
    summary["held_out"]["score_name"] = summary["best"]["score_name"] = summary["steps_name"] = name
    (run / "summary.json").write_text(json.dumps(summary))
    (group,) = material(tmp_path).run_groups.groups
    assert group.unit.startswith("a score without a name")
    assert group.best_unit == group.unit
    assert group.steps_name == "environment steps"


def test_one_task_in_two_units_is_two_tasks_across_tasks(tmp_path: Path) -> None:
    solved = {
        "digits": [
            {"match": {"score_name": "test accuracy"}, "score": 1.0},
            {"match": {"score_name": "accuracy"}, "score": 0.5},
        ]
    }
    for method, unit, score in (("a", "test accuracy", 0.5), ("a", "accuracy", 0.5), ("b", "accuracy", 0.25)):
        for seed in range(2):
            where = tmp_path / f"{method}_{unit}_{seed}"
            config = {"method.kind": unit}
            make_run(where, score, seed=seed, task="digits", method=method, score_name=unit, config=config)
    document = table("across_tasks", solved=solved).build(material(tmp_path))
    found = {record["method"]: record for record in document.sections[0].csv_records}
    assert (found["a"]["tasks"], found["a"]["mean"], found["b"]["mean"]) == (1, 1.0, 0.5)
    assert any("digits, test accuracy: there is no run of b" in note for note in document.notes)


@pytest.mark.usefixtures("pictures_are_saved")
def test_searches_that_saw_something_else_are_not_held_against_published_curves(tmp_path: Path) -> None:
    for seed, unit in enumerate(("return", "steps")):
        make_run(
            tmp_path / unit, seed=seed, method="neat", best_so_far=[600.0 + seed] * 2, population=1024,
            score_name=unit, config={"method.hidden_activation": "tanh"},
        )  # fmt: skip
    document = table("learning_curves", evaluation_counts=[2048]).build(material(tmp_path))
    (record,) = [one for one in document.sections[0].csv_records if one["published"] == "NEAT, tanh only"]
    assert (record["n"], record["median"]) == (1, 600.0)
    assert any(
        "its searches saw steps, and published curves are of return" in note for note in document.notes
    )
    svg = document.pictures["picture"].svg.decode()
    assert ">return</" in svg
    assert ">(best so far)</" in svg


def test_steps_and_images_are_counted_apart_in_what_a_table_was_made_of(tmp_path: Path) -> None:
    told = build_provenance({}, material(two_units(tmp_path)).run_groups, [], [])
    assert (told["env_steps"], told["images_shown"]) == (3 * 192_000, 3 * 192_000)
    assert [group["score_name"] for group in told["groups"]] == ["minus cross-entropy", "test accuracy"]
