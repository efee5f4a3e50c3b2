"""The selection of plots that a run draws at its end, by the key `plots` of its config.

The selection changes files in `plots/` and the picture of the best network alone; no data file depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import Enum

from wannsearch.reporting.plots.style import Picture


class PlotSelection(str, Enum):
    """The plots of a run: all of them, the few that show its result, or none."""

    ALL = "all"
    RESULT = "few"
    OFF = "off"


Drawings = Mapping[str, Callable[[], Picture | None]]
"""Name of a plot -> function that draws it, or returns None where the run has nothing to show."""


def draw_selected(
    drawings: Drawings, selection: PlotSelection, result_names: Collection[str]
) -> dict[str, Picture]:
    """Draw the selected plots and return them by name.

    `result_names` lists those of `PlotSelection.RESULT`.
    """
    if selection is PlotSelection.OFF:
        return {}
    names = [name for name in drawings if selection is PlotSelection.ALL or name in result_names]
    pictures = {name: drawings[name]() for name in names}
    return {name: picture for name, picture in pictures.items() if picture is not None}


def name_files(pictures: Mapping[str, Picture]) -> dict[str, bytes]:
    """Return the content of each picture by path in the run folder: `plots/NAME.svg` and `plots/NAME.png`."""
    return {
        f"plots/{name}.{suffix}": content
        for name, picture in pictures.items()
        for suffix, content in (("svg", picture.svg), ("png", picture.png))
    }
