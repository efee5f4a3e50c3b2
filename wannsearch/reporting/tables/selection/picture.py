"""The picture of rules: every run as a dot, interquartile means, and published networks as lines.

A panel is one task, since two tasks share no axis. The interval stands as numbers beside each rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.interval import bootstrap_interval
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import format_with_interval
from wannsearch.reporting.tables.selection.blocks import RuleLine, TaskBlock

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_IN = 10.0
_HEADER_IN = 1.0
_LEGEND_IN = 0.4
_FRAME_IN = 1.0
_ROW_IN = 0.46
_MAX_HEADING_LENGTH = 80
_LINE_STYLES = ("--", ":", "-.")


def draw_blocks(blocks: Sequence[TaskBlock], title: str) -> style.Picture:
    """Draw a panel for each task, with at most `MAX_STRIPS` lines in all; the header counts the others."""
    panels: list[tuple[TaskBlock, Sequence[RuleLine]]] = []
    num_left = strip_plot.MAX_STRIPS
    for block in blocks:
        if num_left > 0:
            panels.append((block, block.lines[:num_left]))
        num_left -= len(block.lines)
    remarks = [f"{-num_left} more are in the table"] if num_left < 0 else []
    heights = [_FRAME_IN + _ROW_IN * len(lines) for _, lines in panels]

    def fill(figure: Figure) -> None:
        axes_of_panels = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (block, lines) in zip(axes_of_panels, panels, strict=True):
            _draw_block(axes, block, lines)
        _draw_legend(figure, [block for block, _ in panels])
        style.add_header(figure, RunLabel(), title, *remarks)

    return style.render(fill, (_WIDTH_IN, _HEADER_IN + _LEGEND_IN + sum(heights)))


def _draw_block(axes: Axes, block: TaskBlock, lines: Sequence[RuleLine]) -> None:
    for row, line in enumerate(lines):
        sample = line.group.scores
        values = sample.scores.tolist()
        interval = bootstrap_interval(sample)
        num_failed = strip_plot.count_marked_failed(values, line.group.floor, sample.num_failed)
        strip_plot.draw_strip(axes, strip_plot.Strip(line.label, values, num_failed, interval), row)
        axes.annotate(
            f"{format_with_interval(interval)}\nn = {sample.n}",
            (1.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            size=10,
        )
    for network, line_style in zip(block.published, _LINE_STYLES, strict=False):
        if network.shared_weights is not None:
            axes.axvline(network.shared_weights, color=style.ORANGE, lw=2, ls=line_style, zorder=1)
    strip_plot.finish_axes(axes, [line.label for line in lines], f"held-out {block.unit}, one dot a run")
    axes.set_title(style.one_line(block.name, _MAX_HEADING_LENGTH), loc="left", size=11)


def _draw_legend(figure: Figure, blocks: Sequence[TaskBlock]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker="o", ms=5, color=style.SKY, label="a run"),
        Line2D([], [], marker="D", ms=7, color=style.BLUE, label="interquartile mean with its 95 % interval"),
    ]
    if any(line.group.num_failed for block in blocks for line in block.lines):
        handles.insert(
            1, Line2D([], [], ls="", marker="x", ms=6, color=style.VERMILION, label="a failed run")
        )
    for block in blocks:
        for network, line_style in zip(block.published, _LINE_STYLES, strict=False):
            if network.shared_weights is not None:
                label = style.one_line(f"{network.label}: {network.shared_weights:g}", 46)
                handles.append(Line2D([], [], color=style.ORANGE, lw=2, ls=line_style, label=label))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=9)
