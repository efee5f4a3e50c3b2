"""The drawing of a network: inputs left, outputs right, every node with its activation.

An edge always runs from left to right. The color of a node repeats the short name inside it, so the drawing
is readable without color. Where each edge has its own weight, blue is positive, vermilion is negative, and
the width grows with the magnitude. Where all edges share one weight, they are drawn alike. A node that
reaches no output has no effect and is drawn faintly. An input without connections is hollow; in a network
with many inputs it is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.core.arrays import FloatArray
from wannsearch.records.plot_data import DrawnNetwork, RunLabel
from wannsearch.reporting.plots import layered_layout, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

NODE_STYLES = {
    "linear": ("lin", "#CFCFCF"),
    "step": ("step", style.YELLOW),
    "sin": ("sin", style.SKY),
    "gaussian": ("gaus", style.ORANGE),
    "tanh": ("tanh", style.GREEN),
    "sigmoid": ("sigm", "#8FD6C1"),
    "inverse": ("inv", style.VERMILION),
    "absolute": ("abs", style.PURPLE),
    "relu": ("relu", "#EBC8DA"),
    "cosine": ("cos", style.BLUE),
    "squared": ("sqr", "#4D4D4D"),
    "steep_sigmoid": ("ssig", "#B0A160"),
}
"""Map from activation to the short name in a node and its color."""

_DARK_COLORS = {style.BLUE, "#4D4D4D", style.GREEN, style.VERMILION}  # letters on these are white

LAYER_IN, DEEP_LAYER_IN, NODE_IN, RADIUS_IN = 1.0, 0.8, 0.56, 0.23
_MIN_DEEP_LAYERS = 12  # more layers are drawn closer together
MAX_INPUTS_DRAWN = 24  # with more of them, the unused ones are counted instead of drawn
_LEFT_IN, _RIGHT_IN, _TOP_IN, _LEGEND_ROW_IN, _LEGEND_IN = 0.4, 0.6, 1.1, 0.3, 1.45
_MIN_WIDTH_IN = 6.0
_MIN_ASPECT_RATIO = 0.8  # width by height; with many inputs all edges would be steep
_FAINT_ALPHA = 0.28


def draw_network(network: DrawnNetwork, run_label: RunLabel) -> style.Picture:
    """Draw the network with a legend of its activations; the size of the drawing grows with the network.

    Colors and widths show the weights only where the label has `own_weights`. Every activation of a hidden
    node or an output must be a key of `NODE_STYLES`.
    """
    num_hidden, num_connections = network.roles.count("hidden"), len(network.edges)
    drawn_network, num_left_out = _drop_unused_inputs(network)
    layout = layered_layout.layout_network(drawn_network)
    depth = float(layout.x.max())
    max_y = max([1.0, float(layout.y.max()), *(float(route[:, 1].max()) for route in layout.routes)])
    names_in = max(map(_text_width_in, drawn_network.names))
    left, right = _LEFT_IN + names_in, _RIGHT_IN + names_in
    layer_in = LAYER_IN if depth <= _MIN_DEEP_LAYERS else DEEP_LAYER_IN
    width = max(_MIN_WIDTH_IN, left + depth * layer_in + right, _MIN_ASPECT_RATIO * max_y * NODE_IN)
    legend = _legend_entries(drawn_network, run_label.own_weights)
    columns = max(1, int((width - 0.4) / _LEGEND_IN))
    bottom = 0.5 + _LEGEND_ROW_IN * -(-len(legend) // columns)
    height = _TOP_IN + max_y * NODE_IN + RADIUS_IN + 0.1 + bottom
    step = (width - left - right) / depth
    live = _nodes_reaching_output(drawn_network)

    def to_canvas(points: FloatArray) -> FloatArray:
        return np.column_stack(
            [left + points[:, 0] * step, height - _TOP_IN - RADIUS_IN - points[:, 1] * NODE_IN]
        )

    def fill(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        title = (
            f"Best network: {_format_count(num_hidden, 'hidden node')}, "
            f"{_format_count(num_connections, 'connection')}"
        )
        style.draw_header(figure, run_label, title, *_list_remarks(drawn_network, live, num_left_out))
        _draw_edges(
            axes, drawn_network, [to_canvas(route) for route in layout.routes], live, run_label.own_weights
        )
        _draw_nodes(axes, drawn_network, to_canvas(np.column_stack([layout.x, layout.y])), live)
        for position, (label, line_style) in enumerate(legend):
            x, y = (
                0.35 + _LEGEND_IN * (position % columns),
                bottom - 0.45 - _LEGEND_ROW_IN * (position // columns),
            )
            axes.plot([x - 0.1, x, x + 0.1], [y, y, y], **line_style)
            axes.text(x + 0.18, y, label, va="center_baseline", size=11)

    return style.render(fill, (width, height))


def _text_width_in(name: str) -> float:
    return 0.085 * len(style.one_line(name, 20))


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _drop_unused_inputs(network: DrawnNetwork) -> tuple[DrawnNetwork, int]:
    """Remove the unconnected inputs of a network with many inputs; return it and the number removed."""
    sources = {source for source, _ in network.edges}
    if network.roles.count("input") <= MAX_INPUTS_DRAWN:
        return network, 0
    nodes = [i for i, role in enumerate(network.roles) if role != "input" or i in sources]
    new_position = {old: new for new, old in enumerate(nodes)}
    reduced = DrawnNetwork(
        tuple(network.roles[i] for i in nodes),
        tuple(network.activations[i] for i in nodes),
        tuple(network.names[i] for i in nodes),
        tuple((new_position[source], new_position[target]) for source, target in network.edges),
        network.weights,
    )
    return reduced, len(network.roles) - len(nodes)


def _nodes_reaching_output(network: DrawnNetwork) -> set[int]:
    """Return the positions of all nodes from which some output is reached, outputs included."""
    live = {node for node, role in enumerate(network.roles) if role == "output"}
    has_grown = True
    while has_grown:
        sources = {source for source, target in network.edges if target in live} - live
        live, has_grown = live | sources, bool(sources)
    return live


def _draw_edges(
    axes: Axes, network: DrawnNetwork, routes: list[FloatArray], live: set[int], own_weights: bool
) -> None:
    from matplotlib.patches import PathPatch

    largest = max(map(abs, network.weights), default=1.0) or 1.0
    for (_, target), weight, route in zip(network.edges, network.weights, routes, strict=True):
        color, width = style.GRAY, 1.1
        if own_weights:
            color, width = (
                (style.BLUE if weight >= 0 else style.VERMILION),
                0.5 + 2.5 * abs(weight) / largest,
            )
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
                color=style.GRAY if is_hollow else style.INK,
            )
            continue
        short, color = NODE_STYLES[network.activations[node]]
        patch_style["lw"] = 2.2 if role == "output" else 0.8
        axes.add_patch(Circle((x, y), fc=color, ec=style.INK, **patch_style))
        ink = style.PAPER if color in _DARK_COLORS else style.INK
        if alpha < 1:
            ink = style.GRAY
        axes.text(x, y, short, ha="center", va="center_baseline", size=10, color=ink, zorder=5)
        if role == "output":
            axes.text(x + RADIUS_IN + 0.1, y, name, va="center_baseline")


def _list_remarks(network: DrawnNetwork, live: set[int], num_left_out: int) -> list[str]:
    has_faint = any(node not in live for node, role in enumerate(network.roles) if role == "hidden")
    unused = f"{num_left_out} unused inputs not drawn" if num_left_out else ""
    return ["faint: reaches no output" if has_faint else "", unused]


def _legend_entries(network: DrawnNetwork, own_weights: bool) -> list[tuple[str, dict[str, Any]]]:
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
        (f"{name} ({count[name]})", dot_style | {"color": NODE_STYLES[name][1]})
        for name in NODE_STYLES
        if name in count
    ]
    if own_weights:
        entries += [("weight > 0", {"color": style.BLUE, "lw": 2.5, "ls": "-"})]
        entries += [("weight < 0", {"color": style.VERMILION, "lw": 2.5, "ls": "-"})]
    return entries
