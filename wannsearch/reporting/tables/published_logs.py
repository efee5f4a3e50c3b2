"""Published learning curves, read from the `*_stats.out` files of the WANN reference code.

A file has one row per generation, comma separated, `%1.2e`: evaluations so far, median, maximum of the
generation, best so far, then sizes. Three digits are too few for the evaluations (131 072 reads 131 000),
so they are counted: row g stands for g times the first row's. The last row is written twice, with more
evaluations than there were; the copy is dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from wannsearch.core.untrusted import damaged_file_error, read_text
from wannsearch.reporting.statistics.curves import Curve

_MAX_BYTES = 2**24
_BEST_SO_FAR_COLUMN = 3
_PATTERN = re.compile(r"[A-Za-z0-9_*-]+(/[A-Za-z0-9_*-]+)*\.out")


def read_logs(reference: Path, pattern: str) -> list[Curve]:
    """Return the curves of all files below the folder that match the pattern, in order of path.

    There may be none, and the folder need not exist. Raise DamagedFile where `read_log` does.
    """
    if not reference.is_dir():
        return []
    return [read_log(path) for path in sorted(reference.glob(pattern)) if path.is_file()]


def read_log(path: Path) -> Curve:
    """Return the best so far of one run against its counted evaluations.

    Raise DamagedFile where the file is no table of 6 or 7 finite numbers a row, or larger than 16 MiB.
    """
    lines = read_text(path, _MAX_BYTES).split()
    try:
        rows = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    except ValueError:
        raise damaged_file_error(
            str(path), "it is no table of numbers", "a log has 6 or 7 numbers a row"
        ) from None
    if rows.ndim != 2 or rows.shape[1] not in (6, 7) or not np.isfinite(rows).all():
        raise damaged_file_error(str(path), "its rows are not 6 or 7 finite numbers", "a log has them")
    if len(rows) > 1 and (rows[-1, 1:] == rows[-2, 1:]).all():
        rows = rows[:-1]
    return Curve(rows[0, 0] * np.arange(1, len(rows) + 1), rows[:, _BEST_SO_FAR_COLUMN])


def is_pattern(text: str) -> bool:
    """Return whether the pattern names `.out` files below a folder and nowhere else."""
    return _PATTERN.fullmatch(text) is not None
