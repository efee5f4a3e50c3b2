"""The drawing of a network: inputs left, outputs right, every node with its activation.

An edge always runs from left to right. The color of a node repeats the name inside it, so the drawing is
readable without color. Where each edge has its own weight, blue is positive, vermilion is negative, and the
width grows with the magnitude. Where all edges share one weight, they are drawn alike. A node that reaches no
output has no effect and is drawn faintly. An input without connections is hollow; in a network with many
inputs it is left out and counted. Inputs that are the pixels of an image are one node with the picture of the
pixels beside it (`pixel_grid`), and its edges to a node are drawn as one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.records.plot_data import DrawnNetwork, RunLabel
from wannsearch.reporting.plots import layered_layout, style
from wannsearch.reporting.plots.pixel_grid import PixelGrid, collect_pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

NODE_COLORS = {
    "linear": "#CFCFCF",
    "step": style.YELLOW,
    "sin": style.SKY,
    "gaussian": style.ORANGE,
    "tanh": style.GREEN,
    "sigmoid": "#8FD6C1",
    "inverse": style.VERMILION,
    "absolute": style.PURPLE,
    "relu": "#EBC8DA",
    "cosine": style.BLUE,
    "squared": "#4D4D4D",
    "steep_sigmoid": "#B0A160",
}
"""Map from activation to the color of its nodes."""

_DARK_COLORS = {style.BLUE, "#4D4D4D", style.GREEN, style.VERMILION}  # letters on these are white

LAYER_IN, DEEP_LAYER_IN, NODE_IN, RADIUS_IN = 1.05, 0.85, 0.6, 0.25
_MIN_DEEP_LAYERS = 12  # more layers are drawn closer together
MAX_INPUTS_DRAWN = 24  # with more of them, the unused ones are counted instead of drawn
_LEFT_IN, _RIGHT_IN, _GAP_IN = 0.4, 0.6, 0.25
_NAME_SIZE, _NODE_SIZE, _LEGEND_SIZE = 11.0, 6.7, 11.0  # points
_LEGEND_ROW_IN, _LEGEND_HANDLE_IN, _LEGEND_GAP_IN = 0.3, 0.35, 0.25
_LEGEND_LEFT_IN = 0.25
_MIN_WIDTH_IN = 6.0
_MIN_ASPECT_RATIO = 0.8  # width by height; with many inputs all edges would be steep
_FAINT_ALPHA = 0.28


@dataclass(frozen=True)
class _LegendEntry:
    label: str
    line_style: dict[str, Any]
    x: float  # inches from the left
    row: int


def draw_network(
    network: DrawnNetwork, run_label: RunLabel, heading: str = "Best network", *remarks: str
) -> style.Picture:
    """Draw the network with a legend of its activations; the size of the drawing grows with the network.

    `heading` begins the title, which adds the numbers of nodes and connections; `remarks` stand below it.
    Colors and widths show the weights only where the label has `own_weights`. Every activation of a hidden
    node or an output must be a key of `NODE_COLORS`.
    """
    num_hidden, num_connections = network.roles.count("hidden"), len(network.edges)
    title = (
        f"{heading}: {_format_count(num_hidden, 'hidden node')}, "
        f"{_format_count(num_connections, 'connection')}"
    )
    grid = collect_pixels(network)
    drawn_network, num_left_out = _drop_unused_inputs(network) if grid is None else (grid.network, 0)
    live = drawn_network.find_live_nodes()
    unused = f"{num_left_out:,} unused inputs not drawn" if num_left_out else ""
    remarks = (*remarks, _faint_remark(drawn_network, live), unused if grid is None else grid.remark)
    edge_styles = _style_edges(drawn_network, run_label.own_weights, grid)
    layout = layered_layout.layout_network(drawn_network)
    depth = float(layout.x.max())
    max_y = max([1.0, float(layout.y.max()), *(float(route[:, 1].max()) for route in layout.routes)])
    input_in, output_in = (_max_name_width_in(drawn_network, roles) for roles in (_PORT_ROLES, ("output",)))
    left, right = _LEFT_IN + input_in, _RIGHT_IN + output_in
    if grid is not None:
        left, right = left + grid.width_in, right + grid.output_width_in
    layer_in = LAYER_IN if depth <= _MIN_DEEP_LAYERS else DEEP_LAYER_IN
    width = max(_MIN_WIDTH_IN, left + depth * layer_in + right, _MIN_ASPECT_RATIO * max_y * NODE_IN)
    legend = _place_legend(_legend_entries(drawn_network, edge_styles), width)
    bottom = _GAP_IN + _LEGEND_ROW_IN * (1 + legend[-1].row)
    nodes_in = max_y * NODE_IN + 2 * RADIUS_IN
    body_in = max(nodes_in, 0.0 if grid is None else grid.height_in)
    top = style.header_height_in(run_label, *remarks) + _GAP_IN
    height = top + body_in + bottom
    first_y = height - top - (body_in - nodes_in) / 2 - RADIUS_IN  # of the highest nodes
    step = (width - left - right) / depth

    def to_canvas(points: FloatArray) -> FloatArray:
        return np.column_stack([left + points[:, 0] * step, first_y - points[:, 1] * NODE_IN])

    def fill(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        style.draw_header(figure, run_label, title, *remarks)
        centers = to_canvas(np.column_stack([layout.x, layout.y]))
        if grid is not None:
            middle = height - top - body_in / 2
            grid.draw(axes, _LEGEND_LEFT_IN, middle, centers[grid.image_node])
            for node, (_, y) in enumerate(centers):
                grid.draw_output(axes, node, width - _LEFT_IN / 2 - grid.output_width_in, y)
        routes = [to_canvas(route) for route in layout.routes]
        _draw_edges(axes, drawn_network, routes, live, edge_styles)
        _draw_nodes(axes, drawn_network, centers, live)
        for entry in legend:
            x, y = entry.x + 0.1, bottom - _GAP_IN - _LEGEND_ROW_IN * (entry.row + 0.5) + 0.1
            axes.plot([x - 0.1, x, x + 0.1], [y, y, y], **entry.line_style)
            axes.text(x + 0.18, y, entry.label, va="center_baseline", size=_LEGEND_SIZE)

    return style.render(fill, (width, height))


_PORT_ROLES = ("bias", "input")


def _max_name_width_in(network: DrawnNetwork, roles: Sequence[str]) -> float:
    names = [name for name, role in zip(network.names, network.roles, strict=True) if role in roles]
    return max((style.text_width_in(style.one_line(name, 20), _NAME_SIZE) for name in names), default=0.0)


def _format_count(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def _drop_unused_inputs(network: DrawnNetwork) -> tuple[DrawnNetwork, int]:
    """Remove the unconnected inputs of a network with many inputs; return it and the number removed."""
    sources = {source for source, _ in network.edges}
    if network.roles.count("input") <= MAX_INPUTS_DRAWN:
        return network, 0
    nodes = [i for i, role in enumerate(network.roles) if role != "input" or i in sources]
    return network.take(nodes), len(network.roles) - len(nodes)


def _style_edges(network: DrawnNetwork, own_weights: bool, grid: PixelGrid | None) -> list[tuple[str, float]]:
    """Return color and width of each edge; one that stands for pixels is the wider the more there are."""
    num_pixels = np.zeros(len(network.edges), int) if grid is None else grid.edge_pixels
    max_pixels = max(1, num_pixels.max(initial=0))
    largest = max((abs(w) for w, n in zip(network.weights, num_pixels, strict=True) if not n), default=0) or 1
    styles = []
    for weight, count in zip(network.weights, num_pixels.tolist(), strict=True):
        if count:
            styles.append((style.GRAY, 0.8 + 2.2 * count / max_pixels))
        elif own_weights:
            color = style.BLUE if weight >= 0 else style.VERMILION
            styles.append((color, 0.5 + 2.5 * abs(weight) / largest))
        else:
            styles.append((style.GRAY, 1.1))
    return styles


def _draw_edges(
    axes: Axes,
    network: DrawnNetwork,
    routes: list[FloatArray],
    live: set[int],
    edge_styles: list[tuple[str, float]],
) -> None:
    from matplotlib.patches import PathPatch

    for (_, target), (color, width), route in zip(network.edges, edge_styles, routes, strict=True):
        alpha = 0.75 if target in live else _FAINT_ALPHA
        axes.add_patch(
            PathPatch(_smooth_path(route), fill=False, ec=color, lw=width, alpha=alpha, capstyle="round")
        )


def _smooth_path(route: FloatArray) -> Path:
    """Return a smooth line through all points without overshoot: a cubic Hermite spline.

    Slopes are those of Fritsch and Butland (1984) for points at equal distances in x. They are 0 at both
    ends and at every turn, and elsewhere the harmonic mean of both neighboring slopes.
    """
    from matplotlib.path import Path

    (x, y), slope = route.T, np.zeros(len(route))
    rise = np.diff(y) / np.diff(x)
    product = rise[1:] * rise[:-1]
    is_monotone = product > 0
    slope[1:-1][is_monotone] = 2 * product[is_monotone] / (rise[1:] + rise[:-1])[is_monotone]
    points, third = [route[0]], np.diff(x) / 3
    for i in range(len(route) - 1):
        points.append(np.array([x[i] + third[i], y[i] + slope[i] * third[i]]))
        points.append(np.array([x[i + 1] - third[i], y[i + 1] - slope[i + 1] * third[i]]))
        points.append(route[i + 1])
    return Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))


def _draw_nodes(axes: Axes, network: DrawnNetwork, centers: FloatArray, live: set[int]) -> None:
    from matplotlib.patches import Circle

    sources = {source for source, _ in network.edges}
    for node, role in enumerate(network.roles):
        (x, y), name = centers[node], style.one_line(network.names[node], 20)
        is_port, is_hollow = role in ("bias", "input"), node not in sources
        alpha = 1.0 if node in live or (is_port and is_hollow) else _FAINT_ALPHA
        patch_style: dict[str, Any] = {
            "radius": RADIUS_IN * (0.5 if is_port else 1.0),
            "lw": 1.0,
            "zorder": 3,
        }
        axes.add_patch(Circle((x, y), fc=style.PAPER, ec="none", **patch_style))  # faint is still opaque
        patch_style |= {"alpha": alpha, "zorder": 4}
        if is_port:
            face, line = (style.PAPER, ":") if is_hollow else (style.INK, "-")
            axes.add_patch(Circle((x, y), fc=face, ec=style.INK, ls=line, **patch_style))
            axes.text(
                x - 0.2,
                y,
                name,
                ha="right",
                va="center_baseline",
                size=_NAME_SIZE,
                color=style.GRAY if is_hollow else style.INK,
            )
            continue
        activation = network.activations[node]
        color = NODE_COLORS[activation]
        patch_style["lw"] = 2.2 if role == "output" else 0.8
        axes.add_patch(Circle((x, y), fc=color, ec=style.INK, **patch_style))
        ink = style.PAPER if color in _DARK_COLORS else style.INK
        if alpha < 1:
            ink = style.GRAY
        words = activation.replace("_", "\n")
        axes.text(
            x, y, words, ha="center", va="center", size=_NODE_SIZE, color=ink, zorder=5, linespacing=0.95
        )
        if role == "output":
            axes.text(x + RADIUS_IN + 0.1, y, name, va="center_baseline", size=_NAME_SIZE)


def _faint_remark(network: DrawnNetwork, live: set[int]) -> str:
    has_faint = any(node not in live for node, role in enumerate(network.roles) if role == "hidden")
    return "faint: reaches no output" if has_faint else ""


def _legend_entries(
    network: DrawnNetwork, edge_styles: list[tuple[str, float]]
) -> list[tuple[str, dict[str, Any]]]:
    """Return (label, line style) pairs: activations with their number of nodes, then signs of own weights."""
    activations = [
        name
        for name, role in zip(network.activations, network.roles, strict=True)
        if role in ("hidden", "output")
    ]
    count = Counter(activations)
    dot_style: dict[str, Any] = {
        "marker": "o",
        "ms": 10,
        "markevery": [1],
        "mec": style.INK,
        "mew": 0.6,
        "ls": "",
    }
    entries = [
        (f"{name.replace('_', ' ')} ({count[name]:,})", dot_style | {"color": NODE_COLORS[name]})
        for name in NODE_COLORS
        if name in count
    ]
    if any(color != style.GRAY for color, _ in edge_styles):
        entries += [("weight > 0", {"color": style.BLUE, "lw": 2.5, "ls": "-"})]
        entries += [("weight < 0", {"color": style.VERMILION, "lw": 2.5, "ls": "-"})]
    return entries


def _place_legend(entries: list[tuple[str, dict[str, Any]]], width_in: float) -> list[_LegendEntry]:
    """Give each entry a place, as words in lines: as many side by side as the width holds."""
    placed, x, row = [], _LEGEND_LEFT_IN, 0
    for label, line_style in entries:
        entry_in = _LEGEND_HANDLE_IN + style.text_width_in(label, _LEGEND_SIZE)
        if x > _LEGEND_LEFT_IN and x + entry_in > width_in - _LEGEND_LEFT_IN:
            x, row = _LEGEND_LEFT_IN, row + 1
        placed.append(_LegendEntry(label, line_style, x, row))
        x += entry_in + _LEGEND_GAP_IN
    return placed
