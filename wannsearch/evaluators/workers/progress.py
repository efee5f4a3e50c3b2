"""The progress of a worker in memory that its parent process can read at any time, even of a dead worker.

A worker that evaluates units together is inside the task's code for one of them at any moment. Before each
such call it writes down which unit that is, how long the unit has run before, and the time. So the parent
process knows which unit is the cause when the worker ends, and how long a unit has run when it hangs. The
numbers are never trusted: whoever reads them checks that they make sense.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import NamedTuple

_NUM_CELLS = 3
_PAGE_BYTES = mmap.PAGESIZE
_MAX_READS = 3


class UnitEntry(NamedTuple):
    """The last entry of a worker."""

    position: float  # of the unit in its chunk
    spent_s: float  # seconds that the unit ran before this entry
    entered_s: float  # time of the entry, on the monotonic clock that all processes share


class UnitProgress:
    """Three numbers in memory: those of `UnitEntry`. A file descriptor shares them between processes."""

    def __init__(self, descriptor: int = -1) -> None:
        self._memory = mmap.mmap(descriptor, _PAGE_BYTES)
        self.cells = memoryview(self._memory).cast("d")
        """The cells of an entry, for a loop in which even the call of `enter` would show."""

    def enter(self, position: int, spent_s: float, now_s: float) -> None:
        """Write an entry over the last one."""
        self.cells[0], self.cells[1], self.cells[2] = position, spent_s, now_s

    def read(self) -> UnitEntry:
        """Return the last entry; one that is being written is read again."""
        entry = tuple(self.cells[:_NUM_CELLS])
        for _ in range(_MAX_READS):
            previous_entry, entry = entry, tuple(self.cells[:_NUM_CELLS])
            if entry == previous_entry:
                break
        return UnitEntry(*entry)

    def close(self) -> None:
        """Give the memory back to the system."""
        self.cells.release()
        self._memory.close()


def make_progress_file() -> int:
    """Return the descriptor of a new file without a name that holds one page, in memory where that exists.

    A file on a disk is written back again and again while it changes.
    """
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("wannsearch-progress")
        os.truncate(descriptor, _PAGE_BYTES)
        return descriptor
    with tempfile.TemporaryFile() as file:
        file.truncate(_PAGE_BYTES)
        return os.dup(file.fileno())
