"""Ours over published curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from synthetic_table_runs import make_run, write
from table_settings import material, table

from wannsearch.core.errors import ConfigError, WannsearchError
from wannsearch.records.layout import FORMAT
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.statistics.sample import build_sample


def rows(document: Any, evaluations: int, series: str) -> dict[str, Any]:
    (found,) = [
        record
        for record in document.sections[0].csv_records
        if record["evaluations"] == evaluations and series in record["published"]
    ]
    return found


def make_neat(folder: Path, activation: str | None = "tanh", **more: Any) -> Path:
    return make_run(folder, method="neat", config={"method.hidden_activation": activation}, **more)


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed, height in enumerate((600.0, 650.0, 700.0)):
        curve = [100.0, *[height] * 31]
        make_neat(tmp_path / str(seed), seed=seed, population=128, best_so_far=curve)
    return tmp_path


@pytest.mark.usefixtures("pictures_are_saved")
def test_medians_stand_beside_those_of_the_logs(runs: Path, reference: Path) -> None:
    document = table("learning_curves").build(material(runs, reference))
    found = rows(document, 2048, "tanh only")
    expected = bootstrap_interval(build_sample([600.0, 650, 700]), "median")
    assert (found["median"], found["median_low"], found["n"]) == (650.0, expected.low, 3)
    assert found["published_median"] == pytest.approx(661, abs=1)
    assert (found["published_from"], found["published_runs"], found["verdict"]) == ("logs", 11, "inside")
    assert rows(document, 8192, "tanh only")["verdict"] == "ours ended at 4,096"
    assert rows(document, 2048, "WANN")["verdict"] == "not run"
    text = document.pictures["picture"].svg.decode()
    assert "mathdefault" not in text  # of the logarithmic axis
    assert "published, NEAT, tanh only (n = 11)" in text
    assert "ours, cartpole_swingup · neat (n = 3)" in text


@pytest.mark.parametrize(("runs", "why"), [(1, "one run"), (3, "no spread between runs")])
def test_runs_that_do_not_differ_are_not_held_against_published_ones(
    tmp_path: Path, runs: int, why: str
) -> None:
    for seed in range(runs):
        make_neat(tmp_path / str(seed), seed=seed, population=128, best_so_far=[100.0, *[650.0] * 31])
    found = rows(table("learning_curves").build(material(tmp_path)), 2048, "tanh only")
    assert (found["median"], found["median_low"], found["difference"]) == (650.0, None, 650 - 661)
    assert found["verdict"] == f"{why}: no verdict"


def test_without_the_logs_the_sheet_speaks_and_that_is_said(runs: Path) -> None:
    document = table("learning_curves").build(material(runs))
    found = rows(document, 2048, "tanh only")
    assert (found["published_median"], found["published_from"], found["verdict"]) == (
        661.0,
        "sheet",
        "inside",
    )
    assert rows(document, 2048, "all")["verdict"] == "not run"
    assert any("No logs at hand" in note for note in document.notes)


def test_failed_runs_are_at_the_floor_and_a_late_start_is_said(tmp_path: Path) -> None:
    make_neat(tmp_path / "a", population=1024, best_so_far=[500.0] * 2)
    make_neat(tmp_path / "b", population=1024, best_so_far=[500.0, 500.0], seed=1, state="failed")
    lost = make_neat(tmp_path / "c", population=1024, best_so_far=[5.0, 5.0], seed=2, state="failed")
    (lost / "history.csv").unlink()
    changed = table("learning_curves", evaluation_counts=[512, 2048])
    document = changed.build(material(tmp_path))
    assert rows(document, 2048, "tanh only")["median"] == 500.0
    assert rows(document, 2048, "tanh only")["n"] == 3
    assert rows(document, 512, "tanh only")["verdict"] == "ours began at 1,024"


def test_logs_are_named_below_the_folder_only() -> None:
    series = {"label": "x", "method": "neat", "match": {}, "source": "", "runs": 1, "medians": []}
    with pytest.raises(ConfigError, match="named like"):
        table("learning_curves", published=[series | {"logs": "../../x.out"}])


def test_a_broken_log_is_told_in_one_line(runs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "published/prettyneat_swingup"
    folder.mkdir(parents=True)
    (folder / "tanh_0_stats.out").write_text("what?")
    with pytest.raises(WannsearchError, match="no table of numbers"):
        table("learning_curves").build(material(runs, tmp_path / "published"))


def test_each_setting_is_held_against_the_series_of_its_own_settings(tmp_path: Path) -> None:
    for name in ("tanh", None, "relu"):
        make_neat(tmp_path / str(name), name, population=1024, best_so_far=[640.0] * 2)
    document = table("learning_curves", evaluation_counts=[2048]).build(material(tmp_path))
    told = [(one["published"], one["ours"]) for one in document.sections[0].csv_records]
    label = "cartpole_swingup · neat hidden_activation="
    assert told == [
        ("NEAT, tanh only", f"{label}tanh"),
        ("NEAT, all activations", f"{label}null"),
        ("WANN, the sample run", None),
    ]
    assert any(note.startswith(f"{label}relu: nothing published") for note in document.notes)


def test_a_run_that_ended_earlier_is_not_carried_on(tmp_path: Path) -> None:
    for seed, length in enumerate((2, 4)):
        make_neat(tmp_path / str(seed), seed=seed, population=1024, best_so_far=[640.0] * length)
        write(tmp_path / str(seed) / "status.json", {"format": FORMAT, "state": "done", "generations": 4})
    document = table("learning_curves", evaluation_counts=[2048, 4096]).build(material(tmp_path))
    assert rows(document, 2048, "tanh only")["n"] == 2
    assert rows(document, 4096, "tanh only")["verdict"] == "ours ended at 2,048"


def test_a_sound_run_without_a_curve_is_left_out_and_named_and_never_at_the_floor(tmp_path: Path) -> None:
    for seed in range(3):
        make_neat(tmp_path / str(seed), seed=seed, population=1024, best_so_far=[640.0] * 2)
    (tmp_path / "1/history.csv").unlink()
    history = tmp_path / "2/history.csv"
    history.write_text(history.read_text().replace("640.0", "nan"))
    document = table("learning_curves", evaluation_counts=[2048]).build(material(tmp_path))
    found = rows(document, 2048, "tanh only")
    assert (found["n"], found["median"]) == (1, 640.0)
    for name in "12":
        assert any(note.startswith(f"{tmp_path / name}: its history has no") for note in document.notes)


def test_evaluations_to_scores_are_counted_for_all_runs_ours_and_published(
    tmp_path: Path, reference: Path
) -> None:
    for seed, height in enumerate((600.0, 800.0)):
        make_neat(tmp_path / str(seed), seed=seed, population=1024, best_so_far=[100.0, height, height])
    document = table("learning_curves", evaluation_counts=[1024, 2048], scores=[700.0]).build(
        material(tmp_path, reference)
    )
    (section,) = [one for one in document.sections if one.name == "targets"]
    found = {record["runs_of"]: record for record in section.csv_records}
    ours = found["ours, cartpole_swingup · neat"]
    assert (ours["n"], ours["reached"], ours["median"]) == (2, 0.5, None)
    assert (ours["reached_by_1024"], ours["reached_by_2048"]) == (0, 0.5)
    assert ours["expected_running_time"] == 2048 + 3072
    theirs = found["published, NEAT, all activations"]
    assert (theirs["n"], theirs["reached"], theirs["median"]) == (11, 1.0, 6272)


@pytest.mark.usefixtures("pictures_are_saved")
def test_a_second_picture_shows_the_steps_that_were_simulated(runs: Path) -> None:
    document = table("learning_curves").build(material(runs))
    text = document.pictures["env_steps"].svg.decode()
    assert "simulated steps" in text
    assert "interquartile mean over runs" in text
    for folder in runs.glob("*/history.csv"):
        folder.write_text(folder.read_text().replace("env_steps", "other"))
    document = table("learning_curves").build(material(runs))
    assert set(document.pictures) == {"picture"}
    assert sum("has no env_steps with a score" in note for note in document.notes) == 3


@pytest.mark.parametrize("changed", [{"tolerance": float("nan")}, {"scores": [float("inf")]}])
def test_settings_that_are_no_finite_numbers_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="must"):
        table("learning_curves", **changed)
