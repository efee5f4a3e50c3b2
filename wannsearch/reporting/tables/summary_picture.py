"""The picture of settings by score: every run as a dot, and beneath it the mean of each value of each key.

On the left are the search scores, which order the rows; on the right the held-out scores of the same rows.
The settings that may be the best are drawn in color, those that are worse in gray.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style
from wannsearch.reporting.statistics.best_subset import LEVEL
from wannsearch.reporting.statistics.interval import Interval, bootstrap_interval
from wannsearch.reporting.statistics.key_effects import KeyEffect
from wannsearch.reporting.statistics.sample import Sample
from wannsearch.reporting.tables import strip_plot
from wannsearch.reporting.tables.document import format_number
from wannsearch.reporting.tables.swept_keys import shorten_distinctly
from wannsearch.reporting.tables.task_ranking import DIGITS, WORSE, TaskRanking

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

MAX_ROWS = 40
_WIDTH_IN = 10.0
_HEADER_IN = 1.0
_FRAME_IN = 1.0
_ROW_IN = 0.34
_KEYS_IN = 2.7
_MAX_HEADING_LENGTH = 80
_MAX_LABEL_LENGTH = 50
_MAX_BEST_LENGTH = 60
_MAX_TICK_LENGTH = 10
_MAX_KEYS = 4


def draw_rankings(rankings: Sequence[TaskRanking], title: str) -> style.Picture:
    """Draw the settings of each task, at most `MAX_ROWS` in all; the header counts the others.

    There is at least one ranking. A task with effects of keys gets a row of panels for the first four.
    """
    drawn: list[tuple[TaskRanking, int]] = []
    num_left = MAX_ROWS
    for ranking in rankings:
        if num_left > 0:
            drawn.append((ranking, min(num_left, len(ranking.groups))))
        num_left -= len(ranking.groups)
    remarks = [f"{-num_left} more are in the table"] if num_left < 0 else []
    if any(ranking.subset is not None for ranking, _ in drawn):
        remarks.insert(0, "blue: not distinguishable from the best; gray: worse")
    if len(rankings) == 1 and rankings[0].subset is not None:
        remarks.insert(0, f"best: {style.one_line(rankings[0].describe_setting(0), _MAX_BEST_LENGTH)}")
    heights = [height for ranking, rows in drawn for height in _panel_heights(ranking, rows)]

    def fill(figure: Figure) -> None:
        grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
        place = 0
        for ranking, num_rows in drawn:
            _draw_strips(grid[place], ranking, num_rows)
            place += 1
            if ranking.effects:
                _draw_effects(grid[place], ranking)
                place += 1
        _draw_legend(figure)
        style.add_header(figure, RunLabel(), title, *remarks)

    return style.render(fill, (_WIDTH_IN, _HEADER_IN + sum(heights)))


def _panel_heights(ranking: TaskRanking, num_rows: int) -> list[float]:
    return [_FRAME_IN + _ROW_IN * num_rows, *([_KEYS_IN] if ranking.effects else [])]


def _draw_strips(cell: SubplotSpec, ranking: TaskRanking, num_rows: int) -> None:
    """Draw search scores and held-out scores of the first rows side by side."""
    left, right = cell.subgridspec(1, 2).subplots(sharey=True, squeeze=False)[0]
    for row, group in enumerate(ranking.groups[:num_rows]):
        is_muted = ranking.verdict(row) == WORSE
        if row < len(ranking.samples):
            sample = ranking.samples[row]
            strip = _build_strip(sample, group.floor, bootstrap_interval(sample, "mean"), is_muted)
            strip_plot.draw_strip(left, strip, row)
        held_out = _build_strip(group.scores, group.floor, bootstrap_interval(group.scores), is_muted)
        strip_plot.draw_strip(right, held_out, row)
    labels = _label_rows(ranking, num_rows)
    first = ranking.groups[0]
    strip_plot.finish_axes(left, labels, f"search score, {first.search_unit}")
    strip_plot.finish_axes(right, labels, f"held-out score, {first.unit}")
    right.tick_params(labelleft=False)
    left.set_title(style.one_line(ranking.heading, _MAX_HEADING_LENGTH), loc="left", size=11)


def _label_rows(ranking: TaskRanking, num_rows: int) -> list[str]:
    """Return the settings of the rows; where one is too long to stand beside a panel, the rows' numbers."""
    settings = [ranking.describe_setting(row) for row in range(num_rows)]
    if max(map(len, settings)) <= _MAX_LABEL_LENGTH:
        return settings
    return [f"row {row + 1} of the table" for row in range(num_rows)]


def _build_strip(sample: Sample, floor: float | None, interval: Interval, is_muted: bool) -> strip_plot.Strip:
    values = sample.scores.tolist()
    num_failed = strip_plot.count_marked_failed(values, floor, sample.num_failed)
    return strip_plot.Strip("", values, num_failed, interval, is_muted=is_muted)


def _draw_effects(cell: SubplotSpec, ranking: TaskRanking) -> None:
    """Draw a panel for each key, all with one axis of scores; the first key matters most."""
    effects = ranking.effects[:_MAX_KEYS]
    panels = cell.subgridspec(1, len(effects)).subplots(sharey=True, squeeze=False)[0]
    for axes, effect in zip(panels, effects, strict=True):
        _draw_effect(axes, ranking, effect)
    panels[0].set_ylabel(f"mean {style.one_line(ranking.groups[0].search_unit, 24)}")


def _draw_effect(axes: Axes, ranking: TaskRanking, effect: KeyEffect) -> None:
    key = ranking.keys[effect.key]
    estimates = [mean.estimate for mean in effect.means]
    axes.plot(range(len(estimates)), estimates, color=style.SKY, lw=1.2, zorder=2)
    for level, mean in enumerate(effect.means):
        if mean.low is not None and mean.high is not None:
            axes.plot([level, level], [mean.low, mean.high], color=style.BLUE, lw=2.4, zorder=3)
    axes.scatter(range(len(estimates)), estimates, s=60, color=style.BLUE, marker="D", zorder=4)
    axes.set_xticks(range(len(estimates)), shorten_distinctly(key.level_texts, _MAX_TICK_LENGTH))
    axes.set_xlim(-0.5, len(estimates) - 0.5)
    chance = " (may be chance)" if effect.p_holm >= LEVEL else ""
    title = [
        style.one_line(key.name, 24),
        f"means up to {format_number(effect.spread, DIGITS)} apart",
        f"p = {effect.p_holm:.2g}{chance}",
    ]
    axes.set_title("\n".join(title), loc="left", size=10)
    axes.grid(visible=False, axis="x")


def _draw_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker="o", ms=5, color=style.SKY, label="a run"),
        Line2D([], [], ls="", marker="x", ms=6, color=style.VERMILION, label="a failed run"),
        Line2D(
            [], [], marker="D", ms=7, color=style.BLUE,
            label="mean (held-out: interquartile mean) with its 95 % interval",
        ),
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=9)
