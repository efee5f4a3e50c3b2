"""The learning curve: scores and network size against the number of evaluations.

The upper plot shows three scores a generation. Two of them, the best and the median network of the
generation, are measured on the few episodes of the search. The third is the recorded best, which was
re-tested before it was recorded. The best of a generation is a maximum over many noisy scores, so it usually
lies above the re-tested line. The lower plot shows the median size of the networks, such as the number of
connections. The x-axis counts proposals, which is comparable between methods; the generations are marked at
the top. What is proposed depends on the kind of candidates and of run: a tuning proposes weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.run_files import Columns
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_MARKED_GENERATIONS = 12  # generations; up to here each point gets a marker
_MAX_WIDE_GENERATIONS = 200  # generations; of more a wide line would be a band


def draw_learning_curve(
    history: Columns, run_label: RunLabel, proposals: str = "candidates"
) -> style.Picture:
    """Draw the scores and the size of each generation, and count failed proposals in the header.

    `history` has the columns of `plot_data.read_history`, the size last, and at least one row. `proposals`
    is the plural noun for what the run proposes.
    """
    size_column = next(reversed(history))
    size_name = style.one_line(size_column.removeprefix("median_").replace("_", " "))

    def fill(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        score_axes, size_axes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _plot_scores(score_axes, history, run_label)
        _add_generation_axis(score_axes, history)
        size_axes.plot(
            history["evaluations"], history[size_column], color=style.PURPLE, lw=_line_width(history)
        )
        low, high = size_axes.get_ylim()
        if high - low < 1:  # a constant size gets whole numbers around it
            size_axes.set_ylim((low + high) / 2 - 1, (low + high) / 2 + 1)
        size_axes.set_ylabel(f"{size_name}\n(median)")
        size_axes.set_xlabel(f"evaluations ({proposals} proposed)")
        size_axes.margins(y=0.15)
        size_axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        size_axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, min_n_ticks=1))
        figure.align_ylabels()
        style.add_legend(figure, score_axes)
        style.add_header(figure, run_label, "Learning curve", _failure_note(history, proposals))

    return style.render(fill, (style.PLOT_IN[0], style.PLOT_WITH_LEGEND_IN[1] + 1.0))


def _plot_scores(axes: Axes, history: Columns, run_label: RunLabel) -> None:
    evaluations = history["evaluations"]
    marker = "o" if len(evaluations) <= _MAX_MARKED_GENERATIONS else ""
    axes.plot(
        evaluations,
        history["best"],
        color=style.SKY,
        lw=1.1,
        marker=marker,
        ms=4,
        label="best of the generation",
    )
    axes.plot(
        evaluations,
        history["median"],
        color=style.ORANGE,
        lw=_line_width(history),
        marker=marker,
        ms=4,
        label="median of the generation",
    )
    axes.step(
        evaluations,
        history["best_so_far"],
        where="post",
        color=style.BLUE,
        lw=2.6,
        marker=marker,
        ms=4,
        label="best so far, re-tested" if run_label.retested else "best so far",
    )
    weights_label = "own weights" if run_label.own_weights else "mean over shared weights"
    axes.set_ylabel(f"{style.one_line(run_label.score_name)}\n({weights_label})")


def _line_width(history: Columns) -> float:
    return 1.8 if len(history["generation"]) <= _MAX_WIDE_GENERATIONS else 0.9


def _add_generation_axis(axes: Axes, history: Columns) -> None:
    """Add the first and round generation numbers at the top, each above the evaluations used by then."""
    from matplotlib.ticker import MaxNLocator

    first, last = history["generation"][[0, -1]]
    steps = np.asarray(MaxNLocator(nbins=7, integer=True).tick_values(first, last))
    ticks = np.union1d(steps[(steps > first) & (steps <= last)], first)
    top_axis = axes.secondary_xaxis("top")
    top_axis.set_xticks(np.interp(ticks, history["generation"], history["evaluations"]))
    top_axis.set_xticklabels([f"{tick:,.0f}" for tick in ticks])
    top_axis.spines["top"].set_visible(False)
    top_axis.tick_params(length=3, pad=1)
    top_axis.set_xlabel("generation", color=style.GRAY)


def _failure_note(history: Columns, proposals: str) -> str:
    num_failed = int(np.nansum(history["failed"]))
    return f"{num_failed:,} {proposals} failed" if num_failed else ""
