"""Ours over published curves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run
from table_settings import material, table

from wannsearch.core.errors import ConfigError, WannsearchError
from wannsearch.reporting.statistics.interval import interval
from wannsearch.reporting.statistics.sample import sample


def rows(document: Any, evaluations: int, series: str) -> dict[str, Any]:
    (found,) = [
        record
        for record in document.sections[0].records
        if record["evaluations"] == evaluations and series in record["published"]
    ]
    return found


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for seed, height in enumerate((600.0, 650.0, 700.0)):
        curve = [100.0, *[height] * 31]
        make_run(tmp_path / str(seed), seed=seed, method="neat", population=128, best_so_far=curve)
    return tmp_path


def test_medians_stand_beside_those_of_the_logs(runs: Path, reference: Path) -> None:
    document = table("learning_curves").made(material(runs, reference))
    found = rows(document, 2048, "tanh only")
    expected = interval(sample([600.0, 650, 700]), "median")
    assert (found["median"], found["median_low"], found["n"]) == (650.0, expected.low, 3)
    assert found["published_median"] == pytest.approx(661, abs=1)
    assert (found["published_from"], found["published_runs"], found["verdict"]) == ("logs", 11, "inside")
    assert rows(document, 8192, "tanh only")["verdict"] == "ours ended at 4,096"
    assert rows(document, 2048, "WANN")["verdict"] == "not run"
    text = document.picture.svg.decode()
    assert "published, NEAT, tanh only (n = 11)" in text
    assert "ours, cartpole_swingup · neat (n = 3)" in text


def test_without_the_logs_the_sheet_speaks_and_that_is_said(runs: Path) -> None:
    document = table("learning_curves").made(material(runs))
    found = rows(document, 2048, "tanh only")
    assert (found["published_median"], found["published_from"], found["verdict"]) == (
        661.0,
        "sheet",
        "inside",
    )
    assert rows(document, 2048, "all")["difference"] == 13.0
    assert any("No logs at hand" in note for note in document.notes)


def test_failed_runs_are_at_the_floor_and_a_late_start_is_said(tmp_path: Path) -> None:
    make_run(tmp_path / "a", method="neat", population=1024, best_so_far=[500.0] * 2)
    make_run(
        tmp_path / "b", method="neat", population=1024, best_so_far=[500.0, 500.0], seed=1, state="failed"
    )
    (make_run(tmp_path / "c", method="neat", population=1024, best_so_far=[5.0, 5.0], seed=2, state="failed")
     / "history.csv").unlink()  # fmt: skip
    changed = table("learning_curves", at=[512, 2048])
    document = changed.made(material(tmp_path))
    assert rows(document, 2048, "tanh only")["median"] == 500.0
    assert rows(document, 2048, "tanh only")["n"] == 3
    assert rows(document, 512, "tanh only")["verdict"] == "ours began at 1,024"


def test_logs_are_named_below_the_folder_only() -> None:
    series = {"label": "x", "method": "neat", "source": "", "runs": 1, "medians": []}
    with pytest.raises(ConfigError, match="named like"):
        table("learning_curves", published=[series | {"logs": "../../x.out"}])


def test_a_broken_log_is_told_in_one_line(runs: Path, tmp_path: Path) -> None:
    folder = tmp_path / "published/prettyneat_swingup"
    folder.mkdir(parents=True)
    (folder / "tanh_0_stats.out").write_text("what?")
    with pytest.raises(WannsearchError, match="no table of numbers"):
        table("learning_curves").made(material(runs, tmp_path / "published"))
