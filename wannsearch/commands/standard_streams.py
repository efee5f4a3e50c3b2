"""Standard output and error that never raise, whatever happens to their target.

A standard stream may be full, closed, or a pipe without a reader, and its encoding may lack a character.
The work continues in every case. Text that cannot be written is dropped, and the stream stores the error.
The command reports that of standard output at its end (`entry.run_command`). Characters outside
the encoding get an ASCII spelling.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any, TextIO

_SPELLINGS = {
    "·": "-",
    "±": "+-",
    "×": "x",  # noqa: RUF001  # a multiplication sign
    "–": "-",  # noqa: RUF001  # an en dash
    "—": "-",
    "−": "-",  # noqa: RUF001  # a minus sign
    "…": "...",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
}
"""ASCII spellings of characters in our own lines; any other becomes a backslash escape."""


def _spell_in_ascii(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # no caller decodes with this handler
    chars = error.object[error.start : error.end]
    spellings = (_SPELLINGS.get(char) or char.encode("ascii", "backslashreplace").decode() for char in chars)
    return "".join(spellings), error.end


codecs.register_error("wannsearch.spell", _spell_in_ascii)


def spell_text(text: str, encoding: str, errors: str = "strict") -> str:
    """Return the text with an ASCII spelling of each character that this encoding lacks."""
    try:
        text.encode(encoding, errors)
    except UnicodeEncodeError:
        return text.encode(encoding, "wannsearch.spell").decode(encoding)
    return text


_CONTROL_SEQUENCE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


class StandardStream:
    """Replace sys.stdout or sys.stderr; no write or flush raises OSError, and `error` is the first one.

    Later text is dropped. Text is written inside the context `line`, which clears the place for it on a
    terminal with a moving line. All other attributes are those of the replaced stream.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.error: OSError | None = None
        self.line: AbstractContextManager[None] = nullcontext()
        self.is_at_line_start = True
        self._stream = stream

    @property
    def encoding(self) -> str:
        """Return the encoding of the stream; utf-8 for a stream without one."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write the text, or drop it after an error; return its length either way."""
        if text and self.error is None:
            with self.line:
                self._write(text)
                shown_text = _CONTROL_SEQUENCE.sub("", text)
                self.is_at_line_start = shown_text.endswith("\n") if shown_text else self.is_at_line_start
        return len(text)

    def write_raw(self, text: str) -> None:
        """Write and flush text of the moving line itself, outside the context `line`."""
        if self.error is None:
            self._write(text)
            self.flush()

    def _write(self, text: str) -> None:
        errors = getattr(self._stream, "errors", None) or "strict"
        self._call_stream("write", spell_text(text, self.encoding, errors))

    def flush(self) -> None:
        """Flush the underlying stream, unless it is missing or an earlier write failed."""
        if self._stream is not None and self.error is None:
            self._call_stream("flush")

    def isatty(self) -> bool:
        """Return whether the stream is a terminal; False after an error."""
        return self._stream is not None and self.error is None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _call_stream(self, action: str, *arguments: str) -> None:
        try:
            if self._stream is None or getattr(self._stream, "closed", False):
                raise OSError(errno.EBADF, "it is closed")
            getattr(self._stream, action)(*arguments)
        except OSError as error:
            self.error = error
            if self._stream is not None:
                # At exit, Python would flush the buffer again and print an error.
                with suppress(OSError, ValueError):
                    _redirect_to_devnull(self._stream.fileno())


@dataclass(frozen=True)
class StandardStreams:
    """The two guarded streams of a command."""

    out: StandardStream
    err: StandardStream


@contextmanager
def guard_streams() -> Iterator[StandardStreams]:
    """Replace sys.stdout and sys.stderr by guarded streams inside this context.

    Closed descriptors 0 to 2 are first opened on /dev/null, so that no file opened later gets their number.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            _redirect_to_devnull(descriptor)
    saved_streams = sys.stdout, sys.stderr
    streams = StandardStreams(StandardStream(sys.stdout), StandardStream(sys.stderr))
    sys.stdout, sys.stderr = streams.out, streams.err
    try:
        yield streams
    finally:
        sys.stdout, sys.stderr = saved_streams
        streams.out.flush()
        streams.err.flush()


def _redirect_to_devnull(descriptor: int) -> None:
    """Redirect this file descriptor to /dev/null."""
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != descriptor:
        os.dup2(handle, descriptor)
        os.close(handle)
