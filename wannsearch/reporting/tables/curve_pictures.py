"""Learning curves as pictures: over published ones by evaluations, and our own by simulated steps.

The first shows medians and quartiles, as the published figures do. The second, for which nothing is
published, shows the interquartile mean with its interval over runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.score_names import ENVIRONMENT_STEPS
from wannsearch.records.reader import Origin
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.curves import Curve, band, common_grid, together
from wannsearch.reporting.tables.groups import Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OURS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.BLACK)
_THEIRS = (style.ORANGE, style.SKY, style.GREY)
_SIZE_IN = (9.0, 5.6)

Ours = Sequence[tuple[Group, list[Curve]]]


def by_evaluations(
    title: str, score_name: str, ours: Ours, theirs: Mapping[str, list[Curve]]
) -> style.Picture:
    """Ours over published ones."""

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for place, (label, logs) in enumerate(theirs.items()):
            if logs:
                colour = _THEIRS[place % len(_THEIRS)]
                _quartiles(axes, logs, None, colour, f"published, {label} (n = {len(logs)})", "--")
        for place, (group, mine) in enumerate(ours):
            if any(len(curve.spent) for curve in mine):
                _quartiles(axes, mine, group.floor, _OURS[place % len(_OURS)], _name(group, mine), "-")
        _finish(axes, "evaluations (networks proposed)", score_name)
        style.headed(figure, Origin(), title, "median over runs, quartiles shaded")

    return style.rendered(fill, _SIZE_IN)


def by_env_steps(title: str, score_name: str, ours: Ours) -> style.Picture | None:
    """Ours alone, since logs do not tell steps; None where no run tells them."""
    shown = [
        (group, mine)
        for group, mine in ours
        if group.steps_name == ENVIRONMENT_STEPS and any(len(curve.spent) for curve in mine)
    ]
    if not shown:
        return None

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for place, (group, mine) in enumerate(shown):
            found, colour = band(mine, common_grid(mine), group.floor), _OURS[place % len(_OURS)]
            if found.n > 1:
                axes.fill_between(found.grid, found.low, found.high, color=colour, alpha=0.18, lw=0)
            axes.plot(found.grid, found.centre, color=colour, label=_name(group, mine))
        _finish(axes, "simulated steps of the task", score_name)
        style.headed(figure, Origin(), title, "ours alone", "IQM over runs with its 95 % interval")

    return style.rendered(fill, _SIZE_IN)


def _name(group: Group, mine: list[Curve]) -> str:
    return f"ours, {style.plain(group.label, 60)} (n = {len(mine)})"


def _finish(axes: Axes, xlabel: str, score_name: str) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel(xlabel)
    axes.set_ylabel(f"best so far, {style.plain(score_name)}")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right", fontsize=9)


def _quartiles(
    axes: Any, found: list[Curve], floor: float | None, colour: str, label: str, line: str
) -> None:
    grid = common_grid(found)
    low, middle, high = np.quantile(together(found, grid, floor), [0.25, 0.5, 0.75], axis=0)
    if len(found) > 1:
        axes.fill_between(grid, low, high, color=colour, alpha=0.18, lw=0)
    axes.plot(grid, middle, line, color=colour, label=label)
