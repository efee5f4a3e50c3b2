"""Strip plots: every run of every group as a dot, and the interquartile mean with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import Interval
from wannsearch.reporting.tables.swept_keys import shorten_distinctly

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_STRIPS = 40
_JITTER = 0.22
_MAX_LABEL_LENGTH = 46


@dataclass(frozen=True)
class Strip:
    """One row of the plot; its values rise, and the first `num_failed` are failed runs at the floor."""

    label: str
    values: Sequence[float]
    num_failed: int
    interval: Interval | None  # None where there is no run
    published: float | None = None
    is_muted: bool = False  # drawn in gray


def draw_strip(axes: Axes, strip: Strip, height: int) -> None:
    """Draw a strip at this height: runs as dots or, failed, as crosses, interval and published value."""
    values = np.asarray(strip.values, float)
    dot_color, color = ("#AAAAAA", style.GRAY) if strip.is_muted else (style.SKY, style.BLUE)
    # The offsets are a fixed pattern, so that the same runs give the same bytes.
    heights = height + _JITTER * (((np.arange(len(values)) * 0.618034) % 1) * 2 - 1)
    is_valid = np.arange(len(values)) >= strip.num_failed
    axes.scatter(
        values[is_valid], heights[is_valid], s=22, color=dot_color, edgecolors="none", alpha=0.8, zorder=2
    )
    axes.scatter(values[~is_valid], heights[~is_valid], s=30, color=style.VERMILION, marker="x", zorder=2)
    if strip.interval is not None:
        if strip.interval.low is not None and strip.interval.high is not None:
            axes.plot(
                [strip.interval.low, strip.interval.high],
                [height, height],
                color=color,
                lw=2.4,
                zorder=3,
            )
        axes.scatter([strip.interval.estimate], [height], s=60, color=color, marker="D", zorder=4)
    if strip.published is not None:
        axes.scatter([strip.published], [height], s=90, color=style.ORANGE, marker="|", lw=3, zorder=5)


def finish_axes(axes: Axes, labels: Sequence[str], xlabel: str) -> None:
    """Write the labels of the strips, first strip on top, and the label of the x axis."""
    axes.set_yticks(range(len(labels)), shorten_distinctly(labels, _MAX_LABEL_LENGTH), size=10)
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.set_xlabel(xlabel)
    axes.margins(x=0.06)
    axes.grid(visible=False, axis="y")


def count_marked_failed(values: Sequence[float], floor: float | None, num_failed: int) -> int:
    """Return how many of the lowest values are marked as failed runs.

    It is `num_failed` if value number `num_failed` of the rising values is the floor, else 0.
    """
    return num_failed if num_failed and floor is not None and values[num_failed - 1] == floor else 0
