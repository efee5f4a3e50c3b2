"""A film as a GIF: one palette for all frames, no dithering, and of each frame only what has changed.

Dithering would change pixels from frame to frame where nothing moves. The durations of a GIF are hundredths
of a second, so the end of each frame is rounded, and the errors do not add up.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
from PIL import Image

from wannsearch.core.arrays import UInt8Array
from wannsearch.reporting.films.canvas import sample_evenly

NUM_COLORS = 63
"""The colors of a film; one more marks pixels that stay as they are, which makes 64."""
_NUM_SAMPLES = 12
_NUM_PLAIN, _MIN_DISTANCE = 28, 20
_CELLS = 32  # of the grid, along each of its three axes
Color = tuple[int, int, int]
"""Red, green and blue, each in 0..255."""


def encode_gif(draw: Callable[[int], Image.Image], durations_s: Sequence[float]) -> bytes:
    """Return the bytes of a GIF that repeats forever; `draw` returns the frame of a number from 0."""
    samples = [draw(number) for number in sample_evenly(len(durations_s), _NUM_SAMPLES)]
    colors = _choose_colors(samples)
    table = _tabulate_nearest(colors)
    palette = colors.ravel().tolist()
    frames = [_map_colors(draw(number), table, palette) for number in range(len(durations_s))]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=_round_durations(durations_s),
        loop=0,
        disposal=1,
        optimize=True,
    )
    return buffer.getvalue()


def _choose_colors(images: Sequence[Image.Image]) -> UInt8Array:
    """Return (C, 3) colors: the plain ones of these images first, then means of all others.

    A median cut alone weighs colors by their pixels and would lose those of small things, such as a pole.
    """
    counts: Counter[Color] = Counter()
    for image in images:
        for count, color in image.getcolors(image.width * image.height) or ():
            counts[cast("Color", color)] += count
    plain_colors: list[Color] = []
    for color, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        if len(plain_colors) == _NUM_PLAIN:
            break
        if all(_distance(color, other) >= _MIN_DISTANCE for other in plain_colors):
            plain_colors.append(color)
    samples = [color for color, count in sorted(counts.items()) for _ in range(math.isqrt(count))]
    mixture = Image.fromarray(np.array(samples, np.uint8)[None])
    cut = mixture.quantize(NUM_COLORS - len(plain_colors), Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    means = np.array(cut.getpalette() or [], np.uint8).reshape(-1, 3)
    return np.concatenate([np.array(plain_colors, np.uint8), means])[:NUM_COLORS]


def _tabulate_nearest(colors: UInt8Array) -> UInt8Array:
    """Return the number of the nearest of the colors (C, 3) for each cell of a grid over all colors.

    Pillow's own search for the nearest color is coarser and would not keep the paper white.
    """
    axis = (np.arange(_CELLS) + 0.5) * (256 / _CELLS)
    distance = np.zeros((len(colors), _CELLS, _CELLS, _CELLS), np.float32)
    for channel, shape in enumerate(((-1, 1, 1), (1, -1, 1), (1, 1, -1))):
        distance += np.square(axis - colors[:, channel, None]).reshape(len(colors), *shape)
    nearest: UInt8Array = distance.argmin(axis=0).astype(np.uint8)
    cells = colors // (256 // _CELLS)
    for number in range(min(_NUM_PLAIN, len(colors)))[::-1]:
        nearest[tuple(cells[number])] = number
    return nearest


def _map_colors(image: Image.Image, table: UInt8Array, palette: Sequence[int]) -> Image.Image:
    red, green, blue = (np.asarray(image) // (256 // _CELLS)).transpose(2, 0, 1)
    mapped_image = Image.fromarray(table[red, green, blue])
    mapped_image.putpalette(palette)
    return mapped_image


def _distance(color: Color, other: Color) -> int:
    return max(abs(value - other_value) for value, other_value in zip(color, other, strict=True))


def _round_durations(durations_s: Sequence[float]) -> list[int]:
    """Return milliseconds in whole hundredths of a second, at least two of them, whose sums stay exact."""
    durations_ms, end_s, end_cs = [], 0.0, 0
    for duration_s in durations_s:
        end_s += duration_s
        duration_cs = max(2, round(100 * end_s) - end_cs)
        durations_ms.append(10 * duration_cs)
        end_cs += duration_cs
    return durations_ms
