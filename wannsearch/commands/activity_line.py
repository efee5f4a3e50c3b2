"""The moving line at the bottom of a terminal, while a command prints nothing else.

A thread draws it once the terminal has been still for a moment. Any other text on the terminal erases it
first (`standard_streams.StandardStream.line`), and at the end nothing of it is left. Only a terminal has one:
standard output, or standard error where the output goes into a file.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from wannsearch.commands.activity import get_activity
from wannsearch.commands.running.terminal import escape_unprintable
from wannsearch.commands.standard_streams import StandardStream, StandardStreams

_MIN_STILL_S = 0.6  # of the terminal, before the line is drawn
_FIRST_TICK_S, _TICK_S = 0.1, 0.25
_MAX_LOCK_WAIT_S = 1.0  # a signal may end a thread's work while it holds the lock
_SPINNER = "|/-\\"
_ERASE = "\r\x1b[2K"
_DEFAULT_COLUMNS = 80


class ActivityLine:
    """The line of one command on its terminal; a context in which other text may be written on the same one.

    Inside the context the line is erased, and it is not drawn.
    """

    def __init__(self, stream: StandardStream, other_streams: tuple[StandardStream, ...] = ()) -> None:
        self._stream, self._streams = stream, (stream, *other_streams)
        self._lock = threading.RLock()
        self._is_drawn, self._num_ticks = False, 0
        self._last_text_s = time.monotonic() - _MIN_STILL_S  # a command may be long in starting
        self._num_hidings = 0
        self._prefix: Callable[[], str] | None = None

    def __enter__(self) -> None:
        self._lock.acquire(timeout=_MAX_LOCK_WAIT_S)
        self._erase()
        self._last_text_s = time.monotonic()

    def __exit__(self, *_: object) -> None:
        with suppress(RuntimeError):  # it was not acquired in time
            self._lock.release()

    def tick(self, time_s: float) -> None:
        """Draw the line at this time of the clock, if the terminal has been still for long enough."""
        if not self._lock.acquire(timeout=_TICK_S):
            return
        try:
            is_hidden = self._num_hidings > 0 or time_s - self._last_text_s < _MIN_STILL_S
            if not is_hidden and all(stream.is_at_line_start for stream in self._streams):
                self._draw(time_s)
        finally:
            self._lock.release()

    def _draw(self, time_s: float) -> None:
        prefix = "" if self._prefix is None else self._prefix()
        spinner = _SPINNER[self._num_ticks % len(_SPINNER)]
        self._num_ticks += 1
        text = escape_unprintable(f"{spinner} {prefix}{get_activity().describe(time_s)}")
        self._is_drawn = True
        # The cursor waits at the left: what another process prints begins there and not behind the line.
        self._stream.write_raw(f"{_ERASE}{text[: self._columns() - 1]}\r")

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _DEFAULT_COLUMNS
        except (OSError, ValueError):
            return _DEFAULT_COLUMNS

    def _erase(self) -> None:
        if self._is_drawn:
            self._is_drawn = False
            self._stream.write_raw(_ERASE)

    @contextmanager
    def hide(self) -> Iterator[None]:
        """Draw nothing inside this context, since something else moves on the terminal, or nothing is to."""
        with self:
            self._num_hidings += 1
        try:
            yield
        finally:
            self._num_hidings -= 1
            self._last_text_s = time.monotonic()

    @contextmanager
    def put_before(self, prefix: Callable[[], str]) -> Iterator[None]:
        """Put the text of this function before every activity inside this context; a thread calls it."""
        self._prefix = prefix
        try:
            yield
        finally:
            self._prefix = None


_current_lines: list[ActivityLine] = []


@contextmanager
def show_activity_line(streams: StandardStreams) -> Iterator[None]:
    """Show the line of a command inside this context, where one of its streams is a terminal."""
    terminals = [stream for stream in (streams.out, streams.err) if stream.isatty()]
    if not terminals or os.environ.get("TERM") == "dumb":
        yield
        return
    line, stop = ActivityLine(terminals[0], tuple(terminals[1:])), threading.Event()

    def tick_until_stop() -> None:
        wait_s = _FIRST_TICK_S
        while not stop.wait(wait_s):
            line.tick(time.monotonic())
            wait_s = _TICK_S

    thread = threading.Thread(target=tick_until_stop, name="activity", daemon=True)
    for stream in terminals:
        stream.line = line
    _current_lines.append(line)
    thread.start()
    try:
        yield
    finally:
        _current_lines.remove(line)
        stop.set()
        thread.join(timeout=_MAX_LOCK_WAIT_S)
        with line:
            pass  # which erases it


@contextmanager
def hide_activity_line() -> Iterator[None]:
    """Hide the command's line inside this context, if it has one."""
    if not _current_lines:
        yield
        return
    with _current_lines[-1].hide():
        yield


@contextmanager
def put_before_activity(prefix: Callable[[], str]) -> Iterator[None]:
    """Put this text before every activity of the command's line inside this context."""
    if not _current_lines:
        yield
        return
    with _current_lines[-1].put_before(prefix):
        yield
