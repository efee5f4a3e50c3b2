"""Streams that say they are a terminal, and keep what is written."""

from __future__ import annotations

import io


class Terminal(io.StringIO):
    """A terminal of 80 columns without a file, so that its size is the default."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True
