"""Who owns a run folder."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from wannsearch.core.errors import ConfigError
from wannsearch.records.claim import Held, claim, differing_keys, stored_status

CONFIG = {"generations": 3, "seed": 0}


def test_a_name_that_only_the_clock_gave_moves_aside(tmp_path: Path) -> None:
    claims = [claim(tmp_path / "run", False, CONFIG) for _ in range(3)]
    assert [one.folder.name for one in claims] == ["run", "run_2", "run_3"]
    assert {one.held for one in claims} == {Held.NOTHING}


def test_a_finished_folder_is_not_taken_again_by_the_clock(tmp_path: Path) -> None:
    first = claim(tmp_path / "run", False, CONFIG)
    (first.folder / "history.csv").write_text("generation\n")
    first.release()
    assert claim(tmp_path / "run", False, CONFIG).folder.name == "run_2"


def test_a_named_folder_is_refused_while_its_owner_lives(tmp_path: Path) -> None:
    owner = claim(tmp_path / "run", True, CONFIG)
    with pytest.raises(ConfigError, match="still alive"):
        claim(tmp_path / "run", True, CONFIG)
    owner.release()
    claim(tmp_path / "run", True, CONFIG).release()


def test_a_run_that_died_before_its_config_was_written_begins_anew(tmp_path: Path) -> None:
    run = tmp_path / "run"
    claim(run, True, CONFIG).release()
    (run / ".hydra").mkdir()
    (run / ".hydra/.config.yaml.ab12_xyz").write_text("gener")
    (run / ".hydra/overrides.yaml").write_text("")
    assert claim(run, True, CONFIG).held is Held.UNFINISHED


@pytest.mark.parametrize("stranger", ["notes.txt", ".hydra/notes.txt"])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, stranger: str) -> None:
    path = tmp_path / "run" / stranger
    path.parent.mkdir(parents=True)
    path.write_text("")
    with pytest.raises(ConfigError, match="something else"):
        claim(tmp_path / "run", True, CONFIG)


def test_what_may_change_between_a_run_and_its_continuation() -> None:
    old = {
        "seed": 0,
        "generations": 3,
        "display": "auto",
        "evaluator": {"threads": 1, "precision": "float64"},
    }
    new = {"seed": 1, "generations": 9, "display": "off", "evaluator": {"threads": 2, "precision": "float32"}}
    assert differing_keys(old, new) == ["evaluator.precision", "seed"]


def _claimed(folder: Path, barrier: Any, found: Any) -> None:
    barrier.wait()
    taken = claim(folder, False, CONFIG)
    found.put(taken.folder.name)
    barrier.wait()  # nobody lets go before all have theirs


def test_simultaneous_starts_get_a_folder_each(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, found = context.Barrier(6), context.Queue()
    starts = [context.Process(target=_claimed, args=(tmp_path / "run", barrier, found)) for _ in range(6)]
    for start in starts:
        start.start()
    names = [found.get(timeout=30) for _ in starts]
    for start in starts:
        start.join()
    assert len(set(names)) == 6


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "[1]", "not json", '{"state": NaN}', '{"state": "done", "state": 1}']
)
def test_a_status_that_cannot_be_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    assert stored_status(tmp_path) == {}
