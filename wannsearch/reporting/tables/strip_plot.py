"""Every run of every group as a dot, and the interquartile mean with its interval: few runs, all shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.records.reader import Origin
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_STRIPS = 40
_STRIP_IN = 0.46
_FRAME_IN = 1.0
_HEAD_IN = 0.9
_SPREAD = 0.22
_WIDE_IN = 9.0
_LONGEST_LABEL = 46


@dataclass(frozen=True)
class Strip:
    """One row of the plot: values rising, of which the first `failed` are failed runs at the floor."""

    label: str
    values: Sequence[float]
    failed: int
    found: Interval | None  # None where there is no run
    published: float | None = None


def draw(
    panels: Mapping[str, Sequence[Strip]], title: str, xlabels: Mapping[str, str], *more: str
) -> style.Picture:
    """A panel under each heading, since scores of two tasks share no axis; at most MOST_STRIPS in all."""
    shown: dict[str, Sequence[Strip]] = {}
    left = MOST_STRIPS
    for heading, strips in panels.items():
        if left > 0:
            shown[heading] = strips[:left]
        left -= len(strips)
    said = (*more, f"{-left} more are in the table") if left < 0 else more
    rows = [max(len(strips), 1) for strips in shown.values()]

    def fill(figure: Figure) -> None:
        frames = figure.subplots(len(shown), 1, squeeze=False, height_ratios=[1 + row for row in rows])
        for (heading, strips), axes in zip(shown.items(), frames[:, 0], strict=True):
            for place, strip in enumerate(strips):
                one(axes, strip, place)
            finish(axes, [strip.label for strip in strips], xlabels[heading])
            axes.set_title(style.plain(heading, _LONGEST_LABEL), loc="left", size=11)
        style.headed(figure, Origin(), title, *said)

    return style.rendered(fill, (_WIDE_IN, _HEAD_IN + sum(_FRAME_IN + _STRIP_IN * row for row in rows)))


def one(axes: Axes, strip: Strip, place: int) -> None:
    """A strip at this height."""
    values = np.asarray(strip.values, float)
    # A fixed pattern, not chance: dots of equal scores lie beside one another.
    heights = place + _SPREAD * (((np.arange(len(values)) * 0.618034) % 1) * 2 - 1)
    sound = np.arange(len(values)) >= strip.failed
    axes.scatter(values[sound], heights[sound], s=22, color=style.SKY, edgecolors="none", alpha=0.8, zorder=2)
    axes.scatter(values[~sound], heights[~sound], s=30, color=style.VERMILION, marker="x", zorder=2)
    if strip.found is not None:
        if strip.found.low is not None and strip.found.high is not None:
            axes.plot([strip.found.low, strip.found.high], [place, place], color=style.BLUE, lw=2.4, zorder=3)
        axes.scatter([strip.found.estimate], [place], s=60, color=style.BLUE, marker="D", zorder=4)
    if strip.published is not None:
        axes.scatter([strip.published], [place], s=90, color=style.ORANGE, marker="|", lw=3, zorder=5)


def finish(axes: Axes, labels: Sequence[str], xlabel: str) -> None:
    """Names at the left, first row on top, and a legend of what was used."""
    axes.set_yticks(range(len(labels)), [style.plain(label, _LONGEST_LABEL) for label in labels])
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.set_xlabel(xlabel)
    axes.margins(x=0.06)
    axes.grid(visible=False, axis="y")


def lowest_failed(values: Sequence[float], floor: float | None, failed: int) -> int:
    """How many of the rising values to mark as failed: those at the floor, if they are the lowest."""
    return failed if failed and floor is not None and values[failed - 1] == floor else 0
