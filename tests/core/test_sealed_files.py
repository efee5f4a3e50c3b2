"""Files that can be made again: what is not as it was written counts as not there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from wannsearch.core import sealed_files
from wannsearch.core.sealed_files import read_sealed_file, warn_cache_unusable, write_sealed_file

CONTENT = b"machine code" * 20


def test_what_was_written_is_read(tmp_path: Path) -> None:
    for content in (CONTENT, b""):
        write_sealed_file(tmp_path / "deep" / "er" / "code.o", content)
        assert read_sealed_file(tmp_path / "deep" / "er" / "code.o") == content
    assert os.listdir(tmp_path / "deep" / "er") == ["code.o"]  # noqa: PTH208  # nothing is left beside it


def test_every_flipped_byte_and_every_cut_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "code.o"
    write_sealed_file(path, CONTENT)
    whole = path.read_bytes()
    assert len(whole) > len(CONTENT)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert read_sealed_file(path) is None, f"byte {place} was flipped"
        path.write_bytes(whole[:place])
        assert read_sealed_file(path) is None, f"cut to {place} bytes"
    for longer in (whole + b"\0", bytes(len(whole)), CONTENT):
        path.write_bytes(longer)
        assert read_sealed_file(path) is None


def test_a_file_in_anothers_place_is_not_believed(tmp_path: Path) -> None:
    write_sealed_file(tmp_path / "this.o", CONTENT)
    shutil.copy(tmp_path / "this.o", tmp_path / "that.o")
    assert read_sealed_file(tmp_path / "that.o") is None


def test_what_is_no_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "folder.o").mkdir()
    os.mkfifo(tmp_path / "pipe.o")
    (tmp_path / "link.o").symlink_to("nowhere")
    for name in ("folder.o", "pipe.o", "link.o", "none.o"):
        assert read_sealed_file(tmp_path / name) is None


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    write_sealed_file(tmp_path / "code.o", b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_sealed_file(tmp_path / "code.o", CONTENT)
    assert read_sealed_file(tmp_path / "code.o") == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["code.o"]


def test_that_nothing_can_be_kept_is_said_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed_files, "_WARNED_LOCATIONS", [])
    for _ in range(3):
        warn_cache_unusable(" in /full", "No space left on device")
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "wannsearch: compiled code cannot be kept in /full (No space left on device); compiling anew"
    )
