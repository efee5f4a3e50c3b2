"""Strip plots: every run of every group as a dot, and the interquartile mean with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_STRIPS = 40
_STRIP_IN = 0.46
_FRAME_IN = 1.0
_HEADER_IN = 0.9
_JITTER = 0.22
_WIDTH_IN = 9.0
_MAX_LABEL_LENGTH = 46


@dataclass(frozen=True)
class Strip:
    """One row of the plot; its values rise, and the first `num_failed` are failed runs at the floor."""

    label: str
    values: Sequence[float]
    num_failed: int
    interval: Interval | None  # None where there is no run
    published: float | None = None


def draw_strip_plot(
    panels: Mapping[str, Sequence[Strip]], title: str, xlabels: Mapping[str, str], *remarks: str
) -> style.Picture:
    """Draw a panel with an x axis of its own for each heading, with at most `MAX_STRIPS` rows in all.

    The number of rows left out stands in the header. `xlabels` has a label for each heading; there must be at
    least one panel.
    """
    drawn_panels: dict[str, Sequence[Strip]] = {}
    num_left = MAX_STRIPS
    for heading, strips in panels.items():
        if num_left > 0:
            drawn_panels[heading] = strips[:num_left]
        num_left -= len(strips)
    all_remarks = (*remarks, f"{-num_left} more are in the table") if num_left < 0 else remarks
    rows = [max(len(strips), 1) for strips in drawn_panels.values()]

    def fill(figure: Figure) -> None:
        frames = figure.subplots(len(drawn_panels), 1, squeeze=False, height_ratios=[1 + row for row in rows])
        for (heading, strips), axes in zip(drawn_panels.items(), frames[:, 0], strict=True):
            for position, strip in enumerate(strips):
                draw_strip(axes, strip, position)
            finish_axes(axes, [strip.label for strip in strips], xlabels[heading])
            axes.set_title(style.one_line(heading, _MAX_LABEL_LENGTH), loc="left", size=11)
        style.add_header(figure, RunLabel(), title, *all_remarks)

    return style.render(fill, (_WIDTH_IN, _HEADER_IN + sum(_FRAME_IN + _STRIP_IN * row for row in rows)))


def draw_strip(axes: Axes, strip: Strip, height: int) -> None:
    """Draw a strip at this height: runs as dots or, failed, as crosses, interval and published value."""
    values = np.asarray(strip.values, float)
    # The offsets are a fixed pattern, so that the same runs give the same bytes.
    heights = height + _JITTER * (((np.arange(len(values)) * 0.618034) % 1) * 2 - 1)
    is_valid = np.arange(len(values)) >= strip.num_failed
    axes.scatter(
        values[is_valid], heights[is_valid], s=22, color=style.SKY, edgecolors="none", alpha=0.8, zorder=2
    )
    axes.scatter(values[~is_valid], heights[~is_valid], s=30, color=style.VERMILION, marker="x", zorder=2)
    if strip.interval is not None:
        if strip.interval.low is not None and strip.interval.high is not None:
            axes.plot(
                [strip.interval.low, strip.interval.high],
                [height, height],
                color=style.BLUE,
                lw=2.4,
                zorder=3,
            )
        axes.scatter([strip.interval.estimate], [height], s=60, color=style.BLUE, marker="D", zorder=4)
    if strip.published is not None:
        axes.scatter([strip.published], [height], s=90, color=style.ORANGE, marker="|", lw=3, zorder=5)


def finish_axes(axes: Axes, labels: Sequence[str], xlabel: str) -> None:
    """Write the labels of the strips, first strip on top, and the label of the x axis."""
    axes.set_yticks(range(len(labels)), [style.one_line(label, _MAX_LABEL_LENGTH) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.set_xlabel(xlabel)
    axes.margins(x=0.06)
    axes.grid(visible=False, axis="y")


def count_marked_failed(values: Sequence[float], floor: float | None, num_failed: int) -> int:
    """Return how many of the lowest values are marked as failed runs.

    It is `num_failed` if value number `num_failed` of the rising values is the floor, else 0.
    """
    return num_failed if num_failed and floor is not None and values[num_failed - 1] == floor else 0
