"""Methods over several tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_table_runs import make_run
from table_settings import material, table

from wannsearch.core.errors import ConfigError, MissingData
from wannsearch.reporting.statistics.across_tasks import aggregate, mean_improvement
from wannsearch.reporting.statistics.sample import build_sample

SCALES = {"cartpole_swingup": 800.0, "logic": 1.0}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed in range(4):
        make_run(tmp_path / f"a{seed}", 400.0 + 80 * seed, seed=seed)
        make_run(tmp_path / f"b{seed}", 0.5 + seed / 10, seed=seed, task="logic")
        make_run(tmp_path / f"c{seed}", 200.0 * seed, seed=seed, method="neat")
        make_run(tmp_path / f"d{seed}", 0.4, seed=seed, task="logic", method="neat")
    make_run(tmp_path / "only_one", 3.0, task="cartpole")
    return tmp_path


@pytest.mark.usefixtures("pictures_are_saved")
def test_scores_are_normalised_and_put_together(runs: Path) -> None:
    document = table("across_tasks", solved=SCALES).build(material(runs))
    neat, wann = document.sections[0].csv_records
    swing = build_sample([0.5, 0.6, 0.7, 0.8])
    gates = build_sample([0.5, 0.6, 0.7, 0.8])
    assert (wann["method"], wann["tasks"], wann["n"]) == ("wann", 2, 8)
    assert wann["iqm"] == pytest.approx(aggregate({"a": swing, "b": gates}).estimate)
    assert wann["optimality_gap"] == pytest.approx(0.35)
    expected = mean_improvement(
        {"cartpole_swingup": build_sample([0, 0.25, 0.5, 0.75]), "logic": build_sample([0.4] * 4)},
        {"cartpole_swingup": swing, "logic": gates},
    )
    (record,) = document.sections[1].csv_records
    assert record["probability_of_improvement"] == expected.estimate
    assert record["probability_of_improvement_low"] == pytest.approx(expected.low)
    assert neat["failed"] == 0
    assert "performance profiles" in document.pictures["picture"].svg.decode()


def test_two_settings_of_one_task_are_not_mixed(runs: Path) -> None:
    make_run(runs / "other", 1.0, population=9)
    with pytest.raises(ConfigError, match="several settings"):
        table("across_tasks", solved=SCALES).build(material(runs))


def test_tasks_without_a_scale_are_no_part_of_it(runs: Path) -> None:
    with pytest.raises(MissingData, match="known scale"):
        table("across_tasks", solved={"digits": 1.0}).build(material(runs))
    with pytest.raises(ConfigError, match="not above"):
        table("across_tasks", solved={"logic": 0.0}).build(material(runs))
    with pytest.raises(ConfigError, match="must be a number"):
        table("across_tasks", solved={"logic": "high"})


def test_two_tasks_of_one_class_are_two_tasks_with_scales_of_their_own(tmp_path: Path) -> None:
    for reward, score in (("closeness", 0.5), ("squared_closeness", 8.0)):
        config = {"task.reward": reward, "task.bits": 2}
        for seed in range(2):
            make_run(tmp_path / f"{reward}{seed}", score, seed=seed, task="logic", config=config)
    document = table("across_tasks").build(material(tmp_path))
    (record,) = document.sections[0].csv_records
    assert (record["tasks"], record["n"], record["mean"]) == (2, 4, 0.5)
    assert "logic reward=squared_closeness 16" in document.notes[0]


def test_tasks_that_are_no_part_of_it_are_named_with_the_reason(runs: Path) -> None:
    notes = table("across_tasks", solved=SCALES | {"cartpole": 475.0}).build(material(runs)).notes
    assert any(note == "Left out, cartpole: there is no run of neat." for note in notes)
    notes = table("across_tasks", solved=SCALES).build(material(runs)).notes
    assert any("Left out, cartpole: table.solved says nothing" in note for note in notes)
    with pytest.raises(MissingData, match=r"its floor is not known; give \+floors.cartpole"):
        table("across_tasks", solved=SCALES).build(material(runs, floor=None))
