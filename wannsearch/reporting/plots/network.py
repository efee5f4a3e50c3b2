"""The network as a drawing: inputs left, outputs right, every node with its activation.

An edge always runs from left to right. Colour repeats what the short name in a node says, so the
drawing survives without it. Where each edge has its own weight, blue is positive, vermilion
negative, and the width grows with the size; where all share one weight, edges look alike. What reaches no
output does not matter and is drawn faintly; an input that nothing listens to is hollow.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from wannsearch.records.reader import Floats, Network, Origin
from wannsearch.reporting.plots import layered_layout, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

SHORT = {
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
"""Activation -> the short name in a node, and its colour."""

_ON_DARK = {style.BLUE, "#4D4D4D", style.GREEN, style.VERMILION}  # these carry white letters

LAYER_IN, DEEP_LAYER_IN, NODE_IN, RADIUS_IN = 1.0, 0.8, 0.56, 0.23
_DEEP = 12  # layers; from here on they stand closer
MOST_INPUTS = 24  # with more of them, the unused ones are counted instead of drawn
_LEFT_IN, _RIGHT_IN, _TOP_IN, _LEGEND_ROW_IN, _LEGEND_IN = 0.4, 0.6, 1.1, 0.3, 1.45
_NARROWEST_IN = 6.0
_SLENDEREST = 0.8  # width by height; many inputs would else have only steep edges
_FAINT = 0.28


def draw(network: Network, origin: Origin) -> style.Picture:
    """The drawing; it grows with the network."""
    hidden, connections = network.roles.count("hidden"), len(network.edges)
    shown, left_out = _without_unused_inputs(network)
    placed = layered_layout.arranged(shown)
    depth = float(placed.x.max())
    tall = max([1.0, float(placed.y.max()), *(float(route[:, 1].max()) for route in placed.routes)])
    names_in = max(map(_width_in, shown.names))
    left, right = _LEFT_IN + names_in, _RIGHT_IN + names_in
    layer_in = LAYER_IN if depth <= _DEEP else DEEP_LAYER_IN
    width = max(_NARROWEST_IN, left + depth * layer_in + right, _SLENDEREST * tall * NODE_IN)
    legend = _legend(shown, origin.own_weights)
    columns = max(1, int((width - 0.4) / _LEGEND_IN))
    bottom = 0.5 + _LEGEND_ROW_IN * -(-len(legend) // columns)
    height = _TOP_IN + tall * NODE_IN + RADIUS_IN + 0.1 + bottom
    step = (width - left - right) / depth
    live = _reaching(shown)

    def spot(places: Floats) -> Floats:
        return np.column_stack(
            [left + places[:, 0] * step, height - _TOP_IN - RADIUS_IN - places[:, 1] * NODE_IN]
        )

    def fill(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(0, height))
        axes.set_axis_off()
        title = f"Best network: {_counted(hidden, 'hidden node')}, {_counted(connections, 'connection')}"
        style.heading(figure, origin, title, *_remarks(shown, live, left_out))
        _edges(axes, shown, [spot(route) for route in placed.routes], live, origin.own_weights)
        _nodes(axes, shown, spot(np.column_stack([placed.x, placed.y])), live)
        for entry, (label, look) in enumerate(legend):
            x, y = 0.35 + _LEGEND_IN * (entry % columns), bottom - 0.45 - _LEGEND_ROW_IN * (entry // columns)
            axes.plot([x - 0.1, x, x + 0.1], [y, y, y], **look)
            axes.text(x + 0.18, y, label, va="center_baseline", size=11)

    return style.rendered(fill, (width, height))


def _width_in(name: str) -> float:
    return 0.085 * len(style.plain(name, 20))


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _without_unused_inputs(network: Network) -> tuple[Network, int]:
    """A network of many inputs without those that nothing listens to, and how many these are."""
    heard = {source for source, _ in network.edges}
    if network.roles.count("input") <= MOST_INPUTS:
        return network, 0
    kept = [i for i, role in enumerate(network.roles) if role != "input" or i in heard]
    slot = {old: new for new, old in enumerate(kept)}
    fewer = Network(
        tuple(network.roles[i] for i in kept),
        tuple(network.activations[i] for i in kept),
        tuple(network.names[i] for i in kept),
        tuple((slot[source], slot[target]) for source, target in network.edges),
        network.weights,
    )
    return fewer, len(network.roles) - len(kept)


def _reaching(network: Network) -> set[int]:
    """The nodes from which some output is reached."""
    live = {node for node, role in enumerate(network.roles) if role == "output"}
    grown = True
    while grown:
        more = {source for source, target in network.edges if target in live} - live
        live, grown = live | more, bool(more)
    return live


def _edges(axes: Axes, network: Network, routes: list[Floats], live: set[int], own: bool) -> None:
    from matplotlib.patches import PathPatch

    largest = max(map(abs, network.weights), default=1.0) or 1.0
    for (_, target), weight, route in zip(network.edges, network.weights, routes, strict=True):
        colour, width = style.GREY, 1.1
        if own:
            colour, width = (
                (style.BLUE if weight >= 0 else style.VERMILION),
                0.5 + 2.5 * abs(weight) / largest,
            )
        alpha = 0.75 if target in live else _FAINT
        axes.add_patch(
            PathPatch(_curve(route), fill=False, ec=colour, lw=width, alpha=alpha, capstyle="round")
        )


def _curve(route: Floats) -> Path:
    """A smooth line through all points that nowhere overshoots: cubic Hermite with Fritsch-Carlson slopes.

    Level where a node is left or entered, and at every turn; elsewhere the harmonic mean of both
    neighbouring slopes.
    """
    from matplotlib.path import Path

    (x, y), slope = route.T, np.zeros(len(route))
    rise = np.diff(y) / np.diff(x)
    product = rise[1:] * rise[:-1]
    onward = product > 0
    slope[1:-1][onward] = 2 * product[onward] / (rise[1:] + rise[:-1])[onward]
    points, third = [route[0]], np.diff(x) / 3
    for i in range(len(route) - 1):
        points.append(np.array([x[i] + third[i], y[i] + slope[i] * third[i]]))
        points.append(np.array([x[i + 1] - third[i], y[i + 1] - slope[i + 1] * third[i]]))
        points.append(route[i + 1])
    return Path(points, [Path.MOVETO] + [Path.CURVE4] * (len(points) - 1))


def _nodes(axes: Axes, network: Network, spots: Floats, live: set[int]) -> None:
    from matplotlib.patches import Circle

    heard = {source for source, _ in network.edges}
    for node, role in enumerate(network.roles):
        (x, y), name = spots[node], style.plain(network.names[node], 20)
        port, hollow = role in ("bias", "input"), node not in heard
        alpha = 1.0 if node in live or (port and hollow) else _FAINT
        look: dict[str, Any] = {"radius": RADIUS_IN * (0.5 if port else 1.0), "lw": 1.0, "zorder": 3}
        axes.add_patch(Circle((x, y), fc=style.PAPER, ec="none", **look))  # faint is still opaque
        look |= {"alpha": alpha, "zorder": 4}
        if port:
            face, line = (style.PAPER, ":") if hollow else (style.INK, "-")
            axes.add_patch(Circle((x, y), fc=face, ec=style.INK, ls=line, **look))
            axes.text(
                x - 0.2, y, name, ha="right", va="center_baseline", color=style.GREY if hollow else style.INK
            )
            continue
        short, colour = SHORT[network.activations[node]]
        look["lw"] = 2.2 if role == "output" else 0.8
        axes.add_patch(Circle((x, y), fc=colour, ec=style.INK, **look))
        ink = style.PAPER if colour in _ON_DARK else style.INK
        if alpha < 1:
            ink = style.GREY
        axes.text(x, y, short, ha="center", va="center_baseline", size=10, color=ink, zorder=5)
        if role == "output":
            axes.text(x + RADIUS_IN + 0.1, y, name, va="center_baseline")


def _remarks(network: Network, live: set[int], left_out: int) -> list[str]:
    faint = any(node not in live for node, role in enumerate(network.roles) if role == "hidden")
    unused = f"{left_out} unused inputs not drawn" if left_out else ""
    return ["faint: reaches no output" if faint else "", unused]


def _legend(network: Network, own: bool) -> list[tuple[str, dict[str, Any]]]:
    """What the colours mean, as (label, how a short line of it looks)."""
    computed = [
        name
        for name, role in zip(network.activations, network.roles, strict=True)
        if role in ("hidden", "output")
    ]
    count = Counter(computed)
    dot: dict[str, Any] = {"marker": "o", "ms": 10, "markevery": [1], "mec": style.INK, "mew": 0.6, "ls": ""}
    entries = [
        (f"{name} ({count[name]})", dot | {"color": SHORT[name][1]}) for name in SHORT if name in count
    ]
    if own:
        entries += [("weight > 0", {"color": style.BLUE, "lw": 2.5, "ls": "-"})]
        entries += [("weight < 0", {"color": style.VERMILION, "lw": 2.5, "ls": "-"})]
    return entries
