"""A film as plain data: the states of some episodes at even distances in time, before they become pictures.

A frame is a `Scene`, which any program can draw, or an image that the environment has drawn itself. Frame i
of a tile shows the state after i * stride steps; the last frame of a tile shows its last state, so it may
come earlier than a whole stride. A tile that has ended keeps its last frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from wannsearch.core.arrays import UInt8Array
from wannsearch.core.tasks.scene import Scene

FilmFrame = Scene | UInt8Array
"""A scene, or an image (H, W, 3) with one byte for each of red, green and blue."""
FRAMES_PER_S = 20
"""The frames a second that a film aims at; 1/20 s is a whole number of hundredths, the unit of a GIF."""
_SPEEDS = (1.0, 1.5, *(base * 2.0**power for power in range(1, 40) for base in (1.0, 1.5)))


@dataclass(frozen=True)
class FilmTile:
    """One episode of a film: its frames, and what the caption below them says."""

    weight: str  # a shared weight, or `own`
    episode: int  # its number among the held-out episodes, from 0
    frames: tuple[FilmFrame, ...]
    steps: int  # of the episode, or of its recorded beginning
    has_ended: bool  # False where the recording was stopped before the episode
    episode_return: float  # of the steps in the film; NaN where the episode failed
    evaluator_return: float  # of the whole episode, by the evaluator of the scores; NaN where it failed


@dataclass(frozen=True)
class FilmPace:
    """How steps become frames: their distance in steps and seconds, and how fast time passes."""

    stride: int  # steps from one frame to the next
    frame_s: float  # seconds that a frame is shown
    speed: float | None  # times real time; None where a step has no duration


@dataclass(frozen=True)
class Film:
    """Episodes that are shown side by side, all at the same step."""

    tiles: tuple[FilmTile, ...]
    pace: FilmPace
    score_name: str


def choose_pace(num_steps: int, step_s: float | None, max_seconds: float) -> FilmPace:
    """Return the pace at which the longest episode lasts at most so many seconds, in real time if it can.

    Longer episodes pass 1.5, 2, 3, 4, 6, ... times as fast. A step without a duration counts as a twentieth
    of a second.
    """
    duration_s = 1 / FRAMES_PER_S if step_s is None else step_s
    speed = next(speed for speed in _SPEEDS if num_steps * duration_s / speed <= max_seconds)
    stride = max(1, math.floor(speed / (FRAMES_PER_S * duration_s) + 0.5))
    return FilmPace(stride, stride * duration_s / speed, None if step_s is None else speed)


def list_frame_steps(num_steps: int, stride: int) -> list[int]:
    """Return the number of steps before each frame of an episode: every stride-th one, and the last."""
    steps = list(range(0, num_steps + 1, stride))
    return steps if steps[-1] == num_steps else [*steps, num_steps]
