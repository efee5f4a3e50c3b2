"""The two files of a recorded episode, made up for tests of their readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from wannsearch.core.tasks.scene import Circle, ColorRole, Line, Scene, Text
from wannsearch.core.trajectory import Trajectory
from wannsearch.records import layout
from wannsearch.records.episode_files import format_frames

ORIGIN = {"weight": -1.5, "score_name": "return"}


def trajectory(steps: int, has_ended: bool = True) -> Trajectory:
    """An episode of two inputs and one output; its states are a number that grows by 0.5 and an object."""
    numbers = np.arange(steps + 1) / 2
    return Trajectory(
        np.column_stack([numbers, -numbers])[:steps, None, :],
        np.full((steps, 1, 1), 0.1),
        np.full(steps, 1 / 3),
        (numbers[:, None], np.array([object()] * (steps + 1))),
        steps / 3,
        has_ended,
    )


def describe_scene(state: tuple[Any, ...], step: int) -> Scene:
    """A ball on a line, and the number of the step."""
    shapes = (
        Line(((-1, 0), (10, 0)), ColorRole.GROUND, 0.1),
        Circle((state[0], 0.5), 0.5, ColorRole.BODY),
        Text((0, 2), f"number {step}"),
    )
    return Scene(shapes, (-1, 10), (-1, 3), 0.02 * step)


def write_frames(run: Path, steps: int = 21, has_ended: bool = True, **origin: Any) -> Path:
    """Write `best/frames.json` of an episode with so many steps, and return its path."""
    path = run / layout.FRAMES
    evaluator_return = origin.pop("evaluator_return", steps / 3)
    path.write_bytes(
        format_frames(trajectory(steps, has_ended), describe_scene, evaluator_return, **ORIGIN | origin)
    )
    return path


def change_frames(run: Path, change: Any) -> None:
    """Let `change` alter the document in `best/frames.json`."""
    path = run / layout.FRAMES
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
