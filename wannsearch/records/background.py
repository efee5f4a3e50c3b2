"""Recording in a thread beside the search, which waits neither for the disk nor for the display.

One thread takes what is recorded, in order. When it falls far behind, the search waits for it, so
that memory stays bounded. An error of the thread is raised where the search next records, or at the
end; nothing is recorded after it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

_MAX_QUEUED = 64

Item = TypeVar("Item")


class BackgroundWriter(Generic[Item]):
    """Call `record` for each item in a separate thread, until the `with` block ends."""

    def __init__(self, record: Callable[[Item], object]) -> None:
        self._record = record
        self._items: queue.Queue[Item | None] = queue.Queue(_MAX_QUEUED)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._record_items, name="recorder", daemon=True)

    def _record_items(self) -> None:
        while (item := self._items.get()) is not None:
            if self._error is None:
                try:
                    self._record(item)
                except BaseException as error:  # it is raised again, where the search is
                    self._error = error

    def submit(self, item: Item) -> None:
        """Queue this item, to be recorded after all earlier ones, and wait while 64 items are queued.

        Raises the error of an earlier item, and then does not queue this one.
        """
        if self._error is not None:
            raise self._error
        self._items.put(item)

    def __enter__(self) -> BackgroundWriter[Item]:
        self._thread.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait until every queued item is recorded, also after an error in the block.

        Items after one that failed are dropped. Raises the error of that item, unless the block raised one.
        """
        try:
            self._items.put(None)
            self._thread.join()
        except BaseException:  # a signal while waiting: what was put is still recorded
            self._items.put(None)
            self._thread.join()
            raise
        if self._error is not None and error is None:
            raise self._error
