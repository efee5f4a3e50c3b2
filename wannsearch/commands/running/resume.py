"""The continuation of a run: from its newest checkpoint, or from the start if there is none."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from wannsearch.core.errors import ConfigError
from wannsearch.records import layout

if TYPE_CHECKING:
    from wannsearch.search import Search, SearchState


def load_progress(folder: Path, search: Search, require_same_environment: bool) -> SearchState | None:
    """Return the search state of the newest checkpoint; None if the run must start again.

    Partial files are removed, and without a checkpoint all results are. A changed environment prints a
    warning. Raises ConfigError if no generation is left or if `require_same_environment` forbids the change,
    and DamagedFile if no checkpoint is usable.
    """
    from wannsearch.records.checkpoint import load_newest
    from wannsearch.records.claim import remove_partial_files, remove_results
    from wannsearch.records.csv_files import check_prefix
    from wannsearch.records.environment import collect_environment, describe_differences

    remove_partial_files(folder)
    checkpoint = load_newest(folder, search, lambda position: check_prefix(folder / layout.HISTORY, position))
    if checkpoint is None:
        remove_results(folder)
        return None
    if checkpoint.search_state.next_generation > search.generations:
        raise ConfigError(
            f"{folder} has come to generation {checkpoint.search_state.next_generation - 1}; "
            f"generations is {search.generations}, and must be at least "
            f"{checkpoint.search_state.next_generation}."
        )
    if search.is_finished(checkpoint.search_state):
        raise ConfigError(f"{folder} has reached stop_at, {search.stop_at}; nothing is left to search.")
    changes = describe_differences(checkpoint.environment, collect_environment())
    if changes and require_same_environment:
        raise ConfigError(
            f"{folder} was begun elsewhere: {'; '.join(changes)}; require_same_environment=false goes on."
        )
    warnings = [f"passed over: {line}" for line in checkpoint.skip_reasons]
    warnings += [f"other bits are possible: {'; '.join(changes)}"] * bool(changes)
    for line in warnings:
        print(f"wannsearch: {line}", file=sys.stderr)
    return checkpoint.search_state
