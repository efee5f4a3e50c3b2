"""The pixels that a network uses, as a picture of the image beside the network.

A network on images has hundreds of inputs, which no column of nodes can show. Here they are one node. Each
pixel is a cell at its place in the image, the darker the more connections it has; a pixel without any is
pale. A color image has one such picture a channel. Beside each output a small picture marks the pixels that
are connected with it directly, in any channel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from wannsearch.core.arrays import BoolArray, FloatArray, IntArray
from wannsearch.records.plot_data import DrawnNetwork
from wannsearch.reporting.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CHANNEL_COLORS = {1: (style.BLUE,), 3: (style.VERMILION, style.GREEN, style.BLUE)}
_CHANNEL_LABELS = {1: ("",), 3: ("red", "green", "blue")}
_SIDE_IN = {1: 2.2, 3: 1.4}  # number of channels -> the longer side of a picture
_LABEL_IN, _GAP_IN = 0.22, 0.1  # above a picture with a label, and between two pictures
OUTPUT_SIDE_IN = 0.48
"""The longer side of the small picture beside an output."""
_FAN_IN = 0.9  # from the pictures to the names of the input nodes
_MIN_ALPHA = 0.25  # of the pixel with the fewest connections, where that with the most has 1


@dataclass(frozen=True)
class PixelGrid:
    """The pixels of a network, and the network in which they are one input node."""

    network: DrawnNetwork
    image_node: int  # position of the node that stands for all pixels
    edge_pixels: IntArray  # (E,) pixels behind each edge; 0 for an edge from another node
    counts: IntArray  # (C, H, W) connections of each pixel
    pixels_of_output: dict[int, BoolArray]  # position of an output -> (H, W), if it has any pixel

    @property
    def remark(self) -> str:
        """Return the line that says how many pixels are used."""
        num_used = int((self.counts > 0).sum())
        shade = "; darker: more connections" if self.counts.max() > 1 else ""
        small = "; small: those of one output" if self.pixels_of_output else ""
        return f"{num_used:,} of {self.counts.size:,} pixels used{shade}{small}"

    @property
    def width_in(self) -> float:
        """Return the width in inches of the pictures and of the fan to the node."""
        return self._cell_in * int(self.counts.shape[2]) + _FAN_IN

    @property
    def output_width_in(self) -> float:
        """Return the width in inches of the small pictures beside the outputs; 0 where there are none."""
        _, height, width = self.counts.shape
        return OUTPUT_SIDE_IN * width / max(height, width) if self.pixels_of_output else 0.0

    @property
    def height_in(self) -> float:
        """Return the height in inches of all pictures."""
        num_channels = len(self.counts)
        return num_channels * (self._picture_in + self._label_in) + (num_channels - 1) * _GAP_IN

    @property
    def _cell_in(self) -> float:
        return _SIDE_IN[len(self.counts)] / max(map(int, self.counts.shape[1:]))

    @property
    def _picture_in(self) -> float:
        return self._cell_in * int(self.counts.shape[1])

    @property
    def _label_in(self) -> float:
        return _LABEL_IN if len(self.counts) > 1 else 0.0

    def draw(self, axes: Axes, left: float, middle: float, node: FloatArray) -> None:
        """Draw the pictures at x `left`, their middle at y `middle`, and the fan to the node; all in inches.

        `node` is the (x, y) of the node that stands for the pixels.
        """
        from matplotlib.patches import Polygon

        top, num_channels = middle + self.height_in / 2, len(self.counts)
        right = left + self._cell_in * self.counts.shape[2]
        fan = [(right, top - self._label_in), tuple(node), (right, middle - self.height_in / 2)]
        axes.add_patch(Polygon(fan, fc=style.PALE, ec="none", alpha=0.4, zorder=0.5))
        for channel in range(num_channels):
            label = _CHANNEL_LABELS[num_channels][channel]
            axes.text(left, top - 0.7 * self._label_in, label, va="center_baseline", size=10)
            top -= self._label_in
            self._draw_channel(axes, left, top, channel)
            top -= self._picture_in + _GAP_IN

    def draw_output(self, axes: Axes, output: int, left: float, middle: float) -> None:
        """Draw the small picture of an output at x `left`, its middle at y `middle`, if it has any pixel."""
        used = self.pixels_of_output.get(output)
        if used is not None:
            cell = OUTPUT_SIDE_IN / max(used.shape)
            _draw_cells(axes, used.astype(float), style.BLUE, left, middle + cell * len(used) / 2, cell)

    def _draw_channel(self, axes: Axes, left: float, top: float, channel: int) -> None:
        from matplotlib.collections import LineCollection

        counts, cell = self.counts[channel], self._cell_in
        num_rows, num_columns = counts.shape
        width, height = num_columns * cell, num_rows * cell
        shade = _MIN_ALPHA + (1 - _MIN_ALPHA) * counts / max(1, int(self.counts.max()))
        shade[counts == 0] = 0.0
        _draw_cells(axes, shade, _CHANNEL_COLORS[len(self.counts)][channel], left, top, cell)
        rows = [[(left, top - y * cell), (left + width, top - y * cell)] for y in range(1, num_rows)]
        columns = [[(left + x * cell, top), (left + x * cell, top - height)] for x in range(1, num_columns)]
        axes.add_collection(LineCollection(rows + columns, colors=style.PAPER, linewidths=0.5, zorder=3))


def _draw_cells(axes: Axes, shade: FloatArray, color: str, left: float, top: float, cell_in: float) -> None:
    """Draw a picture with (H, W) shades, 0 to 1, with its left upper corner at (left, top)."""
    from matplotlib.collections import PatchCollection
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    num_rows, num_columns = shade.shape
    width, height = num_columns * cell_in, num_rows * cell_in
    frame = (left, top - height), width, height
    axes.add_patch(Rectangle(*frame, fc="#F0F0F0", ec="none", zorder=1))
    cells = [
        Rectangle((left + column * cell_in, top - (row + 1) * cell_in), cell_in, cell_in)
        for row, column in np.argwhere(shade > 0).tolist()
    ]
    colors = [to_rgba(color, part) for part in shade[shade > 0].tolist()]
    axes.add_collection(PatchCollection(cells, facecolors=colors, linewidths=0, zorder=2))
    axes.add_patch(Rectangle(*frame, fill=False, ec=style.GRAY, lw=0.8, zorder=4))


def collect_pixels(network: DrawnNetwork) -> PixelGrid | None:
    """Return the pixels of a network whose inputs are an image, or None for any other network.

    The edges from pixels to one node become one edge. Only connections of nodes that reach an output count.
    """
    shape = network.image_shape
    if shape is None:
        return None
    pixels = [position for position, role in enumerate(network.roles) if role == "input"]
    pixel_of_node = {node: pixel for pixel, node in enumerate(pixels)}
    image_node, live = pixels[0], network.find_live_nodes()
    counts = np.zeros(len(pixels), np.int64)
    pixels_of_output: dict[int, BoolArray] = {
        node: np.zeros(len(pixels), bool) for node, role in enumerate(network.roles) if role == "output"
    }
    num_pixels: dict[tuple[int, int], int] = {}
    weights: dict[tuple[int, int], float] = {}
    for (source, target), weight in zip(network.edges, network.weights, strict=True):
        if source in pixel_of_node:
            counts[pixel_of_node[source]] += target in live
            if target in pixels_of_output:
                pixels_of_output[target][pixel_of_node[source]] = True
            edge = (image_node, target)
            num_pixels[edge] = num_pixels.get(edge, 0) + 1
        else:
            edge = (source, target)
            num_pixels[edge] = 0
        weights.setdefault(edge, weight)
    names = list(network.names)
    names[image_node] = ""
    merged = replace(network, names=tuple(names), edges=tuple(weights), weights=tuple(weights.values()))
    nodes = [i for i, role in enumerate(network.roles) if role != "input" or i == image_node]
    return PixelGrid(
        merged.take(nodes),
        nodes.index(image_node),
        np.array(list(num_pixels.values()), np.int64),
        counts.reshape(shape),
        {
            nodes.index(node): np.logical_or.reduce(used.reshape(shape))
            for node, used in pixels_of_output.items()
            if used.any()
        },
    )
