"""One scene as a small image, drawn with Pillow, which is fast enough for hundreds of frames.

Lines and circles are drawn four times as large and averaged, which smooths their edges. Colors are those of
the filmstrip. Texts are drawn last, at their own size, with the font of all pictures.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from wannsearch.core.tasks.scene import Circle, Line, Point, Scene
from wannsearch.reporting.plots import style
from wannsearch.reporting.plots.filmstrip import ROLE_COLORS

_SCALE = 4  # pixels of the drawing for one of the image, in both directions
_FAR = 4.0  # widths of the image; points that are farther away are moved to there
_TEXT_PX = 11
_FONT_FILES = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}


@lru_cache(maxsize=64)
def load_font(size_px: int, is_bold: bool = False) -> ImageFont.FreeTypeFont:
    """Load the font that matplotlib brings along, so that letters are the same on any machine."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None  # it is a dependency of the package
    assert spec.origin is not None
    path = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf" / _FONT_FILES[is_bold]
    return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)


def measure_aspect(scene: Scene) -> float:
    """Return the width of a scene by its height."""
    (left, right), (bottom, top) = scene.x_range, scene.y_range
    return (right - left) / (top - bottom)


def draw_scene(scene: Scene, width: int, height: int) -> Image.Image:
    """Draw the scene to scale in the middle of an image of this size; its numbers must be finite."""
    canvas = _Canvas(scene, width, height)
    image = Image.new("RGB", (width * _SCALE, height * _SCALE), style.PAPER)
    draw = ImageDraw.Draw(image)
    for shape in scene.shapes:
        if isinstance(shape, Line):
            points = [canvas.place(point) for point in shape.points]
            line_width = max(_SCALE, round(min(shape.width * canvas.scale, _FAR * width * _SCALE)))
            draw.line(points, ROLE_COLORS[shape.color], line_width, joint="curve")
        elif isinstance(shape, Circle):
            (x, y), radius = (
                canvas.place(shape.center),
                min(shape.radius * canvas.scale, _FAR * width * _SCALE),
            )
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), ROLE_COLORS[shape.color])
    image = image.reduce(_SCALE)
    draw = ImageDraw.Draw(image)
    for shape in scene.shapes:
        if not isinstance(shape, Line | Circle):
            x, y = (value / _SCALE for value in canvas.place(shape.position))
            text = style.format_minus(style.one_line(shape.text))
            draw.text((round(x), round(y)), text, ROLE_COLORS[shape.color], load_font(_TEXT_PX), anchor="ls")
    return image


class _Canvas:
    """The map from the plane of a scene to the enlarged drawing."""

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        (left, right), (bottom, top) = scene.x_range, scene.y_range
        self._width, self._height = width * _SCALE, height * _SCALE
        self.scale = min(self._width / (right - left), self._height / (top - bottom))  # pixels a unit
        self._center = (left + (right - left) / 2, bottom + (top - bottom) / 2)

    def place(self, point: Point) -> tuple[float, float]:
        """Return the coordinates of a point in the drawing, at most some widths outside of it."""
        limit = _FAR * max(self._width, self._height)
        x, y = ((value - center) * self.scale for value, center in zip(point, self._center, strict=True))
        x, y = (min(max(value, -limit), limit) for value in (x, y))
        return self._width / 2 + x, self._height / 2 - y
