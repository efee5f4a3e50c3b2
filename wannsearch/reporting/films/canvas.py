"""Every frame of a film as one picture: its tiles with captions, the running step, and the network.

All tiles show the same step. A tile whose episode has ended while others go on is faint and keeps its last
frame. Nothing moves but the frames and the step: captions, sizes and places are the same from first to last.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageChops, ImageDraw
from PIL.PngImagePlugin import PngImageFile

from wannsearch.core.arrays import UInt8Array
from wannsearch.core.film_frames import Film, FilmFrame, FilmTile
from wannsearch.core.tasks.scene import Scene
from wannsearch.reporting.films.scene_image import draw_scene, load_font, measure_aspect
from wannsearch.reporting.plots import style

MAX_TILES = 64
"""The number of tiles of a film at most."""
_MARGIN, _GAP = 12, 10  # px
_HEADER, _CAPTION = 24, 36  # height of the line on top, and of the two lines below a tile
_LETTER_PX, _SMALL_LETTER_PX = 13, 11
_FILM_ASPECT = 1.7  # width by height that a film has if it can
_MAX_ASPECT = 5.0  # width by height of a tile, or height by width
_TILE_AREA = {1: 100_000, 2: 70_000, 3: 50_000}  # px of a tile, by the number of tiles
_MIN_TILE_AREA = 26_000
_MAX_FILM_AREA = 520_000
_MAX_WIDTH = 900  # px of a film with a network
_MAX_DRAWING_SCALE = 0.7  # at 150 dots per inch, letters are then as large as those of the captions
_FAINT = 0.55  # share of the paper in a tile that has ended
HOLD_S = 1.2
"""The seconds for which the last frame stands still."""


@dataclass(frozen=True)
class _TileLayout:
    columns: int
    rows: int
    tile_width: int
    tile_height: int
    left: int = _MARGIN  # of the first tile; the network stands before it or above it
    top: int = _HEADER

    @property
    def tiles_size(self) -> tuple[int, int]:
        """Return width and height of all tiles with their captions."""
        width = self.columns * self.tile_width + (self.columns - 1) * _GAP
        return width, self.rows * (self.tile_height + _CAPTION)

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height of the film, both even, as MP4 wants them."""
        width, height = self.tiles_size
        width, height = self.left + width + _MARGIN, self.top + height + _MARGIN // 2
        return width + width % 2, height + height % 2

    def corner(self, number: int) -> tuple[int, int]:
        """Return the upper left corner of a tile."""
        row, column = divmod(number, self.columns)
        x = self.left + column * (self.tile_width + _GAP)
        return x, self.top + row * (self.tile_height + _CAPTION)


def choose_tile_size(num_tiles: int, aspect: float) -> tuple[int, int]:
    """Return width and height in pixels of a tile that shows frames of this aspect, width by height."""
    aspect = min(_MAX_ASPECT, max(1 / _MAX_ASPECT, aspect))
    area = min(_TILE_AREA.get(num_tiles, _MIN_TILE_AREA), _MAX_FILM_AREA / num_tiles)
    return max(2, round(math.sqrt(area * aspect))), max(2, round(math.sqrt(area / aspect)))


def shrink_image(image: UInt8Array, num_tiles: int) -> UInt8Array:
    """Scale an image (H, W, 3) down to the size of a tile; a smaller one stays as it is."""
    import numpy as np

    height, width = image.shape[:2]
    tile_width, tile_height = choose_tile_size(num_tiles, width / height)
    scale = min(tile_width / width, tile_height / height)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


class FilmCanvas:
    """The pictures of a film, drawn one by one."""

    def __init__(self, film: Film, title: str, network_png: bytes | None = None) -> None:
        self._film, self._title = film, title
        aspect = _frame_aspect(film.tiles[0].frames[0])
        tile_width, tile_height = choose_tile_size(len(film.tiles), aspect)
        layouts = _list_layouts(len(film.tiles), tile_width, tile_height)
        self._layout = min(layouts, key=lambda layout: _measure_misfit(layout.size))
        network = None
        if network_png is not None:
            drawing = _crop_drawing(network_png)
            self._layout, network = _place_network(layouts, drawing)
        self._background = self._draw_background(network)
        self.num_frames = max(len(tile.frames) for tile in film.tiles)
        self._max_steps = max(tile.steps for tile in film.tiles)

    @property
    def frame_durations_s(self) -> list[float]:
        """Return the seconds of each frame; the last one stands longer."""
        return [self._film.pace.frame_s] * (self.num_frames - 1) + [HOLD_S]

    def draw(self, number: int) -> Image.Image:
        """Draw one frame of the film, from 0."""
        image = self._background.copy()
        draw = ImageDraw.Draw(image)
        step = min(number * self._film.pace.stride, self._max_steps)
        right = image.width - _MARGIN
        draw.text((right, _HEADER - 9), f"step {step:,}", style.GRAY, load_font(_LETTER_PX), anchor="rs")
        for tile_number, tile in enumerate(self._film.tiles):
            has_stopped = number >= len(tile.frames) - 1 and step > tile.steps
            frame = tile.frames[min(number, len(tile.frames) - 1)]
            x, y = self._layout.corner(tile_number)
            tile_image = self._draw_tile(frame)
            if has_stopped:
                paper = Image.new("RGB", tile_image.size, style.PAPER)
                tile_image = Image.blend(tile_image, paper, _FAINT)
            image.paste(tile_image, (x, y))
            if has_stopped:
                word = "ended" if tile.has_ended else "cut"
                position = (x + self._layout.tile_width - 8, y + 8)
                draw.text(position, f"{word} at step {tile.steps:,}", style.INK, load_font(_SMALL_LETTER_PX),
                          anchor="ra")  # fmt: skip
            corner = (x + self._layout.tile_width - 1, y + self._layout.tile_height - 1)
            draw.rectangle(((x, y), corner), outline=style.PALE)
        return image

    def _draw_tile(self, frame: FilmFrame) -> Image.Image:
        width, height = self._layout.tile_width, self._layout.tile_height
        if isinstance(frame, Scene):
            return draw_scene(frame, width, height)
        image = Image.fromarray(frame)
        if image.size == (width, height):
            return image
        tile = Image.new("RGB", (width, height), style.PAPER)
        scale = min(width / image.width, height / image.height, 1.0)
        if scale < 1:
            image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        tile.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
        return tile

    def _draw_background(self, network: Image.Image | None) -> Image.Image:
        image = Image.new("RGB", self._layout.size, style.PAPER)
        draw = ImageDraw.Draw(image)
        speed = self._film.pace.speed
        remark = "" if speed in (None, 1.0) else f"  ·  {speed:g}\N{MULTIPLICATION SIGN} real time"
        room = image.width - 2 * _MARGIN - 90
        title = _cut_text(style.one_line(self._title, 200) + remark, room)
        draw.text((_MARGIN, _HEADER - 9), title, style.INK, load_font(_LETTER_PX, is_bold=True), anchor="ls")
        if network is not None:
            room_width = self._layout.left if self._layout.left > _MARGIN else image.width
            room_bottom = self._layout.top if self._layout.top > _HEADER else image.height
            x = (room_width - network.width) // 2
            image.paste(network, (x, _HEADER + (room_bottom - _HEADER - network.height) // 2))
        for number, tile in enumerate(self._film.tiles):
            x, y = self._layout.corner(number)
            lines = describe_tile(tile, self._film)
            for row, (text, color) in enumerate(zip(lines, (style.INK, style.GRAY), strict=True)):
                position = (x + 1, y + self._layout.tile_height + 13 + row * 14)
                size = _LETTER_PX if row == 0 else _SMALL_LETTER_PX
                text = _cut_text(text, self._layout.tile_width, size, is_bold=False)
                draw.text(position, text, color, load_font(size), anchor="ls")
        return image


def describe_tile(tile: FilmTile, film: Film) -> tuple[str, str]:
    """Return both lines of a caption: the weight, and the return with the length of the episode."""
    weight = "own weights" if tile.weight == "own" else f"weight {tile.weight}"
    num_episodes = len({other.episode for other in film.tiles})
    first = weight if num_episodes == 1 else f"{weight}, episode {tile.episode + 1}"
    score, evaluator_score = (
        style.format_score(value) if value == value else "failed"
        for value in (tile.episode_return, tile.evaluator_return)
    )
    name = style.one_line(film.score_name)
    if not tile.has_ended:
        second = f"{name} {evaluator_score}, first {tile.steps:,} steps"
    elif score != evaluator_score:
        second = f"{name} {score} (scored {evaluator_score}), {tile.steps:,} steps"
    else:
        second = f"{name} {score}, {tile.steps:,} step{'s' * (tile.steps != 1)}"
    return style.format_minus(first), style.format_minus(second)


def _frame_aspect(frame: FilmFrame) -> float:
    if isinstance(frame, Scene):
        return measure_aspect(frame)
    height, width = frame.shape[:2]
    return float(width / height)


def _list_layouts(num_tiles: int, tile_width: int, tile_height: int) -> list[_TileLayout]:
    """List the layouts of the tiles without a network, whose rows are all full."""
    divisors = [number for number in range(1, num_tiles + 1) if num_tiles % number == 0]
    return [_TileLayout(columns, num_tiles // columns, tile_width, tile_height) for columns in divisors]


def _narrow_tiles(layout: _TileLayout) -> _TileLayout:
    """Return the layout with tiles so narrow that a page shows the film without shrinking its letters."""
    room = _MAX_WIDTH - 2 * _MARGIN - (layout.columns - 1) * _GAP
    tile_width = min(layout.tile_width, room // layout.columns)
    return replace(
        layout,
        tile_width=tile_width,
        tile_height=max(2, layout.tile_height * tile_width // layout.tile_width),
    )


def _measure_misfit(size: tuple[int, int]) -> float:
    """Return how far this width and height are from the usual shape of a film."""
    width, height = size
    return abs(math.log(width / height / _FILM_ASPECT))


def _crop_drawing(png: bytes) -> Image.Image:
    """Return a drawing of a network without the paper around it."""
    image = PngImageFile(io.BytesIO(png)).convert("RGB")
    difference = ImageChops.difference(image, Image.new("RGB", image.size, style.PAPER))
    cropped_image: Image.Image = image.crop(difference.getbbox())
    return cropped_image


def _place_network(layouts: Sequence[_TileLayout], drawing: Image.Image) -> tuple[_TileLayout, Image.Image]:
    """Return the layout in which the film is largest in its usual shape, and the drawing as large as fits.

    The drawing stands to the left of all tiles and as high as they are, or above them and as wide.
    """
    places = []
    for wide_layout in layouts:
        layout = _narrow_tiles(wide_layout)
        width, height = layout.tiles_size
        beside = min((height - _CAPTION / 2) / drawing.height, _MAX_DRAWING_SCALE)
        above = min(width / drawing.width, _MAX_DRAWING_SCALE)
        places.append((replace(layout, left=round(drawing.width * beside) + 3 * _MARGIN), beside))
        places.append((replace(layout, top=_HEADER + round(drawing.height * above) + 2 * _MARGIN), above))
    layout, scale = min(places, key=lambda place: _measure_misfit(place[0].size))
    size = (round(drawing.width * scale), round(drawing.height * scale))
    return layout, drawing.resize(size, Image.Resampling.LANCZOS)


def _cut_text(text: str, width: int, size: int = _LETTER_PX, is_bold: bool = True) -> str:
    """Return the text, or as much of it as the width holds, with an ellipsis."""
    font = load_font(size, is_bold)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}…") > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def sample_evenly(num_frames: int, num_samples: int) -> Sequence[int]:
    """Return the numbers of some frames at even distances, the first and the last among them."""
    count = min(num_frames, num_samples)
    if count == 1:
        return [0]
    return sorted({round(index * (num_frames - 1) / (count - 1)) for index in range(count)})
