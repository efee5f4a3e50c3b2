"""Which tuning speaks for a run, and what is said of the others.

A tuning fits a run that found its network on the same task, tested on as many episodes. Of several that
fit, the one with the largest search counts, since a small one says less of what the weights can do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wannsearch.reporting.tables.run import Run
from wannsearch.reporting.tables.tuning import Tuning, largest_first, protocol


def fitting(run: Run, tunings: Sequence[Tuning]) -> Tuning | None:
    """The run's tuning, of those that `largest_first` ordered; None where none fits."""
    own = (one for one in tunings if one.network_sha256 == run.network_sha256)
    wanted = protocol(run.config)
    return next((one for one in own if one.protocol == wanted), None)


def not_used(
    tunings: Iterable[Tuning], runs: Sequence[Run], used: Sequence[Tuning]
) -> list[tuple[Tuning, str]]:
    """Every other tuning, with the reason."""
    told = []
    for tuning in largest_first(tunings):
        if any(tuning is one for one in used):
            continue
        owners = [run for run in runs if run.network_sha256 == tuning.network_sha256]
        if not owners:
            told.append((tuning, "its network is that of no run in the table"))
            continue
        differing = min((_differing(protocol(run.config), tuning.protocol) for run in owners), key=len)
        if differing:
            told.append((tuning, f"its run had another {', '.join(differing)}"))
        else:
            told.append((tuning, "a larger tuning of the same network is used, or an equal one"))
    return told


def _differing(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    return [key for key in sorted({*a, *b}) if a.get(key, ...) != b.get(key, ...)]
