"""The choice of one tuning for each run, and the reasons why the others are not used.

A tuning fits a run that found its network on the same task and was tested on as many episodes. Of several
that fit, the one with the largest search counts, since a small search shows less of what the weights can
do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wannsearch.reporting.tables.run import Run
from wannsearch.reporting.tables.tuning import Tuning, largest_first, protocol


def select_tuning(run: Run, tunings: Sequence[Tuning]) -> Tuning | None:
    """Return the first tuning that fits the run, in the order given; None where none fits.

    The caller sorts them with `largest_first`.
    """
    network_tunings = (tuning for tuning in tunings if tuning.network_sha256 == run.network_sha256)
    run_protocol = protocol(run.config)
    return next((tuning for tuning in network_tunings if tuning.protocol == run_protocol), None)


def list_unused(
    tunings: Iterable[Tuning], runs: Sequence[Run], used: Sequence[Tuning]
) -> list[tuple[Tuning, str]]:
    """Return every tuning that is not in `used`, compared by identity, with the reason; largest first."""
    unused = []
    for tuning in largest_first(tunings):
        if any(tuning is used_tuning for used_tuning in used):
            continue
        owners = [run for run in runs if run.network_sha256 == tuning.network_sha256]
        if not owners:
            unused.append((tuning, "its network is that of no run in the table"))
            continue
        differing_keys = min(
            (_find_differing_keys(protocol(run.config), tuning.protocol) for run in owners), key=len
        )
        if differing_keys:
            unused.append((tuning, f"its run had another {', '.join(differing_keys)}"))
        else:
            unused.append((tuning, "a larger tuning of the same network is used, or an equal one"))
    return unused


def _find_differing_keys(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    return [key for key in sorted({*a, *b}) if a.get(key, ...) != b.get(key, ...)]
