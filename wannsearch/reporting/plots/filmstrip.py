"""A filmstrip: frames of one held-out episode of the best network, at even distances in time.

A frame draws the shapes of `best/frames.json` in their order, to scale. Frames are read row by row. The
numbers of columns and rows are those that give the picture the shape of the other plots, whatever the shape
of a frame.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.core.tasks.scene import Circle, ColorRole, Line, Scene, Shape
from wannsearch.records.episode_files import Frame, RecordedFrames
from wannsearch.records.plot_data import RunLabel
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROLE_COLORS = {
    ColorRole.GROUND: style.GRAY,
    ColorRole.BODY: style.BLUE,
    ColorRole.ACCENT: style.ORANGE,
    ColorRole.SECOND_ACCENT: style.GREEN,
    ColorRole.LIMIT: style.VERMILION,
    ColorRole.TEXT: style.INK,
}
"""Map from the role of a shape to its color in all pictures."""

_WIDTH_IN = 9.0
_MARGIN_IN, _GAP_IN = 0.15, 0.12
_PICTURE_ASPECT = style.PLOT_IN[0] / style.PLOT_IN[1]
_HEADER_GAP_IN = 0.04
_MAX_ASPECT = 5.0  # width by height of a frame, or height by width; a longer scene leaves its frame empty
_FAR = 100.0  # widths of the frame; a line that ends farther away is cut there, or its numbers may overflow
_POINTS_PER_IN = 72.0


def draw_filmstrip(recorded: RecordedFrames | None, run_label: RunLabel) -> style.Picture | None:
    """Draw all frames of an episode, each with the number of its step; return None for a run without frames.

    The header names the weight and the return.
    """
    if recorded is None:
        return None
    aspect = min(_MAX_ASPECT, max(1 / _MAX_ASPECT, _aspect(recorded.frames[0].scene)))
    num_frames = len(recorded.frames)
    columns = choose_columns(num_frames, aspect)
    rows = math.ceil(num_frames / columns)
    frame_width = (_WIDTH_IN - 2 * _MARGIN_IN - (columns - 1) * _GAP_IN) / columns
    frame_height = frame_width / aspect
    remarks = list_remarks(recorded)
    header = max(style.header_height_in(run_label, *remarks) + _HEADER_GAP_IN, _MARGIN_IN)
    height = header + rows * frame_height + (rows - 1) * _GAP_IN + _MARGIN_IN

    def fill(figure: Figure) -> None:
        for index, frame in enumerate(recorded.frames):
            row, column = divmod(index, columns)
            left = _MARGIN_IN + column * (frame_width + _GAP_IN)
            bottom = height - header - (row + 1) * frame_height - row * _GAP_IN
            axes = figure.add_axes(
                (left / _WIDTH_IN, bottom / height, frame_width / _WIDTH_IN, frame_height / height)
            )
            _draw_frame(axes, frame, frame_width, frame_height)
        title = "An episode of the best network"
        style.draw_header(figure, run_label, title, *remarks)

    return style.render(fill, (_WIDTH_IN, height))


def _aspect(scene: Scene) -> float:
    (left, right), (bottom, top) = scene.x_range, scene.y_range
    return (right - left) / (top - bottom)


def choose_columns(num_frames: int, aspect: float) -> int:
    """Return the divisor of the number of frames for which the picture has most nearly the common shape."""
    divisors = [number for number in range(1, num_frames + 1) if num_frames % number == 0]
    return min(
        divisors, key=lambda columns: abs(math.log(columns**2 / num_frames * aspect / _PICTURE_ASPECT))
    )


def list_remarks(recorded: RecordedFrames) -> tuple[str, ...]:
    """Return the remarks of the header: the length of the episode, the weight and the return.

    The return of the evaluator of the search is added where it looks different.
    """
    weight = "own weights" if recorded.weight == "own" else f"shared weight {recorded.weight}"
    score, evaluator_score = map(style.format_score, (recorded.episode_return, recorded.evaluator_return))
    score_text = f"{style.one_line(recorded.score_name)} {score}"
    if not recorded.whole_episode:
        extent = f"first {recorded.steps:,} steps of a held-out episode"
        return extent, weight, f"{score_text} so far, {evaluator_score} in all"
    if score != evaluator_score:
        score_text += f" ({evaluator_score} by the evaluator of the search)"
    return f"held-out episode of {recorded.steps:,} steps", weight, score_text


def _draw_frame(axes: Axes, frame: Frame, width_in: float, height_in: float) -> None:
    scene = frame.scene
    (left, right), (bottom, top) = scene.x_range, scene.y_range
    scale = min(width_in / (right - left), height_in / (top - bottom))  # inches in a unit of the scene
    axes.set(xlim=scene.x_range, ylim=scene.y_range, aspect="equal", xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set(visible=True, color=style.PALE)
    for shape in scene.shapes:
        _draw_shape(axes, shape, scene, scale)
    axes.text(
        0.98, 0.96, f"step {frame.step:,}", ha="right", va="top", size=9, color=style.GRAY,
        transform=axes.transAxes,
    )  # fmt: skip


def _draw_shape(axes: Axes, shape: Shape, scene: Scene, scale: float) -> None:
    from matplotlib.patches import Circle as CirclePatch

    color = ROLE_COLORS[shape.color]
    if isinstance(shape, Line):
        x, y = _limit_distance(np.array(shape.points), scene).T
        width = min(shape.width, _FAR / scale) * scale * _POINTS_PER_IN
        axes.plot(x, y, color=color, lw=width, solid_capstyle="butt", solid_joinstyle="round")
    elif isinstance(shape, Circle):
        center = _limit_distance(np.array([shape.center]), scene)[0]
        axes.add_patch(CirclePatch(center, min(shape.radius, _FAR / scale), fc=color, ec="none", zorder=2))
    else:
        x, y = _limit_distance(np.array([shape.position]), scene)[0]
        axes.text(x, y, style.one_line(shape.text), color=color, size=9, clip_on=True, zorder=2)


def _limit_distance(points: FloatArray, scene: Scene) -> FloatArray:
    """Move points (n, 2) that are far outside of the frame to its neighborhood."""
    limits = np.array([scene.x_range, scene.y_range])  # (2, 2) axis, end
    far = _FAR * (limits[:, 1] - limits[:, 0])
    near: FloatArray = np.clip(points, limits[:, 0] - far, limits[:, 1] + far)
    return near
