"""A picture of a state as plain shapes, which a task describes and any drawing program can draw.

A task that has `describe_scene` (`core.protocols.DescribesScene`) returns a `Scene`: lines, circles and texts
in meters or another unit of its own, x to the right and y upwards. A color is the role of a shape, such as
`ground`. The program that draws the scene chooses the color of each role.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import get_args

from wannsearch.core.errors import ConfigError
from wannsearch.core.settings import convert_fields, convert_value, format_value

Point = tuple[float, float]
"""Coordinates x and y in the unit of the scene."""
_MIN_EXTENT, _MAX_EXTENT = 1e-100, 1e100  # beyond them a picture's transformation overflows
_MIN_RELATIVE_EXTENT = 1e-9  # of the larger limit; nearer ones are equal on a screen
_MAX_ASPECT = 100.0


class ColorRole(str, Enum):
    """The role of a shape in its scene, which decides its color."""

    GROUND = "ground"  # what does not move: a track, a wall
    BODY = "body"  # what the network moves
    ACCENT = "accent"  # the part to look at: a pole, a goal
    SECOND_ACCENT = "second_accent"
    LIMIT = "limit"  # where the episode ends
    TEXT = "text"


@dataclass(frozen=True)
class Line:
    """A line joins two or more points; its width is in the unit of the scene.

    ConfigError for fewer points, a point without exactly two coordinates, or an unknown color.
    """

    points: tuple[Point, ...]
    color: ColorRole
    width: float

    def __post_init__(self) -> None:
        convert_fields(self)
        for point in self.points:
            _check_point("Line.points", point)
        if len(self.points) < 2:
            raise ConfigError(f"Line.points has {len(self.points)} points; a line joins at least 2.")

    @property
    def numbers(self) -> tuple[float, ...]:
        """Return all coordinates and the width."""
        return (*(value for point in self.points for value in point), self.width)


@dataclass(frozen=True)
class Circle:
    """A circle is filled; its radius is in the unit of the scene.

    ConfigError for a center without exactly two coordinates, or an unknown color.
    """

    center: Point
    radius: float
    color: ColorRole

    def __post_init__(self) -> None:
        convert_fields(self)
        _check_point("Circle.center", self.center)

    @property
    def numbers(self) -> tuple[float, ...]:
        """Return both coordinates and the radius."""
        return (*self.center, self.radius)


@dataclass(frozen=True)
class Text:
    """A text is one line that begins at its position, with its baseline there.

    ConfigError for a position without exactly two coordinates, or an unknown color.
    """

    position: Point
    text: str
    color: ColorRole = ColorRole.TEXT

    def __post_init__(self) -> None:
        convert_fields(self)
        _check_point("Text.position", self.position)

    @property
    def numbers(self) -> tuple[float, ...]:
        """Return both coordinates of the position."""
        return self.position


Shape = Line | Circle | Text
"""A shape of a scene; later ones are drawn over earlier ones."""


@dataclass(frozen=True)
class Scene:
    """A scene holds shapes, drawn in this order, and the part of the plane that a picture shows.

    ConfigError for anything else among the shapes, or a range that is not two finite, ascending numbers,
    or a scene that is more than 100 times as wide as high or as high as wide, or a time that is not finite.
    """

    shapes: tuple[Shape, ...]
    x_range: Point
    y_range: Point
    time_s: float | None = None  # since the start of the episode; None where a step has no duration

    def __post_init__(self) -> None:
        object.__setattr__(self, "shapes", tuple(self.shapes))
        for shape in self.shapes:
            if type(shape) not in get_args(Shape):  # a file has no name for a class of the user's own
                raise ConfigError(f"Scene.shapes holds {format_value(shape)}; allowed: Circle, Line, Text.")
        for name in ("x_range", "y_range", "time_s"):
            field_type = float | None if name == "time_s" else Point
            value = convert_value(f"Scene.{name}", getattr(self, name), field_type)
            object.__setattr__(self, name, value)
        if self.time_s is not None and not math.isfinite(self.time_s):
            raise ConfigError(f"Scene.time_s is {self.time_s}; it must be a finite number, or None.")
        width, height = (
            _measure_range(f"Scene.{name}", limits)
            for name, limits in (("x_range", self.x_range), ("y_range", self.y_range))
        )
        if not 1 / _MAX_ASPECT <= width / height <= _MAX_ASPECT:
            raise ConfigError(
                f"Scene is {width:g} x {height:g}; neither may exceed {_MAX_ASPECT:g} times the other."
            )


def _measure_range(name: str, limits: Point) -> float:
    _check_point(name, limits)
    low, high = limits
    if not max(_MIN_EXTENT, _MIN_RELATIVE_EXTENT * max(-low, high)) <= high - low <= _MAX_EXTENT:
        raise ConfigError(f"{name} is {format_value(limits)}; it must be two finite, ascending numbers.")
    return high - low


def _check_point(name: str, values: Point) -> None:
    if len(values) != 2:
        raise ConfigError(f"{name} holds {format_value(values)}; it must have exactly 2 numbers.")
