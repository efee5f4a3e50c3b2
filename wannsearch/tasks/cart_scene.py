"""The scene of a cart with poles on a track, which three tasks share, true to scale in meters.

The poles turn about the middle of the cart's upper edge, at height 0. Marks stand at both ends of the track,
beyond which an episode ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wannsearch.core.tasks.scene import Circle, ColorRole, Line, Point, Scene, Shape, Text

_CART_WIDTH, _CART_HEIGHT = 0.5, 0.2
_MARK_HEIGHT, _MARK_WIDTH = 0.35, 0.04
_TRACK_WIDTH = 0.02
_POLE_STYLES = (
    (ColorRole.ACCENT, 0.06),
    (ColorRole.SECOND_ACCENT, 0.09),
)  # role and width; a short pole is wider
_HINGE_RADIUS = 0.06
_MARGIN = 0.7  # beyond the track, for a pole that leans outwards at its end
_TEXT_SPACE = 0.4  # above the longest pole


@dataclass(frozen=True)
class Pole:
    """A pole of a cart: its angle from upright, positive to the right, and its whole length."""

    angle_rad: float
    length: float


def describe_cart(x: float, poles: Sequence[Pole], track_limit: float, min_y: float, time_s: float) -> Scene:
    """Return the scene of a cart at x with one or two poles, seen from `min_y` up to the text of the time."""
    half_width = track_limit + _MARGIN
    max_y = max(pole.length for pole in poles) + _TEXT_SPACE
    track_y, cart_y = -_CART_HEIGHT, -_CART_HEIGHT / 2
    shapes: list[Shape] = [
        _draw_line((-half_width, track_y), (half_width, track_y), ColorRole.GROUND, _TRACK_WIDTH)
    ]
    for end in (-track_limit, track_limit):
        shapes.append(_draw_line((end, track_y), (end, track_y + _MARK_HEIGHT), ColorRole.LIMIT, _MARK_WIDTH))
    cart_left, cart_right = (x - _CART_WIDTH / 2, cart_y), (x + _CART_WIDTH / 2, cart_y)
    shapes.append(_draw_line(cart_left, cart_right, ColorRole.BODY, _CART_HEIGHT))
    shapes.append(Circle((x, 0.0), _HINGE_RADIUS, ColorRole.GROUND))
    for pole, (color, width) in zip(poles, _POLE_STYLES, strict=False):
        tip = (x + pole.length * math.sin(pole.angle_rad), pole.length * math.cos(pole.angle_rad))
        shapes.append(_draw_line((x, 0.0), tip, color, width))
    shapes.append(Text((-half_width + 0.08, max_y - 0.2), f"{time_s:.2f} s"))
    return Scene(tuple(shapes), (-half_width, half_width), (min_y, max_y), time_s)


def _draw_line(start: Point, end: Point, color: ColorRole, width: float) -> Line:
    return Line((start, end), color, width)
