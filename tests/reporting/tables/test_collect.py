"""Finding runs below patterns."""

from __future__ import annotations

from pathlib import Path

import pytest
from synthetic_table_runs import make_run, make_tuning, write

from wannsearch.core.errors import ConfigError
from wannsearch.records.layout import FORMAT
from wannsearch.reporting.tables.collect import collect_runs


def test_patterns_are_searched_to_the_bottom_and_nothing_counts_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        (tmp_path / f"deep{number}/er").mkdir(parents=True)
        make_run(tmp_path / f"deep{number}/er/run", seed=number)
    found = collect_runs(["deep[01]", "deep0/er", str(tmp_path / "deep0")])
    assert [run.seed for run in found.runs] == [0, 1]
    assert len(collect_runs(["."]).runs) == 3


def test_what_is_broken_or_foreign_is_skipped_by_name(tmp_path: Path) -> None:
    make_run(tmp_path / "good")
    (make_run(tmp_path / "bad") / "summary.json").write_text("{")
    (tmp_path / "foreign/.hydra").mkdir(parents=True)
    (tmp_path / "foreign/.hydra/config.yaml").write_text("lightning: true\n")
    (tmp_path / "foreign/status.json").write_text("{}")
    found = collect_runs([str(tmp_path)])
    assert len(found.runs) == 1
    assert len(found.skipped) == 2
    for line, name in zip(found.skipped, ("bad", "foreign"), strict=True):
        assert str(tmp_path / name) in line
        assert len(line.splitlines()) == 1


def test_tunings_are_told_from_runs_and_unfinished_ones_are_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    make_tuning(tmp_path / "tuned", run, [1.0, 2.0, 3.0, None])
    (make_tuning(tmp_path / "going", run, [1.0] * 4) / "status.json").write_text(
        f'{{"format": {FORMAT}, "state": "running"}}'
    )
    write(make_tuning(tmp_path / "broken", run, [1.0] * 4) / "tuning.json", {"format": FORMAT - 1})
    found = collect_runs([str(tmp_path)])
    assert [tuning.folder.name for tuning in found.tunings] == ["tuned"]
    assert found.tunings[0].network_sha256 == found.runs[0].network_sha256
    assert set(found.tunings[0].columns) == {"random_weights", "random_shared_weight", "tuned_shared_weight"}
    assert len(found.skipped) == 2


@pytest.mark.parametrize("pattern", ["nowhere", "", "a\0b", "no*thing"])
def test_a_pattern_that_names_no_folder_is_refused(pattern: str) -> None:
    with pytest.raises(ConfigError, match="names no folder"):
        collect_runs([pattern])


@pytest.mark.parametrize(
    ("state", "said"),
    [("failed", "a tuning that failed: it broke"), ("stopped", "a tuning that was stopped: it broke")],
)
def test_a_tuning_that_gave_nothing_is_no_damaged_search(tmp_path: Path, state: str, said: str) -> None:
    tuned = make_tuning(tmp_path / "tuned", make_run(tmp_path / "run"), [1.0] * 4)
    (tuned / "tuning.json").unlink()
    write(tuned / "status.json", {"format": FORMAT, "state": state, "why": "it broke"})
    found = collect_runs([str(tmp_path)])
    assert found.skipped == (f"{tuned}: {said}",)
    assert len(found.runs) == 1
