"""The held-out score against the one weight that all connections share.

Gaier & Ha (2019) search for networks that work with any shared weight. The line is the mean over held-out
episodes, and the band is one standard deviation over those episodes to either side. The dots mark the weights
that the search itself used, or the best shared weight of a tuning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.records.plot_data import Evaluation, RunLabel
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_weight_sweep(
    evaluation: Evaluation, run_label: RunLabel, dots_label: str = "weights of the search"
) -> style.Picture | None:
    """Draw the sweep of the recorded best; return None where the network has weights of its own.

    `dots_label` is the legend entry of the marked weights.
    """
    sweep, search_curve = evaluation.sweep, evaluation.shared_weights
    if sweep is None or search_curve is None:
        return None

    def fill(figure: Figure) -> None:
        axes = figure.subplots()
        axes.fill_between(
            sweep.weights,
            sweep.mean - sweep.std,
            sweep.mean + sweep.std,
            color=style.SKY,
            alpha=0.3,
            lw=0,
            label="± 1 std over episodes",
        )
        axes.plot(sweep.weights, sweep.mean, color=style.BLUE, label="mean over episodes")
        axes.plot(
            search_curve.weights,
            search_curve.mean,
            "o",
            ms=8,
            color=style.VERMILION,
            mec=style.PAPER,
            label=dots_label,
        )
        for weight, mean in zip(search_curve.weights, search_curve.mean, strict=True):
            if np.isfinite(mean):
                axes.annotate(style.format_score(mean), (weight, mean), (0, 9), **_ANNOTATION_STYLE)
        axes.set_xlabel("shared weight")
        axes.set_ylabel(f"{style.one_line(run_label.score_name)} (held-out)")
        axes.margins(x=0.06, y=0.12)
        figure.legend(loc="outside lower right", ncols=3, columnspacing=1.6)
        count = f"held-out, n = {evaluation.episodes} episodes"
        style.add_header(figure, run_label, "Score against the shared weight", count)

    return style.render(fill)


_ANNOTATION_STYLE: dict[str, Any] = {
    "textcoords": "offset points",
    "ha": "center",
    "va": "bottom",
    "bbox": {"fc": style.PAPER, "ec": "none", "alpha": 0.75, "pad": 0.8},
}
