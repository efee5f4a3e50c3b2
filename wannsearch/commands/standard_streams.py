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


def _spell(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # it is asked for nothing but encoding
    signs = error.object[error.start : error.end]
    spelled = (_SPELLINGS.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in signs)
    return "".join(spelled), error.end


codecs.register_error("wannsearch.spell", _spell)


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
            self._attempt("write", spell_text(text, self.encoding, errors))
        return len(text)

    def flush(self) -> None:
        """Hand on what is buffered."""
        if self._stream is not None and self.error is None:
            self._attempt("flush")

    def isatty(self) -> bool:
        """A closed stream is no terminal."""
        return self._stream is not None and self.error is None and self._stream.isatty()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _attempt(self, action: str, *given: str) -> None:
        try:
            if self._stream is None or getattr(self._stream, "closed", False):
                raise OSError(errno.EBADF, "it is closed")
            getattr(self._stream, action)(*given)
        except OSError as error:
            self.error = error
            if self._stream is not None:
                # What is buffered would be tried again, and complained about, when Python ends.
                with suppress(OSError, ValueError):
                    _open_nothing(self._stream.fileno())


@dataclass(frozen=True)
class Streams:
    """Both that a command writes to."""

    out: StandardStream
    err: StandardStream


@contextmanager
def guard_streams() -> Iterator[Streams]:
    """Inside, sys.stdout and sys.stderr never raise, and no file that is opened becomes one of them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _open_nothing(number)
    before = sys.stdout, sys.stderr
    streams = Streams(StandardStream(sys.stdout), StandardStream(sys.stderr))
    sys.stdout, sys.stderr = streams.out, streams.err
    try:
        yield streams
    finally:
        sys.stdout, sys.stderr = before
        streams.out.flush()
        streams.err.flush()


def _open_nothing(number: int) -> None:
    """Let this descriptor lead nowhere."""
    handle = os.open(os.devnull, os.O_RDWR)
    if handle != number:
        os.dup2(handle, number)
        os.close(handle)
