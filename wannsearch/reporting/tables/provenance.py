"""The runs that a table was made of, so that it can be made again: `provenance.json`.

It holds no time and no name of a machine: the same runs in the same folders give the same bytes.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from wannsearch.records.files import finite_or_none
from wannsearch.reporting.tables.groups import Group, RunGroups
from wannsearch.reporting.tables.run import Run
from wannsearch.reporting.tables.tuning import Tuning
from wannsearch.reporting.tables.units import name_steps_column


def build_provenance(
    config: dict[str, Any], run_groups: RunGroups, tunings: Sequence[Tuning], skipped: Sequence[str]
) -> dict[str, Any]:
    """Return the config of the table, its runs by setting, the runs left out with reasons, and all tunings.

    `skipped` are lines on folders that could not be read. All values can be written as strict JSON.
    """
    document = {
        "wannsearch": version("wannsearch"),
        "table": config,
        "evaluations": sum(run.evaluations for group in run_groups.groups for run in group.runs),
        **_count_steps(run_groups),
        "groups": [_group_record(group) for group in run_groups.groups],
        "left_out": [{"run": _path_text(run.folder), "why": reason} for run, reason in run_groups.excluded],
        "skipped": [_path_text(line) for line in skipped],
        "tunings": [
            {
                "folder": _path_text(tuning.folder),
                "network_sha256": tuning.network_sha256,
                "tuning_sha256": tuning.sha256,
                "how": tuning.description,
            }
            for tuning in sorted(tunings, key=lambda entry: str(entry.folder))
        ],
    }
    return {key: _to_strict_json(value) for key, value in document.items()}


def _count_steps(run_groups: RunGroups) -> dict[str, int]:
    """Return the sums of environment steps and of every other kind of step, each under its own key."""
    totals = {"env_steps": 0}
    for group in run_groups.groups:
        name = name_steps_column(group.steps_name)
        totals[name] = totals.get(name, 0) + sum(run.env_steps for run in group.runs)
    return totals


def _group_record(group: Group) -> dict[str, Any]:
    packages: dict[str, list[str]] = {}
    for run in group.runs:
        for name, package_version in run.packages.items():
            packages.setdefault(name, []).append(package_version)
    return {
        "label": group.label,
        "config_sha256": group.runs[0].digest,
        "config": group.settings,
        "floor": group.floor,
        "score_name": group.unit,
        "seeds": [run.seed for run in group.runs],
        "failed": group.num_failed,
        "packages": {name: sorted(set(versions)) for name, versions in sorted(packages.items())},
        "runs": [_run_record(run) for run in group.runs],
    }


def _run_record(run: Run) -> dict[str, Any]:
    return {
        "run": _path_text(run.folder),
        "seed": run.seed,
        "state": run.state.value,
        "why": run.reason,
        "score": finite_or_none(run.score),
        "evaluations": run.evaluations,
        "command": ["wannsearch", *run.overrides],
        "network_sha256": run.network_sha256,
    }


def _path_text(folder: Path | str) -> str:
    return os.fsencode(folder).decode("utf-8", "backslashreplace")


def _to_strict_json(value: Any) -> Any:
    """Return the value as strict JSON holds it: no NaN, no infinity, no lone half of a character.

    NaN and infinities become texts, such as `nan`, and keys of a dictionary become texts too.
    """
    if isinstance(value, dict):
        return {_to_strict_json(str(key)): _to_strict_json(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_strict_json(part) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
