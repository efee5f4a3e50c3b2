"""Score against complexity: mean score and number of connections of each network of the last population.

The line is the Pareto front of all generations (`core.front`). It is drawn as steps: between two of its
points, the smaller network has the best score of all networks of at most that size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.run_files import Columns
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_complexity(ranking: Columns, front: Columns, run_label: RunLabel) -> style.Picture:
    """Draw a dot for each (connections, mean score) of the last population, and the front as steps.

    Both inputs need the columns `mean` and `connections`. Networks with a NaN in either count as failed and
    are only counted in the header; networks with equal values share one larger dot.
    """
    finite = np.isfinite(ranking["mean"]) & np.isfinite(ranking["connections"])
    points = np.column_stack([ranking["connections"], ranking["mean"]])[finite]  # (P, 2)
    distinct, counts = np.unique(points, axis=0, return_counts=True)
    num_failed = int((~finite).sum())

    def fill(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        axes = figure.subplots()
        x, y = distinct.T
        if len(distinct):
            size = 22 * np.sqrt(counts)
            axes.scatter(x, y, s=size, color=style.SKY, alpha=0.55, lw=0, label=_dot_label(counts))
        axes.step(
            front["connections"],
            front["mean"],
            where="post",
            color=style.VERMILION,
            marker="o",
            ms=6,
            mec=style.PAPER,
            label="Pareto front of all generations",
        )
        axes.set_xlabel("connections")
        weights_label = "own weights" if run_label.own_weights else "mean over shared weights"
        axes.set_ylabel(f"{style.one_line(run_label.score_name)}\n({weights_label})")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.margins(x=0.04)
        style.add_legend(figure, axes)
        remarks = (
            f"{finite.sum():,} networks of the last generation" if len(finite) else "",
            f"{num_failed:,} failed" if num_failed else "",
        )
        style.add_header(figure, run_label, "Score against connections", *remarks)

    return style.render(fill, style.PLOT_WITH_LEGEND_IN)


def _dot_label(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return "network" if counts.max() == 1 else "network (larger dot: several alike)"
