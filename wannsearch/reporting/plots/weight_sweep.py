"""The held-out score against the one weight that all connections share.

Gaier & Ha (2019) search for networks that work with any shared weight. The line is the mean over held-out
episodes, and the band is one standard deviation over those episodes to either side; one episode has none. The
dots mark the weights that the search itself used, or the best shared weight of a tuning, and their scores
stand at the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.plot_data import Evaluation, RunLabel, SweepCurve
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABEL_SIZE = 10.0  # points
_LABEL_GAP_IN = 0.08  # between two labels
_MARGINS_IN = 0.9  # left and right of the plot, where the labels of the y axis are


def draw_weight_sweep(
    evaluation: Evaluation, run_label: RunLabel, dots_label: str = "weights of the search"
) -> style.Picture | None:
    """Draw the sweep of the recorded best; return None where the network has weights of its own.

    `dots_label` is the legend entry of the marked weights.
    """
    sweep, search_curve = evaluation.sweep, evaluation.shared_weights
    if sweep is None or search_curve is None:
        return None

    has_band = evaluation.episodes > 1

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        if has_band:
            low, high = sweep.mean - sweep.std, sweep.mean + sweep.std
            axes.fill_between(
                sweep.weights, low, high, color=style.SKY, alpha=0.3, lw=0, label="± 1 std over episodes"
            )
        line_label = "mean over episodes" if has_band else "score of the one episode"
        axes.plot(sweep.weights, sweep.mean, color=style.BLUE, label=line_label)
        axes.plot(
            search_curve.weights,
            search_curve.mean,
            "o",
            ms=8,
            color=style.VERMILION,
            mec=style.PAPER,
            label=dots_label,
        )
        axes.set_xlabel("shared weight")
        axes.set_ylabel(f"{style.one_line(run_label.score_name)}\n(held-out)")
        axes.margins(x=0.06, y=0.08)
        _add_score_axis(axes, search_curve)
        style.add_legend(figure, axes)
        count = f"held-out, {evaluation.episodes:,} episode" + ("s" if has_band else "")
        style.add_header(figure, run_label, "Score against the shared weight", count)

    return style.render(fill, style.PLOT_WITH_LEGEND_IN)


def _add_score_axis(axes: Axes, search_curve: SweepCurve) -> None:
    """Write the score of each marked weight above the plot, where it covers neither line nor band.

    Of weights that stand close together the first is written.
    """
    low, high = axes.get_xlim()
    plot_in = style.PLOT_IN[0] - _MARGINS_IN
    right_end = -np.inf
    ticks, labels = [], []
    for weight, mean in sorted(zip(search_curve.weights.tolist(), search_curve.mean.tolist(), strict=True)):
        if not (np.isfinite(mean) and low <= weight <= high):
            continue
        label = style.format_score(mean)
        half_width = style.text_width_in(label, _LABEL_SIZE) / 2
        center = (weight - low) / (high - low) * plot_in
        if center - half_width > right_end:
            ticks.append(weight)
            labels.append(label)
            right_end = center + half_width + _LABEL_GAP_IN
    top_axis = axes.secondary_xaxis("top")
    top_axis.set_xticks(ticks, labels, fontsize=_LABEL_SIZE)
    top_axis.spines["top"].set_visible(False)
    top_axis.tick_params(length=3, pad=1, color=style.VERMILION)
