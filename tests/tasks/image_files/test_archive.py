"""Members of archives, whole, damaged and hostile."""

import gzip
import io
import tarfile
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from synthetic_images import archived

from wannsearch.core.errors import DamagedFile
from wannsearch.tasks.image_files import archive
from wannsearch.tasks.image_files.archive import read_members

FILES = {"set/readme": b"read me", "set/a": b"a" * 3000, "set/b": bytes(range(256)) * 9}
NAMES = ["set/b", "set/a"]
TAR = gzip.decompress(archived(FILES))


@pytest.fixture
def packed(tmp_path):
    def written(data):
        path = tmp_path / "set.tar.gz"
        path.write_bytes(data)
        return path

    return written


def with_member(kind, **settings):
    """An archive whose member set/a is something else than a file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as opened:
        member = tarfile.TarInfo("set/a")
        member.type = kind
        for name, value in settings.items():
            setattr(member, name, value)
        opened.addfile(member)
    return made.getvalue()


def test_the_members_named_are_read_in_that_order_and_no_file_is_written(packed, tmp_path):
    found = read_members(packed(archived(FILES)), NAMES)
    assert list(found.items()) == [(name, FILES[name]) for name in NAMES]
    assert [path.name for path in tmp_path.iterdir()] == ["set.tar.gz"]


WRONG = {
    "a plain tar": (TAR, "no whole gzip"),
    "a gzip of no tar": (gzip.compress(b"x" * 2000), "no whole tar archive"),
    "a cut gzip": (archived(FILES)[:-20], "no whole gzip"),
    "a wrong checksum": (archived(FILES)[:-8] + b"\0" * 8, "no whole gzip"),
    "a cut tar": (gzip.compress(TAR[:4000]), "no whole tar archive"),
    "an empty tar": (archived({}), "it has no member set/b; needed are set/b, set/a"),
    "a lacking member": (archived({"set/b": b"b"}), "it has no member set/a"),
    "a link": (with_member(tarfile.SYMTYPE, linkname="/etc/passwd"), "it has no member"),
    "a hard link": (with_member(tarfile.LNKTYPE, linkname="/etc/passwd"), "it has no member"),
    "a device": (with_member(tarfile.CHRTYPE), "it has no member"),
}


@pytest.mark.parametrize(("data", "said"), WRONG.values(), ids=WRONG)
def test_a_damaged_archive_is_refused_in_one_line_with_its_path(packed, data, said):
    path = packed(data)
    with pytest.raises(DamagedFile, match=said) as caught:
        read_members(path, NAMES)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_neither_a_member_nor_what_stands_before_it_unpacks_without_bound(packed, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with pytest.raises(DamagedFile, match="set/a: it has over 1000 bytes"):
        read_members(packed(archived(FILES)), NAMES)
    monkeypatch.setattr(archive, "_MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(DamagedFile, match="unpacks to over 100000 bytes"):
        read_members(packed(archived({"zeros": bytes(200_000)} | FILES)), NAMES)


@given(st.lists(st.tuples(st.integers(0, len(TAR) - 1), st.binary(min_size=1, max_size=12)), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
def test_whatever_is_changed_in_an_archive_it_is_read_or_refused(packed, changes):
    data = bytearray(TAR)
    for place, written in changes:
        data[place : place + len(written)] = written
    with suppress(DamagedFile):
        assert list(read_members(packed(gzip.compress(bytes(data), 1)), NAMES)) == NAMES
