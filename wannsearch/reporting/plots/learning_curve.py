"""What the search found, against what it had spent: the learning curve.

Above, three scores a generation: the best network of the generation and the median one, each judged
by the few episodes of the search, and the recorded best, re-tested before it was believed. The best
of a generation is the luckiest of many, so it lies above the re-tested line as a rule. Below, the
median number of connections. The axis counts networks proposed, which is comparable between
methods; generations stand on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.reader import Origin, Table
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DOTS_UP_TO = 12  # generations; so few points are also marked


def draw(history: Table, origin: Origin) -> style.Picture:
    """The learning curve of one run."""

    def fill(figure: Figure) -> None:
        from matplotlib.ticker import MaxNLocator

        scores, sizes = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        _scores(scores, history, origin)
        _generations_on_top(scores, history)
        sizes.plot(history["evaluations"], history["median_connections"], color=style.PURPLE)
        sizes.set_ylabel("connections\n(median)")
        sizes.set_xlabel("evaluations (networks proposed)")
        sizes.margins(y=0.15)
        sizes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        sizes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        figure.align_ylabels()
        style.headed(figure, origin, "Learning curve", _failures(history))

    return style.rendered(fill, (style.PLOT_IN[0], style.PLOT_IN[1] + 1.0))


def _scores(axes: Axes, history: Table, origin: Origin) -> None:
    spent = history["evaluations"]
    mark = "o" if len(spent) <= _DOTS_UP_TO else ""
    axes.plot(
        spent, history["best"], color=style.SKY, lw=1.1, marker=mark, ms=4, label="best of the generation"
    )
    axes.plot(spent, history["median"], color=style.ORANGE, marker=mark, ms=4, label="median")
    axes.step(
        spent,
        history["best_so_far"],
        where="post",
        color=style.BLUE,
        lw=2.6,
        marker=mark,
        ms=4,
        label="best so far, re-tested",
    )
    whose = "own weights" if origin.own_weights else "mean over shared weights"
    axes.set_ylabel(f"{style.plain(origin.score_name)}\n({whose})")
    axes.legend(loc="best")


def _generations_on_top(axes: Axes, history: Table) -> None:
    """Round generation numbers, each above the evaluations spent by then."""
    from matplotlib.ticker import MaxNLocator

    first, last = history["generation"][[0, -1]]
    steps = np.asarray(MaxNLocator(nbins=7, integer=True).tick_values(first, last))
    ticks = np.union1d(steps[(steps > first) & (steps <= last)], first)
    top = axes.secondary_xaxis("top")
    top.set_xticks(np.interp(ticks, history["generation"], history["evaluations"]))
    top.set_xticklabels([f"{tick:g}" for tick in ticks])
    top.spines["top"].set_visible(False)
    top.tick_params(length=3, pad=1)
    top.set_xlabel("generation", color=style.GREY)


def _failures(history: Table) -> str:
    failed = int(np.nansum(history["failed"]))
    return f"{failed:,} networks failed" if failed else ""
