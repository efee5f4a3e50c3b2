"""Scores of different units: named in every row, never compared, never on one axis.

The name of a score is its unit. A task that is scored in two of them is two tasks here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wannsearch.core.score_names import ENVIRONMENT_STEPS
from wannsearch.reporting.tables.document import Section
from wannsearch.reporting.tables.groups import Group


def add_units(section: Section, units: Sequence[str]) -> Section:
    """The section with the unit of each row (R,), where rows have different ones; as it is where not."""
    if len(set(units)) < 2:
        return section
    first_column, *other_columns = section.columns
    rows = [[row[0], unit, *row[1:]] for row, unit in zip(section.rows, units, strict=True)]
    records = [record | {"score_name": unit} for record, unit in zip(section.records, units, strict=True)]
    return replace(section, columns=(first_column, "score", *other_columns), rows=rows, records=records)


def explain_units(groups: Sequence[Group]) -> list[str]:
    """A line for each class of task whose settings are scored in several units."""
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
    """The column of a CSV file in which such steps are counted."""
    return "env_steps" if steps_name == ENVIRONMENT_STEPS else steps_name.replace(" ", "_")
