"""What a command prints, whatever becomes of where it goes.

A standard stream may be full, closed, or a pipe whose reader has gone, and its encoding may lack what is
to be said. None of that is a reason to stop working: what cannot be written is dropped, and the stream
remembers why, for the command to say so at its end. What an encoding lacks is spelled in ASCII.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
"""Signs that our own lines use; any other is shown by its number."""


def _spell_in_ascii(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # it is asked for nothing but encoding
    chars = error.object[error.start : error.end]
    spellings = (_SPELLINGS.get(char) or char.encode("ascii", "backslashreplace").decode() for char in chars)
    return "".join(spellings), error.end


codecs.register_error("wannsearch.spell", _spell_in_ascii)


def spell_text(text: str, encoding: str, errors: str = "strict") -> str:
    """The text as this encoding can show it."""
    try:
        text.encode(encoding, errors)
    except UnicodeEncodeError:
        return text.encode(encoding, "wannsearch.spell").decode(encoding)
    return text


class StandardStream:
    """Stands for sys.stdout or sys.stderr and never raises; `error` is what kept it from being written."""

    def __init__(self, stream: TextIO | None) -> None:
        self.error: OSError | None = None
        self._stream = stream

    @property
    def encoding(self) -> str:
        """The stream's; what has none takes any text."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write what can be written."""
        if text and self.error is None:
            errors = getattr(self._stream, "errors", None) or "strict"
            self._call_stream("write", spell_text(text, self.encoding, errors))
        return len(text)

    def flush(self) -> None:
        """Hand on what is buffered."""
        if self._stream is not None and self.error is None:
            self._call_stream("flush")

    def isatty(self) -> bool:
        """A closed stream is no terminal."""
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
                # What is buffered would be tried again, and complained about, when Python ends.
                with suppress(OSError, ValueError):
                    _redirect_to_devnull(self._stream.fileno())


@dataclass(frozen=True)
class StandardStreams:
    """Both that a command writes to."""

    out: StandardStream
    err: StandardStream


@contextmanager
def guard_streams() -> Iterator[StandardStreams]:
    """Inside, sys.stdout and sys.stderr never raise, and no file that is opened becomes one of them."""
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
    """Let this descriptor lead nowhere."""
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != descriptor:
        os.dup2(handle, descriptor)
        os.close(handle)
