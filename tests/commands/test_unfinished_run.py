"""The records of runs that were stopped or killed, as pictures need them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from wannsearch.commands.search import main as search_main
from wannsearch.commands.unfinished_run import open_records
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.records import layout, plot_data
from wannsearch.records.files import encode_json

SMALL = ["task=logic", "debug=fast", "generations=3", "method.population_size=6", "evaluator=reference"]
RESULTS = (layout.SUMMARY, layout.EVALUATION)
WRITTEN_AT_A_STOP = (layout.RANKING, layout.FRONT, layout.POPULATION, layout.NETWORK)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert search_main([*SMALL, "checkpoint.min_seconds=0", "display=off", f"hydra.run.dir={folder}"]) == 0
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Callable[..., Path]:
    """A copy of the run with another state and without the files that such a run lacks."""

    def copy(state: str, *missing: str) -> Path:
        folder = tmp_path / "run"
        shutil.copytree(finished, folder)
        path = folder / layout.STATUS
        path.write_bytes(encode_json(json.loads(path.read_text()) | {"state": state}))
        for name in missing:
            (folder / name).unlink()
        return folder

    return copy


def test_a_finished_run_is_its_own_record(finished: Path) -> None:
    with open_records(finished) as records:
        assert (records.folder, records.has_population, records.notes) == (finished, True, [])


def test_a_stopped_run_has_the_records_that_it_wrote(run: Callable[..., Path]) -> None:
    folder = run("stopped", *RESULTS)
    before = sorted(folder.rglob("*"))
    with open_records(folder) as records:
        assert records.has_population
        assert records.notes == []
        for name in (layout.HISTORY, *WRITTEN_AT_A_STOP):
            assert (records.folder / name).read_bytes() == (folder / name).read_bytes()
        label = plot_data.read_label(records.folder)
        view = records.folder
    assert (label.task, label.method, label.score_name) == ("logic", "wann", "closeness")
    assert label.state == "stopped after generation 3 of 3"
    assert not label.own_weights
    assert not view.exists()
    assert sorted(folder.rglob("*")) == before


def test_the_best_of_a_killed_run_comes_from_its_checkpoint_and_not_from_an_older_stop(
    run: Callable[..., Path],
) -> None:
    folder = run("running", *RESULTS)
    true_best = json.loads((folder / layout.NETWORK).read_text())
    (folder / layout.NETWORK).write_text('{"stale": true}')
    history = (folder / layout.HISTORY).read_text()
    (folder / layout.HISTORY).write_text(history + "4,24,1")  # a row that was cut off
    with open_records(folder) as records:
        assert not records.has_population
        found = json.loads((records.folder / layout.NETWORK).read_text())
        assert len(plot_data.read_front(records.folder)["mean"]) > 0
        assert len(plot_data.read_history(records.folder)["best"]) == 3
        assert plot_data.read_label(records.folder).state == "killed after generation 3 of 3"
    assert found["graph"] == true_best["graph"]
    assert found["generation"] <= 2  # the checkpoint before the last generation


def test_a_killed_run_without_a_usable_checkpoint_keeps_its_history(
    run: Callable[..., Path],
) -> None:
    folder = run("running", *RESULTS, *WRITTEN_AT_A_STOP)
    for path in (folder / layout.CHECKPOINT).iterdir():
        path.write_bytes(b"nothing")
    with open_records(folder) as records:
        (note,) = records.notes
        assert "its checkpoint cannot be read" in note
        assert not (records.folder / layout.NETWORK).exists()
        assert plot_data.has_history(records.folder)


def test_runs_without_anything_to_draw_are_refused(run: Callable[..., Path]) -> None:
    folder = run("running", *RESULTS)
    history = folder / layout.HISTORY
    history.write_text(history.read_text().partition("\n")[0] + "\n")
    with pytest.raises(ConfigError, match="no generation yet"), open_records(folder):
        pass


def test_a_run_that_is_done_and_lacks_its_summary_is_damaged(run: Callable[..., Path]) -> None:
    folder = run("done", layout.SUMMARY)
    with pytest.raises(DamagedFile, match=r"summary\.json is missing"), open_records(folder):
        pass
