"""A lock dies with its owner, and looking at it disturbs nobody."""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from wannsearch.records import lock

OWNER = """
import os, sys, time
from pathlib import Path
from wannsearch.records import lock
assert lock.acquire(Path(sys.argv[1])) is not None
if os.fork() == 0:
    print(os.getpid(), flush=True)
    time.sleep(60)
time.sleep(60)
"""


def test_it_dies_with_its_owner_though_a_child_lives_on(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    words = [sys.executable, "-c", OWNER, str(path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        child = int(owner.stdout.readline())
        try:
            assert lock.acquire(path) is None
            assert lock.is_held(path)
            assert lock.describe_owner(path).startswith(f"process {owner.pid} on {platform.node()} since 20")
            owner.send_signal(signal.SIGKILL)
            owner.wait()
            os.kill(child, 0)  # it lives
            assert not lock.is_held(path)
            handle = lock.acquire(path)
            assert handle is not None
            lock.release(handle)
        finally:
            os.kill(child, signal.SIGKILL)


def test_readers_never_make_a_claim_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, stop = tmp_path / ".lock", threading.Event()
    path.touch()
    try_flock, met = lock._try_flock, 0

    def counted(handle: int, operation: int) -> bool:
        nonlocal met
        taken = try_flock(handle, operation)
        met += operation == fcntl.LOCK_EX and not taken
        return taken

    def look() -> None:
        while not stop.is_set():
            lock.is_held(path)

    readers = [threading.Thread(target=look) for _ in range(3)]
    monkeypatch.setattr(lock, "_try_flock", counted)
    for reader in readers:
        reader.start()
    try:
        while met < 20:  # readers stood in the way
            handle = lock.acquire(path)
            assert handle is not None
            lock.release(handle)
    finally:
        stop.set()
        for reader in readers:
            reader.join()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"pid": "\\u001b[2J"}', '{"pid": 1, "host": "a\\nb"}'])
def test_a_note_that_is_none_names_nobody(tmp_path: Path, note: str) -> None:
    (tmp_path / ".lock").write_text(note)
    assert lock.describe_owner(tmp_path / ".lock") == "a process"
    assert not lock.is_held(tmp_path / ".lock")
    assert not lock.is_held(tmp_path / "nowhere")


def test_a_lock_whose_file_was_taken_away_meanwhile_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner takes the file away and ends, a third makes it anew: between our open and our flock."""
    path, first, exclusive = tmp_path / ".lock", lock.acquire(tmp_path / ".lock"), lock._lock_exclusively
    others: list[int | None] = []

    def late(handle: int) -> bool:
        monkeypatch.setattr(lock, "_lock_exclusively", exclusive)
        path.unlink()
        assert first is not None
        lock.release(first)
        others.append(lock.acquire(path))
        return exclusive(handle)

    monkeypatch.setattr(lock, "_lock_exclusively", late)
    assert lock.acquire(path) is None
    assert others[0] is not None
    lock.release(others[0])


def test_a_number_that_lives_again_and_a_copy_hold_no_lock(tmp_path: Path) -> None:
    """The note of a dead owner names a process that lives, as if its number had been given anew."""
    path, copy = tmp_path / "run/.lock", tmp_path / "copy/.lock"
    path.parent.mkdir()
    path.write_text(json.dumps({"pid": os.getppid(), "host": platform.node(), "since": "2020-01-01"}))
    assert not lock.is_held(path)
    handle = lock.acquire(path)
    assert handle is not None
    shutil.copytree(path.parent, copy.parent)
    assert lock.is_held(path)
    assert not lock.is_held(copy)
    other = lock.acquire(copy)
    assert other is not None
    for one in (handle, other):
        lock.release(one)
