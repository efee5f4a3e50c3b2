"""Learning curves as pictures: over published ones by evaluations, and our own by simulated steps.

The first shows medians and quartiles, as the published figures do. The second, for which nothing is
published, shows the interquartile mean with its interval over runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.score_names import ENVIRONMENT_STEPS
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.curves import Curve, align_curves, common_grid, estimate_band
from wannsearch.reporting.tables.groups import Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_OUR_COLORS = (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE, style.BLACK)
_PUBLISHED_COLORS = (style.ORANGE, style.SKY, style.GRAY)
_SIZE_IN = (9.0, 5.6)

OurCurves = Sequence[tuple[Group, list[Curve]]]


def draw_by_evaluations(
    title: str, score_name: str, our_curves: OurCurves, published_curves: Mapping[str, list[Curve]]
) -> style.Picture:
    """Draw our curves (solid) over the published ones (dashed), as medians and quartiles by evaluations.

    Groups and series without a curve are left out. Raise ValueError where a run failed and its group has no
    floor.
    """

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for position, (label, logs) in enumerate(published_curves.items()):
            if logs:
                color = _PUBLISHED_COLORS[position % len(_PUBLISHED_COLORS)]
                _plot_quartiles(axes, logs, None, color, f"published, {label} (n = {len(logs)})", "--")
        for position, (group, curves) in enumerate(our_curves):
            if any(len(curve.cost) for curve in curves):
                _plot_quartiles(
                    axes,
                    curves,
                    group.floor,
                    _OUR_COLORS[position % len(_OUR_COLORS)],
                    _format_label(group, curves),
                    "-",
                )
        _finish_axes(figure, axes, "evaluations (candidates proposed)", score_name)
        has_band = any(
            len(curves) > 1 for curves in (*published_curves.values(), *(c for _, c in our_curves))
        )
        spread = "median over runs, quartiles shaded" if has_band else "one run a line"
        style.add_header(figure, RunLabel(), title, spread)

    return style.render(fill, _SIZE_IN)


def draw_by_env_steps(title: str, score_name: str, our_curves: OurCurves) -> style.Picture | None:
    """Draw the interquartile mean of our curves by environment steps; None where no run counts them.

    Groups that count other steps are left out, and so are published logs, which have no steps. Raise
    ValueError where a run failed and its group has no floor.
    """
    drawn_curves = [
        (group, curves)
        for group, curves in our_curves
        if group.steps_name == ENVIRONMENT_STEPS and any(len(curve.cost) for curve in curves)
    ]
    if not drawn_curves:
        return None

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        for position, (group, curves) in enumerate(drawn_curves):
            iqm_band, color = (
                estimate_band(curves, common_grid(curves), group.floor),
                _OUR_COLORS[position % len(_OUR_COLORS)],
            )
            if iqm_band.n > 1:
                axes.fill_between(iqm_band.grid, iqm_band.low, iqm_band.high, color=color, alpha=0.18, lw=0)
            axes.plot(iqm_band.grid, iqm_band.center, color=color, label=_format_label(group, curves))
        _finish_axes(figure, axes, "simulated steps of the task", score_name)
        has_band = any(len(curves) > 1 for _, curves in drawn_curves)
        spread = "interquartile mean over runs with its 95 % interval" if has_band else "one run a line"
        style.add_header(figure, RunLabel(), title, "ours alone", spread)

    return style.render(fill, _SIZE_IN)


def _format_label(group: Group, curves: list[Curve]) -> str:
    return f"ours, {style.one_line(group.label, 60)} (n = {len(curves)})"


def _finish_axes(figure: Figure, axes: Axes, xlabel: str, score_name: str) -> None:
    style.use_log_x(axes)
    axes.set_xlabel(xlabel)
    axes.set_ylabel(f"{style.one_line(score_name)}\n(best so far)")
    style.add_legend(figure, axes)


def _plot_quartiles(
    axes: Any, curves: list[Curve], floor: float | None, color: str, label: str, line: str
) -> None:
    grid = common_grid(curves)
    low, median, high = np.quantile(align_curves(curves, grid, floor), [0.25, 0.5, 0.75], axis=0)
    if len(curves) > 1:
        axes.fill_between(grid, low, high, color=color, alpha=0.18, lw=0)
    axes.plot(grid, median, line, color=color, label=label)
