"""Films made up for tests of their pictures."""

from __future__ import annotations

import numpy as np

from wannsearch.core.film_frames import Film, FilmPace, FilmTile
from wannsearch.core.tasks.scene import Circle, ColorRole, Line, Scene, Text


def make_scene(step: int) -> Scene:
    """A ball that moves to the right on a line."""
    shapes = (
        Line(((-1, 0), (10, 0)), ColorRole.GROUND, 0.2),
        Circle((0.5 * step, 1.0), 1.0, ColorRole.BODY),
        Text((0, 2), f"number {step}"),
    )
    return Scene(shapes, (-1, 10), (-1, 3), 0.02 * step)


def make_tile(steps: int, stride: int = 2, **changes: object) -> FilmTile:
    numbers = [*range(0, steps, stride), steps]
    fields = {
        "weight": "-1.5",
        "episode": 0,
        "frames": tuple(make_scene(number) for number in numbers),
        "steps": steps,
        "has_ended": True,
        "episode_return": steps / 3,
        "evaluator_return": steps / 3,
    }
    return FilmTile(**fields | changes)  # type: ignore[arg-type]


def make_film(*tiles: FilmTile, speed: float | None = 1.0) -> Film:
    return Film(tiles, FilmPace(2, 0.05, speed), "return")


def make_image(width: int, height: int, color: tuple[int, int, int]) -> np.ndarray:
    return np.broadcast_to(np.array(color, np.uint8), (height, width, 3)).copy()
