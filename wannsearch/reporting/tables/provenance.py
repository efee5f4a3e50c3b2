"""Which runs a table was made of, so that it can be made again: `provenance.json`.

No time and no machine: the same runs give the same bytes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wannsearch.records.files import strict_number
from wannsearch.reporting.tables.groups import Group, Grouped
from wannsearch.reporting.tables.run import Run
from wannsearch.reporting.tables.tuning import Tuning
from wannsearch.reporting.tables.units import name_steps_column


def provenance(
    config: dict[str, Any], grouped: Grouped, tunings: Sequence[Tuning], skipped: Sequence[str]
) -> dict[str, Any]:
    """All runs that were found, what each counted as, and what they have in common."""
    told = {
        "wannsearch": version("wannsearch"),
        "table": config,
        "evaluations": sum(run.evaluations for group in grouped.groups for run in group.runs),
        **_count_steps(grouped),
        "groups": [_group(group) for group in grouped.groups],
        "left_out": [{"run": _name(run.folder), "why": why} for run, why in grouped.left_out],
        "skipped": [_name(line) for line in skipped],
        "tunings": [
            {
                "folder": _name(tuning.folder),
                "network_sha256": tuning.network_sha256,
                "tuning_sha256": tuning.sha256,
                "how": tuning.how,
            }
            for tuning in sorted(tunings, key=lambda one: str(one.folder))
        ],
    }
    return {key: _strict(value) for key, value in told.items()}


def _count_steps(grouped: Grouped) -> dict[str, int]:
    """Steps of environments, and apart from them whatever else was counted."""
    totals = {"env_steps": 0}
    for group in grouped.groups:
        name = name_steps_column(group.steps_name)
        totals[name] = totals.get(name, 0) + sum(run.env_steps for run in group.runs)
    return totals


def _group(group: Group) -> dict[str, Any]:
    packages: dict[str, list[str]] = {}
    for run in group.runs:
        for name, number in run.packages.items():
            packages.setdefault(name, []).append(number)
    return {
        "label": group.label,
        "config_sha256": group.runs[0].digest,
        "config": group.settings,
        "floor": group.floor,
        "score_name": group.unit,
        "seeds": [run.seed for run in group.runs],
        "failed": group.failed,
        "packages": {name: sorted(set(numbers)) for name, numbers in sorted(packages.items())},
        "runs": [_run(run) for run in group.runs],
    }


def _run(run: Run) -> dict[str, Any]:
    return {
        "run": _name(run.folder),
        "seed": run.seed,
        "state": run.state.value,
        "why": run.why,
        "score": strict_number(run.score),
        "evaluations": run.evaluations,
        "command": ["wannsearch", *run.overrides],
        "network_sha256": run.network_sha256,
    }


def _name(folder: Path | str) -> str:
    return os.fsencode(folder).decode("utf-8", "backslashreplace")


def _strict(value: Any) -> Any:
    """As strict JSON holds it: a stranger's config may have NaN in it, or half of a character."""
    if isinstance(value, dict):
        return {_strict(str(key)): _strict(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
