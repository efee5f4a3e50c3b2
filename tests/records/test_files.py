"""Files are written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from wannsearch.core.errors import StorageError
from wannsearch.records.csv_files import AppendOnlyCsv
from wannsearch.records.files import encode_json, finite_or_none, write_atomically


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_atomically(tmp_path / "deep" / "file", b"one")
    write_atomically(tmp_path / "deep" / "file", b"two")
    assert (tmp_path / "deep" / "file").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["file"]


def test_a_folder_that_was_taken_away_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        write_atomically(tmp_path / "gone" / "checkpoint" / "file", b"abc")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_with_path_and_size() -> None:
    with pytest.raises(StorageError, match=r"/dev/full/.*3 bytes"):
        write_atomically(Path("/dev/full/file"), b"abc")


def test_json_is_strict() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        encode_json({"score": float("nan")})
    assert finite_or_none(float("nan")) is None
    assert finite_or_none(float("inf")) is None
    assert finite_or_none(0.1) == 0.1


def test_a_row_is_on_the_disk_before_the_next(tmp_path: Path) -> None:
    table = AppendOnlyCsv(tmp_path / "history.csv", ["generation", "best"])
    table.append_row({"generation": 1, "best": 0.1 + 0.2})
    assert (tmp_path / "history.csv").read_text() == "generation,best\n1,0.30000000000000004\n"
    table.close()


@pytest.mark.parametrize("again", [False, True])
def test_rows_for_a_file_that_lost_its_name_are_an_error(tmp_path: Path, again: bool) -> None:
    path = tmp_path / "history.csv"
    table = AppendOnlyCsv(path, ["generation"])
    path.unlink()
    if again:
        path.write_text("generation\n")
    with pytest.raises(StorageError, match=r"history\.csv: 2 bytes could not be written"):
        table.append_row({"generation": 1})
    table.close()


def test_a_row_with_other_columns_is_our_own_mistake(tmp_path: Path) -> None:
    table = AppendOnlyCsv(tmp_path / "history.csv", ["generation"])
    with pytest.raises(ValueError, match="columns"):
        table.append_row({"best": 1})
    table.close()
