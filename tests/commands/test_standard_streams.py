"""What is printed, whatever becomes of where it goes."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wannsearch.commands.standard_streams import StandardStream, guard_streams, spell_text


def test_a_full_device_is_remembered_and_never_raised() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        stream = StandardStream(full)
        for _ in range(3):
            assert stream.write("one line\n") == 9
            stream.flush()
        assert stream.error is not None
        assert stream.error.errno == errno.ENOSPC
        assert not stream.isatty()
        full.flush()  # as Python does at its end: what is left in the buffer goes nowhere


def test_a_reader_that_has_gone_is_remembered() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "w", encoding="utf-8") as pipe:
        stream = StandardStream(pipe)
        stream.write("one line\n")
        stream.flush()
        assert stream.error is not None
        assert stream.error.errno == errno.EPIPE


@pytest.mark.parametrize("how", ["none", "closed"])
def test_a_closed_stream_is_remembered_once_something_was_to_be_said(how: str) -> None:
    file = io.StringIO()
    file.close()
    stream = StandardStream(None if how == "none" else file)
    stream.write("")
    stream.flush()
    assert stream.error is None or how == "closed"
    stream.write("one line\n")
    assert stream.error is not None
    assert stream.error.errno == errno.EBADF
    assert not stream.isatty()
    assert stream.encoding == "utf-8"


def test_what_is_sound_is_written_as_it_is() -> None:
    file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream = StandardStream(file)
    stream.write("cartpole · wann ± 0.5 雪\n")
    stream.flush()
    assert stream.error is None
    assert file.buffer.getvalue().decode() == "cartpole · wann ± 0.5 雪\n"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("cartpole · wann", "iso8859-2", "cartpole - wann"),
        ("18.5 ± 0.5 ≤ 30 …", "ascii", "18.5 +- 0.5 <= 30 ..."),
        ("příklad", "iso8859-2", "příklad"),
        ("příklad", "latin-1", "p\\u0159íklad"),
        ("雪", "cp1252", "\\u96ea"),
        ("a\udcffb", "utf-8", "a\\udcffb"),
        ("≤ 3", "utf-8", "≤ 3"),
    ],
)
def test_what_an_encoding_lacks_is_spelled(text: str, encoding: str, shown: str) -> None:
    assert spell_text(text, encoding) == shown


def test_how_the_user_wants_it_shown_comes_first() -> None:
    assert spell_text("a\udcffb", "ascii", "surrogateescape") == "a\udcffb"
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="xmlcharrefreplace")
    stream = StandardStream(file)
    stream.write("±")
    stream.flush()
    assert file.buffer.getvalue() == b"&#177;"  # type: ignore[attr-defined]


def test_streams_are_the_callers_again(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout, sys.stderr
    with guard_streams() as streams:
        assert sys.stdout is streams.out
        print("said")
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == "said\n"


def test_no_file_takes_a_closed_streams_place(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from wannsearch.commands.standard_streams import guard_streams\n"
        "with guard_streams() as streams:\n"
        "    file = open('data', 'w', encoding='utf-8')\n"
        "    assert file.fileno() > 2\n"
        "    print('said')\n"
        "    os.write(1, b'by a library')\n"
        "assert streams.out.error is not None and streams.err.error is None\n"
    )
    command = f'exec "{sys.executable}" -c "$1" <&- >&- 2>&-'
    done = subprocess.run(["bash", "-c", command, "bash", code], cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert (tmp_path / "data").read_bytes() == b""
