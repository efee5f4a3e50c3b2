"""XOR and the double pole: shares, evaluations to the solver, bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from synthetic_table_runs import make_run, write
from table_settings import material, table

from wannsearch.core.errors import ConfigError
from wannsearch.records.layout import FORMAT
from wannsearch.reporting.statistics.wilson import wilson_interval

XOR = {"task.gate": "xor", "task.bits": 2, "task.reward": "closeness"}


def xor_run(folder: Path, seed: int, best: list[float], ids: list[Any] | None, **more: Any) -> Path:
    columns = {"best_so_far_id": ids} if ids else {}
    return make_run(
        folder, 0.9, seed=seed, task="logic", method="neat", population=150, best_so_far=best,
        config=XOR | more.pop("config", {}), columns=columns | more,
    )  # fmt: skip


def test_evaluations_are_counted_to_the_network_that_solved_it(tmp_path: Path) -> None:
    hidden = {"best_so_far_hidden": [0, 1, 2], "best_so_far_connections": [3, 7, 9]}
    xor_run(tmp_path / "a", 0, [0.5, 0.88, 0.9], [150, 310, 460], **hidden)  # row 10 of generation 2
    xor_run(tmp_path / "b", 1, [0.5, 0.6, 0.875], [150, 310, 450], **hidden)  # row 0 of generation 3
    xor_run(tmp_path / "c", 2, [0.5, 0.6, 0.7], [150, 310, 460], **hidden)
    document = table("neat_xor").build(material(tmp_path))
    found = document.sections[0].csv_records[0]
    needed = [150 + 10 + 1, 300 + 0 + 1]
    assert (found["evaluations"], found["evaluations_std"]) == (np.mean(needed), np.std(needed))
    assert (found["n"], found["solved"], found["evaluations_median"]) == (3, 2 / 3, 301)
    assert (found["solved_low"], found["solved_high"]) == wilson_interval(2, 3)
    assert (found["hidden"], found["single_hidden_share"], found["connections"]) == (1.5, 0.5, 8)
    assert found["generations"] == 2.5
    assert "at least 0.875" in found["solved_rule"]


def test_failed_runs_are_unsolved_and_other_gates_are_not_shown(tmp_path: Path) -> None:
    xor_run(tmp_path / "a", 0, [0.9], [150])
    make_run(
        tmp_path / "b", seed=1, task="logic", method="neat", population=150, best_so_far=[0.1], config=XOR,
        state="failed", columns={"best_so_far_id": [150]},
    )  # fmt: skip
    xor_run(tmp_path / "c", 0, [0.9], [150], config={"task.gate": "and"})
    records = table("neat_xor").build(material(tmp_path)).sections[0].csv_records
    assert [record["source"] for record in records] == ["ours", *["published"] * 4]
    assert (records[0]["n"], records[0]["solved"]) == (2, 0.5)


def test_old_histories_say_less_and_that_is_told(tmp_path: Path) -> None:
    xor_run(tmp_path / "a", 0, [0.5, 0.9], None)
    document = table("neat_xor").build(material(tmp_path))
    found = document.sections[0].csv_records[0]
    assert (found["evaluations"], found["hidden"]) == (300, None)
    assert any("its whole generation is counted" in note for note in document.notes)


def test_the_summary_fills_in_what_an_older_history_lacks(tmp_path: Path) -> None:
    xor_run(tmp_path / "a", 0, [0.5, 0.9], [20, 70])  # the summary's best has id 70
    found = table("neat_xor").build(material(tmp_path)).sections[0].csv_records[0]
    assert (found["hidden"], found["connections"]) == (2, 7)


def test_each_reward_has_its_rule_and_none_is_told(tmp_path: Path) -> None:
    xor_run(tmp_path / "a", 0, [0.9, 1.0], [150, 300], config={"task.reward": "accuracy"})
    xor_run(tmp_path / "b", 0, [0.9, 1.0], [150, 300], config={"task.reward": "other"})
    document = table("neat_xor").build(material(tmp_path))
    assert [record["source"] for record in document.sections[0].csv_records][:2] == ["ours", "published"]
    assert document.sections[0].csv_records[0]["evaluations"] == 151
    assert any("no rule for when it is solved" in note for note in document.notes)


def test_bands_are_asked_where_they_apply(tmp_path: Path) -> None:
    xor_run(tmp_path / "a", 0, [0.5, 0.9], [150, 4000])
    xor_run(tmp_path / "b", 1, [0.5, 0.9], [150, 4100])
    records = table("neat_xor").build(material(tmp_path)).sections[1].csv_records
    verdicts = {record["quantity"]: record["verdict"] for record in records}
    assert verdicts["evaluations"] == "inside"
    assert verdicts["solved"] == "asked from 300 generations on"
    assert verdicts["hidden"] == "no value"
    with pytest.raises(ConfigError, match="allowed: solved"):
        table(
            "neat_xor",
            bands=[{"match": {}, "quantity": "luck", "low": 0.0, "high": 1.0, "min_generations": 0}],
        )


@pytest.mark.parametrize(("runs", "why"), [(1, "one run"), (3, "no spread between runs")])
def test_a_mean_over_runs_that_do_not_differ_is_held_against_no_band(
    tmp_path: Path, runs: int, why: str
) -> None:
    counts = {"best_so_far_hidden": [0, 2], "best_so_far_connections": [3, 8]}
    for seed in range(runs):
        folder = xor_run(tmp_path / str(seed), seed, [0.5, 0.9], [150, 4000], **counts)
        write(folder / "status.json", {"format": FORMAT, "state": "done", "why": None, "generations": 300})
    document = table("neat_xor").build(material(tmp_path))
    verdicts = {record["quantity"]: record["verdict"] for record in document.sections[1].csv_records}
    for quantity in ("evaluations", "hidden", "connections"):
        assert verdicts[quantity] == f"{why}: no verdict"
    assert (verdicts["solved"], verdicts["single_hidden_share"]) == ("inside", "outside")
    assert "[" not in document.sections[0].rows[0][3]  # the mean has no interval


@pytest.mark.usefixtures("pictures_are_saved")
def test_without_runs_the_published_figures_stand_alone(tmp_path: Path) -> None:
    make_run(tmp_path / "other")
    document = table("neat_xor").build(material(tmp_path))
    assert document.sections[0].rows[0][0] == "ours, neat: not run"
    assert len(document.sections) == 1
    assert document.pictures["picture"] is not None


def test_a_run_that_went_on_is_asked_by_the_budget_that_it_has_now(tmp_path: Path) -> None:
    folder = xor_run(tmp_path / "a", 0, [0.5, 0.9], [150, 4000], config={"generations": 2})
    write(folder / "status.json", {"format": FORMAT, "state": "done", "why": None, "generations": 300})
    records = table("neat_xor").build(material(tmp_path)).sections[1].csv_records
    assert {record["quantity"]: record["verdict"] for record in records}["solved"] == "inside"


@pytest.mark.parametrize("line", ["", "generations: many\n", "generations: .nan\n"])
def test_a_config_that_does_not_tell_the_budget_breaks_nothing(tmp_path: Path, line: str) -> None:
    folder = xor_run(tmp_path / "a", 0, [0.5, 0.9], [150, 4000])
    config = folder / ".hydra/config.yaml"
    config.write_text(config.read_text().replace("generations: 2\n", line))
    records = table("neat_xor").build(material(tmp_path)).sections[1].csv_records
    assert records[0]["verdict"] == "asked from 300 generations on"


def test_the_bands_say_whose_rule_they_rest_on_and_a_median_stands_in_no_column_of_means(
    tmp_path: Path,
) -> None:
    xor_run(tmp_path / "a", 0, [0.5, 0.9], [150, 4000])
    document = table("neat_xor").build(material(tmp_path))
    assert any("come from other rules" in note for note in document.notes)
    records = {record["runs_of"]: record for record in document.sections[0].csv_records}
    same_rule = records["NEAT, authors' release, solved at fitness 12.25"]
    assert (same_rule["evaluations"], same_rule["evaluations_std"]) == (6669, 4919)
    other = records["neat-python"]
    assert (other["generations"], other["generations_median"]) == (None, 62)
    (row,) = [row for row in document.sections[0].rows if row[0] == "neat-python"]
    assert "median 62" in row


def test_a_run_that_is_done_and_does_not_say_is_left_out_and_is_not_unsolved(tmp_path: Path) -> None:
    for seed in range(2):
        xor_run(tmp_path / str(seed), seed, [0.5, 0.9], [150, 310])
    (tmp_path / "1/history.csv").unlink()
    document = table("neat_xor").build(material(tmp_path))
    found = document.sections[0].csv_records[0]
    assert (found["n"], found["solved"]) == (1, 1.0)
    assert any(note.startswith(f"{tmp_path / '1'}: it is left out") for note in document.notes)
    (tmp_path / "0/history.csv").unlink()
    assert table("neat_xor").build(material(tmp_path)).sections[0].rows[0][0] == "ours, neat: not run"


def test_an_exam_is_told_in_starts_that_were_passed_and_only_its_own_bands_are_asked(tmp_path: Path) -> None:
    blind = {"task.observe_velocities": False, "task.generalization_test": True, "task.reward": "gruau"}
    seeing = {"task.observe_velocities": True, "task.generalization_test": False, "task.reward": "survived"}
    for name, config, best in (("a", blind, [-1.9, -0.8, -400 / 626]), ("b", seeing, [50.0, 90.0, 100000.0])):
        make_run(
            tmp_path / name, 0.9, task="double_pole", method="neat", population=10, best_so_far=best,
            config=config, columns={"best_so_far_id": [10, 21, 35]},
        )  # fmt: skip
    document = table("double_pole").build(material(tmp_path))
    runs, bands = (section.csv_records for section in document.sections)
    found = {record["solved_rule"]: record for record in runs if record["source"] == "ours"}
    assert [record["evaluations"] for record in found.values()] == [26, 26]
    stood = {record["quantity"]: record for record in bands if record["low"] == 235}
    assert stood["starts_passed"]["value"] == pytest.approx(225)
    asked = [record["quantity"] for record in bands]
    assert sorted(asked) == ["evaluations", "evaluations", "solved", "solved", "starts_passed"]
