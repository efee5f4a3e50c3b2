"""Who owns a run folder."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.records import lock
from wannsearch.records.claim import (
    FolderContent,
    claim_folder,
    find_differing_keys,
    list_open_logs,
    write_config,
)
from wannsearch.records.reader import RunFolder

CONFIG = {"generations": 3, "seed": 0}


def test_a_name_that_only_the_clock_gave_moves_aside(tmp_path: Path) -> None:
    claims = [claim_folder(tmp_path / "run", False, CONFIG) for _ in range(3)]
    assert [one.folder.name for one in claims] == ["run", "run_2", "run_3"]
    assert {one.content for one in claims} == {FolderContent.EMPTY}


def test_a_finished_folder_is_not_taken_again_by_the_clock(tmp_path: Path) -> None:
    first = claim_folder(tmp_path / "run", False, CONFIG)
    (first.folder / "history.csv").write_text("generation\n")
    first.release()
    assert claim_folder(tmp_path / "run", False, CONFIG).folder.name == "run_2"


def test_a_named_folder_is_refused_while_its_owner_lives(tmp_path: Path) -> None:
    owner = claim_folder(tmp_path / "run", True, CONFIG)
    with pytest.raises(ConfigError, match="still alive"):
        claim_folder(tmp_path / "run", True, CONFIG)
    owner.release()
    claim_folder(tmp_path / "run", True, CONFIG).release()


def test_a_run_that_died_before_its_config_was_written_begins_anew(tmp_path: Path) -> None:
    run = tmp_path / "run"
    claim_folder(run, True, CONFIG).release()
    (run / ".hydra").mkdir()
    (run / ".hydra/.config.yaml.ab12_xyz").write_text("gener")
    (run / ".hydra/overrides.yaml").write_text("")
    assert claim_folder(run, True, CONFIG).content is FolderContent.UNFINISHED


@pytest.mark.parametrize("stranger", ["notes.txt", ".hydra/notes.txt"])
def test_a_folder_of_something_else_is_refused(tmp_path: Path, stranger: str) -> None:
    path = tmp_path / "run" / stranger
    path.parent.mkdir(parents=True)
    path.write_text("")
    with pytest.raises(ConfigError, match="something else"):
        claim_folder(tmp_path / "run", True, CONFIG)


@pytest.mark.parametrize("name", ["history.csv", "run.log", "status.json", "best"])
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("elsewhere")])
def test_a_run_whose_files_lead_elsewhere_is_refused(tmp_path: Path, name: str, make: Any) -> None:
    (tmp_path / "run/.hydra").mkdir(parents=True)
    write_config(tmp_path / "run", json.dumps(CONFIG), [])
    make(tmp_path / "run" / name)
    kind = "it is (a symbolic link|not a plain file); a run writes plain files and folders"
    with pytest.raises(DamagedFile, match=f"{name}: {kind}"):
        claim_folder(tmp_path / "run", True, CONFIG)
    assert not (tmp_path / "run/.lock").exists()


def test_what_may_change_between_a_run_and_its_continuation() -> None:
    old = {
        "seed": 0,
        "generations": 3,
        "display": "auto",
        "evaluator": {"threads": 1, "precision": "float64"},
    }
    new = {"seed": 1, "generations": 9, "display": "off", "evaluator": {"threads": 2, "precision": "float32"}}
    assert find_differing_keys(old, new) == ["evaluator.precision", "seed"]


def _claimed(folder: Path, barrier: Any, found: Any) -> None:
    barrier.wait()
    taken = claim_folder(folder, False, CONFIG)
    found.put(taken.folder.name)
    barrier.wait()  # nobody lets go before all have theirs


def test_simultaneous_starts_get_a_folder_each(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, found = context.Barrier(6), context.Queue()
    starts = [context.Process(target=_claimed, args=(tmp_path / "run", barrier, found)) for _ in range(6)]
    for start in starts:
        start.start()
    names = [found.get(timeout=60) for _ in starts]
    for start in starts:
        start.join()
    assert len(set(names)) == 6


ROUNDS = 40
"""Without the look at the name of the lock one in five has two owners."""


def _contest(number: int, folder: Path, barrier: Any, found: Any) -> None:
    """Every round begins without a lock; odd ones ask with another config and are refused.

    Each dawdles between the opening of the file and the lock on it, where another may take it away.
    """
    exclusive, rng = lock._lock_exclusively, random.Random(number)
    lock._lock_exclusively = lambda handle: [time.sleep(rng.random() / 50), exclusive(handle)][1]
    for _ in range(ROUNDS):
        if number == 0:
            (folder / ".lock").unlink(missing_ok=True)
        barrier.wait()
        time.sleep(rng.random() / 50)
        mine = None
        with suppress(ConfigError):
            mine = claim_folder(folder, True, CONFIG | {"seed": number % 2})
        barrier.wait()  # nobody lets go before all have asked
        found.put(mine is not None)
        if mine is not None:
            mine.release()
        barrier.wait()


def test_of_simultaneous_starts_one_owns_the_folder_though_others_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run/.hydra").mkdir(parents=True)
    write_config(tmp_path / "run", json.dumps(CONFIG), [])
    context = multiprocessing.get_context("fork")
    barrier, found = context.Barrier(8), context.SimpleQueue()
    starts = [
        context.Process(target=_contest, args=(number, tmp_path / "run", barrier, found))
        for number in range(8)
    ]
    for start in starts:
        start.start()
    owners = [[found.get() for _ in starts].count(True) for _ in range(ROUNDS)]
    for start in starts:
        start.join()
    assert max(owners) == 1
    assert sum(owners) > 0


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "[1]", "not json", '{"state": NaN}', '{"state": "done", "state": 1}']
)
def test_a_status_that_cannot_be_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    assert RunFolder(tmp_path).read_intact_status() == {}


def test_a_log_that_this_process_writes_there_is_no_content(tmp_path: Path) -> None:
    handler = logging.FileHandler(tmp_path / "mine.log")
    logging.getLogger().addHandler(handler)
    try:
        assert list_open_logs(tmp_path) == {"mine.log"}
        owned = claim_folder(tmp_path, True, CONFIG)
        assert owned.content is FolderContent.EMPTY
        owned.release()
        (tmp_path / "other.log").touch()
        with pytest.raises(ConfigError, match=r"something else \(other\.log\); name another folder"):
            claim_folder(tmp_path, True, CONFIG)
    finally:
        logging.getLogger().removeHandler(handler)
        handler.close()
