"""Scores of different units: each row names its unit, and no two units are compared or share an axis.

The name of a score is its unit. A task that is scored in two units counts as two tasks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wannsearch.core.score_names import ENVIRONMENT_STEPS
from wannsearch.reporting.tables.document import Section, value_column
from wannsearch.reporting.tables.groups import Group


def add_units(section: Section, units: Sequence[str]) -> Section:
    """Return the section with the rows' units (R,) as its second column; unchanged where all are the same."""
    if len(set(units)) < 2:
        return section
    first_column, *other_columns = section.columns
    records = [record | {"score_name": unit} for record, unit in zip(section.records, units, strict=True)]
    columns = (first_column, value_column("score", "score_name"), *other_columns)
    return replace(section, columns=columns, records=records)


def explain_units(groups: Sequence[Group]) -> list[str]:
    """Return a note for each class of task whose settings are scored in several units."""
    lines = []
    for task in dict.fromkeys(group.task for group in groups):
        units = sorted({group.unit for group in groups if group.task == task})
        if len(units) > 1:
            lines.append(
                f"{task}: scored in {', in '.join(units)}. Different units are neither compared nor drawn on "
                "one axis."
            )
    return lines


def name_steps_column(steps_name: str) -> str:
    """Return the key of a record under which steps of this name are counted."""
    return "env_steps" if steps_name == ENVIRONMENT_STEPS else steps_name.replace(" ", "_")
