"""Going on with a run: from its newest checkpoint, or from the beginning where there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.core.errors import ConfigError
from wannsearch.records import layout

if TYPE_CHECKING:
    from wannsearch.search import Progress, Search


def continued(folder: Path, search: Search, strict: bool) -> Progress | None:
    """Where the search in this folder was left, with everything behind it taken away."""
    from wannsearch.records.checkpoint import newest
    from wannsearch.records.claim import clear_results, clear_torn
    from wannsearch.records.csv_files import fits
    from wannsearch.records.environment import differences, environment

    clear_torn(folder)
    found = newest(folder, search, lambda mark: fits(folder / layout.HISTORY, mark))
    if found is None:
        clear_results(folder)
        return None
    if found.progress.next > search.generations:
        raise ConfigError(
            f"{folder} has come to generation {found.progress.next - 1}; "
            f"generations is {search.generations}, and must be at least {found.progress.next}."
        )
    if search.ended(found.progress):
        raise ConfigError(f"{folder} has reached stop_at, {search.stop_at}; nothing is left to search.")
    changed = differences(found.environment, environment())
    if changed and strict:
        raise ConfigError(f"{folder} was begun elsewhere: {'; '.join(changed)}; strict=false goes on.")
    warnings = [f"passed over: {line}" for line in found.skipped]
    warnings += [f"other bits are possible: {'; '.join(changed)}"] * bool(changed)
    for line in warnings:
        print(f"wannsearch: {line}", file=sys.stderr)
    return found.progress
