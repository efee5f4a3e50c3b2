"""Files that are gzipped, cut off, too long, or no files."""

import gzip
import os

import pytest

from wannsearch.core.errors import DamagedFile
from wannsearch.tasks.image_files.bounded import is_present, read_contents


@pytest.fixture
def file(tmp_path):
    def written(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return written


def test_a_gzipped_file_and_a_plain_one_have_the_same_contents(file):
    data = os.urandom(5000)
    assert read_contents(file("x", data)) == read_contents(file("x.gz", gzip.compress(data))) == data


PACKED = gzip.compress(bytes(range(256)) * 40)


WRONG = {
    "plain": b"plain",
    "cut off": PACKED[:-9],
    "without its checksum": PACKED[:-8],
    "another checksum": PACKED[:-8] + b"\0" * 8,
    "a changed byte": PACKED[:30] + bytes([PACKED[30] ^ 0xFF]) + PACKED[31:],
    "trailing": PACKED + b"more",
}


@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_what_is_no_whole_gzip_is_damaged(file, data):
    path = file("x.gz", data)
    with pytest.raises(DamagedFile, match="it is no whole gzip") as caught:
        read_contents(path)
    assert str(path) in str(caught.value)


def test_nothing_is_unpacked_beyond_the_bound(file):
    bomb = gzip.compress(bytes(10 * 2**20))
    assert len(bomb) < 20_000
    with pytest.raises(DamagedFile, match="over 1000 bytes"):
        read_contents(file("x.gz", bomb), max_bytes=1000)
    with pytest.raises(DamagedFile, match="over 1000 bytes"):
        read_contents(file("x", bytes(1001)), max_bytes=1000)
    assert read_contents(file("y", bytes(1000)), max_bytes=1000) == bytes(1000)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_plain_file_is_not_opened(tmp_path, make):
    make(tmp_path / "x")
    with pytest.raises(DamagedFile, match="not a plain file"):
        read_contents(tmp_path / "x")


def test_a_path_that_cannot_be_is_not_there(tmp_path, file):
    file("x", b"")
    assert is_present(tmp_path / "x")
    assert not any(map(is_present, (tmp_path / "y", tmp_path / "x" / "y", tmp_path / "a\0b")))
