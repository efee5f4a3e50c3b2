"""The folder of one table: its files are replaced by the next table, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wannsearch.commands.table_folder import write_table
from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.reporting.plots.style import Picture
from wannsearch.reporting.tables.document import Document, Section, number_column

PICTURE = Picture(b"<svg/>", b"\x89PNG")
ALWAYS = {"provenance.json", "table.md", "table.tex"}


def make_document(section: str = "table", picture: str = "picture") -> Document:
    return Document(
        "t", [Section(section, "", [number_column("n", "n")], [{"n": 1}])], (), {picture: PICTURE}
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_table_may_name_its_parts_as_it_likes_and_lists_them(tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    write_table(folder, make_document("shares", "solved_share"), {"runs": 3})
    assert names(folder) == ALWAYS | {"shares.csv", "solved_share.svg", "solved_share.png"}
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance == {"runs": 3, "files": sorted(names(folder))}


def test_the_files_of_an_earlier_table_are_gone_after_the_next_one(tmp_path: Path) -> None:
    write_table(tmp_path, make_document("shares", "solved_share"), {})
    write_table(tmp_path, make_document(), {})
    assert names(tmp_path) == ALWAYS | {"table.csv", "picture.svg", "picture.png"}


def test_a_file_that_no_table_wrote_is_left_alone_and_nothing_is_written(tmp_path: Path) -> None:
    write_table(tmp_path, make_document(), {})
    (tmp_path / "notes.csv").write_text("mine")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ConfigError, match=r"files of something else \(notes\.csv\)"):
        write_table(tmp_path, make_document("shares"), {})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_crash_between_any_two_files_leaves_a_folder_that_the_next_table_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(tmp_path, make_document("shares", "solved_share"), {})
    replace, num_writes = Path.replace, [0]

    def crash(path: Path, target: Path) -> Path:
        num_writes[0] += 1
        if num_writes[0] > allowed_writes:
            raise KeyboardInterrupt
        return replace(path, target)

    for allowed_writes in range(5):
        num_writes[0] = 0
        monkeypatch.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            write_table(tmp_path, make_document(), {})
        monkeypatch.setattr(Path, "replace", replace)
        listed = json.loads((tmp_path / "provenance.json").read_text())["files"]
        assert names(tmp_path) <= set(listed), allowed_writes
    write_table(tmp_path, make_document(), {})
    assert names(tmp_path) == ALWAYS | {"table.csv", "picture.svg", "picture.png"}


@pytest.mark.parametrize("name", ["", "a/b", "../up", "a b", "a.csv", "ä"])
def test_a_name_that_no_file_gets_is_refused(tmp_path: Path, name: str) -> None:
    for document in (make_document(section=name), make_document(picture=name)):
        with pytest.raises(ConfigError, match="letters, digits, _ and - are allowed"):
            write_table(tmp_path / "table", document, {})
    assert not (tmp_path / "table").exists()


def test_the_list_of_a_stranger_removes_no_other_file(tmp_path: Path) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    for name in ("thesis.docx", ".bashrc"):
        (folder / name).write_text("mine")
    (tmp_path / "up.csv").write_text("mine")
    files = ["provenance.json", "thesis.docx", ".bashrc", "../up.csv", 7]
    (folder / "provenance.json").write_text(json.dumps({"files": files}))
    with pytest.raises(ConfigError, match="files of something else"):
        write_table(folder, make_document(), {})
    for name in ("thesis.docx", ".bashrc"):
        (folder / name).unlink()
    write_table(folder, make_document(), {})
    assert (tmp_path / "up.csv").read_text() == "mine"


@pytest.mark.parametrize("text", ["{", "[]", '{"files": "table.csv"}'])
def test_a_damaged_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "provenance.json").write_text(text)
    with pytest.raises(DamagedFile, match=r"provenance\.json"):
        write_table(tmp_path, make_document(), {})
    assert names(tmp_path) == {"provenance.json"}
